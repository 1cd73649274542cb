"""Every page, opened by every role in a small sample company: no error, no raw component, no English (decision 22)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zlib import crc32

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from keqing.access.models import Position, Staff, TerritoryRule
from keqing.access.standing import roles
from keqing.audit.models import Entry as AuditEntry
from keqing.desk.demo.company import LOGIN_OF_ROLE, make_demo_company
from keqing.followups.models import ContactRecord, Reminder
from keqing.kit.formats import SHANGHAI
from keqing.people.models import Affiliation, Department, Organisation, Person
from tests.guards import formats
from tests.guards.formats import Visible
from tests.guards.house import Route, routes

AT = datetime.now(SHANGHAI)
# written in Latin letters by everybody in the trade, or names of things
LATIN = re.compile(
    r"(?:[A-Z]{1,4}\d*|Excel|CSV|DTP|GSP|ID|xlsx?|csv|Ctrl|Alt|Esc|Enter|Chrome|htmx|SHA|UTF|[A-Za-z]|mg|ml|km|kg|MB|KB|"
    r"RX-\d+|R-\d+|GW\d+|LY\d+|[a-f]{8})"  # the last: the number of an error page, when it has no digit
)
WORD = re.compile(r"(?<![0-9A-Za-z])[A-Za-z]{2,}(?![0-9A-Za-z])")  # letters beside digits are codes
# these pages show what the system calls things, by their purpose
SPEAKS_CODE = {"desk:gallery", "desk:healthz"}
FOR_EVERYBODY = {"desk:today", "desk:search", "desk:customer", "people:organisations", "people:people", "followups:record", "followups:contacts"}

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(300)]  # a role walks everything in one setup


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock(), transaction.atomic():
        make_demo_company(at=AT, scale=0.01)
        yield
        transaction.set_rollback(True)


def _rows(staff: Staff) -> dict[str, Any]:
    """One row of each sort that this person sees, where there is one."""
    hospitals = Organisation.objects.visible_to(staff).of_kind("hospital").order_by("-last_contact_on", "pk")
    organisation = hospitals.filter(affiliations__isnull=False).first() or Organisation.objects.visible_to(staff).first()
    person = Person.objects.visible_to(staff).first()
    seen = organisation.pk if organisation else None
    return {
        "customers": organisation, "people": person, "posts": Affiliation.objects.filter(organisation=seen).first(),
        "departments": Department.objects.filter(organisation=seen).first(),
        "contacts": ContactRecord.objects.visible_to(staff).first(), "reminders": Reminder.objects.visible_to(staff).open().first(),
        "comments": None, "staff": Staff.objects.filter(is_active=True).last(), "positions": Position.objects.first(), "units": Position.objects.first().unit,
        "territories": TerritoryRule.objects.first(), "audit": AuditEntry.objects.first(), "imports": None, "tags": None,
    }


def _addresses(route: Route, rows: dict[str, Any]) -> list[str]:
    if not route.arguments:
        return [reverse(route.name)]
    if route.arguments == ("pk",):
        noun = next((part for part in route.address.split("<")[0].strip("/").split("/")[::-1] if part in rows), "")
        return [reverse(route.name, args=[rows[noun].pk])] if rows.get(noun) else []
    if route.arguments == ("kind",):
        return [reverse(route.name, args=[kind]) for kind in ("hospital", "distributor", "pharmacy")]
    return []


@dataclass(frozen=True)
class Answer:
    """What one address answered to a person."""

    route: str
    url: str
    status: int
    is_page: bool
    html: str


@dataclass(frozen=True)
class Walk:
    """What one role was answered, looked at by several tests, and the sign-in names, which are Latin by nature."""

    staff: Staff
    answers: list[Answer]
    logins: frozenset[str]


def one_of_each() -> dict[str, set[str]]:
    """What a push can afford: an area manager opens everything, each other page one role that may and one that may not."""
    share: dict[str, set[str]] = {role: {*FOR_EVERYBODY} for role in LOGIN_OF_ROLE}
    for route in routes():
        words = {str(word) for word in getattr(route.view, "words", ())}
        may = [role for role in LOGIN_OF_ROLE if not words or words & roles()[role].words.keys()]
        turn = crc32(route.name.encode())
        share["area_manager"].add(route.name)
        for some in (may, [role for role in LOGIN_OF_ROLE if role not in may]):
            if some:
                share[some[turn % len(some)]].add(route.name)
    return share


@pytest.fixture(scope="module", params=[*LOGIN_OF_ROLE, *(pytest.param(f"{role}, all", marks=pytest.mark.slow) for role in LOGIN_OF_ROLE)])
def walk(request: Any, demo: None, django_db_blocker: Any) -> Walk:
    role, _, whole = request.param.partition(", ")
    share = one_of_each()[role]
    with django_db_blocker.unblock(), transaction.atomic():
        staff = Staff.objects.get(login_name=LOGIN_OF_ROLE[role])
        client = Client()
        client.force_login(staff)
        rows = _rows(staff)
        wanted = [route for route in routes() if whole or route.name in share]
        answers = [_answer(client, route, url) for route in wanted for url in _addresses(route, rows)]
        logins = {part for name in Staff.objects.values_list("login_name", flat=True) for part in WORD.findall(name)}
        transaction.set_rollback(True)
    return Walk(staff, answers, frozenset({staff.login_name.lower(), *logins}))


def _answer(client: Client, route: Route, url: str) -> Answer:
    response = client.get(url)
    is_page = response.get("Content-Type", "").startswith("text/html") and response.status_code not in (302, 405)
    return Answer(route.name, url, response.status_code, is_page, response.content.decode() if is_page else "")


@pytest.mark.proves("U51")
def test_every_page_of_a_role_is_whole_and_chinese(walk: Walk):
    wrong = []
    for one in walk.answers:
        if one.status >= 500:
            wrong.append(f"{one.url}: {one.status}")
        if not one.is_page:
            continue
        if "<c-" in one.html or "{%" in one.html or "{{" in one.html:
            wrong.append(f"{one.url}: template code in the page")
        if "<html" in one.html and 'lang="zh-CN"' not in one.html:
            wrong.append(f"{one.url}: not said to be Chinese")
        if one.route not in SPEAKS_CODE:
            wrong += [f"{one.url}: {word}" for word in _english(one.html, walk.logins)]
    assert not wrong, "\n".join(sorted(set(wrong)))
    assert sum(one.is_page and one.status == 200 for one in walk.answers) >= 3


@pytest.mark.proves("U48")
def test_every_page_of_a_role_keeps_the_formats(walk: Walk):
    """Dates, money, masks and missing values look the same on every page (section 4 of the conventions)."""
    wrong = []
    for one in walk.answers:
        if one.status == 200 and one.is_page and one.route not in formats.BY_PURPOSE | SPEAKS_CODE:
            may_call = walk.staff.may("phone.full") or one.route in formats.OWN_PHONES
            wrong += [f"{one.url}: {said}" for said in formats.complaints(one.html, may_call=may_call)]
    assert not wrong, "\n".join(sorted(set(wrong)))


def _english(html: str, logins: frozenset[str]) -> set[str]:
    parser = Visible()
    parser.feed(html)
    found = {word for text in parser.words for word in WORD.findall(text)}
    return {word for word in found if not LATIN.fullmatch(word) and word.lower() not in logins}
