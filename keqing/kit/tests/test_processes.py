"""Starting, watching and stopping children, with real processes."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from keqing.kit.processes import ChildEnded, Children, stop_leftovers, stop_parent

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return tmp_path / "running.json"


@pytest.fixture
def children(record: Path) -> Iterator[Children]:
    children = Children(record=record)
    yield children
    children.stop()


def _start(children: Children, command: list[str] = SLEEP) -> None:
    children.start(name="任务", command=command, env=os.environ, cwd=ROOT)


def _pids(record: Path) -> list[int]:
    return [int(pid) for pid, _ in json.loads(record.read_text())["children"]]


def _has_ended(process: psutil.Process) -> bool:
    """Gone, or only waiting to be collected by whoever adopted it."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_stop_ends_the_children_and_forgets_them(children: Children, record: Path) -> None:
    _start(children)
    (pid,) = _pids(record)
    children.stop()
    assert (psutil.pid_exists(pid), record.exists()) == (False, False)


def test_stop_ends_grandchildren_too(children: Children, record: Path) -> None:
    _start(children, [sys.executable, "-c", f"import subprocess; subprocess.run({SLEEP!r})"])
    child = psutil.Process(_pids(record)[0])
    deadline = time.monotonic() + 10
    while not child.children() and time.monotonic() < deadline:
        time.sleep(0.05)
    (grandchild,) = child.children()
    children.stop()
    assert _has_ended(grandchild)


def test_a_child_that_ends_by_itself_is_reported_by_name(children: Children) -> None:
    _start(children, [sys.executable, "-c", "raise SystemExit(7)"])
    with pytest.raises(ChildEnded, match=r"任务意外退出（状态 7）"):
        children.watch()


def test_children_of_a_living_parent_are_left_alone(children: Children, record: Path) -> None:
    _start(children)
    assert stop_leftovers(record=record) == 0
    children.check()


def test_children_of_a_killed_parent_are_stopped(record: Path) -> None:
    script = (
        "import os, pathlib, signal\nfrom keqing.kit.processes import Children\n"
        f"c = Children(record=pathlib.Path({str(record)!r}))\n"
        f"c.start(name='x', command={SLEEP!r}, env=os.environ, cwd=pathlib.Path('.'))\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False)
    orphan = psutil.Process(_pids(record)[0])
    assert not _has_ended(orphan)
    assert stop_leftovers(record=record) == 1
    assert _has_ended(orphan)


def test_a_stranger_with_the_same_number_is_not_stopped(record: Path) -> None:
    record.write_text(json.dumps({"parent": [1, 0.0], "children": [[os.getpid(), 0.0]]}))
    assert stop_leftovers(record=record) == 0


def test_stop_parent_without_one_says_so(record: Path) -> None:
    assert stop_parent(record=record) is False
