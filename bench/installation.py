"""The installation that is measured: its own data under ``var/bench``, started the way ``make serve`` starts one."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import psutil
import psycopg

from bench import least
from bench.serving import free_port, started
from bench.sizes import BYTES_A_CUSTOMER, SIZES, VERSION
from keqing.kit import postgres

# statements of the product; connection upkeep, the background worker's polling and sealing, what the database does by
# itself for foreign keys, and our own looking are nobody's request
COUNTED = (
    "select coalesce(sum(calls), 0), coalesce(sum(total_exec_time), 0) from pg_stat_statements "
    "where dbid = (select oid from pg_database where datname = current_database()) and query !~* "
    "'^\\s*(begin|commit|rollback|savepoint|release|set |show|deallocate|select \\$1$|select 1$|listen|unlisten)' "
    "and query !~* 'procrastinate|pg_stat_statements|for key share of x|audit_link|^select state from'"
)


# the workload's imports and exports are measured with the export policy opened
OPENED = """[default]
direct_rows = 10000
reason_rows = 1000000000
approval_rows = 0
hour_rows = 1000000000
day_rows = 1000000000
file_rows = 1000000000
"""


@dataclass
class Peak:
    mb: float = 0


@dataclass(frozen=True)
class Installation:
    base: str
    url: str
    size: str
    today: date
    process: psutil.Process
    least: least.LeastPage

    def statements(self, reset: bool) -> tuple[float, float]:
        """Statements and milliseconds in the database since the last reset."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            if reset:
                connection.execute("select pg_stat_statements_reset()")
                return 0.0, 0.0
            row = connection.execute(COUNTED).fetchone()
            return (float(row[0]), float(row[1])) if row else (0.0, 0.0)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(query, values).fetchall()  # type: ignore[arg-type]

    @contextmanager
    def peak_of(self, command: str) -> Iterator["Peak"]:
        """The largest memory a process of ours has while the block runs."""
        processes = [p for p in self.process.children(recursive=True) if command in " ".join(p.cmdline())]
        for process in processes:
            with suppress(OSError):
                Path(f"/proc/{process.pid}/clear_refs").write_text("5")
        peak = Peak()
        yield peak
        for process in processes:
            for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    peak.mb = max(peak.mb, int(line.split()[1]) / 1024)

    def web_memory_mb(self) -> float:
        """PSS of the web server with its workers, in MB."""
        total = 0
        for process in self.process.children(recursive=True):
            if "gunicorn" in " ".join(process.cmdline()):
                for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines():
                    if line.startswith("Pss:"):
                        total += int(line.split()[1])
        return total / 1024


def environment(var: Path) -> dict[str, str]:
    """What the product's own processes see: nothing of a caller's test run or other installation."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KEQING_") and name != "DATABASE_URL"}
    policy = var / "exports.toml"
    var.mkdir(parents=True, exist_ok=True)
    policy.write_text(OPENED, encoding="utf-8")
    # one person opens more cards and takes out more rows here than the policies allow anybody
    own = {
        "KEQING_VAR": str(var), "KEQING_PORT": str(free_port()), "KEQING_CARDS_PER_HOUR": "1000000000",
        "KEQING_EXPORT_POLICY": str(policy),
    }
    return {**kept, **own, "DJANGO_SETTINGS_MODULE": "config.settings"}


@contextmanager
def running(*, size: str, var: Path, say: Callable[[str], None]) -> Iterator[Installation]:
    """Database with the data of ``size`` (made if need be) and the server, both stopped at the end."""
    os.environ.update(environment(var))
    for name in ("DATABASE_URL", "KEQING_TESTING", "KEQING_DEBUG"):
        os.environ.pop(name, None)
    server = postgres.start(var=var, say=say)
    try:
        today = _data(url=server.url, size=size, say=say)
        port = int(os.environ["KEQING_PORT"])
        serve = [sys.executable, "-m", "keqing.kit.launch", "serve"]  # ``make serve``'s own command
        with (
            started(serve, port=port, log=var / "serve.log") as process,
            least.served(port=free_port(), log=var / "least.log") as page,
        ):
            yield Installation(f"http://127.0.0.1:{port}", server.url, size, today, psutil.Process(process.pid), page)
    finally:
        if server.started:
            postgres.stop(var=var)


def _data(*, url: str, size: str, say: Callable[[str], None]) -> date:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    from bench import generate

    version, has, day = ([*generate.generated(url).removeprefix("bench ").split(), "", "", ""])[:3]
    fresh = (version, has) == (str(VERSION), size)
    if not fresh:
        _make_room(size)
        say(f"generating the {size} data (kept afterwards)")
        _empty(url)
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("load_rules", verbosity=0)
    if fresh:
        # a migration may have rewritten a table or built an index: without fresh statistics its plans are measured wrong
        say("vacuum analyze")
        _vacuum(url)
    today = date.fromisoformat(day) if fresh else timezone.localdate()
    if not fresh:
        generate.make(size=size, today=today, url=url, say=say)
        generate.mark(url, size=size, today=today)
    _have_had_the_night(timezone.now())
    connection.close()
    return today


def _have_had_the_night(at: datetime) -> None:
    """The data are older than today: making up the night over all customers is not what is measured."""
    from keqing.kit.formats import business_date
    from keqing.playbooks.models import Round

    Round.objects.get_or_create(night_on=business_date(at), defaults={"started_at": at, "touched_at": at, "finished_at": at})


def _make_room(size: str) -> None:
    """Before an hour's work: what stands on the disk in the end, and what the building of indexes needs meanwhile."""
    needed, free = SIZES[size] * BYTES_A_CUSTOMER, shutil.disk_usage(os.environ["KEQING_VAR"]).free
    if free < needed:
        raise SystemExit(f"the {size} data needs {needed / 1e9:.0f} GB, {free / 1e9:.0f} GB are free")


def _vacuum(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("vacuum analyze")


def _empty(url: str) -> None:
    name = url.rsplit("/", 1)[1]
    with psycopg.connect(url.removesuffix(name) + "template1", autocommit=True) as connection:
        connection.execute(f"drop database if exists {name} with (force)")
        connection.execute(f"create database {name}")
