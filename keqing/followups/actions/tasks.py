"""Tasks and their parts (R-292), appointments with their hours (R-053), the checklist before leaving (R-128)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from keqing.access.models import Position, Staff
from keqing.audit import actions as audit
from keqing.followups.actions.contacts import refresh_next_due, responsible
from keqing.followups.actions.reminders import (
    ReminderRefused,
    check,
    lock_customer,
    locked,
    save,
    store,
    subject_of,
)
from keqing.followups.models import Reminder
from keqing.followups.policy import policy
from keqing.kit.formats import business_date
from keqing.people.models import Organisation, Person

DEEPEST = 5


@dataclass(frozen=True)
class Booking:
    """When somebody is expected, whether they agreed, and the number the house gave."""

    starts_at: datetime
    ends_at: datetime
    status: str = Reminder.Appointment.ASKED
    booking_no: str = ""


@transaction.atomic
def create_task(
    *, customer: Organisation | Person, text: str, due_on: date, by: Staff, at: datetime,
    position: Position | None = None, parent: Reminder | None = None,
) -> Reminder:
    """Something to be done that may be broken down; ``parent`` is an open task at the same customer.

    For ``position``, else for whoever owns the customer. Effects as for a reminder. Refuses parts of parts deeper
    than ``DEEPEST``, and parts due after the whole.
    """
    check(text=text, due_on=due_on, today=business_date(at))
    lock_customer(customer.pk)
    if parent is not None:
        _check_parent(_line_of(parent), due_on=due_on, customer_id=customer.pk)
    place = (position.pk, position.unit_id) if position else responsible(customer=customer, by=by)
    return store(
        customer_id=customer.pk, customer_name=customer.name, place=place, text=text, due_on=due_on, by=by, at=at,
        origin=Reminder.Origin.TASK, parent=parent,
    )


@transaction.atomic
def attach_task(*, task: Reminder, parent: Reminder | None, by: Staff, at: datetime) -> Reminder:
    """Make an open task a part of another one of the same customer; None frees it. One audit entry.

    ``task.version`` must be the one the user saw. Refuses a task as part of itself or of its own parts.
    """
    stored = locked(task)
    former = stored.parent_id
    if parent is not None:
        line = _line_of(parent)
        if stored.pk in {one.pk for one in line}:
            raise ReminderRefused("任务不能成为自己的子任务。")
        _check_parent(line, due_on=stored.due_on, customer_id=stored.customer_id, levels=_levels_of(stored))
    stored.parent = parent
    save(stored, "parent")
    audit.record(
        action="reminder.attached", by=by, at=at, subject=subject_of(stored),
        changes={"parent": [former, parent.pk if parent else None]},
    )
    return stored


@transaction.atomic
def make_appointment(
    *, customer: Organisation | Person, text: str, booking: Booking, by: Staff, at: datetime
) -> Reminder:
    """约访: a follow-up with its hours, for whoever makes it. Effects as for a reminder."""
    due_on = _check_hours(booking, at=at)
    check(text=text, due_on=due_on, today=business_date(at))
    home = by.standing.home
    lock_customer(customer.pk)
    place = (home.pk, home.unit_id) if home else responsible(customer=customer, by=by)
    return store(
        customer_id=customer.pk, customer_name=customer.name, place=place, text=text, due_on=due_on, by=by, at=at,
        origin=Reminder.Origin.APPOINTMENT, starts_at=booking.starts_at, ends_at=booking.ends_at,
        appointment=booking.status, booking_no=booking.booking_no.strip()[:40],
    )


@transaction.atomic
def change_appointment(*, reminder: Reminder, booking: Booking, by: Staff, at: datetime) -> Reminder:
    """Other hours, another status, the booking number. Called off, it is closed and asks for nothing more.

    ``reminder.version`` must be the one the user saw. Effects: the customer's next due date, one audit entry.
    """
    stored = locked(reminder)
    if stored.origin != Reminder.Origin.APPOINTMENT:
        raise ReminderRefused("这条跟进不是约访。")
    before = {name: getattr(stored, name) for name in ("starts_at", "ends_at", "appointment", "booking_no")}
    if (booking.starts_at, booking.ends_at) != (stored.starts_at, stored.ends_at):
        stored.due_on = _check_hours(booking, at=at)
    stored.starts_at, stored.ends_at = booking.starts_at, booking.ends_at
    stored.appointment, stored.booking_no = booking.status, booking.booking_no.strip()[:40]
    fields: list[Any] = [*before, "due_on"]
    if booking.status == Reminder.Appointment.CANCELLED:
        stored.done_at, stored.done_by, stored.outcome = at, by, "约访已取消"
        fields += ["done_at", "done_by", "outcome"]
    save(stored, *fields)
    refresh_next_due(customer_id=stored.customer_id)
    changes = {n: [_plain(old), _plain(getattr(stored, n))] for n, old in before.items() if getattr(stored, n) != old}
    audit.record(action="appointment.changed", by=by, at=at, subject=subject_of(stored), changes=changes)
    return stored


@transaction.atomic
def tick_checklist(*, reminder: Reminder, checked: Collection[str], by: Staff, at: datetime) -> Reminder:
    """出发前检核 of an appointment: what was looked after. Unknown items are passed over. One audit entry.

    Ticks are no change others wait for: the version stays, a later tick replaces an earlier one.
    """
    lock_customer(reminder.customer_id)
    stored = Reminder.objects.select_for_update(of=("self",)).get(pk=reminder.pk)
    if stored.done_at is not None:
        raise ReminderRefused("这条跟进已经完成。")
    texts = {item.key: item.text for item in policy().checklist("visit")}
    wanted = [key for key in texts if key in checked]
    if wanted != stored.checked:
        changes = {"checked": [_said(stored.checked, texts), _said(wanted, texts)]}
        stored.checked = wanted
        stored.save(update_fields=["checked"])
        audit.record(action="reminder.checked", by=by, at=at, subject=subject_of(stored), changes=changes)
    return stored


def _line_of(task: Reminder) -> list[Reminder]:
    """The task, what it is a part of, and so on up."""
    line = [Reminder.objects.get(pk=task.pk)]
    while line[-1].parent_id and len(line) <= DEEPEST:
        line.append(Reminder.objects.get(pk=line[-1].parent_id))
    return line


def _levels_of(task: Reminder) -> int:
    """The task itself, its parts, theirs: no further than what is refused anyway."""
    levels, row = 0, [task.pk]
    while row and levels < DEEPEST:
        levels, row = levels + 1, list(Reminder.objects.filter(parent__in=row).values_list("pk", flat=True))
    return levels


def _check_parent(line: list[Reminder], *, due_on: date, customer_id: int, levels: int = 1) -> None:
    parent = line[0]
    if parent.customer_id != customer_id:
        raise ReminderRefused("子任务要和上级任务属于同一家客户。")
    if parent.done_at is not None:
        raise ReminderRefused("上级任务已经完成，不能再加子任务。")
    if parent.origin != Reminder.Origin.TASK:
        raise ReminderRefused("只有任务可以分解成子任务。")
    if len(line) + levels > DEEPEST:
        raise ReminderRefused(f"任务最多分解 {DEEPEST} 层。")
    if due_on > parent.due_on:
        raise ReminderRefused(f"子任务不能晚于上级任务的到期日 {parent.due_on:%Y-%m-%d}。")


def _check_hours(booking: Booking, *, at: datetime) -> date:
    first, last = business_date(booking.starts_at), business_date(booking.ends_at)
    if booking.ends_at <= booking.starts_at or first != last:
        raise ReminderRefused("结束时间要晚于开始时间，并在同一天。")
    if first < business_date(at):
        raise ReminderRefused("不能约在过去的日子。")
    return first


def _said(keys: Collection[str], texts: dict[str, str]) -> list[str]:
    return [texts.get(key, key) for key in keys]


def _plain(value: Any) -> Any:
    return timezone.localtime(value).strftime("%Y-%m-%d %H:%M") if isinstance(value, datetime) else value
