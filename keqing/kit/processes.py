"""Children of a running installation: started, watched, and stopped again, even after an unclean end.

Each child gets a session of its own, so that Ctrl-C reaches only the parent, which then stops them in order.
Their numbers are kept in a file; the next start stops those whose parent was killed.
"""

import json
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypedDict

import psutil

GRACE_SECONDS = 10


class _Kept(TypedDict):
    """What the record says: process numbers with the moment each began."""

    parent: list[float]
    children: list[list[float]]


class ChildEnded(RuntimeError):
    """A child that should run for ever ended by itself."""

    def __init__(self, name: str, status: int) -> None:
        super().__init__(f"{name}意外退出（状态 {status}），其余部分一并停止。")


class Children:
    """The processes one parent started; stop them with ``stop``."""

    def __init__(self, *, record: Path) -> None:
        self._record = record
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, *, name: str, command: Sequence[str], env: Mapping[str, str], cwd: Path) -> None:
        self._running[name] = subprocess.Popen(command, env=dict(env), cwd=cwd, start_new_session=True)  # noqa: S603
        seen = [_identity(psutil.Process(child.pid)) for child in self._running.values()]
        kept: _Kept = {"parent": _identity(psutil.Process()), "children": seen}
        self._record.write_text(json.dumps(kept))

    def check(self) -> None:
        """Raise when one of them has ended."""
        for name, child in self._running.items():
            if (status := child.poll()) is not None:
                raise ChildEnded(name, status)

    def watch(self) -> None:
        """Return never; raises when a child ends, or when a signal handler raises."""
        while True:
            self.check()
            time.sleep(0.5)

    def stop(self) -> None:
        _stop([psutil.Process(child.pid) for child in self._running.values() if child.poll() is None])
        for child in self._running.values():
            child.wait()  # or it stays as a zombie until we end
        self._running.clear()
        self._record.unlink(missing_ok=True)


def stop_leftovers(*, record: Path) -> int:
    """Stop children whose parent was killed; returns how many. A living parent's are left alone."""
    kept = _read(record)
    if not kept or _alive(kept["parent"]):
        return 0
    orphans = [process for identity in kept["children"] if (process := _alive(identity))]
    _stop(orphans)
    record.unlink(missing_ok=True)
    return len(orphans)


def stop_parent(*, record: Path) -> bool:
    """Ask the parent that wrote ``record`` to stop everything, and wait for it; false when none runs."""
    kept = _read(record)
    parent = _alive(kept["parent"]) if kept else None
    if parent is None:
        return False
    parent.terminate()
    psutil.wait_procs([parent], timeout=3 * GRACE_SECONDS)
    return True


@contextmanager
def stopping_on_signals() -> Iterator[None]:
    """Turn Ctrl-C and a polite kill into KeyboardInterrupt, once; a second one does not interrupt the stopping."""

    def interrupt(*_: object) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(processes: list[psutil.Process]) -> None:
    families = [member for process in processes for member in _family(process)]
    for process in processes:
        _signal(process, signal.SIGTERM)
    _, stubborn = psutil.wait_procs(processes, timeout=GRACE_SECONDS)
    for process in [*stubborn, *families]:
        _signal(process, signal.SIGKILL)
    psutil.wait_procs([*stubborn, *families], timeout=GRACE_SECONDS)


def _family(process: psutil.Process) -> list[psutil.Process]:
    try:
        return list(process.children(recursive=True))
    except psutil.NoSuchProcess:
        return []


def _signal(process: psutil.Process, number: int) -> None:
    try:
        process.send_signal(number)  # psutil refuses when the number belongs to another process by now
    except psutil.NoSuchProcess:
        return


def _identity(process: psutil.Process) -> list[float]:
    return [process.pid, process.create_time()]


def _alive(identity: Sequence[float]) -> psutil.Process | None:
    """The process itself, not a stranger that got its number later."""
    try:
        process = psutil.Process(int(identity[0]))
        return process if abs(process.create_time() - identity[1]) < 1 else None
    except psutil.NoSuchProcess:
        return None


def _read(record: Path) -> _Kept | None:
    try:
        kept: _Kept = json.loads(record.read_text())
        return kept
    except (OSError, ValueError):
        return None
