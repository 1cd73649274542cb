"""Promises: made, kept with evidence, put off with a reason, dropped (R-058)."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery

from keqing.access.models import Position, Staff
from keqing.audit import actions as audit
from keqing.compliance.rules import Hit, check_label
from keqing.followups.actions import promising
from keqing.followups.actions.contacts import refresh_next_due
from keqing.followups.actions.promising import LABEL, URL_NAME, Promise, subject_of
from keqing.followups.actions.reminders import lock_customer
from keqing.followups.models import Commitment, Reminder
from keqing.kit.formats import business_date
from keqing.people.models import Organisation, Person
from keqing.timeline import actions as timeline


class CommitmentRefused(Exception):
    """The promise cannot be changed so; the text is for the user. ``hit``: a denied word, for whoever logs it."""

    def __init__(self, sentence: str, *, hit: Hit | None = None) -> None:
        super().__init__(sentence)
        self.hit = hit


class StaleCommitment(CommitmentRefused):
    def __init__(self, theirs: Commitment) -> None:
        super().__init__("这项承诺刚被别人处理过，请核对。")
        self.theirs = theirs


@transaction.atomic
def make_commitment(
    *, customer: Organisation | Person, promise: Promise, by: Staff, at: datetime, position: Position | None = None
) -> Commitment:
    """Write down what was promised a customer, to be kept by ``position`` or else by whoever writes it.

    Effects: the promise with its reminder, the customer's next due date, a timeline line, one audit entry. Refuses
    past days and denied words.
    """
    today = business_date(at)
    if wrong := promising.what_is_wrong(promise, today=today):
        raise CommitmentRefused(wrong)
    if hit := check_label(promise.text):
        raise CommitmentRefused(hit.sentence, hit=hit)
    place = position or by.standing.home
    if place is None:
        raise CommitmentRefused("您没有岗位，不能记下承诺。")
    lock_customer(customer.pk)
    made = promising.commitment_of(promise, customer=customer, position=place, by=by, made_on=today, at=at)
    made.save(force_insert=True)
    promising.reminder_of(made, by=by, at=at).save(force_insert=True)
    refresh_next_due(customer_id=customer.pk)
    _tell(made, title=f"承诺 · {made.text}", text=_until(made), by=by, at=at)
    audit.record_all([promising.entry_of(made, by=by, at=at)])
    return made


@transaction.atomic
def keep_commitment(*, commitment: Commitment, on: date, evidence: str, by: Staff, at: datetime) -> Commitment:
    """兑现: what proves it is told. ``commitment.version`` must be the one the user saw (``StaleCommitment``).

    Effects: the reminder is done, the customer's next due date, a timeline line, one audit entry. Refuses a day in
    the future or before the promise.
    """
    stored = _locked(commitment)
    if not evidence.strip():
        raise CommitmentRefused("请写明依据：交了什么、给了谁、哪份单据。")
    if on > business_date(at):
        raise CommitmentRefused("兑现日期不能晚于今天。")
    if on < stored.made_on:
        raise CommitmentRefused("兑现日期不能早于承诺的日子。")
    stored.done_on, stored.done_by, stored.evidence = on, by, evidence.strip()[:300]
    _save(stored, "done_on", "done_by", "evidence")
    _close_reminder(stored, outcome=f"已兑现：{stored.evidence}"[:200], by=by, at=at)
    said = "按时兑现" if stored.kept_on_time else "逾期兑现"
    _tell(stored, title=f"{said} · {stored.text}", text=stored.evidence, by=by, at=at, icon="circle-check")
    changes = {"done_on": [None, on.isoformat()], "evidence": [None, stored.evidence]}
    audit.record(action="commitment.kept", by=by, at=at, subject=subject_of(stored), changes=changes)
    return stored


@transaction.atomic
def postpone_commitment(
    *, commitment: Commitment, to: date, reason: str, agreed: bool, by: Staff, at: datetime
) -> Commitment:
    """Due on a later day, with the reason. The day that counts moves only when the other side agreed before it was over.

    Effects: the reminder moves along, the customer's next due date, one audit entry.
    """
    stored = _locked(commitment)
    today = business_date(at)
    if not reason.strip():
        raise CommitmentRefused("请写明改期的理由。")
    if to < today or to <= stored.due_on:
        raise CommitmentRefused("请选择今天以后、并且晚于原日期的日子。")
    if agreed and stored.promised_on < today:
        raise CommitmentRefused("承诺的日子已过，不能再算对方同意改期；不勾选也可以延后，仍记为逾期。")
    changes = {"due_on": [stored.due_on.isoformat(), to.isoformat()]}
    if agreed:
        changes["promised_on"] = [stored.promised_on.isoformat(), to.isoformat()]
        stored.promised_on = to
    stored.due_on, stored.reason = to, reason.strip()[:200]
    _save(stored, "due_on", "promised_on", "reason")
    stored.reminders.filter(done_at__isnull=True).update(due_on=to, version=F("version") + 1)
    refresh_next_due(customer_id=stored.customer_id)
    audit.record(
        action="commitment.postponed", by=by, at=at, subject=subject_of(stored), changes=changes, reason=stored.reason
    )
    return stored


@transaction.atomic
def drop_commitment(*, commitment: Commitment, reason: str, by: Staff, at: datetime) -> Commitment:
    """作废: written down by mistake, or no longer wanted by the customer. It counts in no rate, stays readable.

    Only before the day it was promised for is over: a broken promise stays one. Effects as for ``keep_commitment``.
    """
    stored = _locked(commitment)
    if not reason.strip():
        raise CommitmentRefused("请写明作废的理由。")
    if stored.promised_on < business_date(at):
        raise CommitmentRefused("承诺的日子已过，不能作废；请兑现后写明依据。")
    stored.dropped_on, stored.reason = business_date(at), reason.strip()[:200]
    _save(stored, "dropped_on", "reason")
    _close_reminder(stored, outcome=f"承诺作废：{stored.reason}"[:200], by=by, at=at)
    _tell(stored, title=f"承诺作废 · {stored.text}", text=stored.reason, by=by, at=at, icon="x")
    audit.record(
        action="commitment.dropped", by=by, at=at, subject=subject_of(stored), reason=stored.reason,
        changes={"dropped_on": [None, stored.dropped_on.isoformat()]},
    )
    return stored


def follow_holders(*, today: date) -> int:
    """Promises not yet due are kept by whoever holds their position now; returns how many changed. One statement."""
    holder = Subquery(Position.objects.filter(pk=OuterRef("position_id")).values("holder_id"))
    changed = ~Q(keeper=F("position__holder")) | Q(keeper__isnull=True, position__holder__isnull=False)
    return Commitment.objects.open().filter(changed, promised_on__gte=today).update(keeper_id=holder)


def _locked(seen: Commitment) -> Commitment:
    """The stored row, if nobody changed it since; customer first, then the promise, then its reminder."""
    lock_customer(seen.customer_id)
    stored = Commitment.objects.select_for_update(of=("self",)).select_related("position").get(pk=seen.pk)
    if stored.version != seen.version:
        raise StaleCommitment(stored)
    if not stored.is_open:
        raise CommitmentRefused("这项承诺已经了结。")
    return stored


def _close_reminder(stored: Commitment, *, outcome: str, by: Staff, at: datetime) -> None:
    Reminder.objects.open().filter(commitment=stored, customer_id=stored.customer_id).update(
        done_at=at, done_by=by, outcome=outcome, version=F("version") + 1
    )
    refresh_next_due(customer_id=stored.customer_id)


def _tell(stored: Commitment, *, title: str, text: str, by: Staff, at: datetime, icon: str = "heart-handshake") -> None:
    timeline.add_entry(
        customer_id=stored.customer_id, at=at, kind="promise", icon=icon, title=title, text=text, actor_id=by.pk,
        actor_name=by.name, subject_label=LABEL, subject_id=stored.pk, url_name=URL_NAME,
    )


def _until(made: Commitment) -> str:
    to_whom = f"对{made.made_to}，" if made.made_to else ""
    return f"{to_whom}{made.due_on:%Y-%m-%d} 前"


def _save(stored: Commitment, *fields: Any) -> None:
    stored.version += 1
    stored.save(update_fields=[*fields, "version"])
