"""公海: picked within limits, one at a time, and taken back when nobody works at it."""

import dataclasses
import threading
from datetime import timedelta

import pytest
from django.db import connection

from keqing.access.tests.factories import make_cast, position_of
from keqing.leads.actions import pool
from keqing.leads.actions.steps import LeadRefused
from keqing.leads.choices import State, StepKind
from keqing.leads.models import Lead, PoolCount, Step
from keqing.leads.policy import policy
from keqing.leads.pool import free_for
from keqing.leads.tests.factories import make_lead
from keqing.messaging.models import Message
from keqing.people.models import Organisation
from keqing.people.tests.factories import NOW, make_organisation

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def cast():
    return make_cast()


def pooled(cast, number: int = 1) -> list[Lead]:
    return pool.pool_leads(leads=[make_lead(by=cast.rep) for _ in range(number)], reason="暂时没有人手", by=cast.manager, at=NOW)


def test_a_lead_in_the_pool_is_free_for_its_region_and_taken_by_whoever_picks_it(cast):
    (lead,) = pooled(cast)
    assert lead.unit == cast.south and lead.position is None
    seen = {name for name, staff in cast.everyone.items() if free_for(staff=staff).exists()}
    assert {"rep", "sibling", "other_area_rep", "manager", "region_manager"} <= seen and "stranger" not in seen
    pool.pick_lead(lead=lead, by=cast.other_area_rep, at=NOW)
    lead.refresh_from_db()
    assert (lead.position, lead.unit, lead.state) == (position_of(cast.other_area_rep), cast.shenzhen, State.ACCEPTED)
    assert not free_for(staff=cast.rep).exists()
    with pytest.raises(LeadRefused, match="刚被别人领走"):
        pool.pick_lead(lead=lead, by=cast.rep, at=NOW)


def test_limits_of_the_day_and_of_open_leads_hold(cast, monkeypatch):
    leads = pooled(cast, 4)
    monkeypatch.setattr(pool, "policy", lambda: dataclasses.replace(policy(), per_day=2))
    for lead in leads[:2]:
        pool.pick_lead(lead=lead, by=cast.rep, at=NOW)
    with pytest.raises(LeadRefused, match="每人每天最多从公海领取 2 条"):
        pool.pick_lead(lead=leads[2], by=cast.rep, at=NOW)
    assert PoolCount.objects.get(staff=cast.rep).picked == 2
    pool.pick_lead(lead=leads[2], by=cast.rep, at=NOW + DAY)
    monkeypatch.setattr(pool, "policy", lambda: dataclasses.replace(policy(), most_open=3))
    with pytest.raises(LeadRefused, match="未结束的线索已有 3 条"):
        pool.pick_lead(lead=leads[3], by=cast.rep, at=NOW + DAY)


def test_who_holds_no_position_picks_nothing(cast):
    (lead,) = pooled(cast)
    position_of(cast.rep).__class__.objects.filter(holder=cast.rep).update(holder=None)
    with pytest.raises(LeadRefused, match="没有岗位"):
        pool.pick_lead(lead=lead, by=type(cast.rep).objects.get(pk=cast.rep.pk), at=NOW)


def test_what_nobody_works_at_goes_back_after_a_warning(cast):
    idle, busy = (make_lead(by=cast.rep, mine=True, organisation_name=name) for name in ("示例甲医院", "示例乙医院"))
    customer = make_organisation(owner=cast.rep)
    Lead.objects.filter(pk=busy.pk).update(customer_id=customer.pk, customer_name=customer.name)
    Organisation.objects.filter(pk=customer.pk).update(last_activity_at=NOW + 20 * DAY)
    assert pool.warn_of_recycling(at=NOW + 26 * DAY) == 0
    for _ in range(2):
        assert pool.warn_of_recycling(at=NOW + 27 * DAY + DAY / 24) == 1
    (message,) = Message.objects.filter(kind="lead.recycle")
    assert message.recipient == cast.rep and "2026-12-21 收回公海" in message.text and "示例甲医院" in message.title
    assert pool.recycle_idle(at=NOW + 29 * DAY) == 0
    assert pool.recycle_idle(at=NOW + 31 * DAY) == 1
    assert pool.recycle_idle(at=NOW + 31 * DAY) == 0
    idle.refresh_from_db()
    assert idle.pooled_at is not None and idle.position is None
    step = Step.objects.get(lead=idle, kind=StepKind.RECYCLED)
    assert step.from_position == position_of(cast.rep) and step.reason == "接受后 30 天没有跟进"
    busy.refresh_from_db()
    assert busy.position is not None


def test_into_the_pool_goes_only_what_is_open_and_with_a_reason(cast):
    (lead,) = pooled(cast)
    with pytest.raises(LeadRefused, match="已经在公海"):
        pool.pool_leads(leads=[lead], reason="再来", by=cast.manager, at=NOW)
    with pytest.raises(LeadRefused, match="原因"):
        pool.pool_leads(leads=[make_lead(by=cast.rep)], reason="", by=cast.manager, at=NOW)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_pick_the_same_lead_at_once_one_gets_it_and_the_other_a_sentence():
    cast = make_cast()
    (lead,) = pooled(cast)
    ready, said = threading.Barrier(2), []

    def work(who):
        try:
            ready.wait(timeout=20)
            pool.pick_lead(lead=lead, by=who, at=NOW)
            said.append("领到")
        except LeadRefused as refusal:
            said.append(str(refusal))
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(who,)) for who in (cast.rep, cast.sibling)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(said) == sorted(["领到", "这条线索刚被别人领走，或已离开公海。请刷新后另选一条。"])
    assert sum(PoolCount.objects.values_list("picked", flat=True)) == 1
    assert Step.objects.filter(kind=StepKind.PICKED).count() == 1
