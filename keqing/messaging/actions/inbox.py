"""Reading messages, and forgetting old ones."""

from datetime import datetime, timedelta

from django.db import transaction

from keqing.access.models import Staff
from keqing.messaging.models import DigestItem, Message

KEPT = timedelta(days=400)


def mark_read(*, message: Message, at: datetime) -> None:
    """The first reading counts."""
    Message.objects.filter(pk=message.pk, read_at__isnull=True).update(read_at=at)


def mark_all_read(*, staff: Staff, up_to: int, at: datetime) -> int:
    """Everything up to a message that was on the page: what came in since stays unread. Returns how many."""
    return Message.objects.unread_by(staff).filter(pk__lte=up_to).update(read_at=at)


@transaction.atomic
def forget_old_messages(*, at: datetime) -> int:
    """Messages are no record: what happened stands in the timeline and the audit. Returns how many went."""
    before = at - KEPT
    DigestItem.objects.filter(created_at__lt=before).delete()
    return Message.objects.filter(created_at__lt=before).delete()[0]
