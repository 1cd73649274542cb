"""The pace of the machine: what the least Django page with a table of fifty rows takes at this minute.

The targets were set on a machine where such a page took ``LEAST_MS``. Where it takes longer, everything does: a slower
processor, a busy neighbour, other work. Its server is started as ours is, and it is asked beside every case.
"""

import http.client
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.serving import started

LEAST_MS = 3.4
WARM, TIMES = 5, 40


class LeastPage:
    def __init__(self, port: int) -> None:
        self._port = port

    def ms(self) -> float:
        """The median of ``TIMES`` requests, one after the other."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        times = [_asked(connection) for _ in range(WARM + TIMES)][WARM:]
        connection.close()
        return round(statistics.median(times), 2)


@contextmanager
def served(*, port: int, log: Path) -> Iterator[LeastPage]:
    """The page, until the block ends."""
    command = [
        sys.executable, "-m", "gunicorn", "bench.least_page:application", "--workers", "2", "--worker-class", "gthread", "--threads", "4",
        "--bind", f"127.0.0.1:{port}", "--log-level", "error",
    ]
    with started(command, port=port, log=log):
        yield LeastPage(port)


def _asked(connection: http.client.HTTPConnection) -> float:
    begun = time.perf_counter()
    connection.request("GET", "/")
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200 or b"</table>" not in body:
        raise RuntimeError(f"the least page answers {answer.status}")
    return (time.perf_counter() - begun) * 1000
