"""No list, search or customer page reads a growing table from end to end, by PostgreSQL's own plans.

In the daily run the company is small, where reading all of a table is often the cheapest; the planner is asked
for another way and must find an index. The long run has the full company, tells the planner how much there is, and
leaves it free; a table of a few thousand rows is rightly read whole.
"""

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
from keqing.kit.pinyin import initials
from keqing.people.models import Organisation

BIG = {
    "people_organisation", "people_person", "people_affiliation", "followups_contactrecord", "timeline_entry", "audit_entry",
    "followups_commitment", "followups_reminder", "service_feedback", "messaging_message", "leads_lead", "leads_step",
    "lifecycle_stagechange", "lifecycle_need", "lifecycle_target", "lifecycle_effect",
}

LARGE = 5_000  # rows

pytestmark = [pytest.mark.django_db, pytest.mark.proves("R-172")]


def _company(blocker: Any, scale: float) -> Iterator[None]:
    with blocker.unblock(), transaction.atomic():
        make_demo_company(at=timezone.now(), scale=scale)
        with connection.cursor() as cursor:
            cursor.execute("analyze")
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def small_company(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    yield from _company(django_db_blocker, 0.03)


@pytest.fixture(scope="module")
def full_company(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    yield from _company(django_db_blocker, 1)


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from _nodes(child)


def _stopped(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Reads without a condition right under a limit: they take the first rows there are and no more (decision 18)."""
    for node in _nodes(plan):
        if node["Node Type"] == "Limit":
            yield from (child for child in node["Plans"] if "Filter" not in child)


def _whole_reads(sql: str, *, free: bool = True) -> list[str]:
    """Growing tables this statement reads from end to end."""
    with connection.cursor() as cursor:
        cursor.execute(f"set local enable_seqscan = {'on' if free else 'off'}")
        cursor.execute("explain (format json) " + sql)
        raw = cursor.fetchone()[0]
    plan = raw if isinstance(raw, list) else json.loads(raw)
    stopped = {id(node) for node in _stopped(plan[0]["Plan"])}
    growing = _large() if free else BIG
    return [
        node["Relation Name"]
        for node in _nodes(plan[0]["Plan"])
        if node["Node Type"] in ("Seq Scan", "Parallel Seq Scan") and node.get("Relation Name") in growing and id(node) not in stopped
    ]


def _large() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("select relname from pg_class where relname = any(%s) and reltuples > %s", [sorted(BIG), LARGE])
        return {name for (name,) in cursor.fetchall()}


def _pages(staff: Staff) -> list[str]:
    organisation = Organisation.objects.visible_to(staff).order_by("-last_activity_at").first()
    # a word that few rows have: for one that a third of them have, reading all is the right plan
    few = organisation.name[:3]
    return [
        "/", "/customers/hospital/", f"/customers/all/?q={initials(few)}", f"/customers/hospital/?q={few}",
        "/customers/agent/?sort=name", "/people/", "/people/?q=欧阳", "/people/contacts/",
        f"/people/contacts/?place={few}", f"/search/?q={few}", f"/customers/{organisation.pk}/",
        "/followups/contacts/", "/followups/contacts/?when=last_30", "/followups/reminders/", "/reports/contacts/?by=people",
        "/followups/calendar/", "/followups/calendar/?view=week", "/followups/commitments/", "/followups/commitments/?preset=overdue",
        "/followups/commitments/rates/", f"/followups/customers/{organisation.pk}/commitments/", "/reports/duties/",
        "/lifecycle/board/", "/lifecycle/board/prospect/", f"/lifecycle/customers/{organisation.pk}/", "/lifecycle/changes/",
        "/lifecycle/needs/", "/lifecycle/needs/?preset=unanswered", "/lifecycle/targets/", "/lifecycle/targets/result/",
        "/lifecycle/effects/", "/lifecycle/effects/?preset=without", "/lifecycle/effects/report/", "/lifecycle/losses/",
        "/leads/", "/leads/?preset=mine", "/leads/?preset=late&sort=due", "/leads/?sort=-score", f"/leads/customers/{organisation.pk}/",
        "/playbooks/attention/silent/", "/playbooks/attention/quiet/", "/playbooks/customers/?preset=running",
        f"/playbooks/of/{organisation.pk}/",
        "/service/feedback/", f"/service/customers/{organisation.pk}/feedback/", "/messages/", "/messages/?show=unread",
        "/reports/contacts/records/", "/reports/contacts/records/?first=2026-10-01&last=2026-10-31",
    ]


def _wrong(login: str, *, free: bool) -> list[str]:
    staff = Staff.objects.get(login_name=login)
    client = Client()
    client.force_login(staff)
    wrong = []
    for url in _pages(staff):
        with CaptureQueriesContext(connection) as queries:
            response = client.get(url)
        assert response.status_code == 200, url
        for query in queries.captured_queries:
            # totals are counted up to a limit (decision 18), by whatever way is shortest
            if query["sql"].startswith("SELECT") and not query["sql"].startswith("SELECT (SELECT count(*)"):
                wrong += [f"{login} {url} {table}: {query['sql'][:400]}" for table in _whole_reads(query["sql"], free=free)]
    return sorted(set(wrong))


@pytest.mark.parametrize("login", ["rep", "manager", "gm"])
def test_every_read_of_a_growing_table_has_an_index_to_go_by(login: str, small_company: None):
    wrong = _wrong(login, free=False)
    assert not wrong, "\n\n".join(wrong)


@pytest.mark.slow
@pytest.mark.parametrize("login", ["rep", "manager", "gm"])
def test_at_full_size_no_growing_table_is_read_from_end_to_end(login: str, full_company: None):
    assert {"people_organisation", "followups_contactrecord", "timeline_entry"} <= _large()
    wrong = _wrong(login, free=True)
    assert not wrong, "\n\n".join(wrong)
