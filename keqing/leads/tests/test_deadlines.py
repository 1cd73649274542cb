"""Deadlines of leads: answered in time, or escalated and handed on (R-187); returns (R-188)."""

import threading
from datetime import datetime, timedelta

import pytest
from django.db import connection

from keqing.access.tests.factories import make_cast, position_of
from keqing.audit.models import Entry
from keqing.kit.formats import SHANGHAI
from keqing.leads.actions import deadlines
from keqing.leads.actions.answering import accept_lead, return_lead
from keqing.leads.actions.steps import LeadRefused, StaleLead
from keqing.leads.choices import Judgement, State, StepKind
from keqing.leads.models import Lead, LeadRule, Step
from keqing.leads.tests.factories import make_lead, make_rule
from keqing.messaging.models import Message

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 23, 10, tzinfo=SHANGHAI)
DUE = datetime(2026, 11, 26, 10, tzinfo=SHANGHAI)
HOUR = timedelta(hours=1)


@pytest.fixture
def cast():
    return make_cast()


@pytest.fixture
def lead(cast):
    make_rule(name="广州", unit=cast.guangzhou, target="turn", members=[position_of(cast.rep), position_of(cast.sibling)])
    return stored(make_lead(by=cast.care, at=MONDAY, organisation_name="示例市人民医院"))


def stored(lead: Lead) -> Lead:
    return Lead.objects.get(pk=lead.pk)


def told(kind: str) -> list[str]:
    return [one.recipient.name for one in Message.objects.filter(kind=kind).select_related("recipient").order_by("pk")]


def test_the_deadline_is_three_working_days_after_the_assignment(lead):
    assert lead.state == State.ASSIGNED and lead.due_at == DUE


@pytest.mark.proves("R-187")
def test_not_handled_in_time_escalates_to_the_manager_and_is_reassigned(cast, lead):
    first = lead.position
    assert deadlines.escalate_overdue(at=DUE - HOUR) == 0
    assert deadlines.escalate_overdue(at=DUE) == 1
    now = stored(lead)
    assert now.is_escalated and now.position not in (None, first) and now.position.unit == cast.guangzhou
    assert now.state == State.ASSIGNED and now.due_at > DUE
    step = Step.objects.get(lead=lead, kind=StepKind.ESCALATED)
    assert step.title == "超时，升级到 陈立" and step.from_position == first and "没有在 2026-11-26 10:00 前处理" in step.reason
    assert told("lead.overdue") == ["陈立"]
    assert Entry.objects.filter(action="lead.escalated", subject_id=lead.pk).count() == 1


@pytest.mark.proves("R-187")
def test_sales_accepts_in_time_and_nothing_escalates(cast, lead):
    accept_lead(lead=lead, by=lead.position.holder, at=MONDAY + HOUR)
    assert deadlines.escalate_overdue(at=DUE + timedelta(days=9)) == 0
    now = stored(lead)
    assert (now.state, now.is_escalated, now.due_at) == (State.ACCEPTED, False, None)
    with pytest.raises(LeadRefused, match="只有待接受"):
        accept_lead(lead=now, by=cast.rep, at=MONDAY)
    with pytest.raises(StaleLead):
        accept_lead(lead=lead, by=cast.rep, at=MONDAY)


def test_running_again_changes_nothing_and_the_ladder_ends_at_the_top(cast, lead):
    at = DUE
    for _ in range(8):
        assert deadlines.escalate_overdue(at=at) == 1
        assert deadlines.escalate_overdue(at=at) == 0
        at = stored(lead).due_at
    now = stored(lead)
    # both representatives, the manager and the manager above let it lie; the company's queue keeps it
    assert (now.unit, now.position, now.state) == (cast.company, None, State.NEW)
    held = [step.from_position.holder.name for step in Step.objects.filter(kind=StepKind.ESCALATED, from_position__isnull=False).order_by("pk")]
    assert sorted(held[:2]) == ["李雯", "罗佳"] and held[2:] == ["陈立", "周岚"]


def test_a_queue_nobody_takes_from_is_the_business_of_its_head_then_of_the_one_above(cast):
    lead = make_lead(by=cast.rep, at=MONDAY)
    deadlines.escalate_overdue(at=DUE)
    now = stored(lead)
    assert told("lead.overdue") == ["陈立"] and now.position == position_of(cast.manager)


def test_who_is_late_is_not_asked_again_even_when_their_rule_stands_first(cast, lead):
    first = lead.position
    LeadRule.objects.update(target="position", position=first)
    deadlines.escalate_overdue(at=DUE)
    assert stored(lead).position == position_of(cast.manager)
    step = Step.objects.filter(lead=lead, kind=StepKind.ASSIGNED).latest("pk")
    assert "无人可接" in step.reason and step.reason.endswith("交给上级")


