"""Servers of the bench's own: started, waited for, stopped."""

import secrets
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 90


@contextmanager
def started(command: Sequence[str], *, port: int, log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """``command`` runs while the block does and takes connections at ``port``; its output goes to ``log``."""
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        for _ in range(START_SECONDS * 10):
            if process.poll() is not None:
                raise RuntimeError(f"the server ended at once; see {log}")
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


def free_port() -> int:
    for _ in range(50):
        port = 20_000 + secrets.randbelow(20_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port")
