"""客户共享: read or write, dated, child records both ways (R-288); files obey the same rule (R-203)."""

import csv
import io
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

from keqing.access.actions.proxies import arrange_proxy
from keqing.access.models import Share, Staff
from keqing.access.tests.factories import make_cast, position_of
from keqing.audit.models import Entry
from keqing.followups.models import ContactRecord, Reminder
from keqing.followups.tests.factories import make_contact, make_reminder
from keqing.people.actions.sharing import SharingRefused, revoke_share, share_customer
from keqing.people.models import Organisation, Person
from keqing.people.sharing import who_sees
from keqing.people.tests.factories import make_organisation, make_person

pytestmark = [pytest.mark.django_db, pytest.mark.proves("R-288")]
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
TODAY, UNTIL = date(2026, 11, 21), date(2026, 11, 30)


@pytest.fixture
def cast():
    return make_cast()


@pytest.fixture(autouse=True)
def today(monkeypatch):
    clock = {"at": NOW}
    monkeypatch.setattr("django.utils.timezone.now", lambda: clock["at"])
    return clock


@pytest.fixture
def hospital(cast):
    return make_organisation(owner=cast.rep)


def fresh(staff):
    return Staff.objects.get(pk=staff.pk)


def share(cast, customer, **changes):
    facts = {"position": position_of(cast.stranger), "from_on": TODAY, "to_on": UNTIL, "may_write": False, "by": cast.rep, "at": NOW}
    return share_customer(customer=customer, **{**facts, **changes})


def browser_of(staff):
    client = Client()
    client.force_login(fresh(staff))
    return client


def page_of(staff, customer):
    return browser_of(staff).get(reverse("desk:customer", args=[customer.pk])).status_code


def test_b_sees_what_a_adds_later_and_a_sees_what_b_adds_and_after_the_end_b_gets_404(cast, hospital, today):
    assert page_of(cast.stranger, hospital) == 404
    share(cast, hospital, may_write=True)
    assert page_of(cast.stranger, hospital) == 200
    doctor = make_person(at_organisation=hospital, owner=cast.rep)
    contact = make_contact(customer=hospital, by=cast.rep)
    reminder = make_reminder(customer=hospital, by=cast.rep)
    b = fresh(cast.stranger)
    assert Person.objects.visible_to(b).filter(pk=doctor.pk).exists()
    assert ContactRecord.objects.visible_to(b).filter(pk=contact.pk).exists()
    assert Reminder.objects.visible_to(b).filter(pk=reminder.pk).exists()
    answer = browser_of(cast.stranger).post(
        reverse("followups:record", args=[hospital.pk]),
        {"track_on": f"{TODAY}", "method": "visit", "business_state": "needs", "description": "与药剂科见面，确认排期"},
    )
    assert answer.status_code in (200, 302, 303), answer.content.decode()[:300]
    added = ContactRecord.objects.get(tracker=cast.stranger)
    assert ContactRecord.objects.visible_to(fresh(cast.rep)).filter(pk=added.pk).exists()
    today["at"] = NOW + timedelta(days=9)
    assert page_of(cast.stranger, hospital) == 200
    today["at"] = NOW + timedelta(days=10)
    assert page_of(cast.stranger, hospital) == 404
    assert not ContactRecord.objects.visible_to(fresh(cast.stranger)).filter(pk=contact.pk).exists()


def test_shared_to_read_nothing_can_be_changed(cast, hospital):
    share(cast, hospital)
    stored, b = Organisation.objects.get(pk=hospital.pk), fresh(cast.stranger)
    assert stored.allows(b, "organisation.view")
    assert not stored.allows(b, "organisation.edit")
    assert not stored.allows(b, "contact.record")
    assert not stored.allows(b, "customer.share")
    assert browser_of(cast.stranger).get(reverse("people:organisation_edit", args=[hospital.pk])).status_code == 403


def test_shared_with_a_unit_everybody_in_and_under_it_sees_it(cast, hospital):
    share(cast, hospital, position=None, unit=cast.north)
    assert Organisation.objects.visible_to(fresh(cast.stranger)).filter(pk=hospital.pk).exists()
    assert not Organisation.objects.visible_to(fresh(cast.other_area_rep)).filter(pk=hospital.pk).exists()


def test_a_share_gives_no_word_the_position_does_not_have(cast, hospital):
    share(cast, hospital, position=position_of(cast.security))
    assert not Organisation.objects.visible_to(fresh(cast.security)).exists()


def test_taken_back_it_is_over_at_once_and_stays_in_the_history(cast, hospital):
    given = share(cast, hospital)
    revoke_share(share=given, by=cast.rep, at=NOW)
    assert page_of(cast.stranger, hospital) == 404
    page = browser_of(cast.rep).get(reverse("people:sharing", args=[hospital.pk])).content.decode()
    assert "李雯收回" in page
    assert list(Entry.objects.filter(action__startswith="customer.").values_list("action", flat=True)) == ["customer.shared", "customer.unshared"]
    with pytest.raises(SharingRefused, match="已经结束"):
        revoke_share(share=given, by=cast.rep, at=NOW)