def test_a_reminder_comes_once_before_the_deadline(lead):
    holder = lead.position.holder.name
    assert deadlines.remind_due(at=DUE - timedelta(hours=20)) == 0
    assert deadlines.remind_due(at=DUE - HOUR) == 1
    assert deadlines.remind_due(at=DUE - HOUR / 2) == 1
    assert told("lead.due") == [holder]


def test_many_reminders_cost_as_many_statements_as_few(cast, lead, django_assert_max_num_queries):
    for number in range(30):
        make_lead(by=cast.rep, mine=True, at=MONDAY, organisation_name=f"示例{number}药店")
    Lead.objects.update(state=State.ASSIGNED, due_at=DUE)
    with django_assert_max_num_queries(14):
        assert deadlines.remind_due(at=DUE - HOUR) == 31
    assert len(told("lead.due")) == 31


@pytest.mark.proves("R-188")
def test_the_third_return_goes_to_the_manager(cast, lead):
    for number in (1, 2):
        holder = lead.position.holder
        return_lead(lead=lead, reason=f"还没有预算 {number}", by=holder, at=MONDAY + number * HOUR)
        lead = stored(lead)
        assert (lead.state, lead.position, lead.unit, lead.returned_count) == (State.RETURNED, None, cast.south, number)
        assert lead.return_reason == f"还没有预算 {number}" and lead.due_at is None
        Lead.objects.filter(pk=lead.pk).update(state=State.ASSIGNED, position=position_of(cast.rep), unit=cast.guangzhou)
        lead = stored(lead)
    return_lead(lead=lead, reason="仍没有预算", by=cast.rep, at=MONDAY + 5 * HOUR)
    lead = stored(lead)
    assert (lead.state, lead.position, lead.returned_count) == (State.ASSIGNED, position_of(cast.manager), 3)
    assert Step.objects.filter(kind=StepKind.RETURNED).latest("pk").title == "第 3 次退回，交给经理 陈立"
    assert told("lead.returned") == ["周岚", "周岚", "陈立"]


def test_beyond_the_limit_a_return_climbs_until_nobody_is_above(cast):
    lead = stored(make_lead(by=cast.gm, mine=True, at=MONDAY))
    Lead.objects.filter(pk=lead.pk).update(returned_count=2)
    with pytest.raises(LeadRefused, match="也没有上级可交"):
        return_lead(lead=lead, reason="不合适", by=cast.gm, at=MONDAY)


def test_a_return_to_a_head_who_works_at_no_leads_waits_in_their_queue(cast):
    lead = stored(make_lead(by=cast.region_manager, mine=True, at=MONDAY))
    Lead.objects.filter(pk=lead.pk).update(returned_count=2)
    return_lead(lead=lead, reason="不合适", by=cast.region_manager, at=MONDAY)
    lead = stored(lead)
    assert (lead.state, lead.position, lead.unit) == (State.NEW, None, cast.company) and lead.due_at is not None
    assert told("lead.returned") == ["王总"]


def test_a_return_says_why_and_only_what_somebody_holds_is_returned(cast, lead):
    with pytest.raises(LeadRefused, match="原因"):
        return_lead(lead=lead, reason="  ", by=cast.rep, at=MONDAY)
    waiting = make_lead(by=cast.rep, mine=True, at=MONDAY)
    return_lead(lead=stored(waiting), reason="不合适", by=cast.rep, at=MONDAY)
    with pytest.raises(LeadRefused, match="已分配"):
        return_lead(lead=stored(waiting), reason="不合适", by=cast.rep, at=MONDAY)
    assert stored(waiting).judgement == Judgement.PENDING


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_escalate_each_lead_once():
    cast = make_cast()
    leads = [make_lead(by=cast.rep, at=MONDAY) for _ in range(30)]
    ready, done = threading.Barrier(2), []

    def work():
        try:
            ready.wait(timeout=20)
            done.append(deadlines.escalate_overdue(at=DUE))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sum(done) == len(leads)
    assert Step.objects.filter(kind=StepKind.ESCALATED).count() == len(leads)


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_in_the_middle_leaves_the_rest_for_the_next(monkeypatch):
    cast = make_cast()
    for _ in range(6):
        make_lead(by=cast.rep, at=MONDAY)
    monkeypatch.setattr(deadlines, "BATCH", 2)
    real, calls = deadlines.assign_by_rules, []

    def dying(**arguments):
        calls.append(1)
        if len(calls) == 2:
            raise SystemExit("killed")
        return real(**arguments)

    monkeypatch.setattr(deadlines, "assign_by_rules", dying)
    with pytest.raises(SystemExit):
        deadlines.escalate_overdue(at=DUE)
    assert Lead.objects.filter(is_escalated=True).count() == 2
    monkeypatch.setattr(deadlines, "assign_by_rules", real)
    assert deadlines.escalate_overdue(at=DUE) == 4
    assert Step.objects.filter(kind=StepKind.ESCALATED).count() == 6
