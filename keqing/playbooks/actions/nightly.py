"""Every night's follow-ups over all customers: steps that begin, customers not contacted, without a next step, going quiet (T11).

The customers are walked in portions by id. A portion is one transaction that also moves the round's mark, so a killed
worker's round goes on where it stood; what a rule made for a customer on a day is noted once (``Notice``), so that
nothing is doubled however often a night is run.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Count, Exists, Max, OuterRef, QuerySet

from keqing.access.models import Position
from keqing.audit import actions as audit
from keqing.followups.models import Reminder
from keqing.kit import bulk, jobs
from keqing.kit.formats import SHANGHAI
from keqing.messaging.actions.outbox import Outgoing, send_all
from keqing.people.models import Organisation
from keqing.playbooks import fitting, lapsed, tasks
from keqing.playbooks.actions import enrolments, steps
from keqing.playbooks.cadence import Cadence, cadence
from keqing.playbooks.models import Edition, Enrolment, Notice, Playbook, Round, StepRun
from keqing.playbooks.placing import Places, places
from keqing.reference.work_calendar import WorkCalendar, calendar

PORTION = 5000
BEGINS = time(1, 30)  # of Shanghai, as ``tasks.generate_followups`` has it in UTC
LATE = timedelta(minutes=5)  # the hour's own run comes first, as long as a worker is there
# a worker that has not moved the mark for so long is gone; portions take seconds, and one who is merely slow keeps its lock
SILENCE = timedelta(seconds=30)
# new customers are looked for this far back, so that one who was at first in nobody's plan is still found; and back to the
# last round that ended when that is longer ago, but no farther than a plan for new customers makes sense
MISSED, NO_LONGER_NEW = timedelta(days=3), timedelta(days=31)
MESSAGE = "playbook.night"
Rule = Notice.Rule
NEEDED = (*enrolments.NEEDED, "last_contact_on", "created_at")


@dataclass(frozen=True)
class Night:
    """What all portions of a round share; read once."""

    day: date
    policy: Cadence
    days: WorkCalendar
    places: Places
    due_on: date
    on_entry: Sequence[Edition]
    nightly: Sequence[Edition]
    on_alarm: Sequence[Edition]
    new_since: date


def generate(*, day: date, now: Callable[[], datetime], portion: int = 0) -> Round:
    """Run or go on with the round of this day; a round that is over makes nothing more. Another worker's is left to it.

    ``portion``: how many customers a transaction takes, else ``PORTION``.
    """
    at = now()
    lapsed.tell_of_lapsed(day=day, at=at)
    found, _is_new = Round.objects.get_or_create(night_on=day, defaults={"started_at": at, "touched_at": at})
    night = _night(day)
    while _portion(round_id=found.pk, night=night, at=now(), size=portion or PORTION):
        pass
    found.refresh_from_db()
    return found


@transaction.atomic
def begin_missed(*, day: date, at: datetime) -> bool:
    """Ask for today's round when its hour went by without one, because no worker was there; whether it was asked for.

    The day's row is made with it, so that it is asked for once, however many look; from there on it is a round like others.
    """
    if at < datetime.combine(day, BEGINS, SHANGHAI) + LATE:
        return False
    _found, is_new = Round.objects.get_or_create(night_on=day, defaults={"started_at": at, "touched_at": at})
    if is_new:
        jobs.defer(tasks.go_on)
    return is_new


def take_up_abandoned(*, day: date, at: datetime) -> bool:
    """Ask for today's round to go on when the worker that ran it is gone; whether it was asked for."""
    left = Round.objects.filter(night_on=day, finished_at__isnull=True, touched_at__lt=at - SILENCE).exists()
    if left:
        jobs.defer(tasks.go_on)
    return left


@transaction.atomic
def _portion(*, round_id: int, night: Night, at: datetime, size: int) -> bool:
    """The next customers; whether there may be more."""
    locked = Round.objects.select_for_update(skip_locked=True, no_key=True)
    found = locked.filter(pk=round_id, finished_at__isnull=True).first()
    if found is None:
        return False  # over, or another worker has it
    after = Organisation.objects.filter(pk__gt=found.upto).order_by("pk").values("pk")[:size]
    bounds = Organisation.objects.filter(pk__in=after).aggregate(last=Max("pk"), number=Count("pk"))
    if not bounds["number"]:
        _finish(found, at)
        return False
    made = _work(night, found.upto, bounds["last"], at)
    found.upto, found.seen, found.touched_at = bounds["last"], found.seen + bounds["number"], at
    found.made = {rule: found.made.get(rule, 0) + made.get(rule, 0) for rule in {*found.made, *made}}
    found.save(update_fields=["upto", "seen", "touched_at", "made"])
    return True


