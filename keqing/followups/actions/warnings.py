"""Messages about promises: the day before, on the day, and the day after it was broken (R-058).

Said in rounds, one begun every hour. A round is one transaction behind a row that says it was begun, so one whose worker
was killed is found and said by another.
"""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import QuerySet
from django.urls import reverse

from keqing.followups import tasks
from keqing.followups.actions.commitments import follow_holders
from keqing.followups.models import Commitment, PromiseRound, of_present_customers
from keqing.kit import jobs
from keqing.kit.formats import business_date
from keqing.messaging.actions.outbox import Outgoing, send_all

KIND = "promise"
CATCH_UP = 7  # days: a worker that was away for longer leaves what it missed to the worklist
# a worker that has not ended its round for so long is gone; one who is merely slow keeps its lock
SILENCE = timedelta(seconds=30)


def begin_round(*, at: datetime) -> None:
    """There is something to say, for all to see before it is said."""
    PromiseRound.objects.update_or_create(
        day_on=business_date(at), defaults={"started_at": at, "touched_at": at, "finished_at": None}
    )


def go_on(*, at: datetime) -> int:
    """Today's round, unless it is over or another worker has it; returns how many messages are new.

    One that fails ends as well: the next hour tries again.
    """
    try:
        return _round(at=at)
    except Exception:
        if not connection.in_atomic_block:  # else whoever began the transaction takes everything back
            _open_round(at).update(finished_at=at)
        raise


def take_up_abandoned(*, at: datetime) -> bool:
    """Ask for today's round to go on when the worker that ran it is gone; whether it was asked for."""
    left = _open_round(at).filter(touched_at__lt=at - SILENCE).exists()
    if left:
        jobs.defer(tasks.go_on_with_promises)
    return left


def _open_round(at: datetime) -> QuerySet[PromiseRound]:
    return PromiseRound.objects.filter(day_on=business_date(at), finished_at__isnull=True)


@transaction.atomic
def _round(*, at: datetime) -> int:
    """Who holds a position keeps its promises, and hears of those that fall due."""
    found = _open_round(at).select_for_update(skip_locked=True, no_key=True).first()
    if found is None:
        return 0
    follow_holders(today=business_date(at))
    told = warn_of_promises(at=at)
    found.finished_at = found.touched_at = at
    found.save(update_fields=["finished_at", "touched_at"])
    return told


def _sentence(late: int) -> str:
    if late > 0:
        return f"逾期 {late} 天，还没有兑现"
    return "今天到期" if late == 0 else "明天到期"


@transaction.atomic
def warn_of_promises(*, at: datetime) -> int:
    """Tell whoever has to keep them; returns how many messages are new.

    Run again it says nothing twice: the key names the promise, the day it is due and which of the three it is. What
    was missed while no worker ran is told by the next run, as overdue. Vacant positions are on their head's worklist already.
    """
    today = business_date(at)
    rows = Commitment.objects.open().filter(
        of_present_customers(), due_on__gte=today - timedelta(days=CATCH_UP), due_on__lte=today + timedelta(days=1),
        position__holder__isnull=False,
    )
    messages = []
    for one in rows.select_related("position__holder").order_by("pk"):
        late = (today - one.due_on).days
        to_whom = f"（对{one.made_to}）" if one.made_to else ""
        messages.append(
            Outgoing(
                to=one.position.holder, kind=KIND, title=f"承诺{_sentence(late)}：{one.text}"[:120],
                text=f"{one.customer_name}{to_whom}：{one.text}，承诺日期 {one.promised_on:%Y-%m-%d}。",
                url=reverse("followups:commitment", args=[one.pk]), key=f"{one.pk}:{one.due_on}:{min(late, 1):+d}",
            )
        )
    return len(send_all(messages=messages, at=at))