def test_the_page_names_who_sees_the_customer_and_until_when(cast, hospital):
    client = browser_of(cast.rep)
    form = {"position": position_of(cast.stranger).pk, "may_write": "no", "from_on": f"{TODAY}", "to_on": f"{UNTIL}", "reason": "联合拜访"}
    assert client.post(reverse("people:share_new", args=[hospital.pk]), form).status_code == 302
    page = client.get(reverse("people:sharing", args=[hospital.pk])).content.decode()
    for text in ("唐敏", "只可查看", "联合拜访", "陈立", "管理所属组织"):
        assert text in page, text
    assert client.post(reverse("people:share_revoke", args=[Share.objects.get().pk])).status_code == 302
    assert page_of(cast.stranger, hospital) == 404


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"to_on": TODAY - timedelta(days=1), "from_on": TODAY - timedelta(days=2)}, "已经过去"),
        ({"to_on": TODAY - timedelta(days=1)}, "不能早于"),
        ({"to_on": TODAY + timedelta(days=400)}, "一年"),
        ({"position": None}, "一位同事"),
    ],
)
def test_what_makes_no_sense_is_refused(cast, hospital, changes, sentence):
    with pytest.raises(SharingRefused, match=sentence):
        share(cast, hospital, **changes)


def test_a_second_share_with_the_same_person_for_the_same_days_is_refused(cast, hospital):
    share(cast, hospital)
    with pytest.raises(SharingRefused, match="已经共享给唐敏"):
        share(cast, hospital, may_write=True)


def test_only_who_has_shares_pays_for_them(cast, hospital, django_assert_num_queries):
    share(cast, hospital)
    b = fresh(cast.stranger)
    with django_assert_num_queries(2):
        assert b.standing.may("organisation.view")


def names_in_file(staff):
    wanted = {"list": "customers:all", "query": "", "format": "csv", "columns": "shown", "encoding": "utf-8-sig", "reason": "核对"}
    answer = browser_of(staff).post(reverse("exports:new"), wanted)
    assert answer.status_code == 200, answer.content.decode()[:300]
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
    return {cell for row in rows for cell in row if cell.startswith("示例")}


@pytest.mark.proves("R-203")
def test_a_file_holds_what_the_page_shows_with_shares_and_proxies_and_not_a_row_more(cast, hospital, today):
    make_organisation(owner=cast.stranger, name="示例北京医院")
    make_organisation(owner=cast.other_area_rep, name="示例深圳医院")
    make_organisation(owner=cast.sibling, name="示例广州医院")
    assert names_in_file(cast.stranger) == {"示例北京医院"}
    share(cast, hospital)
    assert names_in_file(cast.stranger) == {"示例北京医院", hospital.name}
    arrange_proxy(
        position=position_of(cast.other_area_rep), deputy=fresh(cast.stranger), starts_on=TODAY, ends_on=TODAY, by=cast.gm, at=NOW
    )
    assert names_in_file(cast.stranger) == {"示例北京医院", hospital.name, "示例深圳医院"}
    today["at"] = NOW + timedelta(days=1)
    assert names_in_file(cast.stranger) == {"示例北京医院", hospital.name}
    assert names_in_file(cast.manager) == {hospital.name, "示例广州医院"}


@pytest.mark.proves("R-203")
def test_a_manager_sees_the_own_area_only_and_by_proxy_another_one(cast, hospital):
    other = make_organisation(owner=cast.stranger, name="示例北京医院")
    assert set(Organisation.objects.visible_to(fresh(cast.manager))) == {hospital}
    arrange_proxy(position=position_of(cast.stranger), deputy=fresh(cast.manager), starts_on=TODAY, ends_on=TODAY, by=cast.gm, at=NOW)
    assert set(Organisation.objects.visible_to(fresh(cast.manager))) == {hospital, other}


@pytest.mark.proves("R-288")
def test_the_page_names_a_deputy_only_where_the_proxy_opens_the_customer(cast, hospital):
    facts = {"position": position_of(cast.rep), "ends_on": TODAY, "by": cast.gm, "at": NOW}
    arrange_proxy(**facts, deputy=fresh(cast.stranger), starts_on=TODAY, words=["reminder.view", "reminder.manage"])
    arrange_proxy(**{**facts, "position": position_of(cast.manager)}, deputy=fresh(cast.other_area_rep), starts_on=TODAY, kinds=["pharmacy"])
    assert not {"唐敏", "何俊"} & {one.name for one in who_sees(customer=hospital, today=TODAY).seers}
    pharmacy = make_organisation(owner=cast.rep, kind="pharmacy", name="示例大药房")
    assert {"唐敏", "何俊"} & {one.name for one in who_sees(customer=pharmacy, today=TODAY).seers} == {"何俊"}
