"""工作代理: days, scope, both names, ends by itself (R-189, T07)."""

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from keqing.access.actions.common import AdminRefused
from keqing.access.actions.proxies import arrange_proxy, end_proxy
from keqing.access.models import Proxy, Staff
from keqing.access.tests.factories import make_cast, make_position, make_staff, position_of
from keqing.audit.models import Entry
from keqing.desk.queries.team import team_members
from keqing.followups.tests.factories import make_reminder
from keqing.kit.remembered import Mark
from keqing.people.models import Organisation
from keqing.people.tests.factories import make_organisation

pytestmark = [pytest.mark.django_db, pytest.mark.proves("R-189")]
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=SHANGHAI)
MONDAY, FRIDAY = date(2026, 11, 23), date(2026, 11, 27)


@pytest.fixture
def cast():
    return make_cast()


@pytest.fixture(autouse=True)
def today(monkeypatch):
    """Rights are read by the clock; the tests turn it."""
    clock = {"at": NOW}
    monkeypatch.setattr("keqing.access.standing.timezone.now", lambda: clock["at"].astimezone(UTC))
    return clock


def fresh(staff):
    return Staff.objects.get(pk=staff.pk)


def arrange(cast, **changes):
    facts = {"position": position_of(cast.rep), "deputy": cast.sibling, "starts_on": MONDAY, "ends_on": FRIDAY, "by": cast.rep, "at": NOW}
    return arrange_proxy(**{**facts, **changes})


def sees(staff, customer):
    return Organisation.objects.visible_to(fresh(staff)).filter(pk=customer.pk).exists()


def test_the_deputy_sees_the_accounts_during_the_proxy_and_not_the_day_after(cast, today):
    customer = make_organisation(owner=cast.rep)
    assert not sees(cast.sibling, customer)
    arrange(cast)
    assert sees(cast.sibling, customer)
    today["at"] = NOW + timedelta(days=4)
    assert sees(cast.sibling, customer)
    today["at"] = NOW + timedelta(days=5)
    assert not sees(cast.sibling, customer)
    customer.refresh_from_db()
    assert customer.owner_position == position_of(cast.rep)


def test_a_proxy_that_starts_later_gives_nothing_yet(cast):
    customer = make_organisation(owner=cast.rep)
    arrange(cast, starts_on=MONDAY + timedelta(days=1))
    assert not sees(cast.sibling, customer)


def test_rights_still_cost_two_queries(cast, django_assert_num_queries):
    arrange(cast)
    deputy, own, others = fresh(cast.sibling), position_of(cast.sibling), position_of(cast.rep)
    with django_assert_num_queries(2):
        assert deputy.standing.position_ids == {own.pk, others.pk}
    assert deputy.standing.home == own


def test_a_proxy_for_some_kinds_opens_only_those(cast):
    hospital = make_organisation(owner=cast.rep)
    pharmacy = make_organisation(owner=cast.rep, kind="pharmacy", name="示例大药房")
    arrange(cast, kinds=["pharmacy"])
    assert sees(cast.sibling, pharmacy)
    assert not sees(cast.sibling, hospital)


def test_a_proxy_for_some_words_gives_only_those(cast):
    customer = make_organisation(owner=cast.rep)
    arrange(cast, words=["organisation.view", "contact.view"])
    deputy = fresh(cast.sibling)
    assert customer.allows(deputy, "organisation.view")
    assert not customer.allows(deputy, "organisation.edit")


def test_a_proxy_does_not_pass_on(cast):
    customer = make_organisation(owner=cast.rep)
    arrange(cast)
    arrange(cast, position=position_of(cast.sibling), deputy=cast.other_area_rep)
    assert sees(cast.sibling, customer)
    assert not sees(cast.other_area_rep, customer)


@pytest.mark.parametrize("between", [None, "other_area_rep"])
def test_two_people_never_represent_each_other_not_even_through_a_third(cast, between):
    middle = getattr(cast, between) if between else cast.sibling
    arrange(cast)
    if between:
        arrange(cast, position=position_of(cast.sibling), deputy=middle)
    with pytest.raises(AdminRefused, match="不能互相代理"):
        arrange(cast, position=position_of(middle), deputy=cast.rep, starts_on=FRIDAY, ends_on=FRIDAY + timedelta(days=3))
    arrange(cast, position=position_of(middle), deputy=cast.rep, starts_on=FRIDAY + timedelta(days=1), ends_on=FRIDAY + timedelta(days=3))


