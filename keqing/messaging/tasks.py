"""Background work of messages."""

from django.utils import timezone

from keqing.kit import jobs
from keqing.kit.formats import business_date


@jobs.periodic(cron="* * * * *")
def deliver_due() -> None:
    """Every minute; two at once share the work."""
    from keqing.messaging.actions.delivering import deliver_due

    deliver_due(now=timezone.now)


@jobs.periodic(cron="50 23 * * *")
def gather_digests() -> None:
    """Ten to eight in Shanghai: it is there when quiet hours end."""
    from keqing.messaging.actions.digest import gather_digests

    at = timezone.now()
    gather_digests(today=business_date(at), at=at)


@jobs.periodic(cron="10 19 * * *")
def forget_old_messages() -> None:
    """Every night of Shanghai."""
    from keqing.messaging.actions.inbox import forget_old_messages

    forget_old_messages(at=timezone.now())
