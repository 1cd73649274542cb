"""Targets (R-285), needs (R-286) and goals (R-126) as they are written."""

from datetime import timedelta

import pytest

from keqing.access.handover import open_work
from keqing.access.tests.factories import make_cast, position_of
from keqing.audit.models import Entry as AuditEntry
from keqing.followups.tests.factories import TODAY
from keqing.lifecycle.actions import move_customers
from keqing.lifecycle.actions.goals import GoalRefused, set_goal
from keqing.lifecycle.actions.needs import FIELDS, NeedRefused, StaleNeed, change_need
from keqing.lifecycle.actions.targets import StaleTarget, TargetRefused, change_target, reach_target
from keqing.lifecycle.models import Need, PipelineGoal, Target
from keqing.lifecycle.tests.factories import make_need, make_target, take_up
from keqing.people.actions.organisations import assign_organisations
from keqing.people.models import Organisation
from keqing.people.tests.factories import NOW, make_organisation
from keqing.timeline.models import Entry

pytestmark = pytest.mark.django_db


def values(need, **rest):
    return {name: getattr(need, name) for name in FIELDS} | rest


def test_a_need_is_registered_with_evidence_answered_and_met():
    cast = make_cast()
    need = make_need(customer=make_organisation(owner=cast.rep), by=cast.rep)
    answered = change_need(need=need, values=values(need, answer="已发送二期数据"), by=cast.rep, at=NOW)
    assert (answered.state, answered.answered_on) == ("已回应", TODAY)
    met = change_need(need=answered, values=values(answered, met_on=TODAY), by=cast.rep, at=NOW)
    assert met.state == "已满足" and not Need.objects.open().exists()
    assert list(Entry.objects.filter(kind="need").order_by("pk").values_list("title", flat=True)) == [
        "需求 · 需要二期数据", "回应需求 · 需要二期数据", "需求已满足 · 需要二期数据",
    ]
    assert AuditEntry.objects.filter(action="need.changed").count() == 2


def test_a_need_without_evidence_of_tomorrow_or_seen_in_an_older_version_is_refused():
    cast = make_cast()
    customer = make_organisation(owner=cast.rep)
    with pytest.raises(NeedRefused, match="依据"):
        make_need(customer=customer, by=cast.rep, evidence=" ")
    with pytest.raises(NeedRefused, match="今天"):
        make_need(customer=customer, by=cast.rep, raised_on=TODAY + timedelta(days=1))
    need = make_need(customer=customer, by=cast.rep)
    with pytest.raises(NeedRefused, match="早于"):
        change_need(need=need, values=values(need, met_on=TODAY - timedelta(days=1)), by=cast.rep, at=NOW)
    seen = Need.objects.get(pk=need.pk)
    change_need(need=need, values=values(need, text="需要三期数据"), by=cast.rep, at=NOW)
    with pytest.raises(StaleNeed):
        change_need(need=seen, values=values(seen, text="别的"), by=cast.rep, at=NOW)


@pytest.mark.proves("R-285")
def test_a_target_has_date_actions_and_owner_and_one_of_a_kind_is_open():
    cast = make_cast()
    customer = make_organisation(owner=cast.rep)
    target = make_target(customer=customer, by=cast.rep)
    assert str(target) == "客户等级：C → A" and target.position == position_of(cast.rep)
    for wrong, said in (
        ({"wanted": "C"}, "高于现状"), ({"wanted": "Z"}, "选择目标"), ({"due_on": TODAY - timedelta(days=1)}, "早于今天"),
        ({"actions": " "}, "行动"), ({}, "没有完成"),
    ):
        with pytest.raises(TargetRefused, match=said):
            make_target(customer=customer, by=cast.rep, **wrong)
    with pytest.raises(TargetRefused, match="依据"):
        reach_target(target=target, evidence="", by=cast.rep, at=NOW)
    seen = Target.objects.get(pk=target.pk)
    later = {"due_on": TODAY + timedelta(days=40), "actions": "改为每周", "position": target.position}
    change_target(target=target, values=later, by=cast.rep, at=NOW)
    with pytest.raises(StaleTarget):
        change_target(target=seen, values=later, by=cast.rep, at=NOW)


@pytest.mark.proves("R-285")
def test_a_target_of_a_stage_is_reached_by_the_move_itself():
    cast = make_cast()
    customer = make_organisation(owner=cast.rep)
    target = make_target(customer=customer, by=cast.rep, kind="stage", wanted="opportunity")
    with pytest.raises(TargetRefused, match="自动达成"):
        reach_target(target=target, evidence="是的", by=cast.rep, at=NOW)
    take_up(customer, cast.rep)
    move_customers(customers=[Organisation.objects.get(pk=customer.pk)], to="opportunity", by=cast.rep, at=NOW)
    target.refresh_from_db()
    assert (target.reached_on, target.evidence) == (TODAY, "客户进入销售机会")


@pytest.mark.proves("R-126")
def test_a_goal_is_for_a_position_and_a_month_and_never_for_a_medical_representative():
    cast = make_cast()
    manager = position_of(cast.manager)
    set_goal(position=manager, month=TODAY, wanted=100, by=cast.region_manager, at=NOW)
    set_goal(position=manager, month=TODAY, wanted=120, by=cast.region_manager, at=NOW)
    goal = PipelineGoal.objects.get()
    assert (goal.month, goal.wanted, goal.version) == (TODAY.replace(day=1), 120, 2)
    with pytest.raises(GoalRefused, match="REP-01"):
        set_goal(position=position_of(cast.rep), month=TODAY, wanted=5, by=cast.manager, at=NOW)
    assert AuditEntry.objects.filter(action="goal.set").count() == 2


def test_an_open_target_goes_with_its_customer_and_is_counted_as_open_work_of_the_position():
    cast = make_cast()
    customer = make_organisation(owner=cast.rep)
    target = make_target(customer=customer, by=cast.rep)
    position = position_of(cast.rep)
    assert ("未达成的提升目标", 1) in [(work.label, work.count) for work in open_work(positions=[position])]
    assign_organisations(organisations=[customer], position=position_of(cast.sibling), by=cast.manager, at=NOW)
    target.refresh_from_db()
    assert (target.position, target.version) == (position_of(cast.sibling), 2)
    assert not [work for work in open_work(positions=[position]) if work.label == "未达成的提升目标"]
