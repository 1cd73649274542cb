"""From a missed call to a customer nobody forgets: the story issue 3 · asks to be tried as a new user would."""

from datetime import UTC, date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from keqing.access.actions.proxies import arrange_proxy
from keqing.access.actions.transfers import ask_transfer, carry_out, decide_transfer
from keqing.access.models import Staff
from keqing.access.tests.factories import make_cast, position_of
from keqing.followups.tests.factories import make_contact
from keqing.kit.formats import business_date
from keqing.leads.actions.answering import accept_lead
from keqing.leads.actions.assigning import assign_by_rules
from keqing.leads.actions.deadlines import escalate_overdue
from keqing.leads.actions.judging import Chance, create_customer, judge_lead
from keqing.leads.choices import Judgement, State
from keqing.leads.models import Lead
from keqing.leads.tests.factories import make_lead, make_rule
from keqing.people.choices import Stage
from keqing.people.models import Organisation
from keqing.people.orphans import unattended, unmanned
from keqing.people.tests.factories import NOW
from keqing.timeline.models import Entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(monkeypatch):
    """Rights and the list of orphans are read by the clock; the story turns it."""
    now = {"at": NOW}
    monkeypatch.setattr("django.utils.timezone.now", lambda: now["at"].astimezone(UTC))
    return now


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def sees(staff: Staff, customer: Organisation) -> bool:
    return Organisation.objects.visible_to(fresh(staff)).filter(pk=customer.pk).exists()


@pytest.mark.proves("R-185", "R-186", "R-187", "R-181", "R-189", "R-190", "R-191", "T46")
def test_a_missed_call_becomes_a_customer_who_outlives_the_one_who_kept_it(clock):
    cast = make_cast()
    rep, sibling = position_of(cast.rep), position_of(cast.sibling)
    # a missed call: a channel and a number, nothing else is known
    lead = make_lead(by=cast.manager, key="phone", phone="02081234567")
    assert Lead.objects.unidentified().filter(pk=lead.pk).exists()

    # judged while it waits, and handed on by the rule
    lead = judge_lead(lead=fresh(lead), judgement=Judgement.OPPORTUNITY, reason="回拨后说要进货", by=cast.manager, at=NOW)
    make_rule(name="广州轮流", target="turn", unit=cast.guangzhou, members=[rep, sibling])
    assign_by_rules(leads=[fresh(lead)], by=cast.manager, at=NOW)
    lead = fresh(lead)
    assert lead.state == State.ASSIGNED and lead.position in (rep, sibling) and lead.rule_id
    first = lead.position

    # nobody answers in time: the manager hears of it and the rule gives it to the other one
    clock["at"] = lead.due_at + timedelta(minutes=1)
    assert escalate_overdue(at=clock["at"]) == 1
    lead = fresh(lead)
    assert lead.is_escalated and lead.position in (rep, sibling) and lead.position != first
    holder, other = lead.position.holder, first.holder

    # accepted, identified, an opportunity with a need and a next step
    lead = accept_lead(lead=lead, by=holder, at=clock["at"])
    lead, customer = create_customer(
        lead=lead, values={"kind": "chain", "name": "庚汐大药房连锁有限公司"}, role="", by=holder, at=clock["at"]
    )
    chance = Chance("要进货，问账期", "寄报价单", business_date(clock["at"]) + timedelta(days=3))
    judge_lead(lead=lead, judgement=Judgement.OPPORTUNITY, reason="要货急", chance=chance, by=holder, at=clock["at"])
    customer = fresh(customer)
    assert customer.lifecycle == Stage.OPPORTUNITY and customer.owner_position.holder == holder
    make_contact(customer=customer, by=holder, at=clock["at"], track_on=business_date(clock["at"]))

    # on leave: the colleague sees it for these days and not the day after
    leave = business_date(clock["at"]) + timedelta(days=1)
    arrange_proxy(
        position=customer.owner_position, deputy=other, starts_on=leave, ends_on=leave + timedelta(days=4), by=holder, at=clock["at"]
    )
    assert not sees(other, customer)
    clock["at"] += timedelta(days=2)
    assert sees(other, customer)
    clock["at"] += timedelta(days=5)
    assert not sees(other, customer)

    # then the person leaves the company
    transfer = ask_transfer(
        positions=[customer.owner_position], reason="leaver", rest_to=first, effective_on=business_date(clock["at"]), leaver=holder,
        note="报价单已寄出", by=cast.security, at=clock["at"],
    )
    decide_transfer(transfer=transfer, agreed=True, by=cast.region_manager, at=clock["at"])
    assert carry_out(transfer_id=transfer.pk, at=clock["at"]).state == "done"
    assert not fresh(holder).is_active and fresh(customer).owner_position == first

    # a month later nobody is without a person, and the page tells the story in order
    visit = clock["at"] + timedelta(days=25)
    make_contact(customer=fresh(customer), by=other, at=visit, track_on=business_date(visit))
    clock["at"] += timedelta(days=30)
    alone = Organisation.objects.alive().filter(unattended(without=unmanned(), today=business_date(timezone.now())))
    assert not alone.exists()
    lines = list(Entry.objects.filter(customer_id=customer.pk).order_by("at", "pk"))
    kinds = [line.kind for line in lines]
    assert [kinds.index(kind) for kind in ("lead", "stage", "contact", "handover")] == sorted(
        kinds.index(kind) for kind in ("lead", "stage", "contact", "handover")
    )
    client = Client()
    client.force_login(fresh(other))
    page = client.get(reverse("desk:customer", args=[customer.pk])).content.decode()
    shown = [page.index(line.title) for line in lines if line.kind in ("lead", "handover") and line.title in page]
    assert len(shown) >= 2 and shown == sorted(shown, reverse=True)
    assert date.fromisoformat("2026-11-21") <= business_date(lines[0].at)
