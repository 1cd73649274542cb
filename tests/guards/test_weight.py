"""What a browser has to fetch: the first visit and every later one (U67)."""

import gzip
from collections.abc import Iterator
from datetime import datetime

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from keqing.access.models import Staff
from keqing.desk.demo.company import LOGIN_OF_ROLE, make_demo_company
from keqing.kit.formats import SHANGHAI
from keqing.people.models import Organisation
from tests.guards.house import ROOT

KB = 1024
FIRST, AGAIN, STYLES, SCRIPTS = 150 * KB, 30 * KB, 25 * KB, 60 * KB

pytestmark = pytest.mark.proves("U67")


@pytest.fixture(scope="module")
def reader(django_db_setup: None, django_db_blocker: object) -> Iterator[Client]:
    """An area manager of the sample company, whose lists are full."""
    with django_db_blocker.unblock(), transaction.atomic():  # type: ignore[attr-defined]
        make_demo_company(at=datetime.now(SHANGHAI), scale=0.02)
        client = Client(headers={"Accept-Encoding": "gzip"})
        client.force_login(Staff.objects.get(login_name=LOGIN_OF_ROLE["area_manager"]))
        yield client
        transaction.set_rollback(True)


def packed(name: str) -> int:
    """As the server keeps it beside the plain file."""
    return len(gzip.compress((ROOT / "static" / "dist" / name).read_bytes(), 9))


def test_style_and_script_are_light():
    assert packed("app.css") <= STYLES and packed("app.js") <= SCRIPTS


@pytest.mark.django_db
def test_the_first_visit_and_every_later_one_are_light(reader: Client):
    customer = Organisation.objects.visible_to(Staff.objects.get(pk=reader.session["_auth_user_id"])).order_by("-last_activity_at")[0]
    pages = [
        reverse("desk:today"), reverse("people:organisations", args=["hospital"]), reverse("people:people"),
        reverse("desk:customer", args=[customer.pk]), reverse("followups:contacts"), reverse("followups:reminders"),
        reverse("followups:record", args=[customer.pk]), reverse("desk:team"),
    ]
    both = packed("app.css") + packed("app.js")
    heavy = []
    for url in pages:
        answer = reader.get(url)
        size = len(answer.content)
        assert answer.status_code == 200
        if size > AGAIN or both + size > FIRST:
            heavy.append(f"{url}: {size} bytes, {answer.get('Content-Encoding', 'plain')}")
    assert not heavy, "\n".join(heavy)
