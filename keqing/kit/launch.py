"""Starts an installation and stops what it started: ``python -m keqing.kit.launch demo|dev|init|serve|stop``.

Runs before Django on purpose: settings need the address of the database, which may have to be started first.
Everything up to the children happens in this one process, so a second start takes a few seconds.

    demo   sample company, web server and worker; prints one sign-in per role
    serve  the same without sample data, for a company's own installation
    dev    as demo, with the auto-reloading server and the asset build watching
    init   makes the company and its first administrator, then stops
    stop   stops a running one, its leftovers and the embedded database
"""

import hashlib
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from config.environment import DatabaseUrlError, database_from_url
from keqing.kit import postgres
from keqing.kit.database_check import check_address
from keqing.kit.processes import ChildEnded, Children, stop_leftovers, stop_parent, stopping_on_signals

ROOT = Path(__file__).resolve().parents[2]
VAR = Path(os.environ.get("KEQING_VAR", ROOT / "var"))
RECORD = VAR / "running.json"
FIRST_PORT, LAST_PORT = 8000, 8099
WEB_START_SECONDS = 60
# a thread of a worker takes a pool of memory of its own otherwise, and keeps what one large file once needed
FRUGAL = {
    "MALLOC_ARENA_MAX": "2", "MALLOC_TRIM_THRESHOLD_": "131072", "MALLOC_MMAP_THRESHOLD_": "131072",
    "PYPINYIN_NO_DICT_COPY": "1",  # nobody changes the library's dictionaries
}  # fmt: skip


class LaunchError(RuntimeError):
    """One Chinese sentence for the person at the terminal."""


def main(arguments: list[str]) -> int:
    commands = {"demo": _demo, "dev": _dev, "serve": _serve, "init": _init, "stop": _stop}
    if len(arguments) != 1 or arguments[0] not in commands:
        _say(f"用法：python -m keqing.kit.launch {'|'.join(commands)}")
        return 2
    try:
        with stopping_on_signals():
            commands[arguments[0]]()
    except KeyboardInterrupt:
        _say("\n已停止。")
    except (postgres.PostgresError, LaunchError, ChildEnded) as error:
        _say(str(error), to=sys.stderr)
        return 1
    except PermissionError as error:
        _say(f"没有权限读写 {error.filename}。", to=sys.stderr)
        return 1
    return 0


def _demo() -> None:
    with _database():
        address = _web_address()
        _prepare()
        _django("demo_company")
        _collect_static()
        _run(address, sign_ins=True)


def _serve() -> None:
    with _database():
        address = _web_address()
        _prepare()
        _collect_static()
        _run(address)


def _dev() -> None:
    os.environ["KEQING_DEBUG"] = "1"
    with _database():
        address = _web_address()
        _prepare()
        _django("demo_company")
        _run(address, sign_ins=True, developing=True)


def _init() -> None:
    with _database():
        _prepare()
        _django("init_company")


def _stop() -> None:
    stopped = stop_parent(record=RECORD) | bool(stop_leftovers(record=RECORD))
    stopped |= postgres.stop(var=VAR)
    _say("已停止。" if stopped else "没有正在运行的客情。")


@contextmanager
def _database() -> Iterator[None]:
    """A usable database: the company's own, else the embedded one, stopped at the end if we started it.

    What a killed start left behind is stopped first, and its database becomes ours to stop.
    """
    inherited = stop_leftovers(record=RECORD) > 0
    if inherited:
        _say("上次没有正常停止，遗留的进程已清理。")
    if url := os.environ.get("DATABASE_URL"):
        try:
            database_from_url(url, VAR)
        except DatabaseUrlError as error:
            raise LaunchError(str(error)) from None
        check_address(url)
        yield
        return
    server = postgres.start(var=VAR, say=_say)
    try:
        yield
    finally:
        if server.started or inherited:
            postgres.stop(var=VAR)


def _prepare() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    _django("migrate", interactive=False, verbosity=0)
    _django("createcachetable", verbosity=0)
    _django("load_rules", verbosity=0)


def _django(command: str, **options: object) -> None:
    from django.core.management import CommandError, call_command
    from django.db import DatabaseError

    try:
        call_command(command, **options)
    except CommandError as error:
        raise LaunchError(str(error)) from None
    except DatabaseError as error:
        raise LaunchError(f"数据库操作失败（{command}）：{error}") from None


def _collect_static() -> None:
    """Collect static files when any of them changed: hashing and compressing takes longer than the rest."""
    from django.conf import settings
    from django.contrib.staticfiles.finders import get_finders

    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            status = os.stat(storage.path(path))
            digest.update(f"{path} {status.st_size} {status.st_mtime_ns}\n".encode())
    stamp = Path(settings.STATIC_ROOT) / ".stamp"
    if stamp.exists() and stamp.read_text() == digest.hexdigest():
        return
    _django("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(digest.hexdigest())


def _run(address: tuple[str, int], *, sign_ins: bool = False, developing: bool = False) -> None:
    """Start web server and worker, say where they are, and wait for Ctrl-C."""
    children = Children(record=RECORD)
    try:
        for name, command in _commands(address, developing=developing).items():
            children.start(name=name, command=command, env={**FRUGAL, **os.environ}, cwd=ROOT)
        _wait_for_web(children, address)
        if sign_ins:
            _django("demo_company", sign_ins=True)
        _say(f"\n客情已启动：http://{address[0]}:{address[1]}/\n按 Ctrl-C 停止。")
        children.watch()
    finally:
        children.stop()


def _commands(address: tuple[str, int], *, developing: bool) -> dict[str, list[str]]:
    python = sys.executable
    bind = f"{address[0]}:{address[1]}"
    worker = [python, "manage.py", "worker"]
    if developing:
        return {
            "网页服务": [python, "manage.py", "runserver", bind],
            "后台任务": worker,
            "前端构建": [python, "assets/build.py", "--watch"],
        }
    options = ["--worker-class", "gthread", "--workers", "2", "--threads", "4", "--log-level", "warning"]
    options.append("--preload")  # the workers share what loading made: half the memory, and they start at once
    options.append("--no-control-socket")  # it would be shared by every installation of this account
    return {
        "网页服务": [python, "-m", "gunicorn", "config.wsgi:application", *options, "--bind", bind],
        "后台任务": worker,
    }


def _web_address() -> tuple[str, int]:
    """Where to listen: what was asked for, else the first free port."""
    bind = os.environ.get("KEQING_BIND", "127.0.0.1")
    if asked := os.environ.get("KEQING_PORT"):
        if not asked.isdigit() or not _is_free(bind, int(asked)):
            raise LaunchError(f"KEQING_PORT 指定的端口 {asked} 已被占用或不是端口号。")
        return bind, int(asked)
    for port in range(FIRST_PORT, LAST_PORT + 1):
        if _is_free(bind, port):
            return bind, port
    raise LaunchError(f"端口 {FIRST_PORT}～{LAST_PORT} 都被占用；请用 KEQING_PORT 指定一个。")


def _is_free(bind: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((bind, port))
        except (OSError, OverflowError):
            return False
    return True


def _wait_for_web(children: Children, address: tuple[str, int]) -> None:
    bind, port = address
    target = ("127.0.0.1" if bind == "0.0.0.0" else bind, port)  # noqa: S104
    for _ in range(WEB_START_SECONDS * 10):
        children.check()
        try:
            socket.create_connection(target, timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise LaunchError("网页服务没有在规定时间内启动。")


def _say(text: str, *, to: TextIO | None = None) -> None:
    (to or sys.stdout).write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
