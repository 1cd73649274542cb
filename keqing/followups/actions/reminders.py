"""Reminders of every origin: made, finished, moved to another day, handed over."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from keqing.access.models import Position, Staff
from keqing.audit import actions as audit
from keqing.compliance.rules import Hit, check_label
from keqing.followups.actions.contacts import refresh_next_due, responsible
from keqing.followups.models import Commitment, Reminder
from keqing.kit.formats import business_date
from keqing.people.models import Organisation, Person
from keqing.timeline import actions as timeline

LABEL = "followups.reminder"
URL_NAME = "followups:reminder"


class ReminderRefused(Exception):
    """The reminder cannot be changed so; the text is for the user."""


class LabelRefused(ReminderRefused):
    """The text carries a deny word (RX-05, R-057); whoever catches it logs ``hit`` outside the transaction."""

    def __init__(self, hit: Hit) -> None:
        super().__init__(hit.sentence)
        self.hit = hit


class StaleReminder(ReminderRefused):
    def __init__(self, theirs: Reminder) -> None:
        super().__init__("这条跟进刚被别人处理过，请核对。")
        self.theirs = theirs


@dataclass(frozen=True)
class Next:
    """The follow-up after this one: 完成并安排下次."""

    due_on: date
    text: str


def subject_of(reminder: Reminder) -> audit.Subject:
    return audit.Subject(LABEL, reminder.pk, f"{reminder.customer_name} {reminder.text}", reminder.customer_id)


@transaction.atomic
def create_reminder(
    *, customer: Organisation | Person, text: str, due_on: date, by: Staff, at: datetime,
    position: Position | None = None,
) -> Reminder:
    """Something due at a customer, for ``position`` or else whoever owns it.

    Effects: the reminder, the customer's next due date, one audit entry. Refuses past days and denied words.
    """
    check(text=text, due_on=due_on, today=business_date(at))
    lock_customer(customer.pk)
    place = (position.pk, position.unit_id) if position else responsible(customer=customer, by=by)
    return store(
        customer_id=customer.pk, customer_name=customer.name, place=place, text=text, due_on=due_on, by=by, at=at
    )


@transaction.atomic
def finish_reminder(
    *, reminder: Reminder, outcome: str = "", outcome_code: str = "", by: Staff, at: datetime, next_one: Next | None = None
) -> Reminder | None:
    """Close it with an outcome; ``next_one`` is made for the same position and returned.

    ``outcome_code`` says what became of an alarm (R-202), which is not closed without. A promise is kept with its evidence
    (``commitments.keep_commitment``) and a task after its parts: both are refused here.

    ``reminder.version`` must be the one the user saw (``StaleReminder``). Effects: the customer's next due
    date, a timeline line, an audit entry each.
    """
    if next_one:
        check(text=next_one.text, due_on=next_one.due_on, today=business_date(at))
    stored = locked(reminder)
    if stored.commitment_id:
        raise ReminderRefused("这是一项承诺，请在承诺里写明依据后完成。")
    if stored.origin == Reminder.Origin.ALARM and not outcome_code:
        raise ReminderRefused("请选择流失预警的结果。")
    if parts := stored.children.open().count():
        raise ReminderRefused(f"还有 {parts} 项子任务没有完成。")
    stored.done_at, stored.done_by, stored.outcome = at, by, outcome.strip()[:200]
    stored.outcome_code = Reminder.Outcome(outcome_code) if outcome_code else ""
    save(stored, "done_at", "done_by", "outcome", "outcome_code")
    timeline.add_entry(
        customer_id=stored.customer_id, at=at, kind="reminder", icon="circle-check", title=f"完成跟进 · {stored.text}",
        text=stored.outcome, actor_id=by.pk, actor_name=by.name, subject_label=LABEL, subject_id=stored.pk,
        url_name=URL_NAME,
    )
    changes = {"outcome": [None, stored.outcome]}
    if stored.outcome_code:
        changes["outcome_code"] = [None, str(stored.outcome_code)]
    audit.record(action="reminder.finished", by=by, at=at, subject=subject_of(stored), changes=changes)
    if next_one is None:
        refresh_next_due(customer_id=stored.customer_id)
        return None
    place = (stored.position_id, stored.unit_id)
    return store(
        customer_id=stored.customer_id, customer_name=stored.customer_name, place=place, text=next_one.text,
        due_on=next_one.due_on, by=by, at=at,
    )


@transaction.atomic
def postpone_reminder(*, reminder: Reminder, to: date, reason: str = "", by: Staff, at: datetime) -> Reminder:
    """Due on a later day; the first date stays known. Refuses a day that is past or not later. One audit entry."""
    stored = locked(reminder)
    if to < business_date(at) or to <= stored.due_on:
        raise ReminderRefused("请选择今天以后、并且晚于原到期日的日期。")
    return _put_on(stored, to, action="reminder.postponed", reason=reason, by=by, at=at)


@transaction.atomic
def move_reminder(*, reminder: Reminder, to: date, by: Staff, at: datetime) -> Reminder:
    """改到…: due on another day, earlier or later, but none that is past; an appointment keeps its hours.

    ``reminder.version`` must be the one the user saw (``StaleReminder``). Refuses promises, whose day moves with a
    reason. One audit entry.
    """
    stored = locked(reminder)
    if to < business_date(at):
        raise ReminderRefused("不能改到过去的日子。")
    if to == stored.due_on:
        return stored
    return _put_on(stored, to, action="reminder.moved", reason="", by=by, at=at)


@transaction.atomic
def move_back(*, reminder: Reminder, to: date, by: Staff, at: datetime) -> Reminder:
    """撤销 of a move: due again on the day it came from, even one that is past; the caller knows that it came from there.

    ``reminder.version`` must be the one the move made (``StaleReminder``). One audit entry.
    """
    return _put_on(locked(reminder), to, action="reminder.moved_back", reason="", by=by, at=at)


def _put_on(stored: Reminder, to: date, *, action: str, reason: str, by: Staff, at: datetime) -> Reminder:
    if stored.commitment_id:
        raise ReminderRefused("承诺改期要写明理由，请在承诺里改期。")
    changes = {"due_on": [stored.due_on.isoformat(), to.isoformat()]}
    shift = timedelta(days=(to - stored.due_on).days)
    stored.due_on = to
    for name in ("starts_at", "ends_at"):
        if when := getattr(stored, name):
            setattr(stored, name, when + shift)
    save(stored, "due_on", "starts_at", "ends_at")
    refresh_next_due(customer_id=stored.customer_id)
    audit.record(action=action, by=by, at=at, subject=subject_of(stored), changes=changes, reason=reason.strip())
    return stored


@transaction.atomic
def hand_over_reminder(*, reminder: Reminder, to: Position, reason: str = "", by: Staff, at: datetime) -> Reminder:
    """Another position takes it, with the promise it stands for. Refuses closed positions. One audit entry.

    The view offers positions within reach.
    """
    stored = locked(reminder)
    if to.closed_on is not None:
        raise ReminderRefused("这个岗位已撤销。")
    if to.pk == stored.position_id:
        raise ReminderRefused("这条跟进已经由这个岗位负责。")
    changes = {"position": [stored.position.name, to.name]}
    stored.position, stored.unit_id = to, to.unit_id
    save(stored, "position", "unit_id")
    if stored.commitment_id:
        Commitment.objects.filter(pk=stored.commitment_id).update(
            position=to, unit_id=to.unit_id, keeper_id=to.holder_id, version=F("version") + 1
        )
    audit.record(
        action="reminder.handed_over", by=by, at=at, subject=subject_of(stored), changes=changes, reason=reason.strip()
    )
    return stored


def store(
    *, customer_id: int, customer_name: str, place: tuple[int, int], text: str, due_on: date, by: Staff, at: datetime,
    **rest: Any,
) -> Reminder:
    """A checked reminder for ``place`` (position and unit), the customer's next due date, one audit entry.

    The caller has locked the customer. ``rest`` are further fields of the row.
    """
    made = Reminder.objects.create(
        customer_id=customer_id, customer_name=customer_name, position_id=place[0], unit_id=place[1], due_on=due_on,
        first_due_on=due_on, text=text.strip(), created_by=by, created_at=at,
        **{"origin": Reminder.Origin.MANUAL, **rest},
    )
    refresh_next_due(customer_id=customer_id)
    audit.record(
        action="reminder.created", by=by, at=at, subject=subject_of(made), changes={"due_on": [None, due_on.isoformat()]}
    )
    return made


def check(*, text: str, due_on: date, today: date) -> None:
    """Refuses an empty text, a past day, a denied word."""
    if not text.strip():
        raise ReminderRefused("请填写事项。")
    if due_on < today:
        raise ReminderRefused("到期日不能早于今天。")
    hit = check_label(text)
    if hit is not None:
        raise LabelRefused(hit)


def locked(seen: Reminder) -> Reminder:
    """The stored row, if nobody changed it since. The customer is locked first, as in every action here."""
    lock_customer(seen.customer_id)
    stored = Reminder.objects.select_for_update(of=("self",)).select_related("position").get(pk=seen.pk)
    if stored.version != seen.version:
        raise StaleReminder(stored)
    if stored.done_at is not None:
        raise ReminderRefused("这条跟进已经完成。")
    return stored


def lock_customer(customer_id: int) -> None:
    """The customer's row first, as in every action on what hangs on it."""
    if not Organisation.objects.select_for_update().filter(pk=customer_id).values_list("pk", flat=True).first():
        Person.objects.select_for_update().filter(pk=customer_id).values_list("pk", flat=True).first()


def save(reminder: Reminder, *fields: Any) -> None:
    """Store these fields as a new version."""
    reminder.version += 1
    reminder.save(update_fields=[*(f.removesuffix("_id") for f in fields), "version"])
