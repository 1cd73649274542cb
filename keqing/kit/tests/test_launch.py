"""Starting the product as a person does: what is refused in a sentence, and that Ctrl-C leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from keqing.kit import postgres
from tests.faults.installation import copy_tables

ROOT = Path(__file__).resolve().parents[3]
START_SECONDS = 90


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _environment(**changes: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("KEQING_", "DATABASE_URL"))}
    return inherited | changes


def _launch(command: str, **changes: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "keqing.kit.launch", command],
        cwd=ROOT,
        env=_environment(**changes),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def var() -> Iterator[Path]:
    """Not ``tmp_path``: the database's account must be able to enter it."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        try:
            yield Path(folder) / "var"
        finally:
            postgres.stop(var=Path(folder) / "var")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("postgresql://a:b@127.0.0.1:1/x", "没有数据库在运行"),
        ("mysql://a:b@127.0.0.1/x", "只支持 postgresql://"),
        ("postgresql://a:b@127.0.0.1", "没有写数据库名"),
    ],
)
def test_a_database_address_that_cannot_serve_is_refused_in_one_sentence(url: str, sentence: str, tmp_path: Path) -> None:
    launch = _launch("serve", DATABASE_URL=url, KEQING_VAR=str(tmp_path))
    out, err = launch.communicate(timeout=60)
    assert (launch.returncode, out) == (1, "")
    assert sentence in err
    assert err.count("\n") == 1


def _wait_for_answer(port: int, launch: "subprocess.Popen[str]") -> int:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and launch.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:  # noqa: S310
                return int(answer.status)
        except urllib.error.HTTPError as answer:
            return answer.code
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"no answer: {launch.poll()}")


@pytest.mark.django_db  # its tables are copied
@pytest.mark.parametrize("filled", [True, pytest.param(False, marks=pytest.mark.slow)], ids=["tables there", "from nothing"])
def test_serve_answers_and_ctrl_c_stops_everything_it_started(var: Path, filled: bool) -> None:
    if filled:  # what the migrations do is tried from nothing in check-long
        copy_tables(var, postgres.start(var=var).url)
        postgres.stop(var=var)
    port = _free_port()
    launch = _launch("serve", KEQING_VAR=str(var), KEQING_PORT=str(port))
    assert _wait_for_answer(port, launch) < 500
    family = psutil.Process(launch.pid).children(recursive=True)
    launch.send_signal(signal.SIGINT)
    out, err = launch.communicate(timeout=60)
    assert (launch.returncode, "Traceback" in err) == (0, False)
    assert f"http://127.0.0.1:{port}/" in out
    assert out.endswith("已停止。\n")
    assert len(family) >= 3
    assert [process for process in family if process.is_running()] == []
    assert not postgres.is_running(var=var)


def test_a_taken_web_port_is_refused_and_a_database_that_ran_before_keeps_running(var: Path) -> None:
    assert postgres.start(var=var).started
    with socket.create_server(("127.0.0.1", 0)) as taken:
        launch = _launch("serve", KEQING_VAR=str(var), KEQING_PORT=str(taken.getsockname()[1]))
        _, err = launch.communicate(timeout=START_SECONDS)
    assert launch.returncode == 1
    assert "已被占用" in err
    assert postgres.is_running(var=var)
