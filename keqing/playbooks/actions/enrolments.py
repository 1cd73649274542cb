"""Customers enter a plan, leave it, or are done with it; always many at once."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime

from django.db import connection, transaction
from django.db.models import F, OuterRef, Subquery

from keqing.access.models import Staff
from keqing.audit import actions as audit
from keqing.followups.actions.reminders import subject_of as subject_of_reminder
from keqing.followups.models import Reminder
from keqing.kit import bulk
from keqing.kit.formats import business_date
from keqing.people.models import Organisation
from keqing.playbooks.actions import steps
from keqing.playbooks.models import Edition, Enrolment, Step, StepRun
from keqing.playbooks.placing import Places, places
from keqing.playbooks.planning import Calendar, Days, days_of
from keqing.reference.work_calendar import calendar
from keqing.timeline import actions as timeline
from keqing.timeline.models import Entry

LABEL = "playbooks.enrolment"
URL_NAME = "playbooks:enrolment"
ICON = "clipboard-check"
NEEDED = ("name", "lifecycle", "kind", "level", "unit_id", "owner_position_id", "next_due_on")
End = Enrolment.End


def subject_of(enrolment: Enrolment) -> audit.Subject:
    return audit.Subject(LABEL, enrolment.pk, str(enrolment), enrolment.customer_id)


@transaction.atomic
def enrol(
    *, edition: Edition, customers: Collection[int], origin: str, by: Staff | None, at: datetime,
    at_hand: tuple[Calendar, Places] | None = None,
) -> list[Enrolment]:
    """These customers enter the plan; those in it already, or gone, are passed over. Returns the new enrolments.

    Effects: enrolments with all their steps and days; reminders for the steps that begin within a week; the
    customers' next due date; one timeline line and one audit entry each. As many statements for one as for many.
    ``at_hand`` saves reading the calendar and the positions again.
    """
    rows = _locked(customers)
    inside = set(
        Enrolment.objects.running().filter(playbook=edition.playbook_id, customer_id__in=[row.pk for row in rows])
        .values_list("customer_id", flat=True)
    )  # fmt: skip
    rows = [row for row in rows if row.pk not in inside]
    if not rows:
        return []
    known_days, known_places = at_hand or (calendar(), places())
    mould = bulk.Mould(
        Enrolment, playbook=edition.playbook, edition=edition, origin=origin, started_on=business_date(at), started_at=at,
        started_by=by,
    )
    made = bulk.insert(mould.make(customer_id=row.pk, customer_name=row.name, stage=row.lifecycle) for row in rows)
    _plan(made, rows, edition, business_date(at), (known_days, known_places), by, at)
    _tell(made, "playbook.enrolled", "加入方案", by, at, text=edition.purpose)
    return made


@transaction.atomic
def stop(*, enrolments: Iterable[Enrolment], end: str, note: str = "", by: Staff | None, at: datetime) -> list[Enrolment]:
    """These leave the plan: open steps are closed as 方案结束. Enrolments over already are passed over.

    Effects: steps and their reminders end, next due dates, one timeline line and one audit entry per customer. With
    nobody acting (``by`` None) the reminders are taken back instead: nobody has done them.
    """
    wanted = list(enrolments)
    customers = sorted({one.customer_id for one in wanted})
    _locked(customers)
    running = Enrolment.objects.running().select_for_update(of=("self",), no_key=True).select_related("playbook")
    stored = list(running.filter(pk__in=[one.pk for one in wanted]).order_by("customer_id", "pk"))
    if not stored:
        return []
    steps.settle(customers=customers)
    open_runs = StepRun.objects.filter(enrolment__in=stored, end="")
    reminders = [pk for pk in open_runs.values_list("reminder_id", flat=True) if pk]
    _close_reminders(reminders, _why(end, note), by, at)
    open_runs.update(end=StepRun.End.ENDED, ended_at=at, note=_why(end, note)[:200])
    pks = [one.pk for one in stored]
    Enrolment.objects.filter(pk__in=pks).update(stopped_at=at, stopped_by=by, end=end, end_note=note[:200])
    for one in stored:
        one.stopped_at, one.end, one.end_note = at, end, note
    refresh_next_dues(customers)
    _tell(stored, "playbook.stopped", "方案结束", by, at, text=_why(end, note))
    return stored


def finish_done(*, customers: Collection[int], at: datetime) -> list[Enrolment]:
    """Enrolments none of whose steps is open are over; part of the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            update playbooks_enrolment e set stopped_at = %s, "end" = 'done'
            where e.customer_id = any(%s) and e.stopped_at is null and not exists (
                select 1 from playbooks_steprun r where r.enrolment_id = e.id and r."end" = '')
            returning e.id
            """,
            [at, list(customers)],
        )
        over = [pk for (pk,) in cursor.fetchall()]
    done = list(Enrolment.objects.filter(pk__in=over).select_related("playbook").order_by("pk"))
    _tell(done, "playbook.finished", "方案完成", None, at, text="步骤已全部完成")
    return done


@transaction.atomic
def move_to(*, edition: Edition, customers: Collection[int], by: Staff | None, at: datetime) -> int:
    """Those of the customers in a former edition go on by this one; returns how many.

    What is done stays done. Open steps the new edition has too keep their reminder and get the new day; those it
    lacks are closed; new ones begin by the day of entry, never before today.
    """
    rows = {row.pk: row for row in _locked(customers)}
    former = Enrolment.objects.running().filter(
        playbook=edition.playbook_id, customer_id__in=customers, edition__number__lt=edition.number
    )
    moved = list(former.order_by("customer_id"))
    if not moved:
        return 0
    steps.settle(customers=list(rows))
    new = {step.line: step for step in edition.steps.all()}
    days, known = calendar(), places()
    runs: dict[int, dict[int, StepRun]] = {one.pk: {} for one in moved}
    for run in StepRun.objects.filter(enrolment__in=runs).select_related("step"):
        runs[run.enrolment_id][run.step.line] = run
    changed, dropped, added = [], [], []
    for one in moved:
        for line, run in runs[one.pk].items():
            if run.end:
                continue
            if line in new:
                run.step = new[line]
                if run.reminder_id is None:
                    _set_days(run, one.started_on, days, business_date(at))
                changed.append(run)
            else:
                dropped.append(run)
        for line in new.keys() - runs[one.pk].keys():
            run = StepRun(enrolment=one, customer_id=one.customer_id, step=new[line])
            _set_days(run, one.started_on, days, business_date(at))
            added.append(run)
    _close_reminders([run.reminder_id for run in dropped if run.reminder_id], "新版本取消这一步", by, at)
    StepRun.objects.filter(pk__in=[run.pk for run in dropped]).update(end=StepRun.End.DROPPED, ended_at=at)
    StepRun.objects.bulk_update(changed, ["step", "begins_on", "deadline_on"], batch_size=1000)
    bulk.insert(added)
    Enrolment.objects.filter(pk__in=runs).update(edition=edition)
    # who lies in the bin gets no reminder; once back, the night makes it
    _remind_soon([run for run in (*changed, *added) if run.customer_id in rows], rows, known, by, at)
    refresh_next_dues(list(rows))
    return len(moved)


def refresh_next_dues(customers: Collection[int]) -> None:
    """下次跟进 of these organisations after reminders went. One statement."""
    first = Reminder.objects.open().filter(customer_id=OuterRef("pk")).order_by("due_on").values("due_on")[:1]
    Organisation.objects.filter(pk__in=customers).update(next_due_on=Subquery(first))


def _plan(
    made: Sequence[Enrolment], rows: Sequence[Organisation], edition: Edition, start: date,
    at_hand: tuple[Calendar, Places], by: Staff | None, at: datetime,
) -> None:
    """All steps of the enrolments, and reminders of those that begin soon. Days are the same for all who enter today."""
    mould = bulk.Mould(StepRun)
    planned = [(step, _days(step, start, at_hand[0])) for step in edition.steps.select_related("position")]
    runs = [
        mould.make(
            enrolment_id=one.pk, customer_id=one.customer_id, step_id=step.pk, begins_on=days.begins_on,
            deadline_on=days.deadline_on, related={"step": step},
        )
        for one in made for step, days in planned
    ]
    _remind_soon(bulk.insert(runs), {row.pk: row for row in rows}, at_hand[1], by, at)


def _remind_soon(
    runs: Sequence[StepRun], rows: dict[int, Organisation], known: Places, by: Staff | None, at: datetime
) -> None:
    until = business_date(at) + steps.AHEAD
    soon = [run for run in runs if run.reminder_id is None and run.begins_on <= until]
    steps.remind(runs=soon, customers=rows, places=known, by=by, at=at)


def _days(step: Step, start: date, days: Calendar) -> Days:
    return days_of(start=start, offset=step.offset, deadline=step.deadline_days, in_workdays=step.in_workdays, calendar=days)


def _set_days(run: StepRun, start: date, days: Calendar, today: date) -> None:
    """An open step of an enrolment that has begun: what would lie in the past begins today."""
    found = _days(run.step, start, days)
    run.begins_on, run.deadline_on = max(found.begins_on, today), max(found.deadline_on, today)


def _locked(customers: Collection[int]) -> list[Organisation]:
    """The customers' rows, in the order every action locks them."""
    rows = Organisation.objects.alive().filter(pk__in=customers).select_for_update(of=("self",), no_key=True)
    return list(rows.only(*NEEDED).order_by("pk"))