def _work(night: Night, after: int, upto: int, at: datetime) -> Mapping[str, int]:
    """All rules for the customers of one range, in the order in which one makes another superfluous."""
    made: Counter[str] = Counter()
    ids = _with_something_over(after, upto)
    _customers(ids)  # locked before their steps, as every other action does it
    made["done_steps"] = steps.settle(customers=ids)
    made["done_plans"] = len(enrolments.finish_done(customers=ids, at=at))
    for edition in night.nightly:
        fits = fitting.who_may_enter(edition, today=night.day).filter(pk__gt=after, pk__lte=upto)
        made["enrolled"] += _enrol(edition, list(fits.values_list("pk", flat=True)), Enrolment.Origin.NIGHT, night, at)
    for edition in night.on_entry:
        # entered by the way they were recorded or imported: nobody moved them into their stage
        since = max(edition.valid_from, night.new_since)
        fits = fitting.who_may_enter(edition, today=night.day).filter(pk__gt=after, pk__lte=upto, lifecycle_since__gte=since)
        made["enrolled"] += _enrol(edition, list(fits.values_list("pk", flat=True)), Enrolment.Origin.ENTRY, night, at)
    made[Rule.STEP] = _steps(night, after, upto, at)
    alarmed = _silent(night, after, upto, at)
    made[Rule.SILENT] = len(alarmed)
    for edition in night.on_alarm:
        # an alarm takes a customer in before its stage says so
        fits = fitting.who_may_enter(edition, today=night.day, any_stage=True).filter(pk__in=alarmed)
        made["enrolled"] += _enrol(edition, list(fits.values_list("pk", flat=True)), Enrolment.Origin.ALARM, night, at)
    made[Rule.CONTACT] = _not_contacted(night, after, upto, at)
    made[Rule.NEXT_STEP] = _no_next_step(night, after, upto, at)
    return {rule: number for rule, number in made.items() if number}


def _night(day: date) -> Night:
    policy, days = cadence(), calendar()
    current = [
        playbook.current for playbook in Playbook.objects.in_force(day).select_related("current__playbook__unit", "current__by")
        if playbook.current
    ]  # fmt: skip
    return Night(
        day=day, policy=policy, days=days, places=places(),
        due_on=days.add_workdays(days.add_workdays(day, 0), policy.due_workdays - 1),
        on_entry=[one for one in current if one.on_entry], nightly=[one for one in current if one.on_night],
        on_alarm=[one for one in current if one.on_alarm], new_since=_new_since(day),
    )


def _new_since(day: date) -> date:
    """The first day whose new customers may not have been looked at: none ran while the system was away."""
    last = Round.objects.filter(night_on__lt=day, finished_at__isnull=False).aggregate(last=Max("night_on"))["last"]
    return min(day - MISSED, max(last or date.min, day - NO_LONGER_NEW))


def _with_something_over(after: int, upto: int) -> list[int]:
    """Customers with a step whose reminder is done, or in a plan no step of which is open: the last one was skipped or dropped."""
    runs = StepRun.objects.filter(customer_id__gt=after, customer_id__lte=upto, reminder_id__isnull=False, end="")
    done = runs.filter(Exists(Reminder.objects.filter(pk=OuterRef("reminder_id"), done_at__isnull=False)))
    plans = Enrolment.objects.running().filter(customer_id__gt=after, customer_id__lte=upto)
    over = plans.filter(~Exists(StepRun.objects.filter(enrolment=OuterRef("pk"), end="")))
    return sorted({*done.order_by().values_list("customer_id", flat=True), *over.order_by().values_list("customer_id", flat=True)})


def _enrol(edition: Edition, ids: Sequence[int], origin: str, night: Night, at: datetime) -> int:
    if not ids:
        return 0
    made = enrolments.enrol(
        edition=edition, customers=ids, origin=origin, by=None, at=at, at_hand=(night.days, night.places)
    )
    return len(made)


def _steps(night: Night, after: int, upto: int, at: datetime) -> int:
    """Steps that begin within a week get their reminder."""
    waiting = StepRun.objects.filter(
        customer_id__gt=after, customer_id__lte=upto, reminder_id__isnull=True, end="", begins_on__lte=night.day + steps.AHEAD,
        enrolment__stopped_at__isnull=True,
    )
    runs = list(waiting.select_related("step").order_by("customer_id", "begins_on", "pk"))
    customers = _customers([run.customer_id for run in runs])
    made = steps.remind(
        runs=[run for run in runs if run.customer_id in customers], customers=customers, places=night.places, by=None, at=at
    )
    _note(night, Rule.STEP, [(reminder, run.pk) for run, reminder in made])
    return len(made)


