"""判别: who it was, and what will come of it. The customer's own story gets a line of every one of these."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from keqing.access.models import Staff
from keqing.audit import actions as audit
from keqing.leads.actions.intake import pass_on
from keqing.leads.actions.stages import move_customer
from keqing.leads.actions.steps import LABEL, URL_NAME, LeadRefused, keep_steps, locked, save, step_for, subject_of
from keqing.leads.actions.telling import tell_keeper
from keqing.leads.choices import Judgement, State, StepKind
from keqing.leads.models import Lead, Step
from keqing.lifecycle.permissions import Can as LifecycleCan
from keqing.people.actions.organisations import Draft, assign_organisations, create_organisation, update_organisation
from keqing.people.actions.people import PersonDraft, Post, create_person, update_person
from keqing.people.choices import Kind, Stage
from keqing.people.models import Organisation, Person
from keqing.timeline import actions as timeline
from keqing.timeline.models import Entry

Customer = Organisation | Person


@dataclass(frozen=True)
class Chance:
    """What makes an opportunity of a prospect: a need, and what is done next on which day."""

    need: str
    next_step: str
    next_step_on: date | None


JUDGED = (
    "judgement", "judge_reason", "judged_at", "judged_by", "state", "accepted_at", "due_at", "need", "next_step", "next_step_on",
)  # fmt: skip
SOURCES = {"referral": "introduction"}  # what the file of a customer calls the channel


@transaction.atomic
def identify_lead(*, lead: Lead, customer: Customer, by: Staff, at: datetime) -> Lead:
    """It was this customer, whom the caller has fetched for ``by``.

    Effects: the customer of the lead and of its steps; channel, first touch and referrer of a customer that has none
    or that this lead is older than; a line in the customer's story, a step, an audit entry.
    """
    stored = _open(lead)
    if stored.customer_id == customer.pk:
        return stored
    if stored.customer_id is not None:
        raise LeadRefused(f"这条线索已经识别为“{stored.customer_name}”。")
    stored.customer_id, stored.customer_name = customer.pk, customer.name
    stored.kind = stored.kind or customer.kind
    if isinstance(customer, Organisation):
        stored.region_id = stored.region_id or customer.region_id
    stored.index_for_search()
    save(stored, "customer_id", "customer_name", "kind", "region", *Lead.SEARCH_FIELDS, at=at)
    Step.objects.filter(lead=stored).update(customer_id=customer.pk)
    _remember_origin(stored, customer, by, at)
    keep_steps([step_for(lead=stored, kind=StepKind.IDENTIFIED, title=f"识别为{customer.name}", by=by, at=at)])
    _tell(stored, f"线索 · 来自{stored.source_channel.name}", stored.need, "phone", by, at)
    audit.record(action="lead.identified", by=by, at=at, subject=subject_of(stored), changes={"customer_name": [None, customer.name]})
    return stored


@transaction.atomic
def create_customer(
    *, lead: Lead, values: Mapping[str, Any], role: str = "", by: Staff, at: datetime
) -> tuple[Lead, Customer]:
    """A new customer out of a lead, owned by whoever holds the lead; ``values`` by field names of the customer.

    A company's caller becomes its contact in ``role`` (empty: nobody is entered). Then as ``identify_lead``.
    """
    stored = _open(lead)
    if stored.customer_id is not None:
        raise LeadRefused(f"这条线索已经识别为“{stored.customer_name}”。")
    origin = {"source": SOURCES.get(stored.source_channel.key, "insider"), **_origin(stored)}
    place: dict[str, Any] = {"unit": stored.unit, "owner": stored.position}
    customer: Customer
    if values["kind"] in Kind.values:
        fresh = {**values, **origin, "lifecycle": Stage.UNIDENTIFIED}  # judging makes a prospect of it
        customer = create_organisation(draft=Draft(fresh, **place), by=by, at=at)
        if role and stored.caller_name:
            _enter_caller(stored, customer, role, place, by, at)
    else:
        customer = create_person(draft=PersonDraft({**values, **origin}, **place), by=by, at=at)
    return identify_lead(lead=stored, customer=customer, by=by, at=at), customer


@transaction.atomic
def judge_lead(
    *, lead: Lead, judgement: str, reason: str = "", chance: Chance | None = None, by: Staff, at: datetime
) -> Lead:
    """潜在客户 or 销售机会. Whoever holds the lead thereby accepts and qualifies it; one that waits in a queue is
    judged for the rules, which hand it to sales.

    Effects: the judgement, the customer's stage of the life cycle, its owner when it waits for one around the holder,
    a line in its story, a step, an audit entry; of ``chance`` the lead, and the customer where it has no need or next
    step yet. A customer whose stage ``by`` may not change keeps it (``may_move``), and whoever answers for it is told.
    Refuses to qualify a lead before it is known whose it is, and what the stage refuses.
    """
    if judgement not in (Judgement.PROSPECT, Judgement.OPPORTUNITY):
        raise LeadRefused("请选择 潜在客户 或 销售机会。")
    stored = _open(lead)
    holds = stored.position_id is not None
    if holds and stored.customer_id is None:
        raise LeadRefused("请先识别客户：选择已有客户，或建立新客户。")
    before = stored.get_judgement_display()
    stored.judgement, stored.judge_reason = judgement, reason.strip()[:200]
    stored.judged_at, stored.judged_by = at, by
    if holds:
        stored.accepted_at = stored.accepted_at or at
        stored.state, stored.due_at = State.QUALIFIED, None
    if chance is not None:
        stored.next_step, stored.next_step_on = chance.next_step, chance.next_step_on
        if not stored.need.startswith(chance.need):  # the form shows its beginning only
            stored.need = chance.need
    save(stored, *JUDGED, at=at)
    label = stored.get_judgement_display()
    keep_steps([step_for(lead=stored, kind=StepKind.JUDGED, title=f"判别为{label}", by=by, at=at, reason=reason)])
    audit.record(
        action="lead.judged", by=by, at=at, subject=subject_of(stored), changes={"judgement": [before, label]}, reason=reason.strip(),
    )
    if stored.customer_id is not None:
        customer = customer_of(stored)
        if holds and _waits_near(customer, stored):
            assign_organisations(organisations=[customer], position=stored.position, by=by, at=at, reason=f"线索判别为{label}")
            customer = customer_of(stored)
        _tell(stored, f"线索判别为{label}", reason, "gavel", by, at)
        if may_move(customer, by):
            move_customer(customer=customer, judgement=judgement, qualified=holds, lead=stored, by=by, at=at)
        else:
            tell_keeper(lead=stored, customer=customer, by=by, at=at)
    pass_on(leads=[stored], at=at)
    return stored


@transaction.atomic
def reject_lead(*, lead: Lead, reason: str, by: Staff, at: datetime) -> Lead:
    """无效, with the reason. The lead stays and counts in the report. Effects: a step, an audit entry."""
    if not reason.strip():
        raise LeadRefused("请写明判为无效的原因。")
    stored = _open(lead)
    before = stored.get_judgement_display()
    stored.state, stored.judgement, stored.judge_reason = State.REJECTED, Judgement.INVALID, reason.strip()[:200]
    stored.judged_at, stored.judged_by, stored.due_at, stored.pooled_at = at, by, None, None
    save(stored, "state", "judgement", "judge_reason", "judged_at", "judged_by", "due_at", "pooled_at", at=at)
    keep_steps([step_for(lead=stored, kind=StepKind.INVALID, title="判为无效", by=by, at=at, reason=reason)])
    if stored.customer_id is not None:
        _tell(stored, "线索判为无效", reason, "x", by, at)
    audit.record(
        action="lead.rejected", by=by, at=at, subject=subject_of(stored), changes={"judgement": [before, "无效"]}, reason=reason.strip(),
    )
    return stored


@transaction.atomic
def reopen_lead(*, lead: Lead, reason: str, by: Staff, at: datetime) -> Lead:
    """An invalid lead was one after all: to its holder, or to the rules. Effects: a step, an audit entry."""
    stored = locked(lead)
    if stored.state != State.REJECTED:
        raise LeadRefused("只有判为无效的线索可以重新打开。")
    if not reason.strip():
        raise LeadRefused("请写明重新打开的原因。")
    stored.state = State.ACCEPTED if stored.position_id else State.NEW
    stored.judgement, stored.judge_reason, stored.judged_at, stored.judged_by = Judgement.PENDING, "", None, None
    save(stored, "state", "judgement", "judge_reason", "judged_at", "judged_by", at=at)
    keep_steps([step_for(lead=stored, kind=StepKind.REOPENED, title="重新打开", by=by, at=at, reason=reason)])
    audit.record(
        action="lead.reopened", by=by, at=at, subject=subject_of(stored), changes={"judgement": ["无效", "待判别"]}, reason=reason.strip()
    )
    pass_on(leads=[stored], at=at)
    return stored


def customer_of(lead: Lead) -> Customer:
    """The customer behind an identified lead."""
    found = Organisation.objects.filter(pk=lead.customer_id).first()
    return found or Person.objects.get(pk=lead.customer_id)


def may_move(customer: Customer, by: Staff) -> bool:
    """Whether judging may change this customer: who holds a lead need not have a right on whoever called (a customer of
    somebody else, a lead handed on). People have no stage.
    """
    return isinstance(customer, Person) or customer.allows(by, LifecycleCan.EDIT)


def _waits_near(customer: Customer, lead: Lead) -> bool:
    """Nobody's customer, in a unit of the same line as the holder's: it becomes the holder's."""
    if not isinstance(customer, Organisation) or customer.owner_position_id is not None:
        return False
    here, there = lead.unit.path, customer.unit.path
    return here.startswith(there) or there.startswith(here)