def _close_reminders(ids: Sequence[int], outcome: str, by: Staff | None, at: datetime) -> None:
    stored = list(Reminder.objects.open().filter(pk__in=ids).select_for_update(of=("self",)).order_by("pk"))
    action = "reminder.finished" if by else "reminder.withdrawn"
    changes = {"outcome": [None, outcome]}
    audit.record_all(
        audit.entry_for(action=action, by=by, at=at, subject=subject_of_reminder(one), changes=changes, reason="方案结束")
        for one in stored
    )
    rows = Reminder.objects.filter(pk__in=[one.pk for one in stored])
    if by is None:
        StepRun.objects.filter(reminder_id__in=[one.pk for one in stored]).update(reminder_id=None)
        rows.delete()
    else:
        rows.update(done_at=at, done_by=by, outcome=outcome[:200], version=F("version") + 1)


def _why(end: str, note: str) -> str:
    text = f"方案结束：{End(end).label}"
    return f"{text}，{note}" if note else text


def _tell(
    enrolments: Sequence[Enrolment], action: str, verb: str, by: Staff | None, at: datetime, *, text: str
) -> None:
    """One line in the customer's story and one audit entry each."""
    timeline.add_entries(
        Entry(
            customer_id=one.customer_id, at=at, kind=Entry.Kind.PLAN, icon=ICON, title=f"{verb}：{one.playbook.title}"[:200],
            text=text, actor_id=by.pk if by else None, actor_name=by.name if by else "系统", subject_label=LABEL,
            subject_id=one.pk, url_name=URL_NAME,
        )
        for one in enrolments
    )
    audit.record_all(audit.entry_for(action=action, by=by, at=at, subject=subject_of(one), reason=text) for one in enrolments)
