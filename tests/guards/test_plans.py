"""No list, search or customer page reads a growing table from end to end (PG plans, thousands of rows)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from keqing.access.models import Staff
from keqing.desk.demo.company import make_demo_company
from keqing.people.models import Organisation

BIG = {"people_organisation", "people_person", "people_affiliation", "followups_contactrecord", "timeline_entry", "audit_entry"}

pytestmark = [pytest.mark.django_db, pytest.mark.proves("R-172")]


@pytest.fixture(scope="module")
def company(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock(), transaction.atomic():
        make_demo_company(at=timezone.now(), scale=0.25)
        yield
        transaction.set_rollback(True)


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from _nodes(child)


def _whole_reads(sql: str) -> list[str]:
    """Growing tables this statement reads from end to end."""
    with connection.cursor() as cursor:
        cursor.execute("explain (format json) " + sql)
        raw = cursor.fetchone()[0]
    plan = raw if isinstance(raw, list) else json.loads(raw)
    return [
        node["Relation Name"]
        for node in _nodes(plan[0]["Plan"])
        if node["Node Type"] in ("Seq Scan", "Parallel Seq Scan") and node.get("Relation Name") in BIG
    ]


def _pages(staff: Staff) -> list[str]:
    organisation = Organisation.objects.visible_to(staff).order_by("-last_activity_at").first()
    return [
        "/", "/customers/hospital/", "/customers/all/?q=rmyy", "/customers/hospital/?q=人民", "/customers/agent/?sort=name",
        "/people/", "/people/?q=王", "/search/?q=rmyy", "/search/?q=医药", f"/customers/{organisation.pk}/",
        "/followups/contacts/", "/followups/reminders/",
    ]


@pytest.mark.parametrize("login", ["rep", "manager", "gm"])
def test_no_page_reads_a_growing_table_from_end_to_end(login: str, company: None):
    staff = Staff.objects.get(login_name=login)
    client = Client()
    client.force_login(staff)
    wrong = []
    for url in _pages(staff):
        with CaptureQueriesContext(connection) as queries:
            response = client.get(url)
        assert response.status_code == 200, url
        for query in queries.captured_queries:
            if query["sql"].lstrip().upper().startswith("SELECT"):
                wrong += [f"{login} {url} {table}: {query['sql'][:400]}" for table in _whole_reads(query["sql"])]
    assert not wrong, "\n\n".join(sorted(set(wrong)))
