"""判别: identifying, prospect or opportunity, invalid."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from keqing.access.tests.factories import make_cast, position_of
from keqing.followups.models import Reminder
from keqing.kit.formats import business_date
from keqing.leads.actions.judging import Chance, create_customer, identify_lead, judge_lead, reject_lead, reopen_lead
from keqing.leads.actions.steps import LeadRefused
from keqing.leads.choices import Judgement, State
from keqing.leads.models import Step
from keqing.leads.tests.factories import make_lead
from keqing.lifecycle.models import Need
from keqing.messaging.models import Message
from keqing.people.choices import Stage
from keqing.people.models import Affiliation, Organisation
from keqing.people.tests.factories import NOW, make_organisation, make_person
from keqing.timeline.models import Entry

pytestmark = pytest.mark.django_db
REFERRED = {"referrer": "乙墅县人民医院 王主任", "first_touch_at": NOW - timedelta(days=2)}


@pytest.mark.proves("R-184")
def test_an_identified_lead_gives_its_customer_channel_first_touch_and_referrer():
    cast = make_cast()
    customer = make_organisation(owner=cast.rep)
    lead = make_lead(by=cast.rep, mine=True, key="referral", **REFERRED)
    identified = identify_lead(lead=lead, customer=customer, by=cast.rep, at=NOW)
    customer.refresh_from_db()
    assert (customer.source_channel, customer.first_touch_at) == ("推荐", REFERRED["first_touch_at"])
    assert customer.referrer == REFERRED["referrer"]
    assert identified.title == customer.name and Step.objects.filter(customer_id=customer.pk).count() == 2
    assert Entry.objects.filter(customer_id=customer.pk, kind="lead").exists()


def test_a_later_lead_leaves_the_first_touch_alone():
    cast = make_cast()
    customer = make_organisation(owner=cast.rep)
    for key, days in (("event", 9), ("phone", 1)):
        lead = make_lead(by=cast.rep, mine=True, key=key, first_touch_at=NOW - timedelta(days=days))
        identify_lead(lead=lead, customer=Organisation.objects.get(pk=customer.pk), by=cast.rep, at=NOW)
    customer.refresh_from_db()
    assert customer.source_channel == "活动"


def test_a_new_customer_out_of_a_lead_belongs_to_its_holder_and_knows_the_caller():
    cast = make_cast()
    lead = make_lead(by=cast.rep, mine=True, caller_name="林晓", phone="18612341402")
    values = {"kind": "chain", "name": "庚汐大药房连锁有限公司"}
    lead, customer = create_customer(lead=lead, values=values, role="contact", by=cast.rep, at=NOW)
    assert customer.owner_position == position_of(cast.rep) and lead.customer_id == customer.pk
    assert customer.source_channel == "电话"
    assert Affiliation.objects.get(organisation=customer).person.mobile == "18612341402"


def test_a_consumer_is_entered_as_a_person():
    cast = make_cast()
    lead = make_lead(by=cast.care, mine=True, caller_name="丁一", phone="18612341402")
    lead, customer = create_customer(lead=lead, values={"kind": "consumer", "name": "丁一", "mobile": "18612341402"}, by=cast.care, at=NOW)
    assert (customer.kind, customer.source_channel) == ("consumer", "电话")


def test_a_holder_cannot_qualify_somebody_unknown():
    cast = make_cast()
    lead = make_lead(by=cast.rep, mine=True)
    with pytest.raises(LeadRefused, match="先识别客户"):
        judge_lead(lead=lead, judgement=Judgement.OPPORTUNITY, by=cast.rep, at=NOW)


def test_a_lead_in_the_queue_is_judged_and_waits_for_sales():
    cast = make_cast()
    lead = make_lead(by=cast.manager, organisation_name="甲岑市人民医院", unit=cast.company)
    judged = judge_lead(lead=lead, judgement=Judgement.OPPORTUNITY, reason="要货急", by=cast.manager, at=NOW)
    assert judged.judgement == Judgement.OPPORTUNITY and judged.is_open
    assert judged.steps.filter(kind="judged", reason="要货急").exists()


def test_the_holder_qualifies_and_an_ownerless_customer_becomes_theirs():
    cast = make_cast()
    customer = make_organisation(unit=cast.guangzhou, by=cast.manager)
    lead = make_lead(by=cast.rep, mine=True)
    lead = identify_lead(lead=lead, customer=customer, by=cast.rep, at=NOW)
    judged = judge_lead(lead=lead, judgement=Judgement.PROSPECT, reason="先培育", by=cast.rep, at=NOW)
    customer.refresh_from_db()
    assert (judged.state, customer.owner_position) == (State.QUALIFIED, position_of(cast.rep))
    assert "线索判别为潜在客户" in Entry.objects.filter(customer_id=customer.pk, kind="lead").values_list("title", flat=True)


def test_an_invalid_lead_stays_with_its_reason_and_can_be_opened_again():
    cast = make_cast()
    lead = make_lead(by=cast.rep, mine=True)
    with pytest.raises(LeadRefused, match="原因"):
        reject_lead(lead=lead, reason=" ", by=cast.rep, at=NOW)
    rejected = reject_lead(lead=lead, reason="打错电话", by=cast.rep, at=NOW)
    assert (rejected.state, rejected.judge_reason) == (State.REJECTED, "打错电话")
    with pytest.raises(LeadRefused, match="已经处理完"):
        judge_lead(lead=rejected, judgement=Judgement.PROSPECT, by=cast.rep, at=NOW)
    assert reopen_lead(lead=rejected, reason="又来电话", by=cast.rep, at=NOW).state == State.ACCEPTED


def test_a_lead_has_one_customer():
    cast = make_cast()
    lead = make_lead(by=cast.rep, mine=True)
    lead = identify_lead(lead=lead, customer=make_organisation(owner=cast.rep), by=cast.rep, at=NOW)
    with pytest.raises(LeadRefused, match="已经识别为"):
        identify_lead(lead=lead, customer=make_person(owner=cast.rep, name="丁一", kind="consumer"), by=cast.rep, at=NOW)


def opportunity(by, lead):
    chance = Chance("要进货，问账期", "寄报价单", business_date(NOW) + timedelta(days=3))
    return judge_lead(lead=lead, judgement=Judgement.OPPORTUNITY, reason="要货急", chance=chance, by=by, at=NOW)


def test_a_missed_call_becomes_an_opportunity_with_need_next_step_and_the_whole_story():
    cast = make_cast()
    lead = make_lead(by=cast.rep, mine=True, caller_name="林晓")
    lead, customer = create_customer(lead=lead, values={"kind": "chain", "name": "庚汐大药房连锁有限公司"}, by=cast.rep, at=NOW)
    assert customer.lifecycle == Stage.UNIDENTIFIED
    judged = opportunity(cast.rep, lead)
    customer.refresh_from_db()
    assert (judged.state, customer.lifecycle) == (State.QUALIFIED, Stage.OPPORTUNITY)
    assert Need.objects.get(customer_id=customer.pk).text == "要进货，问账期"
    assert Reminder.objects.get(customer_id=customer.pk).text == "寄报价单"
    titles = list(Entry.objects.filter(customer_id=customer.pk).order_by("at", "pk").values_list("kind", flat=True))
    assert titles.index("lead") < titles.index("need") < len(titles) - 1 - titles[::-1].index("stage")


def test_without_a_need_an_opportunity_is_refused_and_nothing_is_changed():
    cast = make_cast()
    lead = identify_lead(lead=make_lead(by=cast.rep, mine=True), customer=make_organisation(owner=cast.rep), by=cast.rep, at=NOW)
    with pytest.raises(LeadRefused, match="需求"):
        judge_lead(lead=lead, judgement=Judgement.OPPORTUNITY, by=cast.rep, at=NOW)
    lead.refresh_from_db()
    assert lead.judgement == Judgement.PENDING


def test_one_more_call_is_no_step_back_for_a_customer_who_orders():
    cast = make_cast()
    customer = make_organisation(owner=cast.rep, lifecycle="order_customer")
    lead = identify_lead(lead=make_lead(by=cast.rep, mine=True), customer=customer, by=cast.rep, at=NOW)
    opportunity(cast.rep, lead)
    customer.refresh_from_db()
    assert customer.lifecycle == Stage.ORDER_CUSTOMER


def handed_on(cast, *, owner, unit=None):
    """A lead of the rep whose customer is, by now, somebody else's."""
    customer = make_organisation(owner=owner, unit=unit, by=cast.gm, name="别人的医院", lifecycle="unidentified")
    return customer, identify_lead(lead=make_lead(by=cast.rep, mine=True), customer=customer, by=cast.gm, at=NOW)


