"""Background work: deadlines of leads, those nobody works at, and likeness to won customers."""

from django.utils import timezone

from keqing.access.models import Staff
from keqing.kit.jobs import periodic, task
from keqing.leads.actions import alike, deadlines, pool
from keqing.leads.likeness import TooFew


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


@task
def learn_likeness(*, staff_id: int) -> None:
    """Asked for on the page; too few by now leaves the weights as they are."""
    try:
        alike.compute_likeness(by=Staff.objects.get(pk=staff_id), at=timezone.now())
    except TooFew:
        return
