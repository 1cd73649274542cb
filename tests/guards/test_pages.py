"""Every page, opened by every role in a small sample company: no error, no raw component, no English (decision 22)."""

import re
from collections.abc import Iterator
from datetime import datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from keqing.access.models import Position, Staff, TerritoryRule
from keqing.audit.models import Entry as AuditEntry
from keqing.desk.demo.company import LOGIN_OF_ROLE, make_demo_company
from keqing.followups.models import ContactRecord, Reminder
from keqing.kit.formats import SHANGHAI
from keqing.people.models import Affiliation, Department, Organisation, Person
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

pytestmark = [pytest.mark.django_db, pytest.mark.proves("U51")]


class Visible(HTMLParser):
    """The text a person sees, without scripts, templates and code."""

    HIDDEN = {"script", "style", "template", "code", "svg"}

    def __init__(self) -> None:
        super().__init__()
        self.depth, self.words = 0, []

    def handle_starttag(self, tag: str, attributes: Any) -> None:
        self.depth += tag in self.HIDDEN
        if not self.depth:
            self.words += [v for k, v in attributes if k in ("placeholder", "title", "aria-label", "alt") and v]

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag in self.HIDDEN

    def handle_data(self, data: str) -> None:
        if not self.depth:
            self.words.append(data)


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


@pytest.mark.parametrize("role", LOGIN_OF_ROLE)
def test_every_page_of_a_role_is_whole_and_chinese(role: str, demo: None):
    staff = Staff.objects.get(login_name=LOGIN_OF_ROLE[role])
    client = Client()
    client.force_login(staff)
    rows = _rows(staff)
    wrong, opened = [], 0
    for route in routes():
        for url in _addresses(route, rows):
            response = client.get(url)
            if response.status_code >= 500:
                wrong.append(f"{url}: {response.status_code}")
            if not response.get("Content-Type", "").startswith("text/html") or response.status_code in (302, 405):
                continue
            opened += response.status_code == 200
            html = response.content.decode()
            if "<c-" in html or "{%" in html or "{{" in html:
                wrong.append(f"{url}: template code in the page")
            if "<html" in html and 'lang="zh-CN"' not in html:
                wrong.append(f"{url}: not said to be Chinese")
            if route.name not in SPEAKS_CODE:
                wrong += [f"{url}: {word}" for word in _english(html, staff)]
    assert not wrong, "\n".join(sorted(set(wrong)))
    assert opened >= 3


def _english(html: str, staff: Staff) -> set[str]:
    parser = Visible()
    parser.feed(html)
    own = {staff.login_name.lower()} | _logins()
    found = {word for text in parser.words for word in WORD.findall(text)}
    return {word for word in found if not LATIN.fullmatch(word) and word.lower() not in own}


def _logins() -> set[str]:
    """Sign-in names are Latin by nature."""
    return {part for name in Staff.objects.values_list("login_name", flat=True) for part in WORD.findall(name)}
