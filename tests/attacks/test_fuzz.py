"""T32: every address takes whatever is sent to it: no error of ours, no trace of the inside, errors beside the fields."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.attacks.world import Offer, World, ask, offer_of, opening_of
from tests.guards.doors import DOORS
from tests.guards.house import Route, routes

pytestmark = [pytest.mark.django_db, pytest.mark.proves("T32")]
INSIDE = re.compile(r"Traceback|psycopg|django\.|SELECT .* FROM|/site-packages/|Error at /")
NASTY = [
    "", " ", "0", "-1", "1", "²", "٣", "1e999", "NaN", "null", "None", "true", "9" * 19, "9" * 400, "2026-11-22", "0001-01-01",
    "9999-12-31", "2026-02-30", "a\x00b", "%", "_", "\\", "'", '"', "<b>", "{{ 7 }}", "../../x", "\u202e甲", "𠮷", "👩‍⚕️", "甲" * 5000, "\r\n", "[]", "{}",
]
TEXT = st.one_of(
    st.sampled_from(NASTY), st.text(max_size=30), st.integers().map(str), st.dates().map(str), st.decimals(allow_nan=True).map(str)
)
GLOBAL_QUERY = ("q", "sort", "after", "before", "preset", "size", "count", "letter", "cols", "next", "page", "tab", "id", "selected")
CALM = (HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)


def values_of(field: str, shown: list[str]) -> st.SearchStrategy[Any]:
    if field == "file":
        return st.binary(max_size=200).map(lambda content: SimpleUploadedFile("甲.xlsx", content))
    usual = st.sampled_from(shown) if shown else TEXT
    return st.one_of(usual, TEXT, st.lists(TEXT, max_size=3))


def filled(offer: Offer, names: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={name: values_of(name, offer.fields.get(name, [])) for name in names})


def attack(world: World, route: Route, *, examples: int, fixed: bool, figure: Callable[[str, object], None]) -> None:
    if route.name not in DOORS:
        pytest.skip("the guard of the doors says that it is not declared")
    opening = opening_of(world, route)
    assert opening is not None, "nobody may enter: add somebody to the stage"
    offer = offer_of(world, opening) if "G" in opening.door.methods else Offer()
    if "G" not in opening.door.methods:
        offer.fields = {name: [] for name in ("text", "reason", "position", "staff", "version", "on", "selected", "name", "kind", "action")}
    client, wrong, sent_count = world.clients[opening.who], [], [0]
    fields, queries = sorted(offer.fields), sorted({*GLOBAL_QUERY, *offer.queries, *offer.fields})[:60]

    @settings(max_examples=examples, deadline=None, database=None, derandomize=fixed, phases=[Phase.generate], suppress_health_check=CALM)
    @given(query=filled(offer, queries), form=filled(offer, fields))
    def send(query: dict[str, Any], form: dict[str, Any]) -> None:
        for method, sent in (("G", query), ("P", form)):
            if method == "G":
                sent = {name: value for name, value in sent.items() if not hasattr(value, "read")}
            else:
                sent = {"csrfmiddlewaretoken": "甲", **sent}  # a form is never quite empty
            reply = ask(client, method, opening.url, sent)
            sent_count[0] += 1
            if reply.status >= 500 or INSIDE.search(reply.body):
                wrong.append(f"{method} {opening.url} {sent!r}: {reply.status}")
            page = reply.headers.get("Content-Type", "").startswith("text/html")
            if reply.status == 422 and page and not ("field-error" in reply.body or 'role="alert"' in reply.body):
                wrong.append(f"{method} {opening.url} {sent!r}: refused without saying where")
        assert not wrong, wrong

    send()
    figure("请求", sent_count[0])


@pytest.mark.parametrize("route", routes(), ids=str)
def test_whatever_is_sent_to_a_page_is_answered_in_order(route: Route, world: World, figure: Any):
    attack(world, route, examples=2, fixed=True, figure=figure)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("route", routes(), ids=str)
def test_whatever_is_sent_thirty_times_is_answered_in_order(route: Route, world: World, figure: Any):
    attack(world, route, examples=30, fixed=False, figure=figure)