@pytest.mark.proves("R-184")
def test_a_holder_judges_the_lead_of_a_strangers_customer_whose_stage_stays_and_whose_owner_is_told():
    cast = make_cast()
    customer, lead = handed_on(cast, owner=cast.stranger)
    judged = opportunity(cast.rep, lead)
    customer.refresh_from_db()
    assert (judged.state, judged.judgement) == (State.QUALIFIED, Judgement.OPPORTUNITY)
    assert (customer.lifecycle, customer.owner_position) == (Stage.UNIDENTIFIED, position_of(cast.stranger))
    assert not Need.objects.exists() and not Reminder.objects.exists()
    message = Message.objects.get(kind="lead.judged")
    assert message.recipient == cast.stranger and "阶段没有改变" in message.text
    assert "线索判别为销售机会" in Entry.objects.filter(customer_id=customer.pk, kind="lead").values_list("title", flat=True)


def test_nobodys_customer_elsewhere_does_not_become_the_holders_and_its_head_is_told():
    cast = make_cast()
    customer, lead = handed_on(cast, owner=None, unit=cast.beijing)
    opportunity(cast.rep, lead)
    customer.refresh_from_db()
    assert (customer.owner_position, customer.lifecycle) == (None, Stage.UNIDENTIFIED)
    assert Message.objects.get(kind="lead.judged").recipient == cast.gm  # nobody heads Beijing or the north


def test_the_judge_reads_that_somebody_else_decides_about_the_stage_and_opens_no_door_to_the_customer(client):
    cast = make_cast()
    customer, lead = handed_on(cast, owner=cast.stranger)
    client.force_login(cast.rep)
    sent = {
        "version": lead.version, "judgement": "opportunity", "reason": "要货急", "need": "要进货", "next_step": "寄报价单",
        "next_step_on": (business_date(timezone.now()) + timedelta(days=3)).isoformat(),
    }
    answer = client.post(reverse("leads:lead_judge", args=[lead.pk]), sent, follow=True)
    assert "阶段没有改变，已通知负责的人" in answer.content.decode()
    assert client.get(reverse("desk:customer", args=[customer.pk])).status_code == 404
    other = make_lead(by=cast.rep, mine=True)
    assert client.post(reverse("leads:lead_link", args=[other.pk]), {"customer": customer.pk}).status_code == 404
    other.refresh_from_db()
    assert other.customer_id is None