def test_a_second_deputy_for_the_same_days_is_refused_by_name(cast):
    arrange(cast)
    with pytest.raises(AdminRefused, match="已由 罗佳 代理"):
        arrange(cast, deputy=cast.other_area_rep, starts_on=FRIDAY, ends_on=FRIDAY + timedelta(days=1))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"deputy": "rep"}, "不能是本人"),
        ({"deputy": "security"}, "分立"),
        ({"starts_on": FRIDAY, "ends_on": MONDAY}, "不能早于"),
        ({"starts_on": date(2026, 11, 2), "ends_on": date(2026, 11, 3)}, "已经过去"),
        ({"ends_on": date(2027, 11, 3)}, "最长"),
    ],
)
def test_what_makes_no_sense_is_refused(cast, changes, sentence):
    changes = {name: getattr(cast, value) if isinstance(value, str) else value for name, value in changes.items()}
    with pytest.raises(AdminRefused, match=sentence):
        arrange(cast, **changes)


def test_somebody_who_left_or_holds_nothing_cannot_be_a_deputy(cast):
    with pytest.raises(AdminRefused, match="没有岗位"):
        arrange(cast, deputy=make_staff(name="新来的"))
    Staff.objects.filter(pk=cast.sibling.pk).update(is_active=False, left_on=MONDAY)
    with pytest.raises(AdminRefused, match="已离职"):
        arrange(cast, deputy=fresh(cast.sibling))


def test_ended_early_the_deputy_sees_nothing_from_then_on_and_days_are_free_again(cast):
    customer = make_organisation(owner=cast.rep)
    proxy = arrange(cast)
    end_proxy(proxy=proxy, by=cast.rep, at=NOW)
    assert not sees(cast.sibling, customer)
    arrange(cast, deputy=cast.other_area_rep)
    with pytest.raises(AdminRefused, match="已经结束"):
        end_proxy(proxy=proxy, by=cast.rep, at=NOW)


def test_a_proxy_is_over_when_the_person_leaves_the_position(cast):
    customer = make_organisation(owner=cast.rep)
    arrange(cast)
    position = position_of(cast.rep)
    position.holder = None
    position.save()
    assert not sees(cast.sibling, customer)


@pytest.mark.proves("T07")
def test_the_database_refuses_every_overlap_of_two_hundred_random_pairs(cast):
    draw, position = random.Random(7), position_of(cast.rep)  # noqa: S311
    facts = {"position": position, "from_staff": cast.rep, "to_staff": cast.sibling, "made_by": cast.rep, "made_at": NOW}

    def days():
        first = MONDAY + timedelta(days=draw.randrange(60))
        return first, first + timedelta(days=draw.randrange(20))

    refused = 0
    for _pair in range(200):
        (a, b), (c, d) = days(), days()
        first = Proxy.objects.create(starts_on=a, ends_on=b, **facts)
        overlaps = a <= d and c <= b
        try:
            with transaction.atomic():
                Proxy.objects.create(starts_on=c, ends_on=d, **facts)
        except IntegrityError:
            assert overlaps
            refused += 1
        else:
            assert not overlaps
        Proxy.objects.filter(position=position).delete()
        assert first
    assert refused > 20


def test_the_audit_and_the_stream_name_both(cast):
    customer = make_organisation(owner=cast.rep)
    reminder = make_reminder(customer=customer, by=cast.rep)
    arrange(cast)
    browser = Client()
    browser.force_login(fresh(cast.sibling))
    answer = browser.post(reverse("followups:reminder_done", args=[reminder.pk]), {"version": reminder.version, "outcome": "已回访"})
    assert answer.status_code in (200, 302, 303), answer.content.decode()[:500]
    entry = Entry.objects.get(action="reminder.finished")
    assert (entry.actor_name, entry.for_actor_name) == ("罗佳", "李雯")
    from keqing.timeline.models import Entry as Line

    assert Line.objects.filter(customer_id=customer.pk, actor_name="罗佳 代 李雯").exists()
    answer = browser.post(
        reverse("followups:record", args=[customer.pk]),
        {"track_on": f"{MONDAY}", "method": "visit", "business_state": "needs", "description": "与药剂科确认排期"},
    )
    assert answer.status_code in (200, 302, 303)
    assert "罗佳 代 李雯" in browser.get(reverse("followups:contacts")).content.decode()


