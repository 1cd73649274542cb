"""What a promise is made of: the row, its reminder, what is checked before. Nothing is stored here."""

from dataclasses import dataclass
from datetime import date, datetime

from keqing.access.models import Position, Staff
from keqing.audit import actions as audit
from keqing.followups.models import Commitment, ContactRecord, Reminder
from keqing.people.models import Organisation, Person

LABEL = "followups.commitment"
URL_NAME = "followups:commitment"


@dataclass(frozen=True)
class Promise:
    """What was promised: to whom (a person of the customer, or in words), what, until when."""

    text: str
    due_on: date
    made_to: str = ""
    made_to_id: int | None = None


def subject_of(commitment: Commitment) -> audit.Subject:
    return audit.Subject(
        LABEL, commitment.pk, f"{commitment.customer_name} {commitment.text}", commitment.customer_id
    )


def what_is_wrong(promise: Promise, *, today: date) -> str:
    """A sentence, empty when the promise may be written down."""
    if not promise.text.strip():
        return "请填写答应了什么。"
    if promise.due_on < today:
        return "承诺的日期不能早于今天。"
    return ""


def commitment_of(
    promise: Promise, *, customer: Organisation | Person, position: Position, by: Staff, made_on: date, at: datetime,
    contact: ContactRecord | None = None,
) -> Commitment:
    """The unsaved row; whoever holds the position has to keep it."""
    return Commitment(
        customer_id=customer.pk, customer_name=customer.name, contact=contact, made_to=promise.made_to.strip()[:60],
        made_to_id=promise.made_to_id, text=promise.text.strip(), made_by=by, made_on=made_on, position_id=position.pk,
        unit_id=position.unit_id, keeper_id=position.holder_id, first_due_on=promise.due_on,
        promised_on=promise.due_on, due_on=promise.due_on, created_at=at,
    )


def reminder_of(commitment: Commitment, *, by: Staff, at: datetime) -> Reminder:
    """The unsaved reminder of a stored promise: one, whose urgency grows with the day."""
    return Reminder(
        customer_id=commitment.customer_id, customer_name=commitment.customer_name, position_id=commitment.position_id,
        unit_id=commitment.unit_id, due_on=commitment.due_on, first_due_on=commitment.first_due_on,
        origin=Reminder.Origin.PROMISE, text=commitment.text, commitment=commitment, contact=commitment.contact,
        created_by=by, created_at=at,
    )


def entry_of(commitment: Commitment, *, by: Staff, at: datetime) -> audit.Entry:
    changes = {"due_on": [None, commitment.due_on.isoformat()], "made_to": [None, commitment.made_to or None]}
    return audit.entry_for(action="commitment.made", by=by, at=at, subject=subject_of(commitment), changes=changes)
