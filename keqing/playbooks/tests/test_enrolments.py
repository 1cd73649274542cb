"""Customers enter plans and leave them; plans change under way."""

from datetime import date, timedelta

import pytest

from keqing.access.tests.factories import position_of
from keqing.audit.models import Entry as AuditEntry
from keqing.followups.actions.reminders import finish_reminder
from keqing.followups.models import Reminder
from keqing.people.models import Dimension, Organisation, OrganisationTag, Tag
from keqing.people.tests.factories import NOW
from keqing.playbooks import fitting
from keqing.playbooks.actions import enrolments, steps
from keqing.playbooks.actions.playbooks import (
    PlaybookRefused,
    StalePlaybook,
    StepDraft,
    WordingRefused,
    close_playbook,
    revise_playbook,
)
from keqing.playbooks.defaults import make_defaults
from keqing.playbooks.entries import PlansFollowStages
from keqing.playbooks.models import Edition, Enrolment, Playbook
from keqing.playbooks.tests.factories import STEPS, TODAY, draft, make_customer, make_playbook
from keqing.timeline.models import Entry

pytestmark = pytest.mark.django_db


def enrol(playbook, *customers, by=None, origin="hand"):
    return enrolments.enrol(edition=playbook.current, customers=[one.pk for one in customers], origin=origin, by=by, at=NOW)


@pytest.mark.proves("R-099")
def test_assigning_a_playbook_creates_its_tasks(cast):
    customer = make_customer(owner=cast.rep, name="甲岑市人民医院")
    (made,) = enrol(make_playbook(), customer, by=cast.rep)
    runs = list(made.runs.select_related("step"))
    assert [run.step.text for run in runs] == [step.text for step in STEPS]
    reminders = Reminder.objects.filter(customer_id=customer.pk).order_by("due_on")
    assert [one.text for one in reminders] == ["首次拜访甲岑市人民医院", "送资料"]  # the third begins in a month
    assert {one.origin for one in reminders} == {"playbook"}
    assert {one.position_id for one in reminders} == {position_of(cast.rep).pk}
    # 2026-11-21 is a Saturday: the first step begins on Monday and has three working days
    assert [run.begins_on for run in runs][:2] == [date(2026, 11, 23), date(2026, 11, 25)]
    customer.refresh_from_db()
    assert customer.next_due_on == reminders[0].due_on
    assert Entry.objects.filter(customer_id=customer.pk, kind="plan").count() == 1
    assert AuditEntry.objects.filter(action="playbook.enrolled", customer_id=customer.pk).count() == 1


@pytest.mark.proves("R-183")
def test_entering_prospect_starts_the_nurture_playbook_and_leaving_ends_it(cast):
    make_defaults(company=cast.company, today=TODAY, at=NOW)
    customer = make_customer(owner=cast.rep)
    PlansFollowStages().entered(customers=[customer], stage="prospect", by=cast.rep, at=NOW)
    enrolment = Enrolment.objects.get(customer_id=customer.pk)
    assert enrolment.playbook.title == "潜在客户培育"
    assert Reminder.objects.open().filter(customer_id=customer.pk, origin="playbook").exists()
    Organisation.objects.filter(pk=customer.pk).update(lifecycle="opportunity")
    PlansFollowStages().entered(customers=[customer], stage="opportunity", by=cast.rep, at=NOW + timedelta(hours=1))
    enrolment.refresh_from_db()
    assert (enrolment.end, enrolment.runs.filter(end="").count()) == ("left", 0)
    assert set(enrolment.runs.values_list("end", flat=True)) == {"ended"}
    running = Enrolment.objects.running().get(customer_id=customer.pk)
    assert running.playbook.title == "销售机会推进与跟踪"
    # what the old plan asked for is off the list, with the reason
    closed = Reminder.objects.get(customer_id=customer.pk, done_at__isnull=False)
    assert closed.outcome.startswith("方案结束")


