"""Background work of feedback."""

from django.utils import timezone

from keqing.kit.jobs import periodic


@periodic(cron="*/10 * * * *")
def escalate_late() -> None:
    """Every ten minutes; telling a manager twice is impossible, telling late is not."""
    from keqing.service.actions.escalating import escalate_late

    escalate_late(at=timezone.now())
