"""The daily digest: what can wait, in one message per person and day."""

from datetime import date, datetime

from django.db import transaction
from django.urls import reverse

from keqing.access.models import Staff
from keqing.messaging.actions.outbox import send
from keqing.messaging.models import DigestItem, Message

KIND = "digest"
SHOWN = 50


def gather_digests(*, today: date, at: datetime) -> int:
    """Make the digest of every person who has something waiting; returns how many were made.

    Each person is a transaction of its own, and a second run of the same day makes nothing: what came in between
    waits for the next one.
    """
    waiting = DigestItem.objects.filter(message__isnull=True).order_by().values_list("recipient_id", flat=True).distinct()
    return sum(_gather(staff_id, today=today, at=at) for staff_id in list(waiting))


@transaction.atomic
def _gather(staff_id: int, *, today: date, at: datetime) -> int:
    # whoever comes second waits here, and then finds nothing left
    staff = Staff.objects.select_for_update(no_key=True).get(pk=staff_id)
    items = list(DigestItem.objects.filter(recipient=staff, message__isnull=True))
    if not items or not staff.is_active:
        DigestItem.objects.filter(pk__in=[item.pk for item in items]).delete()
        return 0
    text = "\n".join(f"· {item.kind_label}：{item.title}" for item in items[:SHOWN])
    if len(items) > SHOWN:
        text += f"\n…… 另有 {len(items) - SHOWN} 条"
    made = send(
        to=[staff], kind=KIND, title=f"每日摘要：{len(items)} 条", text=text, url=reverse("messaging:messages"),
        key=f"digest:{today:%Y-%m-%d}", at=at,
    )
    if not made:
        return 0  # today's is already there
    DigestItem.objects.filter(pk__in=[item.pk for item in items]).update(message=made[0])
    Message.objects.filter(pk=made[0]).update(url=reverse("messaging:message", args=[made[0]]))
    return 1
