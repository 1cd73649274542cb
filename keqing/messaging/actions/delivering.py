"""Sending what waits in the outbox.

A delivery is claimed in a transaction of its own (``for update skip locked``) before anything leaves the house, and
marked in another one afterwards: between the two no lock is held. A claim sends at most once. A worker killed
between sending and marking leaves a claim that runs out after ``LEASE``; the delivery is then tried again with the
same id, by which SMS gateways, WeCom's application messages and mail servers know the repetition. The group robot has
no such id: there a killed worker can mean the same line twice (docs/operations.md).
"""

import logging
import time
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from django.db import transaction

from keqing.access.models import Staff
from keqing.audit import actions as audit
from keqing.messaging.channels import Channel
from keqing.messaging.kinds import kinds
from keqing.messaging.letters import letter_for
from keqing.messaging.models import Delivery, Reach
from keqing.messaging.quiet import Calendar, quiet_until
from keqing.messaging.setup import configured, robot_named
from keqing.messaging.transport import DeliveryFailed
from keqing.messaging.ways_out import hand_over
from keqing.reference import work_calendar

State = Delivery.State
LEASE = timedelta(minutes=5)
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))
LIMIT = len(PAUSES) + 1
SECONDS = 20  # other work waits behind it in the same worker
ERROR = 300
log = logging.getLogger(__name__)


def deliver_due(*, now: Callable[[], datetime], seconds: float = SECONDS) -> int:
    """Send everything that is due, one by one, for about ``seconds``; returns how many were handed over.

    Several workers may do so at once. A failure is kept at its delivery and never stops the others; a service that
    is away costs one time-out, its other deliveries wait for the next run.
    """
    sent, until = 0, time.monotonic() + seconds
    away: set[str] = set()
    calendar: Calendar | None = None
    while time.monotonic() < until:
        calendar = calendar or work_calendar.calendar()
        found, claimed = _claim(at=now(), calendar=calendar, without=away)
        if not found:
            break
        if claimed is not None:
            sent += _try(claimed, now=now, away=away)
    return sent


@transaction.atomic
def _claim(*, at: datetime, calendar: Calendar, without: Collection[str] = ()) -> tuple[bool, Delivery | None]:
    """Whether anything was due, and the delivery to be sent now; one that may not be sent is settled here."""
    row = (
        Delivery.objects.due(at).exclude(channel__in=without).select_for_update(of=("self",), skip_locked=True)
        .select_related("message__recipient").order_by("next_try_at", "pk").first()
    )  # fmt: skip
    if row is None:
        return False, None
    hopeless = _hopeless(row)
    if row.channel not in configured() or (row.channel == Channel.ROBOT and robot_named(row.robot) is None):
        _settle(row, State.NOT_SET_UP, at=at)
    elif hopeless:
        _settle(row, State.GIVEN_UP, at=at, error=hopeless)
    elif (later := _quiet(row, at, calendar)) is not None:
        row.state, row.next_try_at = State.WAITING, later
    else:
        row.state, row.attempts, row.next_try_at = State.SENDING, row.attempts + 1, at + LEASE
    row.save(update_fields=["state", "attempts", "next_try_at", "error", "done_at"])
    return True, row if row.state == State.SENDING else None


def _hopeless(row: Delivery) -> str:
    if row.channel != Channel.ROBOT and not row.message.recipient.is_active:
        return "收件人已离职或停用。"
    return row.error or "发送时中断，次数已用完。" if row.attempts >= LIMIT else ""


def _quiet(row: Delivery, at: datetime, calendar: Calendar) -> datetime | None:
    """Until when it has to wait. The person's own hours; the group has the standard ones."""
    if row.message.kind in {kind.key for kind in kinds() if kind.urgent}:
        return None
    own = None if row.channel == Channel.ROBOT else Reach.objects.filter(staff_id=row.message.recipient_id).first()
    reach = own or Reach()
    return quiet_until(
        at=at, quiet_from=reach.quiet_from, quiet_to=reach.quiet_to, rest_days=reach.quiet_on_rest_days, calendar=calendar
    )


def _try(row: Delivery, *, now: Callable[[], datetime], away: set[str]) -> int:
    try:
        provider_id = hand_over(channel=row.channel, letter=letter_for(delivery=row), robot=row.robot)
    except DeliveryFailed as error:
        if error.away:
            away.add(row.channel)
        _failed(row, str(error), permanent=error.permanent, at=now())
        return 0
    except Exception:
        log.exception("送达 %s 没有发出", row.pk)
        _failed(row, "程序出错，已记入日志。", permanent=False, at=now())
        return 0
    _settle(row, State.SENT, at=now())
    row.provider_id = provider_id[:120]
    _mark(row)
    return 1


def _failed(row: Delivery, text: str, *, permanent: bool, at: datetime) -> None:
    if permanent or row.attempts >= LIMIT:
        _settle(row, State.GIVEN_UP, at=at, error=text)
    else:
        row.state, row.next_try_at, row.error = State.FAILED, at + PAUSES[row.attempts - 1], text[:ERROR]
    _mark(row)


def _settle(row: Delivery, state: str, *, at: datetime, error: str = "") -> None:
    row.state, row.next_try_at, row.done_at, row.error = state, None, at, error[:ERROR]


def _mark(row: Delivery) -> None:
    """What became of this claim, unless it had run out and another worker has the delivery by now."""
    Delivery.objects.filter(pk=row.pk, state=State.SENDING, attempts=row.attempts).update(
        state=row.state, next_try_at=row.next_try_at, done_at=row.done_at, error=row.error, provider_id=row.provider_id
    )


@transaction.atomic
def try_again(*, delivery: Delivery, by: Staff, at: datetime) -> Delivery:
    """Send once more what was given up or had no channel then; anything else stays as it is. One audit entry."""
    stored = Delivery.objects.select_for_update().get(pk=delivery.pk)
    if stored.state in (State.GIVEN_UP, State.NOT_SET_UP):
        stored.state, stored.attempts, stored.next_try_at, stored.done_at = State.WAITING, 0, at, None
        stored.save(update_fields=["state", "attempts", "next_try_at", "done_at"])
        subject = audit.Subject("messaging.delivery", stored.pk, stored.get_channel_display())
        audit.record(action="messaging.tried_again", by=by, at=at, subject=subject)
    return stored
