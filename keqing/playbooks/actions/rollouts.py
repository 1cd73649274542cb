"""A change of a plan where it runs: customers move to the new edition, or leave a plan that was ended.

The change itself is stored with the request; few customers follow at once, many in portions by id behind it. A portion
is one transaction that also moves the mark, so a killed worker's rollout goes on where it stood, and no customer is done twice.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import QuerySet

from keqing.access.models import Staff
from keqing.audit import actions as audit
from keqing.kit import jobs
from keqing.playbooks import tasks
from keqing.playbooks.actions.enrolments import move_to, stop
from keqing.playbooks.models import Edition, Enrolment, Playbook, Rollout

AT_ONCE = 200
PORTION = 500
# a worker that has not moved the mark for so long is gone; one who is merely slow keeps its lock
SILENCE = timedelta(seconds=30)
State = Rollout.State


class RolloutRefused(Exception):
    """It cannot be taken up again; the text is for the user."""


@transaction.atomic
def begin(*, playbook: Playbook, edition: Edition | None, reason: str, by: Staff, at: datetime) -> Rollout:
    """All customers in the plan go to this edition, or leave it (no edition). Belongs to the change's transaction.

    A former change not yet everywhere is replaced: this one takes all its customers along.
    """
    Rollout.objects.filter(playbook=playbook, state__in=[State.RUNNING, State.FAILED]).update(state=State.REPLACED, finished_at=at)
    made = Rollout(playbook=playbook, edition=edition, reason=reason[:200], by=by, started_at=at, touched_at=at)
    made.total = _left(made).count()
    made.save()
    if made.total > AT_ONCE:
        jobs.defer(tasks.roll_out, rollout_id=made.pk)
        return made
    run(rollout_id=made.pk, now=lambda: at)
    made.refresh_from_db()
    return made


def run(*, rollout_id: int, now: Callable[[], datetime]) -> None:
    """Portion by portion until nobody is left. One that fails ends it with a message; what is done stays done."""
    try:
        while _portion(rollout_id=rollout_id, at=now()):
            pass
    except Exception:
        if not connection.in_atomic_block:  # else whoever began the transaction takes everything back
            Rollout.objects.filter(pk=rollout_id, state=State.RUNNING).update(state=State.FAILED, finished_at=now())
        raise


@transaction.atomic
def resume(*, rollout: Rollout, by: Staff, at: datetime) -> None:
    """Try again after it failed. One audit entry."""
    taken = Rollout.objects.filter(pk=rollout.pk, state=State.FAILED).update(state=State.RUNNING, finished_at=None, touched_at=at)
    if not taken:
        raise RolloutRefused("这次变更已经在进行，或已经完成。")
    audit.record(action="playbook.rollout_resumed", by=by, at=at, subject=_subject(rollout))
    jobs.defer(tasks.roll_out, rollout_id=rollout.pk)


def take_up_abandoned(*, at: datetime) -> None:
    for pk in Rollout.objects.filter(state=State.RUNNING, touched_at__lt=at - SILENCE).values_list("pk", flat=True):
        jobs.defer(tasks.roll_out, rollout_id=pk)


@transaction.atomic
def _portion(*, rollout_id: int, at: datetime) -> bool:
    """The next customers; whether there may be more."""
    locked = Rollout.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
    found = locked.select_related("playbook", "edition", "by").filter(pk=rollout_id, state=State.RUNNING).first()
    if found is None:
        return False  # over, replaced, or another worker has it
    left = dict(_left(found).order_by("customer_id").values_list("customer_id", "pk")[:PORTION])
    if not left:
        _finish(found, at)
        return False
    if found.edition is not None:
        found.done += move_to(edition=found.edition, customers=list(left), by=found.by, at=at)
    else:
        ended = stop(enrolments=_running(found).filter(pk__in=left.values()), end=Enrolment.End.CLOSED, note=found.reason, by=found.by, at=at)
        found.done += len(ended)
    found.upto, found.touched_at = max(left), at
    found.save(update_fields=["upto", "done", "touched_at"])
    return True


def _finish(found: Rollout, at: datetime) -> None:
    found.state, found.finished_at, found.touched_at = State.DONE, at, at
    found.save(update_fields=["state", "finished_at", "touched_at"])
    if found.total > AT_ONCE:  # else the change's own entry has told it
        audit.record(
            action="playbook.rolled_out", by=found.by, at=at, subject=_subject(found), reason=found.reason,
            changes={"customers": [None, found.done]},
        )


def _subject(found: Rollout) -> audit.Subject:
    return audit.Subject("playbooks.playbook", found.playbook_id, found.playbook.title)


def _running(found: Rollout) -> QuerySet[Enrolment]:
    return Enrolment.objects.running().filter(playbook=found.playbook_id)


def _left(found: Rollout) -> QuerySet[Enrolment]:
    """Those still to be done: behind the mark, and in an edition before the one they go to."""
    rows = _running(found).filter(customer_id__gt=found.upto)
    return rows.filter(edition__number__lt=found.edition.number) if found.edition is not None else rows
