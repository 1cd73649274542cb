"""T31 for what programs read today: no error of ours, every answer of the promised form, nothing open without its right.

There is no public API yet. When there is one, its OpenAPI document goes through schemathesis (stateful, 100 examples for
each operation here, 1,000 in ``make check-long``) beside this file. Until then the operations that answer a program
instead of a page keep the same rule: the session's state, signing in again from an open page, the monitor's look,
reports of the content policy, the calendar's feed.
"""

import json
import re
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from keqing.followups.actions.feed import make_feed, revoke_feed
from tests.attacks.test_fuzz import CALM, INSIDE, TEXT
from tests.attacks.world import World
from tests.guards.stage import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.proves("T31")]
CI, FULL = 100, 1_000
METHODS = ("GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE")
TYPES = ("application/json", "application/csp-report", "application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x", "")
SIGNS = string.ascii_letters + string.digits + "-_"
HEADER = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.floats(), st.integers(), TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=3)), max_leaves=8,
)  # fmt: skip
BODY = st.one_of(
    st.binary(max_size=300), JSON.map(lambda value: json.dumps(value).encode()),
    JSON.map(lambda value: json.dumps({"csp-report": value}).encode()), st.just(b"[" * 9_000), st.just(b'{"csp-report":' * 600),
)  # fmt: skip
Check = Callable[[HttpResponse], bool]


def fields(**types: type) -> Check:
    """An object with exactly these fields of these types."""

    def check(response: HttpResponse) -> bool:
        if not response.headers["Content-Type"].startswith("application/json"):
            return False
        found = json.loads(response.content)
        return {name: type(value) for name, value in found.items()} == types and all(found.values())

    return check


def nothing(response: HttpResponse) -> bool:
    return response.content == b""


def anything(_response: HttpResponse) -> bool:
    """A refusal on the way to the operation: its form is the page of errors'."""
    return True


def calendar(response: HttpResponse) -> bool:
    text = response.content.decode()
    whole = text.startswith("BEGIN:VCALENDAR\r\n") and text.endswith("END:VCALENDAR\r\n") and text.count("BEGIN:") == text.count("END:")
    return response.headers["Content-Type"] == "text/calendar; charset=utf-8" and whole and bool(response.headers["ETag"])


@dataclass(frozen=True, kw_only=True)
class Operation:
    """``answers``: the form of each status that may come; ``people``: who asks, nobody among them."""

    address: Callable[[World], st.SearchStrategy[str]]
    method: str
    answers: Mapping[int, Check]
    people: tuple[str, ...] = ("", "rep", "gm")
    accept: str = "application/json"


def fixed(name: str) -> Callable[[World], st.SearchStrategy[str]]:
    return lambda _world: st.just(reverse(name))


def feeds(world: World) -> st.SearchStrategy[str]:
    real = world.stage.others["feed"].token
    tokens = st.one_of(st.just(real), st.text(SIGNS, min_size=1, max_size=80), st.just(real[:-1] + "x"), st.just(real.swapcase()))
    return tokens.map(lambda token: reverse("followups:ics", args=[token]))


ON_THE_WAY = dict.fromkeys((400, 403, 405), anything)
OPERATIONS = {
    "session": Operation(address=fixed("access:session"), method="GET", answers={200: fields(person=int, csrf=str), 401: fields(csrf=str)}),
    "sign-in": Operation(address=fixed("access:sign_in"), method="POST", answers={422: fields(error=str)}),
    "health": Operation(address=fixed("desk:healthz"), method="GET", answers={200: fields(status=str)}),
    "policy": Operation(address=fixed("desk:policy_report"), method="POST", answers=dict.fromkeys((204, 413, 415), nothing)),
    "calendar": Operation(address=feeds, method="GET", answers={200: calendar, 304: nothing, 404: anything, 429: anything}),
}  # fmt: skip