@pytest.mark.parametrize(("stage", "title"), [
    ("unidentified", "待识别客户判别"), ("prospect", "潜在客户培育"), ("opportunity", "销售机会推进与跟踪"), ("user", "用户关怀"),
    ("dormant", "客户挽留"), ("lost", "客户挽留"),
])
@pytest.mark.proves("R-183", "R-290")
def test_each_class_of_customers_has_its_plan(cast, stage, title):
    make_defaults(company=cast.company, today=TODAY, at=NOW)
    customer = make_customer(owner=cast.rep, stage=stage)
    PlansFollowStages().entered(customers=[customer], stage=stage, by=cast.rep, at=NOW)
    assert [one.playbook.title for one in Enrolment.objects.all()] == [title]


def test_many_customers_enter_in_as_many_statements_as_one(cast, django_assert_max_num_queries):
    playbook = make_playbook()
    customers = [make_customer(owner=cast.rep, name=f"示例{n}医院") for n in range(40)]
    with django_assert_max_num_queries(18):
        enrol(playbook, customers[0], by=cast.rep)
    with django_assert_max_num_queries(18):
        assert len(enrol(playbook, *customers, by=cast.rep)) == 39  # the first is in it already


@pytest.mark.proves("R-135")
def test_the_segment_query_equals_the_enrolment_preview_and_what_is_enrolled(cast):
    tag = Tag.objects.create(dimension=Dimension.objects.create(name="业务线甲"), name="标签甲")
    fits = make_customer(owner=cast.rep, name="甲医院", level="3a")
    others = [
        make_customer(owner=cast.rep, name="乙医院", level="2a"), make_customer(owner=cast.rep, name="丙公司", kind="distributor"),
        make_customer(owner=cast.rep, name="丁医院", level="3a", stage="user"),
        make_customer(owner=cast.rep, name="戊医院", level="3a"),
        make_customer(owner=cast.stranger, name="己医院", level="3a"),
    ]
    for one in (fits, *others[:3], others[4]):
        OrganisationTag.objects.create(organisation=one, tag=tag)
    playbook = make_playbook(unit=cast.south, kinds=["hospital"], levels=["3a"], tag_ids=[tag.pk])
    segment = set(fitting.customers_for(playbook.current, today=TODAY).values_list("pk", flat=True))
    preview = set(fitting.who_may_enter(playbook.current, today=TODAY).values_list("pk", flat=True))
    assert segment == preview == {fits.pk}
    made = enrolments.enrol(edition=playbook.current, customers=preview, origin="hand", by=cast.rep, at=NOW)
    assert {one.customer_id for one in made} == segment
    assert not fitting.who_may_enter(playbook.current, today=TODAY).exists()


def test_a_saved_filter_narrows_as_its_maker_sees_the_list(cast):
    mine = make_customer(owner=cast.rep, name="甲医院", level="3a")
    make_customer(owner=cast.rep, name="乙医院", level="2a")
    make_customer(owner=cast.stranger, name="丙医院", level="3a")
    playbook = make_playbook(by=cast.region_manager, query="customers:all?level=3a", query_name="三甲")
    assert list(fitting.customers_for(playbook.current, today=TODAY)) == [mine]
    broken = make_playbook(title="乙", by=cast.region_manager, query="customers:all?level=99", query_name="不成立")
    assert not fitting.customers_for(broken.current, today=TODAY).exists()


def test_a_step_of_the_superior_goes_to_the_superior(cast):
    playbook = make_playbook(steps=[
        StepDraft(text="经理过问", owner_rule="manager"),
        StepDraft(text="商务跟进", owner_rule="position", position=position_of(cast.commerce)),
    ])
    customer = make_customer(owner=cast.rep)
    enrol(playbook, customer)
    places = dict(Reminder.objects.filter(customer_id=customer.pk).values_list("text", "position_id"))
    assert places == {"经理过问": position_of(cast.manager).pk, "商务跟进": position_of(cast.commerce).pk}


