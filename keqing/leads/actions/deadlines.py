"""Nobody lets a lead lie: reminders before the deadline, and what happens after it (R-187)."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from keqing.access.models import Position, Staff
from keqing.audit import actions as audit
from keqing.kit.formats import format_datetime
from keqing.leads.actions.assigning import assign_by_rules
from keqing.leads.actions.rulebook import Place
from keqing.leads.actions.steps import keep_steps, save_all, step_for, subject_of
from keqing.leads.actions.telling import DUE, OVERDUE, Told, tell_all
from keqing.leads.choices import State, StepKind
from keqing.leads.managers import Managers, handles
from keqing.leads.models import Lead, Step
from keqing.leads.policy import policy
from keqing.reference import work_calendar

WAITING = (State.NEW, State.ASSIGNED)
BATCH = 200


def remind_due(*, at: datetime) -> int:
    """Tell holders, and heads of queues, of deadlines that are near; told once however often this runs.

    Returns how many leads are near their deadline.
    """
    until = work_calendar.add_work_hours(at, policy().remind_hours)
    rows = Lead.objects.filter(state__in=WAITING, due_at__gt=at, due_at__lte=until)
    count, after = 0, None
    while batch := _next_due(rows, after):
        _remind(batch, at)
        count, after = count + len(batch), batch[-1]
    return count


def escalate_overdue(*, at: datetime) -> int:
    """Leads nobody answered in time go to the manager's attention and to the rules again; returns how many.

    A batch is a transaction of its own: a worker that dies leaves the rest for the next run, and two at once never
    take the same lead.
    """
    count = 0
    while done := _escalate_batch(at):
        count += done
    return count


@transaction.atomic
def _escalate_batch(at: datetime) -> int:
    late = list(
        Lead.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(state__in=WAITING, due_at__lte=at, pooled_at__isnull=True)
        .select_related("source_channel", "unit", "position__holder")
        .order_by("due_at", "pk")[:BATCH]
    )
    if not late:
        return 0
    managers = Managers(unit_ids={lead.unit_id for lead in late})
    steps: list[Step] = []
    entries: list[audit.Entry] = []
    told: list[Told] = []
    otherwise: dict[int, Place] = {}
    for lead in late:
        manager = manager_of(lead, managers)
        _record(lead, manager, steps, entries, told, at)
        if manager is None:  # nobody above: it stays, and is told of again
            otherwise[lead.pk] = Place(lead.unit, lead.position)
        else:
            otherwise[lead.pk] = Place(manager.unit, manager if handles(manager) else None)
        lead.is_escalated, lead.escalated_at = True, lead.escalated_at or at
        lead.position, lead.state, lead.due_at, lead.rule_id = None, State.NEW, None, None
    save_all(late, "is_escalated", "escalated_at", "position", "state", "due_at", "rule_id", at=at)
    keep_steps(steps)
    audit.record_all(entries)
    tell_all(told=told, kind=OVERDUE, at=at)
    assign_by_rules(leads=late, at=at, otherwise=otherwise)
    return len(late)


def manager_of(lead: Lead, managers: Managers) -> Position | None:
    """Who answers for the one who holds a lead, or for the queue it waits in.

    A queue nobody took from in time is the business of its head the first time, then of the one above.
    """
    return managers.over(lead.unit_id, without={lead.position_id} if lead.position_id else ())


def _record(
    lead: Lead, manager: Position | None, steps: list[Step], entries: list[audit.Entry], told: list[Told], at: datetime
) -> None:
    held_by = lead.position.label if lead.position else f"“{lead.unit.name}”队列"
    above = manager.label if manager else "（没有上级）"
    reason = f"{held_by}没有在 {format_datetime(lead.due_at)} 前处理"
    steps.append(
        step_for(
            lead=lead, kind=StepKind.ESCALATED, title=f"超时，升级到 {above}", by=None, at=at, reason=reason,
            from_position=lead.position, to_position=manager,
            details={} if lead.position_id else {"from_unit": lead.unit_id},
        )
    )
    entries.append(
        audit.entry_for(
            action="lead.escalated", by=None, at=at, subject=subject_of(lead), reason=reason,
            changes={"position": [held_by, above]},
        )
    )
    told.append((
        manager.holder if manager else _own(lead), lead, f"线索超时：{lead.title}", f"{reason}，已按规则重新分配，请关注。",
        f"{lead.pk}:{lead.due_at:%Y%m%d%H%M}",
    ))  # fmt: skip


def _own(lead: Lead) -> Staff | None:
    return lead.position.holder if lead.position else None


def _next_due(rows: QuerySet[Lead], after: Lead | None) -> list[Lead]:
    found = rows.select_related("source_channel", "position__holder").order_by("due_at", "pk")
    if after is not None:
        found = found.filter(Q(due_at__gt=after.due_at) | Q(due_at=after.due_at, pk__gt=after.pk))
    return list(found[:BATCH])


@transaction.atomic
def _remind(leads: Sequence[Lead], at: datetime) -> None:
    managers = Managers(unit_ids={lead.unit_id for lead in leads if lead.position_id is None})
    told = []
    for lead in leads:
        position = lead.position or managers.over(lead.unit_id)
        what = "接受或退回" if lead.position_id else "分配"
        told.append((
            position.holder if position else None, lead, f"线索快到期：{lead.title}",
            f"请在 {format_datetime(lead.due_at)} 前{what}，超时会升级到上级。", f"{lead.pk}:{lead.due_at:%Y%m%d%H%M}",
        ))  # fmt: skip
    tell_all(told=told, kind=DUE, at=at)
