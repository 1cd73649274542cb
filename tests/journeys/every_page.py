"""Every page of the product, opened by somebody who may: from the declared doors, so that none is forgotten."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.test import Client

from tests.guards.doors import DOORS
from tests.guards.house import Route, routes
from tests.guards.stage import ROLE_OF, Stage
from tests.guards.test_permission_matrix import address, cells, expected

# whose pages are the fullest comes first
READERS = ("manager", "rep", "commerce", "care", "gm", "compliance", "security", "system", "audit")
WAIT = 15_000


@dataclass(frozen=True)
class Page:
    """One page to look at: whose screen, under which name and address, drawn from which template."""

    who: str
    name: str
    url: str
    template: str = ""


def pages(made: Stage) -> list[Page]:
    """One page for each address that answers with a whole page; grouped by reader."""
    clients = {}
    for who in ROLE_OF:
        clients[who] = Client(raise_request_exception=False)
        clients[who].force_login(getattr(made.cast, who))
    found = [page for route in routes() if (page := _page(made, route, clients))]
    return sorted(found, key=lambda page: page.who)


def some_of_each_sort(found: list[Page], always: set[str]) -> list[Page]:
    """What a push can afford: one page of every template that draws several, of every other of the rest, and those named always."""
    alike: dict[str, list[Page]] = defaultdict(list)
    for page in found:
        if page.name not in always:
            alike[page.template or page.name].append(page)
    turns = {template: crc32(template.encode()) for template in alike}
    chosen = {same[turns[template] % len(same)] for template, same in alike.items() if len(same) > 1 or turns[template] % 2}
    return [page for page in found if page.name in always or page in chosen]


def _page(made: Stage, route: Route, clients: dict[str, Client]) -> Page | None:
    if route.name not in DOORS or "G" not in DOORS[route.name].methods:  # test_doors names the undeclared ones
        return None
    if DOORS[route.name].bearer:
        return None  # a file for whoever has its address
    for who, url in _candidates(made, route):
        client = clients.get(who) or Client()
        response = client.get(url)
        if response.streaming:
            response.close()  # a file; closing any other answer would give up the connection each time
        if response.status_code >= 500:
            return Page(who, route.name, url)  # whoever opens it will say so
        if response.status_code == 200 and _is_whole(response):
            return Page(who, route.name, url, response.templates[0].name)
    return None


def _candidates(made: Stage, route: Route) -> Iterator[tuple[str, str]]:
    door = DOORS[route.name]
    if not door.words:
        yield "", address(route, door, None)
        return
    for who in (*READERS, *(name for name in ROLE_OF if name not in READERS)):
        for one, row in cells(made, route, door, who):
            if not expected(who, door, one):
                yield who, address(route, door, row)


def _is_whole(response: Any) -> bool:
    kind = response.get("Content-Type", "")
    return not response.streaming and kind.startswith("text/html") and b"<html" in response.content


def become(context: Any, made: Stage, who: str, url: str) -> None:
    """Sign the browser in as this person, without the form; nobody when ``who`` is empty."""
    context.clear_cookies()
    if not who:
        return
    client = Client()
    client.force_login(getattr(made.cast, who))
    assert {SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY} <= set(client.session.keys())
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": client.session.session_key, "url": url}])


def visit(page: Any, made: Stage, live_server: Any, wanted: list[Page]) -> Iterator[Page]:
    """Open one page after the other and hand each over, loaded."""
    reader = None
    page.set_default_timeout(WAIT)
    page.set_default_navigation_timeout(WAIT)
    for one in wanted:
        if one.who != reader:
            become(page.context, made, one.who, live_server.url)
            reader = one.who
        page.goto(live_server.url + one.url)
        yield one
