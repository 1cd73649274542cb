"""The migrated database that every test database is a copy of.

Migrating takes a quarter of a minute of a core and gives the same each time: it is done once for one state of the
migrations and of what they deliver, in a process of its own, and copied for each worker of each run.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parents[1]
PREFIX = "keqing_template_"
# migrations, the modules they import, and what they deliver (test_migrations holds this to be all)
MADE_OF = (
    "keqing/*/migrations/*.py", "keqing/access/change_marks.py", "keqing/followups/tallies.py", "keqing/lifecycle/effects.py",
    "keqing/people/kept.py", "keqing/people/stages.py", "keqing/reference/*.py", "keqing/*/seed/*", "config/*.toml", "requirements/dev.lock",
)  # fmt: skip


def files() -> list[Path]:
    return sorted(path for pattern in MADE_OF for path in ROOT.glob(pattern))


def fingerprint() -> str:
    found = hashlib.sha256()
    for path in files():
        found.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()[:16]


def made(*, url: str, var: Path) -> str:
    """Name of the template on this server; the first to ask makes it, the others wait."""
    name = PREFIX + fingerprint()
    var.mkdir(parents=True, exist_ok=True)
    with (var / "template.lock").open("w") as lock, psycopg.connect(url, autocommit=True) as connection:
        fcntl.flock(lock, fcntl.LOCK_EX)
        there = [row[0] for row in connection.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX])]
        if name not in there:
            _make(connection, url, name, old=there)
    return name


def _make(connection: "psycopg.Connection[tuple[object, ...]]", url: str, name: str, *, old: list[str]) -> None:
    for each in old:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(each)))
    unfinished = f"{PREFIX}unfinished"  # renamed when whole, so that a broken one is never copied
    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(unfinished)))
    address = f"{url.rpartition('/')[0]}/{unfinished}"
    command = [sys.executable, "manage.py", "migrate", "--noinput", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=os.environ | {"DATABASE_URL": address}, check=True)
    connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(unfinished), sql.Identifier(name)))
