"""Background work: deadlines of leads, and those nobody works at."""

from django.utils import timezone

from keqing.kit.jobs import periodic
from keqing.leads.actions import deadlines, pool


@periodic(cron="*/10 * * * *")
def tend_deadlines() -> None:
    """Every ten minutes: who let a deadline pass, then whose is near."""
    at = timezone.now()
    deadlines.escalate_overdue(at=at)
    deadlines.remind_due(at=at)


@periodic(cron="40 19 * * *")
def tend_pool() -> None:
    """Every night of Shanghai: take back what lies idle, warn of what will be."""
    at = timezone.now()
    pool.recycle_idle(at=at)
    pool.warn_of_recycling(at=at)
