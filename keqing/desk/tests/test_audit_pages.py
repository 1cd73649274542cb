import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from keqing.access.actions.staff import edit_staff
from keqing.access.tests.factories import make_cast
from keqing.audit.actions import Subject, entry_for, record, record_all, seal_entries
from keqing.audit.models import Entry

pytestmark = pytest.mark.django_db
AUDIT = reverse("desk:audit")


@pytest.fixture
def cast():
    return make_cast()


def text(response):
    return response.content.decode()


def test_only_the_audit_admin_reads_the_audit(client, cast):
    entry = record(action="staff.edited", by=cast.security, at=timezone.now())
    for url in (AUDIT, reverse("desk:audit_entry", args=[entry.pk])):
        client.logout()
        assert client.get(url).status_code == 302
        for role, person in cast.everyone.items():
            client.force_login(person)
            assert client.get(url).status_code == (200 if role == "audit" else 403), role


def test_entries_are_found_by_person_action_object_rule_and_day(client, cast):
    at = timezone.now()
    record(action="staff.edited", by=cast.security, at=at, subject=Subject("access.staff", 1, "李甲"))
    record(action="compliance.refused", by=cast.rep, at=at, rule="RX-01", subject=Subject("compliance.refusal", 1, "导入表"))
    client.force_login(cast.audit)
    page = text(client.get(AUDIT))
    assert "李甲" in page and "导入表" in page and "修改员工" in page
    for asked, there, absent in (
        ({"actor_name": "李雯"}, "导入表", "李甲"), ({"action": "staff.edited"}, "李甲", "导入表"),
        ({"subject": "导入"}, "导入表", "李甲"), ({"rule": "RX-01"}, "导入表", "李甲"),
    ):  # fmt: skip
        rows = text(client.get(AUDIT, asked)).split("<tbody>")[1].split("</tbody>")[0]
        assert there in rows and absent not in rows
    assert "没有符合条件" in text(client.get(AUDIT, {"to_on": "2020-01-01"}))
    assert "日期格式不对" in text(client.get(AUDIT, {"from_on": "昨天"}))


def test_one_entry_shows_before_and_after_in_the_words_of_the_form(client, cast):
    edit_staff(staff=cast.rep, values={"employee_no": "A-7"}, by=cast.security, at=timezone.now())
    entry = Entry.objects.latest("pk")
    client.force_login(cast.audit)
    url = reverse("desk:audit_entry", args=[entry.pk])
    page = text(client.get(url))
    assert "工号" in page and "A-7" in page and "等待封存" in page and "<c-" not in page
    seal_entries(at=timezone.now())
    assert "等待封存" not in text(client.get(url))
    assert client.get(reverse("desk:audit_entry", args=[entry.pk + 99])).status_code == 404


def test_the_list_costs_the_same_for_one_and_for_fifty_entries(client, cast):
    client.force_login(cast.audit)

    def cost():
        with CaptureQueriesContext(connection) as queries:
            client.get(AUDIT)
        return len(queries)

    record(action="staff.edited", by=cast.security, at=timezone.now())
    cost()
    before = cost()
    record_all(entry_for(action="staff.edited", by=cast.security, at=timezone.now()) for _ in range(50))
    assert cost() == before <= 10


def test_the_gallery_is_for_the_system_admin(client, cast):
    client.force_login(cast.system)
    page = client.get(reverse("desk:gallery"))
    assert page.status_code == 200 and "<c-" not in text(page)
    client.force_login(cast.rep)
    assert client.get(reverse("desk:gallery")).status_code == 403