def test_a_skipped_step_is_off_the_list_and_a_mandatory_one_is_not_skipped(cast):
    customer = make_customer(owner=cast.rep)
    (made,) = enrol(make_playbook(), customer)
    first, second, _third = made.runs.select_related("step")
    with pytest.raises(steps.StepRefused, match="必做"):
        steps.skip_step(run=first, seen_version=1, reason="不用", by=cast.rep, at=NOW)
    with pytest.raises(steps.StepRefused, match="理由"):
        steps.skip_step(run=second, seen_version=1, reason=" ", by=cast.rep, at=NOW)
    steps.skip_step(run=second, seen_version=1, reason="资料已在会上给过", by=cast.rep, at=NOW)
    second.refresh_from_db()
    assert (second.end, second.note) == ("skipped", "资料已在会上给过")
    assert Reminder.objects.get(pk=second.reminder_id).outcome == "跳过：资料已在会上给过"
    assert AuditEntry.objects.filter(action="playbook.step_skipped").count() == 1


def test_a_plan_whose_steps_are_done_is_done(cast):
    customer = make_customer(owner=cast.rep)
    (made,) = enrol(make_playbook(steps=STEPS[:1]), customer)
    finish_reminder(reminder=Reminder.objects.get(customer_id=customer.pk), outcome="已拜访", by=cast.rep, at=NOW)
    assert steps.settle(customers=[customer.pk]) == 1
    assert [one.pk for one in enrolments.finish_done(customers=[customer.pk], at=NOW)] == [made.pk]
    made.refresh_from_db()
    assert made.end == "done"


def test_stopping_a_plan_keeps_what_was_done(cast):
    customer = make_customer(owner=cast.rep)
    (made,) = enrol(make_playbook(), customer)
    first = made.runs.first()
    finish_reminder(reminder=Reminder.objects.get(pk=first.reminder_id), outcome="已拜访", by=cast.rep, at=NOW)
    enrolments.stop(enrolments=[made], end="hand", note="客户要求暂停", by=cast.rep, at=NOW)
    assert list(made.runs.values_list("end", flat=True)) == ["done", "ended", "ended"]
    customer.refresh_from_db()
    assert customer.next_due_on is None
    assert enrolments.stop(enrolments=[made], end="hand", by=cast.rep, at=NOW) == []


def _revise(playbook, by, new_steps, running):
    return revise_playbook(
        playbook=playbook, title=playbook.title, draft=draft(steps=new_steps), running=running, reason="按季度复盘调整", by=by, at=NOW
    )


def _as_drafts(edition):
    return [
        StepDraft(text=one.text, offset=one.offset, deadline_days=one.deadline_days, owner_rule=one.owner_rule,
                  is_mandatory=one.is_mandatory, line=one.line)
        for one in edition.steps.all()
    ]


@pytest.mark.proves("R-183")
def test_a_plan_is_changed_without_code_and_running_customers_keep_their_edition(cast):
    playbook = make_playbook()
    old, new = make_customer(owner=cast.rep, name="旧客户医院"), make_customer(owner=cast.rep, name="新客户医院")
    (running,) = enrol(playbook, old)
    first, _second, third = _as_drafts(playbook.current)
    revised, moved = _revise(playbook, cast.system, [third, first, StepDraft(text="加一步")], Edition.Running.KEEP)
    assert moved is None
    (entered,) = enrol(Playbook.objects.select_related("current").get(pk=revised.pk), new)
    assert [run.step.text for run in running.runs.order_by("step__place")] == [step.text for step in STEPS]
    assert [run.step.text for run in entered.runs.order_by("step__place")] == [third.text, first.text, "加一步"]
    assert Edition.objects.get(playbook=playbook, number=1).steps.count() == 3


