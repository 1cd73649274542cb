"""The states of R-181, and that a contact alone moves nobody (R-127)."""

import itertools

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from keqing.access.tests.factories import make_cast
from keqing.audit.models import Entry as AuditEntry
from keqing.followups.tests.factories import TODAY, make_contact, make_reminder
from keqing.lifecycle import entries, guards
from keqing.lifecycle.actions import MoveRefused, move_customers
from keqing.lifecycle.models import StageChange
from keqing.lifecycle.tests.factories import Diary, loss_reason, make_need, put_in, take_up
from keqing.lifecycle.transitions import TRANSITIONS
from keqing.people.choices import Stage
from keqing.people.models import Organisation
from keqing.people.stages import FORWARD, MOVES
from keqing.people.tests.factories import NOW, make_organisation
from keqing.timeline.models import Entry

pytestmark = pytest.mark.django_db


def stage_of(customer):
    return Organisation.objects.get(pk=customer.pk).lifecycle


def move(customer, to, by, **rest):
    return move_customers(customers=[Organisation.objects.get(pk=customer.pk)], to=to, by=by, at=NOW, **rest)


def refused(customer, to, by, **rest):
    with pytest.raises(MoveRefused) as refusal:
        move(customer, to, by, **rest)
    return str(refusal.value)


@pytest.mark.proves("R-181")
def test_an_opportunity_becomes_an_order_customer_with_an_approved_order_only():
    cast = make_cast()
    customer = put_in(make_organisation(owner=cast.rep), "opportunity")
    assert refused(customer, "order_customer", cast.rep, reason="他们说会订") == "没有已批准的订单，不能成为订单客户。（LC-03）"
    approved = set()

    def orders(ids):
        return approved & set(ids)

    guards.register_evidence(Stage.ORDER_CUSTOMER, orders)
    try:
        refused(customer, "order_customer", cast.rep)
        approved.add(customer.pk)
        move(customer, "order_customer", cast.rep)
    finally:
        guards.unregister(Stage.ORDER_CUSTOMER, orders)
    assert stage_of(customer) == "order_customer"
    assert "用户" in refused(customer, "user", cast.rep)


@pytest.mark.proves("R-181")
@pytest.mark.parametrize(("old", "new"), [p for p in itertools.permutations(Stage.values, 2) if p not in TRANSITIONS])
def test_an_illegal_jump_is_refused_by_the_action_and_by_the_database(old, new):
    cast = make_cast()
    customer = put_in(make_organisation(owner=cast.rep, lifecycle="unidentified"), old)
    text = refused(customer, new, cast.rep, reason="试试", evidence="试试", loss_reason=loss_reason())
    assert "不能直接变为" in text and "LC-00" in text
    with pytest.raises(IntegrityError, match="stage_moves"), transaction.atomic():
        Organisation.objects.filter(pk=customer.pk).update(lifecycle=new)
    assert stage_of(customer) == old and not StageChange.objects.exists()


def test_every_step_the_database_allows_has_a_rule_and_no_other_has_one():
    assert set(TRANSITIONS) == {(old, new) for old, following in MOVES.items() for new in following}


@pytest.mark.proves("R-181")
def test_each_step_asks_for_its_own():
    cast = make_cast()
    customer = make_organisation(owner=cast.rep, lifecycle="unidentified")
    assert "判别" in refused(customer, "prospect", cast.rep)
    move(customer, "prospect", cast.rep, reason="来电询价，确认是医院药剂科")
    assert "需求" in refused(customer, "opportunity", cast.rep)
    make_need(customer=customer, by=cast.rep)
    assert "下一步" in refused(customer, "opportunity", cast.rep)
    make_reminder(customer=customer, by=cast.rep)
    move(customer, "opportunity", cast.rep)
    assert "休眠" in refused(customer, "dormant", cast.rep)
    move(customer, "dormant", cast.rep, reason="半年没有采购计划")
    assert "流失原因" in refused(customer, "lost", cast.rep, reason="换了别家")
    move(customer, "lost", cast.rep, reason="换了别家", loss_reason=loss_reason())
    for forward in FORWARD:
        if forward != Stage.OPPORTUNITY:
            assert "不能直接变为" in refused(customer, forward, cast.rep, reason="回来了")
    assert "LC-07" in refused(customer, "opportunity", cast.rep)
    move(customer, "opportunity", cast.rep, reason="重新谈合作")
    assert [str(one) for one in StageChange.objects.order_by("pk")] == [
        "待识别客户 → 潜在客户", "潜在客户 → 销售机会", "销售机会 → 休眠", "休眠 → 流失", "流失 → 销售机会",
    ]


