"""An installation of its own that may be killed: a durable database server, gunicorn and people who are signed in.

The web server runs with the settings of production; only the rows are made beforehand by ``tests.faults.stage``.
"""

import http.client
import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import psutil
import psycopg
from django.db import connection

from keqing.kit import launch, postgres

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "t" * 32
TIMEOUT = 10


@dataclass(frozen=True)
class Answer:
    status: int
    body: str
    seconds: float
    place: str = ""


@dataclass
class Installation:
    """Where it is, who is signed in (session keys) and which customers are theirs."""

    var: Path
    env: dict[str, str]
    address: tuple[str, int]
    url: str
    sessions: list[str] = field(default_factory=list)
    customers: list[int] = field(default_factory=list)
    web: "subprocess.Popen[bytes] | None" = None

    # --- the database ---

    def postmaster(self) -> psutil.Process:
        place = postgres._place(var=self.var, say=lambda _: None)
        found = postgres._postmaster(place)
        assert found is not None
        return found

    def kill_database(self) -> None:
        """Every process of the server at once, as when the machine loses power; then nothing is left of it."""
        master = self.postmaster()
        family = [master, *master.children(recursive=True)]
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(family, timeout=10)

    def start_database(self) -> None:
        postgres.start(var=self.var, say=lambda _: None)

    def stop_database(self) -> None:
        postgres.stop(var=self.var)

    def ask(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, connect_timeout=5) as line:
            return line.execute(statement, values).fetchall()  # type: ignore[arg-type]

    # --- the web server ---

    def start_web(self) -> None:
        command = launch._commands(self.address, developing=False)["网页服务"]
        with (self.var / "web.log").open("ab") as log:
            self.web = subprocess.Popen(
                command, cwd=ROOT, env=self.env, start_new_session=True, stdout=subprocess.DEVNULL, stderr=log
            )
        self.wait_until_well(30)

    def workers(self) -> list[psutil.Process]:
        assert self.web is not None
        return psutil.Process(self.web.pid).children()

    def stop_web(self) -> None:
        if self.web is not None:
            self.web.terminate()
            try:
                self.web.wait(15)
            except subprocess.TimeoutExpired:
                self.web.kill()
                self.web.wait(5)

    def wait_until_well(self, seconds: float) -> float:
        """Seconds until a page that needs the database is answered."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            with suppress(OSError, http.client.HTTPException):
                if self.get("/access/account/", timeout=2).status == 200:
                    return time.monotonic() - began
            time.sleep(0.05)
        raise AssertionError(f"not well after {seconds} s: {(self.var / 'web.log').read_text()[-2000:]}")

    # --- people ---

    def get(self, path: str, *, who: int = 0, timeout: float = TIMEOUT) -> Answer:
        return self._send("GET", path, who, None, timeout)

    def post(self, path: str, sent: dict[str, Any], *, who: int = 0, timeout: float = TIMEOUT) -> Answer:
        return self._send("POST", path, who, urlencode(sent, doseq=True), timeout)

    def record(self, *, who: int, customer: int, text: str, key: str | None = None) -> Answer:
        """A contact as the form sends it; the same ``key`` again is the same form sent again."""
        sent = {
            "form_key": key or uuid.uuid4().hex, "track_on": time.strftime("%Y-%m-%d", time.gmtime()), "method": "visit",
            "business_state": "first", "description": text,
        }
        return self.post(f"/followups/customers/{customer}/record/", sent, who=who)

    def _send(self, method: str, path: str, who: int, body: str | None, timeout: float) -> Answer:
        began = time.monotonic()
        line = http.client.HTTPConnection(*self.address, timeout=timeout)
        try:
            headers = {"Cookie": f"sessionid={self.sessions[who]}; csrftoken={TOKEN}", "X-CSRFToken": TOKEN}
            if body is not None:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            line.request(method, path, body, headers)
            response = line.getresponse()
            text = response.read().decode(errors="replace")
            return Answer(response.status, text, time.monotonic() - began, response.getheader("Location", ""))
        finally:
            line.close()


@contextmanager
def installed(var: Path, *, people: int, customers: int) -> Iterator[Installation]:
    """A running installation in ``var`` with the tables of the test's database; all of it is stopped at the end."""
    for folder in (var, *var.parents):  # the database may run as another account
        if folder.name:
            with suppress(PermissionError):
                folder.chmod(folder.stat().st_mode | 0o011)
    server = postgres.start(var=var, say=lambda _: None)
    copy_tables(var, server.url)
    env = {name: value for name, value in os.environ.items() if not name.startswith(("KEQING_", "DJANGO_", "PYTEST"))}
    env |= {"KEQING_VAR": str(var), "DATABASE_URL": server.url, "DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONWARNINGS": "ignore"}
    made = Installation(var=var, env=env, address=_free_address(), url=server.url)
    try:
        rows = _python(env | {"KEQING_TESTING": "1"}, "-m", "tests.faults.stage", str(people), str(customers))
        _python(env, "manage.py", "collectstatic", "--no-input", "-v", "0")
        stage = json.loads(rows.strip().splitlines()[-1])
        made.sessions, made.customers = stage["sessions"], stage["customers"]
        made.start_web()
        yield made
    finally:
        made.stop_web()
        postgres.stop(var=var)


def copy_tables(var: Path, target: str) -> None:
    """Tables and delivered rows of the test's own migrated database; much quicker than migrating again."""
    source = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    binaries = postgres._place(var=var, say=lambda _: None).binaries
    file = var / "tables.sql"
    dumped = subprocess.run([binaries / "pg_dump", "--file", file, source], capture_output=True, text=True, timeout=60)
    assert dumped.returncode == 0, dumped.stderr
    quiet = ["--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", "--single-transaction"]
    filled = subprocess.run([binaries / "psql", *quiet, "--file", file, target], capture_output=True, text=True, timeout=60)
    assert filled.returncode == 0, filled.stderr


def _python(env: dict[str, str], *arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, env=env, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def _free_address() -> tuple[str, int]:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return "127.0.0.1", int(probe.getsockname()[1])