def _open(lead: Lead) -> Lead:
    stored = locked(lead)
    if not stored.is_open:
        raise LeadRefused(f"这条线索已经处理完（{stored.get_state_display()}）。")
    return stored


def _origin(lead: Lead) -> dict[str, Any]:
    return {
        "source_channel": lead.source_channel.name, "source_campaign": lead.campaign.name if lead.campaign else "",
        "first_touch_at": lead.first_touch_at, "referrer": lead.referrer,
    }


def _remember_origin(lead: Lead, customer: Customer, by: Staff, at: datetime) -> None:
    if customer.first_touch_at is not None and customer.first_touch_at <= lead.first_touch_at:
        return
    if isinstance(customer, Organisation):
        update_organisation(organisation=customer, values=_origin(lead), by=by, at=at)
    else:
        update_person(person=customer, values=_origin(lead), by=by, at=at)


def _enter_caller(lead: Lead, organisation: Organisation, role: str, place: Mapping[str, Any], by: Staff, at: datetime) -> None:
    kind = "care_staff" if organisation.kind in (Kind.HOSPITAL, Kind.CLINIC) else "company_staff"
    mobile = lead.phone if len(lead.phone) == 11 and lead.phone.startswith("1") else ""
    values = {"name": lead.caller_name, "kind": kind, "mobile": mobile, "phone": "" if mobile else lead.phone}
    create_person(draft=PersonDraft(values, **place, posts=[Post(organisation, role)]), by=by, at=at)


def _tell(lead: Lead, title: str, text: str, icon: str, by: Staff, at: datetime) -> None:
    timeline.add_entry(
        customer_id=lead.customer_id, at=at, kind=Entry.Kind.LEAD, icon=icon, title=title, text=text.strip(),  # type: ignore[arg-type]
        actor_id=by.pk, actor_name=by.name, subject_label=LABEL, subject_id=lead.pk, url_name=URL_NAME,
    )