def test_a_move_is_on_the_row_in_the_history_in_the_story_and_in_the_audit():
    cast = make_cast()
    customer = put_in(make_organisation(owner=cast.rep), "prospect", since=TODAY.replace(day=1))
    take_up(customer, cast.rep)
    diary = Diary()
    entries.register(diary)
    try:
        change = move(customer, "opportunity", cast.rep, reason="主任同意试用").changes[0]
    finally:
        entries.unregister(diary)
    stored = Organisation.objects.get(pk=customer.pk)
    assert (stored.lifecycle, stored.lifecycle_since, stored.last_activity_at) == ("opportunity", TODAY, NOW)
    assert (change.from_stage, change.to_stage, change.days, change.by) == ("prospect", "opportunity", TODAY.day - 1, cast.rep)
    line = Entry.objects.get(customer_id=customer.pk, kind="stage")
    assert (line.title, line.text, line.actor_name) == ("阶段 潜在客户 → 销售机会", "主任同意试用", cast.rep.name)
    entry = AuditEntry.objects.get(action="stage.moved")
    assert entry.changes["lifecycle"] == ["潜在客户", "销售机会"] and entry.rule == "LC-02" and entry.reason == "主任同意试用"
    assert diary.lines == [("left", "prospect", [customer.pk]), ("entered", "opportunity", [customer.pk])]


def test_many_move_in_as_many_statements_as_one_and_the_refused_stay():
    cast = make_cast()
    customers = [make_organisation(owner=cast.rep, name=f"医院{n}") for n in range(12)]
    for customer in customers[:10]:
        take_up(customer, cast.rep)
    rows = list(Organisation.objects.filter(pk__in=[c.pk for c in customers]).order_by("pk"))
    with pytest.raises(MoveRefused), transaction.atomic():
        move_customers(customers=rows, to="opportunity", by=cast.rep, at=NOW)
    assert not StageChange.objects.exists()
    with CaptureQueriesContext(connection) as one:
        move_customers(customers=rows[:1], to="opportunity", by=cast.rep, at=NOW)
    with CaptureQueriesContext(connection) as many:
        moved = move_customers(customers=rows[1:], to="opportunity", by=cast.rep, at=NOW, skip_refused=True)
    assert len(moved.changes) == 9 and set(moved.refused) == {c.pk for c in customers[10:]}
    assert len(many) == len(one) == 15  # two of them the savepoint, two the plans that start


def test_who_saw_another_stage_moves_nobody():
    cast = make_cast()
    seen = make_organisation(owner=cast.rep)
    move(seen, "dormant", cast.rep, reason="没有动静")
    with pytest.raises(MoveRefused, match="刚变为“休眠”"):
        move_customers(customers=[seen], to="opportunity", by=cast.rep, at=NOW)


@pytest.mark.proves("R-127")
def test_a_visit_to_a_prospect_moves_the_stage_only_with_evidence():
    cast = make_cast()
    customer = make_organisation(owner=cast.rep)
    take_up(customer, cast.rep)
    visit = make_contact(customer=customer, by=cast.rep, business_state="quoting")
    assert stage_of(customer) == "prospect", "recording it moves nothing by itself"
    assert "依据" in refused(customer, "opportunity", cast.rep, reason="谈得不错", contact_id=visit.pk)
    assert stage_of(customer) == "prospect"
    move(customer, "opportunity", cast.rep, contact_id=visit.pk, evidence="药剂科主任签收试用申请")
    change = StageChange.objects.get(customer_id=customer.pk)
    assert (change.contact_id, change.evidence) == (visit.pk, "药剂科主任签收试用申请")
    assert stage_of(customer) == "opportunity"
