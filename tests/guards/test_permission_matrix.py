"""T39: every address × method × role × belonging of the row answers as declared, and a refusal changes nothing."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zlib import crc32

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from tests.guards.doors import DOORS, Door
from tests.guards.house import Route, routes
from tests.guards.stage import ROLE_OF, Belonging, Stage, holds, reach, set_stage
from tests.quiet import refusals_unlogged

WRITE = re.compile(r'^\s*(?:insert into|update|delete from)\s+"?(\w+)', re.IGNORECASE)
# what any request may write: its session, its refusal in the audit, the throttle
AROUND = {"django_session", "audit_entry", "cache_entry", "access_cardrate", "compliance_refusal"}
# pages that show names by their purpose (decision 5: audit and refusals name what they are about)
NAMES_BY_PURPOSE = {"desk:audit", "desk:audit_entry", "compliance:refusals"}

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(300), pytest.mark.proves("T39")]
FIRST_ROLES = {"representative", "area_manager"}
Cell = tuple[str, Belonging | None, Any]  # who asks, for a row of which belonging


class Watch:
    """Notes the business tables that statements write to."""

    def __init__(self) -> None:
        self.written: set[str] = set()

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if found := WRITE.match(sql):
            self.written |= {found.group(1).lower()} - AROUND
        return execute(sql, params, many, context)


@pytest.fixture(scope="module")
def staged(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[Stage, dict[str, Client]]]:
    """One stage for all cells; every request is taken back, the stage at the end."""
    with django_db_blocker.unblock(), transaction.atomic(), refusals_unlogged():
        made = set_stage()
        clients = {}
        for name in ROLE_OF:
            clients[name] = Client(raise_request_exception=True)
            clients[name].force_login(getattr(made.cast, name))
        yield made, clients
        transaction.set_rollback(True)


def send(client: Client, method: str, url: str) -> tuple[int, str, set[str]]:
    """One request, taken back afterwards: rows, session and cookies are as before."""
    watch, cookies = Watch(), client.cookies.copy()
    with transaction.atomic(), connection.execute_wrapper(watch):
        response = client.get(url) if method == "G" else client.post(url, dict(parse_qsl(urlsplit(url).query)))
        body = b"".join(response.streaming_content) if response.streaming else response.content
        transaction.set_rollback(True)
    client.cookies = cookies
    return response.status_code, body.decode(errors="replace"), watch.written


def address(route: Route, door: Door, row: Any) -> str:
    if door.selects:
        return f"{reverse(route.name, args=['assign'])}?list=customers:all&selected={row.pk}"
    values: dict[str, Any] = {}
    for argument in route.arguments:
        if argument == "pk":
            values[argument] = row.pk
        elif argument in ("kind", "kinds"):
            values[argument] = "hospital"
        elif argument == "column":
            values[argument] = "remark" if route.name == "people:person_cell" else "state"
        elif argument == "noun":
            values[argument] = "reason" if route.name == "lifecycle:value" else "dimension"
        elif argument in ("rule_id", "key"):
            values[argument] = row
        else:
            values[argument] = getattr(row, argument)
    return reverse(route.name, kwargs=values)


def is_known(who: str, door: Door, one: Belonging) -> bool:
    """Whether the row may be known to exist: by the words of its own kind of row."""
    if door.row in ("reminder", "commitment") and one.owner == who:
        return holds(who, door.known_by)
    words = door.known_by
    if one.key == "consumer":
        words = tuple(word for word in words if word != "organisation.view") or ("",)
    elif "person.view" in words and len(words) > 1:
        words = ("organisation.view",)
    return any(reach(who, word, one) != "none" for word in words)


def route_kind_closed(who: str, door: Door) -> bool:
    """A new hospital is entered only by those whose grant covers hospitals."""
    if door.row != "kind" or "organisation.create" not in door.words:
        return False
    grants = settings.ROLES[ROLE_OF[who]]["words"]["organisation.create"]
    return isinstance(grants, dict) and "hospital" not in grants.get("kinds", ["hospital"])


def expected(who: str, door: Door, one: Belonging | None) -> int:
    """0 stands for: let in (any answer but 403, 404, 405)."""
    if door.words and not holds(who, door.words):
        return 403
    if door.only and who not in door.only:
        return 404
    if route_kind_closed(who, door):
        return 403
    if one is None:
        return 0
    if not is_known(who, door, one):
        return 404
    words = door.needs or door.words
    enough = ("full", "names") if door.names_enough else ("full",)
    return 0 if any(reach(who, word, one) in enough for word in words) else 403


def cells(made: Stage, route: Route, door: Door, who: str) -> Iterator[tuple[Belonging | None, Any]]:
    if not door.row:
        yield None, None
    elif door.row in made.others:
        yield None, made.others[door.row]
    else:
        having = [one for one in made.belongings if door.row in one.rows]
        # without the word the row is never read: one belonging says it all
        for one in having if holds(who, door.words) else having[:1]:
            yield one, one.rows[door.row]


def every_cell(made: Stage, route: Route, door: Door) -> Iterator[Cell]:
    for who in ROLE_OF:
        yield from ((who, one, row) for one, row in cells(made, route, door, who))


def one_of_each(made: Stage, route: Route, door: Door) -> list[Cell]:
    """What a push can afford: of the belongings declared to be answered alike, another one at each address for each of three.

    Those are a representative, an area manager, and one of all the other roles together.
    """
    alike: dict[object, list[Cell]] = defaultdict(list)
    for who, one, row in every_cell(made, route, door):
        kind = (is_known(who, door, one), one.key == "consumer") if one else None
        role = ROLE_OF[who] if ROLE_OF[who] in FIRST_ROLES else ""
        alike[role, holds(who, door.words) if door.words else True, expected(who, door, one), kind].append((who, one, row))
    turn = crc32(route.name.encode())
    return [same[turn % len(same)] for same in alike.values()]


def foreign_names(made: Stage, who: str) -> list[str]:
    """Names this person may meet nowhere."""
    found = []
    for one in made.belongings:
        organisation_word, person_word = ("person.view",) * 2 if one.key == "consumer" else ("organisation.view", "person.view")
        words = [organisation_word] if len(one.names) == 1 else [organisation_word, person_word]
        found += [name for name, word in zip(one.names, words, strict=True) if reach(who, word, one) == "none"]
    return found


def test_every_route_is_declared_with_the_words_on_its_door():
    declared = {name: set(door.words) for name, door in DOORS.items()}
    real = {route.name: {str(word) for word in getattr(route.view, "words", ())} for route in routes()}
    assert real == declared


def wrong_cells(route: Route, made: Stage, clients: dict[str, Client], wanted_cells: Iterable[Cell]) -> list[str]:
    door = DOORS[route.name]
    wrong = []
    for who, one, row in wanted_cells:
        url = address(route, door, row)
        for method in "GP" if who == "manager" else door.methods:
            status, body, written = send(clients[who], method, url)
            wanted = expected(who, door, one)
            cell = f"{who} {method} {url} {one.key if one else '-'}: {status}"
            if method not in door.methods:
                allowed = status in (405, 403, 404) or (method == "P" and door.methods == "G" and status == 200 and not written)
                wrong += [] if allowed else [f"{cell}, not a method of this page"]
            elif wanted and status != wanted:
                wrong.append(f"{cell}, declared {wanted}")
            elif not wanted and (status in (403, 404, 405) or status >= 500):
                wrong.append(f"{cell}, declared open")
            if status >= 400 and written:
                wrong.append(f"{cell} wrote to {sorted(written)}")
            if route.name not in NAMES_BY_PURPOSE:
                leaked = [name for name in foreign_names(made, door.bearer or who) if name in body]
                wrong += [f"{cell} shows {leaked}"] if leaked else []
            if status in (403, 404) and one and any(name in body for name in one.names):
                wrong.append(f"{cell} names what it refuses")
    return wrong


@pytest.mark.parametrize("route", routes(), ids=str)
def test_each_kind_of_cell_answers_as_declared(route: Route, staged: tuple[Stage, dict[str, Client]]):
    made, clients = staged
    wrong = wrong_cells(route, made, clients, one_of_each(made, route, DOORS[route.name]))
    assert not wrong, "\n".join(wrong)


@pytest.mark.slow
@pytest.mark.parametrize("route", routes(), ids=str)
def test_each_cell_answers_as_declared(route: Route, staged: tuple[Stage, dict[str, Client]]):
    made, clients = staged
    wrong = wrong_cells(route, made, clients, every_cell(made, route, DOORS[route.name]))
    assert not wrong, "\n".join(wrong)


def test_an_address_that_is_a_right_is_public_and_another_one_opens_nothing(staged: tuple[Stage, dict[str, Client]]):
    _, clients = staged
    for route in (each for each in routes() if DOORS[each.name].bearer):
        assert getattr(route.view, "public_reason", "") and not DOORS[route.name].words and route.arguments == ("token",)
        guessed = reverse(route.name, args=["A" * 43])
        assert {send(client, "G", guessed)[0] for client in (Client(), *clients.values())} == {404}


@pytest.mark.parametrize("route", [r for r in routes() if not getattr(r.view, "public_reason", "")], ids=str)
def test_a_stranger_is_sent_to_the_sign_in_page(route: Route, staged: tuple[Stage, dict[str, Client]]):
    made, _ = staged
    door = DOORS[route.name]
    rows = [row for one in made.belongings for key, row in one.rows.items() if key == door.row]
    url = address(route, door, rows[0] if rows else made.others.get(door.row))
    for method in "GP":
        status, body, written = send(Client(), method, url)
        assert status in (302, 405) and not written
        assert not any(name in body for one in made.belongings for name in one.names)