def test_work_of_ones_own_is_signed_by_oneself_also_while_a_deputy(cast):
    mine = make_organisation(owner=cast.sibling, name="示例县医院")
    reminder = make_reminder(customer=mine, by=cast.sibling)
    arrange(cast)
    browser = Client()
    browser.force_login(fresh(cast.sibling))
    browser.post(reverse("followups:reminder_done", args=[reminder.pk]), {"version": reminder.version, "outcome": "已回访"})
    assert Entry.objects.get(action="reminder.finished").for_actor_name == ""


def test_arranged_on_the_page_shown_to_the_deputy_and_ended_by_the_person(cast):
    person, deputy = Client(), Client()
    person.force_login(fresh(cast.rep))
    form = {
        "position": position_of(cast.rep).pk, "deputy": cast.sibling.pk, "starts_on": f"{MONDAY}", "ends_on": f"{FRIDAY}",
        "reason": "年假", "duties": ["look", "remind"],
    }  # fmt: skip
    assert person.post(reverse("access:proxy_new"), form).status_code == 302
    proxy = Proxy.objects.get()
    deputy.force_login(fresh(cast.sibling))
    assert "代理 李雯（到 11-27）" in deputy.get(reverse("desk:today")).content.decode()
    page = deputy.get(reverse("access:proxy", args=[proxy.pk])).content.decode()
    assert "查看客户和往来、安排和完成待办" in page
    assert deputy.post(reverse("access:proxy_end", args=[proxy.pk])).status_code == 403
    assert person.post(reverse("access:proxy_end", args=[proxy.pk])).status_code == 302
    assert "代理 李雯" not in deputy.get(reverse("desk:today")).content.decode()
    assert "已提前结束" in person.get(reverse("access:proxies")).content.decode()


def test_a_refusal_is_said_on_the_page(cast):
    arrange(cast)
    browser = Client()
    browser.force_login(fresh(cast.manager))
    form = {"position": position_of(cast.rep).pk, "deputy": cast.other_area_rep.pk, "starts_on": f"{MONDAY}", "ends_on": f"{MONDAY}"}
    answer = browser.post(reverse("access:proxy_new"), form)
    assert answer.status_code == 422
    assert "日期不能重叠" in answer.content.decode()


def test_the_days_work_of_the_represented_is_on_the_deputys_page_marked(cast):
    make_reminder(customer=make_organisation(owner=cast.rep), by=cast.rep, text="送样品登记表")
    arrange(cast)
    browser = Client()
    browser.force_login(fresh(cast.sibling))
    page = browser.get(reverse("desk:today")).content.decode()
    assert "送样品登记表" in page
    assert ">代 李雯<" in page


def test_a_proxy_for_reminders_alone_shows_no_other_team_and_widens_no_export(cast):
    """The deputy leads a team of their own, so that the page of teams is open to them."""
    arrange(cast, position=position_of(cast.region_manager), deputy=cast.manager, words=["reminder.view", "reminder.manage"], by=cast.gm)
    deputy = fresh(cast.manager)
    assert position_of(cast.region_manager).pk in deputy.standing.position_ids
    assert deputy.standing.roles == {"area_manager"}
    names = {member.name for member in team_members(staff=deputy, today=MONDAY)}
    assert cast.rep.name in names and cast.other_area_rep.name not in names


def test_who_became_an_administrator_meanwhile_represents_nobody(cast):
    customer = make_organisation(owner=cast.rep)
    arrange(cast)
    assert sees(cast.sibling, customer)
    make_position(unit=cast.company, role="audit_admin", holder=cast.sibling)
    assert not sees(cast.sibling, customer)
    assert fresh(cast.sibling).standing.deputyships == ()


def test_fewer_rights_for_a_moment_are_not_remembered_as_those_of_the_person(cast):
    person = fresh(cast.rep)
    person.mark = Mark(-1, keeps=True)
    twin = person.on_behalf_of(None)
    assert (twin.recall("what", lambda: "fewer"), person.recall("what", lambda: "all")) == ("fewer", "all")
