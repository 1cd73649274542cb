"""Rules hand leads to people, and say which rule it was (R-186)."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from keqing.access.tests.factories import make_cast, make_position, make_staff, make_unit, position_of
from keqing.audit.models import Entry
from keqing.leads.actions.assigning import assign_by_rules, assign_leads
from keqing.leads.actions.steps import LeadRefused
from keqing.leads.choices import State, StepKind
from keqing.leads.models import Lead, LeadRule, RuleCount, Step
from keqing.leads.tests.factories import make_lead, make_rule
from keqing.messaging.models import Message
from keqing.people.tests.factories import NOW, make_organisation
from keqing.timeline.models import Entry as Line

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast():
    return make_cast()


def decided(lead: Lead) -> Step:
    return Step.objects.filter(lead=lead, kind__in=(StepKind.ASSIGNED, StepKind.QUEUED)).latest("pk")


@pytest.mark.proves("R-186")
def test_a_lead_from_guangdong_oncology_goes_to_queue_gd_onc_with_rule_id(cast):
    queue = make_unit(name="GD-ONC", parent=cast.south)
    make_rule(name="全国兜底", unit=cast.company, place=9)
    rule = make_rule(name="广东肿瘤", unit=queue, regions=["440000"], words=["肿瘤"], place=1)
    lead = make_lead(by=cast.care, region_id="440106", need="想了解肿瘤产品", organisation_name="示例市人民医院")
    lead.refresh_from_db()
    assert (lead.unit, lead.position, lead.state, lead.rule_id) == (queue, None, State.NEW, rule.pk)
    step = decided(lead)
    assert step.rule_id == rule.pk and step.details["version"] == 1 and step.details["unit"] == queue.pk
    assert step.title == "进入“GD-ONC”队列"
    assert step.reason == f"规则 {rule.pk}“广东肿瘤”第 1 版：地区属于广东省，产品或需求含“肿瘤”"
    assert Entry.objects.get(action="lead.queued", subject_id=lead.pk).rule == f"LR-{rule.pk}"
    assert RuleCount.objects.get(rule=rule).hits == 1


def test_without_rules_a_lead_waits_where_it_was_entered_with_a_deadline(cast):
    lead = make_lead(by=cast.rep)
    lead.refresh_from_db()
    assert (lead.unit, lead.position, lead.rule_id) == (cast.guangzhou, None, None) and lead.due_at is not None
    assert "还没有启用的分配规则" in decided(lead).reason


def test_a_lead_no_rule_takes_waits_where_it_was_entered_and_asked_again_goes_to_the_top(cast):
    make_rule(unit=cast.south, regions=["440000"])
    lead = make_lead(by=cast.rep, region_id="110101")
    lead.refresh_from_db()
    assert lead.unit == cast.guangzhou and decided(lead).reason == "没有规则能接，留在队列等待分配"
    assign_by_rules(leads=[lead], at=NOW)
    lead.refresh_from_db()
    assert lead.unit == cast.company and decided(lead).title == "进入“示例药业”队列"


def test_a_rule_nobody_can_take_for_falls_to_the_next_with_a_reason(cast):
    vacant = make_position(unit=cast.guangzhou, name="空岗")
    gone = make_position(unit=cast.guangzhou, holder=make_staff(name="已离职", is_active=False, left_on=NOW.date()))
    make_rule(name="空缺", unit=cast.guangzhou, target="position", position=vacant)
    make_rule(name="离职", unit=cast.guangzhou, target="load", members=[gone])
    make_rule(name="没有人", unit=cast.guangzhou, target="turn")
    last = make_rule(name="有人", unit=cast.guangzhou, target="position", position=position_of(cast.rep))
    lead = make_lead(by=cast.care)
    lead.refresh_from_db()
    assert lead.position == position_of(cast.rep) and lead.state == State.ASSIGNED and lead.rule_id == last.pk
    step = decided(lead)
    assert "“空缺”、“离职”、“没有人”此时无人可接，顺延" in step.reason and len(step.details["passed"]) == 3
    LeadRule.objects.filter(pk=last.pk).update(position=vacant)
    other = make_lead(by=cast.care)
    other.refresh_from_db()
    assert other.unit == cast.company and "此时无人可接" in decided(other).reason


def test_turns_are_taken_by_everybody_alike_and_skip_who_is_not_there(cast):
    people = [position_of(one) for one in (cast.rep, cast.sibling, cast.manager)]
    rule = make_rule(unit=cast.guangzhou, target="turn", members=people)
    for _ in range(6):
        make_lead(by=cast.care)
    counts = {one.pk: Lead.objects.filter(position=one).count() for one in people}
    assert set(counts.values()) == {2}
    people[0].holder = None
    people[0].save()
    for _ in range(4):
        make_lead(by=cast.care)
    assert [Lead.objects.filter(position=one).count() for one in people] == [2, 4, 4]
    assert RuleCount.objects.get(rule=rule).hits == 10


def test_the_least_loaded_takes_the_next(cast):
    for _ in range(2):
        make_lead(by=cast.rep, mine=True)
    make_rule(unit=cast.guangzhou, target="load", members=[position_of(cast.rep), position_of(cast.sibling)])
    for _ in range(4):
        make_lead(by=cast.care)
    assert Lead.objects.filter(position=position_of(cast.rep)).count() == 3
    assert Lead.objects.filter(position=position_of(cast.sibling)).count() == 3


def test_the_holder_is_told_once_and_the_customer_s_story_has_a_line(cast):
    make_rule(unit=cast.guangzhou, target="position", position=position_of(cast.rep))
    customer = make_organisation(owner=cast.rep)
    lead = make_lead(by=cast.care, customer_id=None)
    lead.refresh_from_db()
    Lead.objects.filter(pk=lead.pk).update(state=State.NEW, position=None, customer_id=customer.pk, customer_name=customer.name)
    Message.objects.all().delete()
    assign_by_rules(leads=[lead], at=NOW)
    assign_by_rules(leads=[lead], at=NOW)
    assert [one.recipient for one in Message.objects.filter(kind="lead.assigned")] == [cast.rep]
    line = Line.objects.get(customer_id=customer.pk, kind="lead")
    assert line.title == "线索分配给 李雯" and line.subject_id == lead.pk


def test_what_somebody_holds_or_what_is_over_is_left_alone(cast):
    held = make_lead(by=cast.rep, mine=True)
    make_rule(unit=cast.company)
    assert assign_by_rules(leads=[held], at=NOW) == []


def test_asking_the_rules_again_tells_nothing_new_of_a_lead_that_stays(cast):
    make_rule(unit=cast.south)
    lead = make_lead(by=cast.care)
    steps = Step.objects.filter(lead=lead).count()
    due = Lead.objects.get(pk=lead.pk).due_at
    assert assign_by_rules(leads=[lead], at=NOW + timedelta(hours=3)) == []
    assert Step.objects.filter(lead=lead).count() == steps and Lead.objects.get(pk=lead.pk).due_at == due


def test_by_hand_a_lead_goes_to_a_position_somebody_holds(cast):
    lead = make_lead(by=cast.care)
    vacant = make_position(unit=cast.guangzhou)
    with pytest.raises(LeadRefused, match="没有人"):
        assign_leads(leads=[lead], position=vacant, reason="", by=cast.manager, at=NOW)
    assign_leads(leads=[lead], position=position_of(cast.rep), reason="熟悉这家医院", by=cast.manager, at=NOW)
    lead.refresh_from_db()
    assert lead.position == position_of(cast.rep) and decided(lead).reason == "熟悉这家医院"
    with pytest.raises(LeadRefused, match="已经由这个岗位负责"):
        assign_leads(leads=[lead], position=position_of(cast.rep), reason="", by=cast.manager, at=NOW)


def test_so_many_leads_cost_as_many_statements_as_one(cast, django_assert_max_num_queries):
    make_rule(unit=cast.guangzhou, target="turn", members=[position_of(cast.rep), position_of(cast.sibling)])
    leads = [make_lead(by=cast.care) for _ in range(30)]
    Lead.objects.update(state=State.NEW, position=None)
    with django_assert_max_num_queries(36):
        assert len(assign_by_rules(leads=leads, at=NOW)) == 30


@pytest.mark.django_db(transaction=True)
@pytest.mark.proves("R-186")
def test_two_who_assign_at_the_same_moment_take_turns_all_the_same():
    cast = make_cast()
    people = [position_of(one) for one in (cast.rep, cast.sibling)]
    leads = [make_lead(by=cast.care) for _ in range(40)]
    make_rule(unit=cast.guangzhou, target="turn", members=people)
    ready = threading.Barrier(4)
    errors = []

    def work(mine):
        try:
            ready.wait(timeout=20)
            for lead in mine:
                assign_by_rules(leads=[lead], at=NOW)
        except Exception as error:  # noqa: BLE001 told below
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(leads[at::4],)) for at in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert errors == []
    assert [Lead.objects.filter(position=one).count() for one in people] == [20, 20]
    assert Step.objects.filter(kind=StepKind.ASSIGNED).count() == 40
