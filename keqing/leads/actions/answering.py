"""What whoever was given a lead says to it: accepted, or back for cultivation (R-187, R-188)."""

from datetime import datetime

from django.db import transaction

from keqing.access.models import OrgUnit, Position, Staff
from keqing.audit import actions as audit
from keqing.leads.actions.assigning import place_lead
from keqing.leads.actions.rulebook import Place
from keqing.leads.actions.steps import LABEL, URL_NAME, LeadRefused, keep_steps, locked, save, step_for, subject_of
from keqing.leads.actions.telling import RETURNED, tell
from keqing.leads.choices import Judgement, State, StepKind
from keqing.leads.managers import Managers, handles
from keqing.leads.models import Lead
from keqing.leads.policy import policy
from keqing.reference import work_calendar
from keqing.timeline import actions as timeline

FIELDS = (
    "state", "position", "unit", "rule_id", "assigned_at", "due_at", "accepted_at", "pooled_at", "judgement",
    "returned_count", "return_reason",
)  # fmt: skip


@transaction.atomic
def accept_lead(*, lead: Lead, note: str = "", by: Staff, at: datetime) -> Lead:
    """Taken on; the deadline is met. ``lead.version`` must be the one the user saw. One step, one audit entry."""
    stored = locked(lead)
    if stored.state != State.ASSIGNED or stored.position_id is None:
        raise LeadRefused("只有待接受的线索可以接受。")
    late = stored.due_at is not None and at > stored.due_at
    stored.state, stored.accepted_at, stored.due_at = State.ACCEPTED, at, None
    save(stored, "state", "accepted_at", "due_at", at=at)
    title = "接受（已过时限）" if late else "接受"
    keep_steps([step_for(lead=stored, kind=StepKind.ACCEPTED, title=title, by=by, at=at, reason=note)])
    audit.record(action="lead.accepted", by=by, at=at, subject=subject_of(stored), reason=note.strip())
    _tell_story(stored, f"线索由 {stored.position.label} 接受", note, by, at)
    return stored


@transaction.atomic
def return_lead(*, lead: Lead, reason: str, by: Staff, at: datetime) -> Lead:
    """Not ripe: back to whoever cultivates, with the reason; the last allowed return goes to the manager (R-188).

    Effects: the count of returns, place, a step, an audit entry, a message. Refuses a return without a reason, of a
    lead nobody holds, and beyond the limit when nobody is above.
    """
    if not reason.strip():
        raise LeadRefused("请写明退回的原因。")
    stored = locked(lead)
    holder = stored.position
    if holder is None or stored.state not in (State.ASSIGNED, State.ACCEPTED):
        raise LeadRefused("只有已分配的线索可以退回。")
    managers = Managers(unit_ids={stored.unit_id})
    manager = managers.over(stored.unit_id, without={holder.pk})
    stored.returned_count += 1
    stored.return_reason = reason.strip()[:200]
    limit = policy().limit
    if stored.returned_count >= limit:
        if manager is None:
            raise LeadRefused(f"这条线索已退回 {limit - 1} 次，也没有上级可交，请判别它或放入公海。")
        title = f"第 {stored.returned_count} 次退回，交给经理 {manager.label}"
        due = work_calendar.add_work_hours(at, policy().hours)
        place_lead(stored, Place(manager.unit, manager if handles(manager) else None), rule_id=None, due_at=due, at=at)
    else:
        unit = cultivating_unit(stored.unit)
        title = f"第 {stored.returned_count} 次退回“{unit.name}”培育"
        _cultivate(stored, unit)
        manager = managers.over(unit.pk)
    save(stored, *FIELDS, at=at)
    _note(stored, title, reason, holder, by, at)
    tell(
        to=manager.holder if manager else None, kind=RETURNED, lead=stored, title=f"线索退回：{stored.title}",
        text=f"{holder.label}：{reason.strip()}", key=f"{stored.pk}:{stored.returned_count}", at=at,
    )
    return stored


def cultivating_unit(unit: OrgUnit) -> OrgUnit:
    """Who runs campaigns and ripens leads: the region a unit belongs to, or the company."""
    line = [int(pk) for pk in unit.path.strip("/").split("/")]
    above = {one.pk: one for one in OrgUnit.objects.filter(pk__in=line)}
    for pk in reversed(line):
        if above[pk].kind != OrgUnit.Kind.AREA:
            return above[pk]
    return unit


def _cultivate(lead: Lead, unit: OrgUnit) -> None:
    lead.state, lead.position, lead.unit = State.RETURNED, None, unit
    lead.rule_id = lead.due_at = lead.accepted_at = None
    # re-judged: no opportunity for now; a prospect where it is known whose it is
    lead.judgement = Judgement.PROSPECT if lead.customer_id is not None else Judgement.PENDING


def _note(lead: Lead, title: str, reason: str, holder: Position, by: Staff, at: datetime) -> None:
    keep_steps(
        [
            step_for(
                lead=lead, kind=StepKind.RETURNED, title=title, by=by, at=at, reason=reason, from_position=holder,
                to_position=lead.position,
            )
        ]
    )
    audit.record(
        action="lead.returned", by=by, at=at, subject=subject_of(lead), reason=reason.strip(),
        changes={"returned_count": [lead.returned_count - 1, lead.returned_count]},
    )
    _tell_story(lead, f"线索{title}", reason, by, at)


def _tell_story(lead: Lead, title: str, text: str, by: Staff, at: datetime) -> None:
    if lead.customer_id is not None:
        timeline.add_entry(
            customer_id=lead.customer_id, at=at, kind="lead", icon="route", title=title, text=text.strip(), actor_id=by.pk,
            actor_name=by.name, subject_label=LABEL, subject_id=lead.pk, url_name=URL_NAME,
        )
