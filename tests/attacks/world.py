"""What the attacks walk: every address as somebody who may enter it, and the fields its page offers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.db import connection, transaction
from django.test import Client

from tests.guards.doors import DOORS, Door
from tests.guards.house import Route, routes
from tests.guards.stage import ROLE_OF, Stage
from tests.guards.test_permission_matrix import address, expected

WRITE = re.compile(r'^\s*(?:insert into|update|delete from)\s+"?(\w+)', re.IGNORECASE)


@dataclass
class World:
    stage: Stage
    clients: dict[str, Client]


@dataclass(frozen=True)
class Opening:
    """One address that this person may open."""

    route: Route
    door: Door
    who: str
    url: str

    def __str__(self) -> str:
        return f"{self.route.name} as {self.who}"


@dataclass
class Offer:
    """What a page offers: fields with the values it shows, and the names in its links."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    queries: set[str] = field(default_factory=set)
    status: int = 0


@dataclass
class Reply:
    status: int
    body: str
    headers: dict[str, str]
    written: list[tuple[str, Any]]
    statements: list[str]


def opening_of(world: World, route: Route, *, but: frozenset[str] = frozenset()) -> Opening | None:
    """The first person and row that the door lets in."""
    if (door := DOORS.get(route.name)) is None:
        return None  # the guard of the doors says so
    for who in ROLE_OF:
        if who in but:
            continue
        for one in world.stage.belongings:
            row = one.rows.get(door.row, world.stage.others.get(door.row)) if door.row else None
            on_customer = bool(door.row) and door.row in one.rows
            if door.row and row is None:
                continue
            if expected(who, door, one if on_customer else None) == 0:
                return Opening(route, door, who, address(route, door, row))
    return None


def openings(world: World) -> Iterator[Opening]:
    for route in routes():
        if found := opening_of(world, route):
            yield found


def ask(client: Client, method: str, url: str, sent: Any = None, **headers: str) -> Reply:
    """One request, taken back afterwards; statements are kept without their values, those that wrote with them."""
    written: list[tuple[str, Any]] = []
    statements: list[str] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        sql = sql if isinstance(sql, str) else sql.as_string(None)
        statements.append(sql)
        if WRITE.match(sql):
            written.append((sql, params))
        return execute(sql, params, many, context)

    cookies = client.cookies.copy()
    with transaction.atomic(), connection.execute_wrapper(watch):
        response = client.get(url, sent or {}, headers=headers) if method == "G" else client.post(url, sent or {}, headers=headers)
        body = b"".join(response.streaming_content) if response.streaming else response.content
        transaction.set_rollback(True)
    client.cookies = cookies
    return Reply(response.status_code, body.decode(errors="replace"), dict(response.headers), written, statements)


class _Form(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.offer = Offer()
        self.choice = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        got = {name: value or "" for name, value in attributes}
        name = got.get("name", "")
        if tag in ("input", "select", "textarea") and name:
            self.offer.fields.setdefault(name, [])
            self.choice = name if tag == "select" else ""
            if got.get("value"):
                self.offer.fields[name].append(got["value"])
        elif tag == "option" and self.choice:
            self.offer.fields[self.choice].append(got.get("value", ""))
        for reference in (got.get("href", ""), got.get("hx-get", "")):
            self.offer.queries |= {key for key, _ in parse_qsl(urlsplit(reference).query, keep_blank_values=True)}


def offer_of(world: World, opening: Opening) -> Offer:
    reply = ask(world.clients[opening.who], "G", opening.url)
    form = _Form()
    form.feed(reply.body)
    form.offer.status = reply.status
    form.offer.fields.pop("csrfmiddlewaretoken", None)
    return form.offer
