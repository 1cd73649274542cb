"""Plans for the customers of a saved filter that finds nobody any more; which posts a step may name."""

from datetime import timedelta

import pytest
from django.urls import reverse

from keqing.access.models import Staff
from keqing.access.tests.factories import make_position, make_staff, position_of
from keqing.desk.models import SavedView
from keqing.messaging.models import Message
from keqing.people.tests.factories import NOW
from keqing.playbooks import lapsed, queries
from keqing.playbooks.actions import nightly
from keqing.playbooks.actions.enrolments import enrol
from keqing.playbooks.models import Enrolment
from keqing.playbooks.tests.factories import TODAY, make_customer, make_playbook

pytestmark = pytest.mark.django_db
QUERY = {"query": "customers:all?level=3a", "query_name": "三甲"}


@pytest.fixture(autouse=True)
def today(monkeypatch):
    from django.utils import timezone

    monkeypatch.setattr(timezone, "now", lambda: NOW)


def page_of(client, plan):
    return client.get(reverse("playbooks:playbook", args=[plan.pk])).content.decode()


@pytest.mark.proves("R-183")
def test_a_plan_whose_editor_left_says_so_keeps_who_is_in_it_and_tells_the_head_once(client, cast):
    customer = make_customer(owner=cast.rep, level="3a")
    plan = make_playbook(by=cast.region_manager, unit=cast.south, on_night=True, on_entry=False, **QUERY)
    enrol(edition=plan.current, customers=[customer.pk], origin="hand", by=cast.rep, at=NOW)
    client.force_login(cast.system)
    assert "没有客户会" not in page_of(client, plan)
    make_customer(owner=cast.rep, level="3a", name="后来的医院")
    Staff.objects.filter(pk=cast.region_manager.pk).update(is_active=False, left_on=TODAY)
    position = position_of(cast.region_manager)
    position.holder = make_staff(name="新大区经理", login_name="newhead")
    position.save()
    text = page_of(client, plan)
    assert "视图“三甲”按 周岚 所见筛选，此人已离职或停用" in text and "进行中的客户不受影响" in text and "重新选择视图" in text
    for number in (1, 2):
        day = TODAY + timedelta(days=number)
        nightly.generate(day=day, now=lambda day=day: NOW + (day - TODAY))
    assert Enrolment.objects.running().get().customer_id == customer.pk
    (told,) = Message.objects.filter(kind=lapsed.MESSAGE)
    assert told.recipient.name == "新大区经理" and told.url == reverse("playbooks:playbook", args=[plan.pk])


def test_a_filter_that_does_not_hold_any_more_is_told_to_its_editor(client, cast):
    plan = make_playbook(by=cast.region_manager, query="customers:all?level=99", query_name="不成立")
    client.force_login(cast.rep)
    text = page_of(client, plan)
    assert "视图“不成立”的条件已经失效" in text and "重新选择视图" not in text  # who may only read cannot mend it
    assert [lapsed.tell_of_lapsed(day=TODAY, at=NOW) for _twice in (1, 2)] == [1, 0]
    assert Message.objects.get(kind=lapsed.MESSAGE).recipient == cast.region_manager


def test_a_view_deleted_since_is_mentioned_and_the_plan_goes_on(client, cast):
    make_customer(owner=cast.rep, level="3a")
    view = SavedView.objects.create(list_key="customers:all", name="三甲", query="level=3a", staff=cast.region_manager)
    plan = make_playbook(by=cast.region_manager, **QUERY)
    client.force_login(cast.region_manager)
    assert "后来改过或已删除" not in page_of(client, plan)
    view.delete()
    text = page_of(client, plan)
    assert "后来改过或已删除" in text and "没有客户会" not in text


def test_a_step_may_name_posts_within_reach_and_above_but_not_another_regions(cast):
    foreign = make_position(unit=cast.beijing, holder=make_staff(login_name="beijinghead"), role="area_manager", is_head=True)
    offered = {pk for pk, _label in queries.positions_offered(staff=cast.region_manager)}
    assert {position_of(one).pk for one in (cast.manager, cast.region_manager, cast.commerce, cast.bidding, cast.gm)} <= offered
    assert foreign.pk not in offered and position_of(cast.rep).pk not in offered
    assert foreign.pk in {pk for pk, _label in queries.positions_offered(staff=cast.region_manager, kept=[foreign.pk])}
    assert foreign.pk in {pk for pk, _label in queries.positions_offered(staff=cast.system)}
