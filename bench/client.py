"""A small HTTP client for loads: sequential latencies, then a closed loop of several clients. Loopback only."""

import gzip
import http.client
import statistics
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

WARM, SEQUENTIAL = 10, 60
CLIENTS, SECONDS = 8, 15.0


class WrongAnswer(AssertionError):
    """A page answered something else than the case expects: its figure would mean nothing."""


@dataclass(frozen=True)
class Request:
    path: str
    form: Mapping[str, str] | None = None
    expect: str = ""
    reject: str = ""
    status: tuple[int, ...] = (200,)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes
    first_byte_ms: float
    ms: float

    @property
    def text(self) -> str:
        plain = gzip.decompress(self.body) if self.headers.get("content-encoding") == "gzip" else self.body
        return plain.decode("utf-8", "replace")


@dataclass
class Timing:
    """Figures of one case as one person."""

    p50: float
    p95: float
    size: int
    rps: float | None = None
    loaded_p50: float | None = None
    statements: float | None = None
    database_ms: float | None = None
    extra: dict[str, float] = field(default_factory=dict)


class Person:
    """Somebody signed in; each ``connection`` is one of their browsers."""

    def __init__(self, base: str) -> None:
        self.address = urlsplit(base)
        if self.address.hostname not in ("127.0.0.1", "localhost"):
            raise ValueError("loopback only")
        self.cookies: dict[str, str] = {}

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.address.hostname or "", self.address.port, timeout=120)

    def sign_in(self, login: str, password: str) -> None:
        connection = self.connection()
        page = self.send(connection, Request("/access/sign-in/"))
        form = {"login_name": login, "password": password}
        answer = self.send(connection, Request("/access/sign-in/", form=form, status=(302, 303)))
        if page.status != 200 or "sessionid" not in self.cookies:
            raise WrongAnswer(f"{login} cannot sign in: {answer.status}")

    def upload(self, path: str, form: Mapping[str, str], *, name: str, content: bytes) -> Answer:
        """A form with a file."""
        edge = uuid.uuid4().hex
        parts = [f'--{edge}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode() for key, value in form.items()]
        head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: text/csv\r\n\r\n'
        body = b"".join([*parts, head.encode(), content, f"\r\n--{edge}--\r\n".encode()])
        return self.send(
            self.connection(), Request(path, status=(302, 303)), body=body, kind=f"multipart/form-data; boundary={edge}"
        )

    def send(
        self, connection: http.client.HTTPConnection, request: Request, *, body: bytes | None = None, kind: str = ""
    ) -> Answer:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        method = "GET"
        if request.form is not None or body is not None:
            method = "POST"
            token = self.cookies.get("csrftoken", "")
            headers |= {"Content-Type": kind or "application/x-www-form-urlencoded", "X-CSRFToken": token}
        if request.form is not None:
            # a form is made once and sent once: its key is its own
            filled = {name: uuid.uuid4().hex if value == "<key>" else value for name, value in request.form.items()}
            body = urlencode(filled).encode()
        begun = time.perf_counter()
        connection.request(method, request.path, body=body, headers=headers)
        response = connection.getresponse()
        first = time.perf_counter()
        data = response.read()
        ended = time.perf_counter()
        for line in response.headers.get_all("Set-Cookie") or ():
            name, _, value = line.split(";", 1)[0].partition("=")
            if name in ("sessionid", "csrftoken"):
                self.cookies[name] = value
        answer = Answer(
            response.status, {k.lower(): v for k, v in response.getheaders()}, data, (first - begun) * 1000, (ended - begun) * 1000
        )
        _check(request, answer)
        return answer


def _check(request: Request, answer: Answer) -> None:
    wrong = answer.status not in request.status
    if not wrong and (request.expect or request.reject):
        text = answer.text
        wrong = request.expect not in text or bool(request.reject and request.reject in text)
    if wrong:
        raise WrongAnswer(f"{request.path} answered {answer.status}: {answer.text[:2000]}")


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def measure(
    person: Person, requests: Sequence[Request], *, seconds: float = SECONDS, count: int = SEQUENTIAL,
    statements: Callable[[bool], tuple[float, float]] | None = None,
) -> Timing:
    """Latencies one after the other, after a warm-up; then ``CLIENTS`` at once for ``seconds``."""
    connection = person.connection()
    for number in range(WARM):
        person.send(connection, requests[number % len(requests)])
    if statements:
        statements(True)
    answers = [person.send(connection, requests[(WARM + number) % len(requests)]) for number in range(count)]
    asked = statements(False) if statements else None
    times = [answer.ms for answer in answers]
    timing = Timing(
        p50=statistics.median(times), p95=percentile(times, 0.95), size=max(len(answer.body) for answer in answers),
        statements=asked[0] / count if asked else None, database_ms=asked[1] / count if asked else None,
    )
    if seconds:
        loaded, took = _closed_loop(person, requests, seconds)
        timing.rps, timing.loaded_p50 = len(loaded) / took, statistics.median(loaded)
    return timing


def _closed_loop(person: Person, requests: Sequence[Request], seconds: float) -> tuple[list[float], float]:
    times: list[float] = []
    wrong: list[BaseException] = []
    lock = threading.Lock()
    until = time.perf_counter() + seconds

    def work(number: int) -> None:
        connection, at, mine = person.connection(), number * 1009, []
        try:
            while time.perf_counter() < until and not wrong:
                mine.append(person.send(connection, requests[at % len(requests)]).ms)
                at += 1
        except BaseException as error:
            wrong.append(error)
        with lock:
            times.extend(mine)

    begun = time.perf_counter()
    clients = [threading.Thread(target=work, args=(number,)) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    if wrong:
        raise wrong[0]
    return times, time.perf_counter() - begun
