"""Messages about promises: the day before, on the day, and the day after it was broken (R-058)."""

from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse

from keqing.followups.models import Commitment, of_present_customers
from keqing.kit.formats import business_date
from keqing.messaging.actions.outbox import Outgoing, send_all

KIND = "promise"
CATCH_UP = 7  # days: a worker that was away for longer leaves what it missed to the worklist


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
