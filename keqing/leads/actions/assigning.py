"""Handing leads to people: by rules in bulk, or by hand (R-186). Every decision is a step that names its rule."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F

from keqing.access.models import Position, Staff
from keqing.audit import actions as audit
from keqing.kit.formats import business_date, format_datetime
from keqing.leads.actions.rulebook import NOWHERE, Avoid, Decision, Place, Rulebook, store_counts
from keqing.leads.actions.steps import LABEL, URL_NAME, LeadRefused, keep_steps, step_for, subject_of
from keqing.leads.actions.telling import tell_assigned
from keqing.leads.choices import State, StepKind
from keqing.leads.models import Lead, Step
from keqing.leads.policy import policy
from keqing.reference import work_calendar
from keqing.timeline import actions as timeline
from keqing.timeline.models import Entry

CHANGED = ("state", "position_id", "unit_id", "rule_id", "assigned_at", "due_at", "accepted_at", "pooled_at")


@dataclass(frozen=True)
class Assigned:
    """One lead with what was decided about it."""

    lead: Lead
    decision: Decision


@transaction.atomic
def assign_by_rules(
    *, leads: Sequence[Lead], at: datetime, by: Staff | None = None, otherwise: Mapping[int, Place] | None = None
) -> list[Assigned]:
    """Hand leads nobody holds to the rules; those somebody took meanwhile, or that are over, are left alone.

    ``otherwise`` says by lead id where it goes when no rule can; else it waits in the queue of the company. Whoever
    returned a lead or let it lie is not asked again. Effects per lead: place and deadline, a step with rule, version
    and reason, an audit entry, a line in the customer's story; one message a person.
    """
    stored = lock_waiting(leads)
    if not stored:
        return []
    book = Rulebook.read(today=business_date(at))
    matching = {lead.pk: book.matching(lead) for lead in stored}
    book.lock({rule.pk for many in matching.values() for rule in many})
    avoid = _tried(stored)
    made = []
    for lead in stored:
        decision = book.decide(
            lead, matching=matching[lead.pk], avoid=avoid.get(lead.pk, NOWHERE), otherwise=(otherwise or {}).get(lead.pk)
        )
        if not _stays(lead, decision):
            made.append(Assigned(lead, decision))
    hits: dict[int, int] = defaultdict(int)
    for one in made:
        if one.decision.rule is not None:
            hits[one.decision.rule.pk] += 1
    store_counts(book=book, hits=hits, at=at)
    _store(made, by=by, at=at)
    given = {one.pk: one for one in leads}
    for one in made:  # the caller's objects show what happened
        if one.lead.pk in given:
            _copy(one.lead, given[one.lead.pk])
    return made


@transaction.atomic
def assign_leads(
    *, leads: Sequence[Lead], position: Position, reason: str, by: Staff, at: datetime
) -> list[Lead]:
    """Hand leads to a position by hand, with the deadline every assignment has. Refuses positions nobody holds, and
    leads that are over. Effects as ``assign_by_rules``.
    """
    if position.closed_on is not None or position.holder is None or not position.holder.is_active:
        raise LeadRefused("这个岗位现在没有人，请选择有人任职的岗位。")
    stored = lock_open(leads)
    going = [lead for lead in stored if lead.position_id != position.pk]
    if not going:
        raise LeadRefused("这些线索已经由这个岗位负责，或已经结束。")
    decision = Decision(Place(position.unit, position), reason.strip() or "人工分配")
    _store([Assigned(lead, decision) for lead in going], by=by, at=at)
    return going


def lock_waiting(leads: Iterable[Lead]) -> list[Lead]:
    """The stored rows of those nobody holds, locked in the order of their ids."""
    rows = Lead.objects.select_for_update(of=("self",)).filter(
        pk__in=[one.pk for one in leads], state__in=(State.NEW, State.RETURNED), position__isnull=True, pooled_at__isnull=True
    )
    return list(rows.select_related("source_channel", "unit").order_by("pk"))


def lock_open(leads: Iterable[Lead]) -> list[Lead]:
    """The stored rows of those that are not over, locked in the order of their ids."""
    rows = Lead.objects.select_for_update(of=("self",)).open().filter(pk__in=[one.pk for one in leads])
    return list(rows.select_related("source_channel", "unit", "position__holder").order_by("pk"))


def place_lead(lead: Lead, place: Place, *, rule_id: int | None, due_at: datetime, at: datetime) -> None:
    """Set who has a lead from now on; unsaved."""
    lead.position, lead.unit = place.position, place.unit
    lead.state = State.ASSIGNED if place.position else State.NEW
    lead.rule_id, lead.assigned_at, lead.due_at = rule_id, at, due_at
    lead.accepted_at = lead.pooled_at = None


def store_places(leads: Sequence[Lead], *, at: datetime) -> None:
    """Store what ``place_lead`` set: leads that go the same way share a statement."""
    ways: dict[tuple[object, ...], list[Lead]] = defaultdict(list)
    for lead in leads:
        ways[tuple(getattr(lead, name) for name in CHANGED)].append(lead)
    for values, same in ways.items():
        Lead.objects.filter(pk__in=[one.pk for one in same]).update(
            **dict(zip(CHANGED, values, strict=True)), version=F("version") + 1, updated_at=at
        )
    for lead in leads:
        lead.version += 1
        lead.updated_at = at


def _store(made: Sequence[Assigned], *, by: Staff | None, at: datetime) -> None:
    if not made:
        return
    due = work_calendar.add_work_hours(at, policy().hours)
    steps, entries, lines = [], [], []
    for one in made:
        lead, decision = one.lead, one.decision
        former = lead.position
        place_lead(lead, decision.place, rule_id=decision.rule.pk if decision.rule else None, due_at=due, at=at)
        steps.append(_step(lead, decision, former, due, by, at))
        entries.append(_entry(lead, decision, former, by, at))
        if lead.customer_id is not None:
            lines.append(_line(lead, decision, by, at))
    store_places([one.lead for one in made], at=at)
    keep_steps(steps)
    audit.record_all(entries)
    timeline.add_entries(lines)
    tell_assigned(leads=[one.lead for one in made], due_at=due, by=by, at=at)


def _step(lead: Lead, decision: Decision, former: Position | None, due: datetime, by: Staff | None, at: datetime) -> Step:
    place, rule = decision.place, decision.rule
    details = {"unit": place.unit.pk, "due_at": format_datetime(due)}
    if rule is not None:
        details |= {"version": rule.version, "rule": rule.name}
    if decision.passed:
        details["passed"] = list(decision.passed)
    return step_for(
        lead=lead, kind=StepKind.ASSIGNED if place.position else StepKind.QUEUED,
        title=f"分配给 {place.name}" if place.position else f"进入{place.name}", by=by, at=at, reason=decision.reason,
        rule_id=rule.pk if rule else None, from_position=former, to_position=place.position, details=details,
    )


def _entry(lead: Lead, decision: Decision, former: Position | None, by: Staff | None, at: datetime) -> audit.Entry:
    rule = decision.rule
    return audit.entry_for(
        action="lead.assigned" if decision.place.position else "lead.queued", by=by, at=at, subject=subject_of(lead),
        changes={"position": [former.name if former else None, decision.place.name]}, reason=decision.reason,
        rule=f"LR-{rule.pk}" if rule else "",
    )


def _line(lead: Lead, decision: Decision, by: Staff | None, at: datetime) -> Entry:
    verb = "分配给" if decision.place.position else "进入"
    return Entry(
        customer_id=lead.customer_id, at=at, kind=Entry.Kind.LEAD, icon="route", title=f"线索{verb} {decision.place.name}"[:200],
        text=decision.reason, actor_id=by.pk if by else None, actor_name=by.name if by else "系统", subject_label=LABEL,
        subject_id=lead.pk, url_name=URL_NAME,
    )


def _tried(leads: Sequence[Lead]) -> dict[int, Avoid]:
    """By lead: the positions and queues that had it in vain."""
    steps = Step.objects.filter(lead__in=leads, kind__in=(StepKind.RETURNED, StepKind.ESCALATED))
    positions: dict[int, set[int]] = defaultdict(set)
    units: dict[int, set[int]] = defaultdict(set)
    for lead_id, position_id, details in steps.values_list("lead_id", "from_position_id", "details"):
        if position_id is not None:
            positions[lead_id].add(position_id)
        elif unit_id := details.get("from_unit"):
            units[lead_id].add(unit_id)
    return {pk: Avoid(frozenset(positions[pk]), frozenset(units[pk])) for pk in positions.keys() | units.keys()}


def _stays(lead: Lead, decision: Decision) -> bool:
    """Already waiting just there for the same reason: nothing new to tell, and its deadline goes on."""
    rule_id = decision.rule.pk if decision.rule else None
    waits = lead.state == State.NEW and lead.due_at is not None and decision.place.position is None
    return waits and lead.unit_id == decision.place.unit.pk and lead.rule_id == rule_id


def _copy(source: Lead, to: Lead) -> None:
    for name in (*CHANGED, "version", "updated_at"):
        setattr(to, name, getattr(source, name))