def fuzz(world: World, name: str, *, examples: int, repeatable: bool, figure: Callable[[str, object], None]) -> None:
    operation, wrong, seen = OPERATIONS[name], [], {}
    clients = {"": Client(raise_request_exception=True), **world.clients}

    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=repeatable, phases=[Phase.generate], suppress_health_check=CALM
    )
    @given(
        path=operation.address(world), who=st.sampled_from(operation.people), query=st.dictionaries(TEXT, TEXT, max_size=3),
        method=st.one_of(st.just(operation.method), st.sampled_from(METHODS)), body=BODY, kind=st.sampled_from(TYPES),
        form=st.fixed_dictionaries({}, optional={"login_name": TEXT, "password": TEXT, "person": TEXT, "next": TEXT}),
        mark=HEADER, is_form=st.booleans(),
    )
    def send(path: str, who: str, query: Any, method: str, body: bytes, kind: str, form: Any, mark: str, is_form: bool) -> None:
        client, headers = clients[who], {"Accept": operation.accept, "If-None-Match": mark}
        cookies = client.cookies.copy()
        with transaction.atomic():
            if method == "POST" and is_form:
                response = client.post(path, form, headers=headers, query_params=query)
            else:
                response = client.generic(method, path, body, content_type=kind, headers=headers, query_params=query)
            transaction.set_rollback(True)
        client.cookies = cookies
        seen[response.status_code] = seen.get(response.status_code, 0) + 1
        told = f"{method} {path} {query!r} {kind} {body[:80]!r} {form!r} as {who or 'nobody'}: {response.status_code}"
        if response.status_code >= 500 or INSIDE.search(response.content.decode(errors="replace")):
            wrong.append(told)
        elif method == operation.method and not form_of(operation, response):
            wrong.append(f"{told}, not of the promised form: {response.content[:200]!r}")
        elif method != operation.method and method not in ("HEAD", "OPTIONS") and response.status_code == 200 and name != "sign-in":
            wrong.append(f"{told}: a method nobody promised")

    cache.clear()
    send()
    cache.clear()
    assert not wrong, wrong[:5]
    assert set(seen) & set(operation.answers), "no request reached the operation"
    figure("请求", sum(seen.values()))


def form_of(operation: Operation, response: HttpResponse) -> bool:
    check = {**ON_THE_WAY, **operation.answers}.get(response.status_code)
    return check is not None and check(response)


@pytest.mark.parametrize("name", OPERATIONS)
def test_whatever_a_program_sends_is_answered_in_the_promised_form(name: str, world: World, figure: Any):
    fuzz(world, name, examples=CI, repeatable=True, figure=figure)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", OPERATIONS)
def test_whatever_a_program_sends_a_thousand_times_is_answered_in_the_promised_form(name: str, world: World, figure: Any):
    fuzz(world, name, examples=FULL, repeatable=False, figure=figure)


def test_what_a_program_knows_follows_what_was_done(world: World):
    """The steps in their order: a feed is read, known by its mark, taken back; a session is there, ended, gone."""
    cast = world.stage.cast
    with transaction.atomic():
        token, nobody = make_feed(staff=cast.manager, at=NOW), Client()
        address = reverse("followups:ics", args=[token])
        first = nobody.get(address)
        again = nobody.get(address, headers={"If-None-Match": first.headers["ETag"]})
        revoke_feed(staff=cast.manager, at=NOW)
        assert (first.status_code, again.status_code, nobody.get(address).status_code) == (200, 304, 404)
        client = Client()
        client.force_login(cast.manager)
        assert client.get(reverse("access:session")).json()["person"] == cast.manager.pk
        assert client.post(reverse("access:sign_out")).status_code == 302
        assert "person" not in client.get(reverse("access:session")).json()
        transaction.set_rollback(True)


def test_every_answer_for_programs_is_among_the_operations():
    """A new view that answers with JSON or a calendar comes here too."""
    from pathlib import Path

    import keqing

    made = re.compile(r"JsonResponse\(|text/calendar|application/json\"\)")
    views = {path.stem for path in Path(keqing.__file__).parent.glob("*/views/*.py") if made.search(path.read_text(encoding="utf-8"))}
    assert views == {"sessions", "health", "calendar"}, "add the operation to OPERATIONS, then its view here"
