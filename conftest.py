"""The test suite is an installation of its own under var/test: its own database server, files and secret.

A running demo is not disturbed. TEST_DATABASE_URL names another server to test against. Settings must see
this environment, so it is made here, before Django is set up and before any department's conftest loads.

For browser tests (mark them ``browser``): the fixture ``page`` is a fresh Playwright page that fails the
test on a script error or a content-security violation; ``live_server.url`` (pytest-django) is the address.
"""

import atexit
import fcntl
import gc
import ipaddress
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from psycopg import sql

ROOT = Path(__file__).resolve().parent
VAR = ROOT / "var" / "test"
os.environ["KEQING_TESTING"] = "1"
os.environ["KEQING_VAR"] = str(VAR)
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
# Playwright's driver runs an event loop in this thread; our code is synchronous all the same.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
sys.path.insert(0, str(ROOT))

from keqing.kit import postgres  # noqa: E402


def _drop_leftovers(url: str) -> None:
    """Remove the databases of runs that were killed."""
    with psycopg.connect(url, autocommit=True) as connection:
        names = connection.execute(r"SELECT datname FROM pg_database WHERE datname ~ '^test_keqing_\d+'").fetchall()
        for (name,) in names:
            if not psutil.pid_exists(int(name.split("_")[2])):
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _start_database() -> str:
    """Address of the test server. The last pytest run that uses it stops it."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        return given
    VAR.mkdir(parents=True, exist_ok=True)
    users = (VAR / "users.lock").open("w")
    fcntl.flock(users, fcntl.LOCK_SH)
    try:
        url = postgres.start(var=VAR, durable=False).url
    except postgres.PostgresError as error:
        pytest.exit(str(error), returncode=3)
    if "PYTEST_XDIST_WORKER" not in os.environ:
        _drop_leftovers(url)

    def leave() -> None:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return  # another run still needs it
        postgres.stop(var=VAR)

    atexit.register(leave)
    return url


# a suite makes and drops objects by the million: looking for cycles after every 700 of them costs a tenth of its time
gc.set_threshold(50_000, 20, 50)
os.environ["DATABASE_URL"] = _start_database()
(VAR / "static").mkdir(parents=True, exist_ok=True)  # collected files live there; whitenoise asks for the folder

import django  # noqa: E402

django.setup()

from django.db import connection  # noqa: E402


def _database_name() -> str:
    """One database per run, so that two runs at once do not meet; KEQING_TEST_DATABASE keeps one for --reuse-db."""
    # xdist's workers inherit the name from the process that started them
    return os.environ.setdefault("KEQING_TEST_DATABASE", f"test_keqing_{os.getpid()}")


connection.settings_dict["TEST"]["NAME"] = _database_name()


def _is_here(address: Any) -> bool:
    """Unix sockets and the loopback range; a name counts when it is the usual one for it."""
    if not isinstance(address, tuple):
        return True
    host = str(address[0])
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in {"localhost", ""}


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Nothing in the suite may reach another machine."""
    patch = pytest.MonkeyPatch()
    for name in ("connect", "connect_ex"):
        real = getattr(socket.socket, name)

        def guarded(self: socket.socket, address: Any, _real: Any = real) -> Any:
            if not _is_here(address):
                raise RuntimeError(f"a test tried to reach {address}")
            return _real(self, address)

        patch.setattr(socket.socket, name, guarded)
    yield
    patch.undo()


# fixtures of a module that hold one stage for all its tests, which take back whatever they do to it
STAGES = {"world", "staged"}
_stage_before: str | None = None


@pytest.fixture(autouse=True)
def nothing_remembered(request: pytest.FixtureRequest) -> None:
    """A test's database is taken back: marks of the last test come again with other rows behind them.

    Between tests on one stage the rows are the same, and making everybody's rights anew for each would take half as
    long again.
    """
    global _stage_before
    from keqing.kit import list_seen, remembered

    stage = request.module.__name__ if STAGES & set(request.fixturenames) else None
    if stage is None or stage != _stage_before:
        remembered.forget_all()
        list_seen.forget_all()
    _stage_before = stage


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """Every database of the suite is a copy of one that was migrated once (``tests.template``)."""
    from tests import template

    connection.settings_dict["TEST"]["TEMPLATE"] = template.made(url=os.environ["DATABASE_URL"], var=VAR)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The test database, whose delivered rows survive tests with real transactions."""
    from tests import delivered

    with django_db_blocker.unblock():
        delivered.keep()
    yield
    # a server or worker a test stopped may not have let go of its connection yet: the database could not be dropped
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        )


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One Chromium for the whole run (each xdist worker has its own)."""
    from playwright.sync_api import sync_playwright

    from tests import chromium

    path = chromium.find()
    if path is None:
        pytest.skip("没有找到 Chromium：请安装，或用 KEQING_CHROMIUM 指定路径")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(path), args=list(chromium.ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A fresh page of a desktop user in Shanghai; errors in its scripts fail the test."""
    context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", viewport={"width": 1440, "height": 900})
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if "Content Security Policy" in message.text else None)
    yield page
    context.close()
    assert errors == []