def test_moving_to_the_new_edition_keeps_what_is_done_drops_what_is_gone_and_adds_what_is_new(cast):
    playbook = make_playbook()
    customer = make_customer(owner=cast.rep)
    (running,) = enrol(playbook, customer)
    done, gone, later = running.runs.order_by("step__place")
    finish_reminder(reminder=Reminder.objects.get(pk=done.reminder_id), outcome="已拜访", by=cast.rep, at=NOW)
    first, _second, third = _as_drafts(playbook.current)
    _plan, moved = _revise(playbook, cast.system, [first, third, StepDraft(text="加一步", offset=1)], Edition.Running.MOVE)
    assert (moved.state, moved.total, moved.done) == ("done", 1, 1)
    running.refresh_from_db()
    assert running.edition.number == 2
    ends = {run.step.text: run.end for run in running.runs.select_related("step")}
    assert ends == {first.text: "done", "送资料": "dropped", third.text: "", "加一步": ""}
    open_texts = set(Reminder.objects.open().filter(customer_id=customer.pk).values_list("text", flat=True))
    assert open_texts == {"加一步"}


def test_a_stale_revision_is_refused(cast):
    playbook = make_playbook()
    _revise(playbook, cast.system, STEPS, Edition.Running.KEEP)
    with pytest.raises(StalePlaybook):
        _revise(playbook, cast.system, STEPS, Edition.Running.KEEP)


def test_a_closed_plan_ends_where_it_runs_and_takes_nobody_in(cast):
    playbook = make_playbook()
    customer = make_customer(owner=cast.rep)
    enrol(playbook, customer)
    assert close_playbook(playbook=playbook, reason="改用新方案", by=cast.system, at=NOW).done == 1
    assert not Playbook.objects.in_force(TODAY).exists()
    other = make_customer(owner=cast.rep, name="另一家医院")
    PlansFollowStages().entered(customers=[other], stage="prospect", by=cast.rep, at=NOW)
    assert not Enrolment.objects.filter(customer_id=other.pk).exists()


@pytest.mark.proves("R-290")
def test_incentives_are_for_companies_and_never_for_health_care(cast):
    steps_with = [StepDraft(text="按合同兑现返利")]
    for kinds in ([], ["hospital"], ["distributor", "clinic"]):
        with pytest.raises(WordingRefused, match="只能用于企业客户") as refused:
            make_playbook(title=f"激励{len(kinds)}", steps=steps_with, kinds=kinds)
        assert refused.value.hit.rule_id == "TOV-01"
    assert make_playbook(steps=steps_with, kinds=["distributor", "chain"]).pk


def test_a_deny_word_in_a_step_is_refused(cast):
    with pytest.raises(WordingRefused):
        make_playbook(steps=[StepDraft(text="到药房统方")], kinds=["distributor"])


@pytest.mark.parametrize(("rest", "why"), [
    ({"steps": []}, "至少"), ({"steps": [StepDraft(text="找{院长}")]}, "院长"), ({"stages": []}, "阶段"),
    ({"valid_to": TODAY - timedelta(days=1)}, "截止"), ({"steps": [StepDraft(text="某事", owner_rule="position")]}, "岗位"),
    ({"steps": [StepDraft(text=" ")]}, "第 1 步"),
])
def test_a_plan_that_makes_no_sense_is_refused(cast, rest, why):
    with pytest.raises(PlaybookRefused, match=why):
        make_playbook(**rest)


def test_the_delivered_plans_are_made_once(cast):
    assert len(make_defaults(company=cast.company, today=TODAY, at=NOW)) == 6
    assert make_defaults(company=cast.company, today=TODAY, at=NOW) == []


def test_a_reentered_stage_starts_its_plan_anew(cast):
    playbook = make_playbook()
    customer = make_customer(owner=cast.rep)
    (first,) = enrol(playbook, customer)
    enrolments.stop(enrolments=[first], end="left", by=cast.rep, at=NOW)
    assert not fitting.who_may_enter(playbook.current, today=TODAY).exists()  # by hand only after the pause
    PlansFollowStages().entered(customers=[customer], stage="prospect", by=cast.rep, at=NOW)
    assert Enrolment.objects.running().filter(customer_id=customer.pk).count() == 1
