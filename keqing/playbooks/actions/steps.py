"""Steps become reminders, are done with them, or are skipped."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from django.db import connection, transaction

from keqing.access.models import Staff
from keqing.audit import actions as audit
from keqing.followups.actions.reminders import StaleReminder, finish_reminder
from keqing.followups.models import Reminder
from keqing.kit import bulk
from keqing.kit.formats import business_date
from keqing.people.actions.activity import note_next_dues
from keqing.people.models import Organisation
from keqing.playbooks.models import StepRun
from keqing.playbooks.placing import Place, Places
from keqing.playbooks.planning import filled

LABEL = "playbooks.steprun"
AHEAD = timedelta(days=7)  # as far as 今日 looks ahead


class StepRefused(Exception):
    """The step cannot be skipped; the text is for the user."""


def remind(
    *, runs: Sequence[StepRun], customers: Mapping[int, Organisation], places: Places, by: Staff | None, at: datetime
) -> list[tuple[StepRun, Reminder]]:
    """A reminder for each of these steps, for whom the step names; steps nobody can be found for wait.

    The caller holds the customers' rows. Effects: the reminders, the steps' link to them, the customers' next due
    date. Few statements for many steps; the plan's own entry is the audit's.
    """
    mould = bulk.Mould(Reminder, origin=Reminder.Origin.PLAYBOOK, created_by=by, created_at=at)
    today, made = business_date(at), []
    for run in runs:
        customer = customers[run.customer_id]
        place = places.for_step(run.step, customer)
        if place is None:
            continue
        due_on = max(run.deadline_on, today)
        made.append((run, mould.make(
            customer_id=customer.pk, customer_name=customer.name, position_id=place.position_id, unit_id=place.unit_id,
            due_on=due_on, first_due_on=due_on, text=filled(run.step.text, _values(run, customer, place)),
        )))  # fmt: skip
    bulk.insert([reminder for _run, reminder in made])
    _link(made)
    note_soonest([reminder for _run, reminder in made])
    return made


def note_soonest(reminders: Sequence[Reminder]) -> None:
    """Keep the customers' 下次跟进 after these were made."""
    soonest: dict[int, date] = {}
    for reminder in reminders:
        soonest[reminder.customer_id] = min(reminder.due_on, soonest.get(reminder.customer_id, reminder.due_on))
    if soonest:
        note_next_dues(dues=soonest)


@transaction.atomic
def skip_step(*, run: StepRun, seen_version: int, reason: str, by: Staff, at: datetime) -> StepRun:
    """Leave a step out for a reason; a mandatory one is refused, as is one already done.

    Effects: the step ends, its reminder is finished (audit, timeline, next due date of the customer), one audit entry.
    """
    if not reason.strip():
        raise StepRefused("请填写跳过的理由。")
    if run.step.is_mandatory:
        raise StepRefused("这一步是必做的，不能跳过；做不到请停止整个方案并说明原因。")
    reminder = Reminder.objects.filter(pk=run.reminder_id).first()
    if reminder is None or run.end:
        raise StepRefused("这一步已经结束，或还没有开始。")
    if reminder.done_at is not None or reminder.version != seen_version:
        raise StaleReminder(reminder)
    finish_reminder(reminder=reminder, outcome=f"跳过：{reason.strip()}"[:200], by=by, at=at)
    # the reminder held the customer's lock, so nobody else ends the step meanwhile
    stored = StepRun.objects.select_for_update(of=("self",)).select_related("step").get(pk=run.pk)
    stored.end, stored.ended_at, stored.note = StepRun.End.SKIPPED, at, reason.strip()[:200]
    stored.save(update_fields=["end", "ended_at", "note"])
    audit.record(
        action="playbook.step_skipped", by=by, at=at, reason=reason.strip(),
        subject=audit.Subject(LABEL, run.pk, f"{reminder.customer_name} {run.step.text}", run.customer_id),
    )
    return stored


def settle(*, customers: Sequence[int]) -> int:
    """Steps whose reminder is done are done; returns how many. One statement; part of the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            update playbooks_steprun r set "end" = 'done', ended_at = m.done_at, note = left(m.outcome, 200)
            from followups_reminder m
            where m.id = r.reminder_id and m.done_at is not null and r."end" = '' and r.customer_id = any(%s)
            """,
            [list(customers)],
        )
        return cursor.rowcount


def _link(made: Sequence[tuple[StepRun, Reminder]]) -> None:
    if not made:
        return
    for run, reminder in made:
        run.reminder_id = reminder.pk
    with connection.cursor() as cursor:
        cursor.execute(
            """
            update playbooks_steprun r set reminder_id = new.reminder
            from unnest(%s::bigint[], %s::bigint[]) new (id, reminder) where r.id = new.id
            """,
            [[run.pk for run, _reminder in made], [reminder.pk for _run, reminder in made]],
        )


def _values(run: StepRun, customer: Organisation, place: Place) -> dict[str, str]:
    return {
        "客户": customer.name, "负责人": place.holder, "阶段": customer.get_lifecycle_display(),
        "等级": customer.get_level_display(), "日期": f"{run.begins_on:%m-%d}",
    }
