"""Background work: what has lain in 回收站 long enough."""

from django.utils import timezone

from keqing.kit.jobs import periodic
from keqing.people.actions.trash import empty_trash as empty


@periodic(cron="10 19 * * *")
def empty_trash() -> None:
    """Every night of Shanghai."""
    empty(at=timezone.now())