def _silent(night: Night, after: int, upto: int, at: datetime) -> list[int]:
    """流失预警: also where something is planned, for nobody has been there all the same."""
    policy = night.policy
    rows = _rows(after, upto).filter(fitting.silent(policy, night.day))
    text = f"流失预警：{policy.silent_days} 天没有联系，请联系后选择结果"
    return _remind(night, rows, Rule.SILENT, policy.silent_again, Reminder.Origin.ALARM, lambda row: text, at)


def _not_contacted(night: Night, after: int, upto: int, at: datetime) -> int:
    rows = _rows(after, upto).filter(fitting.overdue_for_contact(night.policy, night.day), next_due_on__isnull=True)

    def text(row: Organisation) -> str:
        days = night.policy.days(stage=row.lifecycle, level=row.level)
        if row.last_contact_on is None:
            return f"建档后还没有联系过（节奏：{days} 天一次）"
        return f"{(night.day - row.last_contact_on).days} 天没有联系（节奏：{days} 天一次）"

    again = min(night.policy.groups, default=1)
    return len(_remind(night, rows, Rule.CONTACT, again, Reminder.Origin.NIGHTLY, text, at))


def _no_next_step(night: Night, after: int, upto: int, at: datetime) -> int:
    rows = _rows(after, upto).filter(fitting.without_next_step(night.policy))
    text = "没有下一步：请安排下次跟进"
    again = night.policy.next_step_again
    return len(_remind(night, rows, Rule.NEXT_STEP, again, Reminder.Origin.NIGHTLY, lambda row: text, at))


def _remind(
    night: Night, rows: QuerySet[Organisation], rule: str, again: int, origin: str, text: Callable[[Organisation], str],
    at: datetime,
) -> list[int]:
    """One reminder for each of these customers the rule has not spoken of lately; returns the customers."""
    lately = Notice.objects.filter(customer_id=OuterRef("pk"), rule=rule, made_on__gt=night.day - timedelta(days=again))
    mould = bulk.Mould(Reminder, origin=origin, created_at=at, due_on=night.due_on, first_due_on=night.due_on)
    made = []
    for row in rows.filter(~Exists(lately)):
        place = night.places.owner_of(row)
        if place is None:
            continue
        made.append(mould.make(
            customer_id=row.pk, customer_name=row.name, position_id=place.position_id, unit_id=place.unit_id, text=text(row)
        ))  # fmt: skip
    bulk.insert(made)
    steps.note_soonest(made)
    _note(night, rule, [(reminder, 0) for reminder in made])
    return [reminder.customer_id for reminder in made]


def _rows(after: int, upto: int) -> QuerySet[Organisation]:
    """Locked, so that a contact recorded at this moment is seen or waits. Who waits to be assigned is on another list."""
    rows = Organisation.objects.alive().filter(pk__gt=after, pk__lte=upto, owner_position__isnull=False)
    return rows.select_for_update(of=("self",), no_key=True).only(*NEEDED).order_by("pk")


def _customers(ids: Sequence[int]) -> dict[int, Organisation]:
    rows = Organisation.objects.alive().filter(pk__in=set(ids)).select_for_update(of=("self",), no_key=True)
    return {row.pk: row for row in rows.only(*NEEDED).order_by("pk")}


def _note(night: Night, rule: str, made: Sequence[tuple[Reminder, int]]) -> None:
    mould = bulk.Mould(Notice, rule=rule, made_on=night.day)
    bulk.insert(
        mould.make(customer_id=one.customer_id, number=number, position_id=one.position_id, reminder_id=one.pk)
        for one, number in made
    )


def _finish(found: Round, at: datetime) -> None:
    """One message a person about all of it, one audit entry about the night."""
    lines: dict[int, dict[str, int]] = defaultdict(dict)
    counted = Notice.objects.filter(made_on=found.night_on).values_list("position_id", "rule").annotate(Count("pk")).order_by()
    for position_id, rule, number in counted:
        lines[position_id][rule] = number
    holders = Position.objects.current().filter(pk__in=lines, holder__isnull=False).select_related("holder")
    send_all(messages=[_summary(one, lines[one.pk], found.night_on) for one in holders], at=at)
    found.finished_at = found.touched_at = at
    found.save(update_fields=["finished_at", "touched_at"])
    audit.record(
        action="playbook.night", by=None, at=at, subject=audit.Subject("playbooks.round", found.pk, f"{found.night_on}"),
        changes={"made": [None, found.made], "seen": [None, found.seen]},
    )


def _summary(position: Position, numbers: Mapping[str, int], day: date) -> Outgoing:
    told = "，".join(f"{Rule(rule).label} {number} 条" for rule, number in sorted(numbers.items()))
    total = sum(numbers.values())
    return Outgoing(
        to=position.holder, kind=MESSAGE, title=f"今天新增 {total} 条跟进", text=f"{position.name}：{told}。",
        url="/", key=f"night:{day}:{position.pk}",
    )
