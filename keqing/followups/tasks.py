"""Background work: the roll-ups of contact records, the promises that fall due."""

from django.utils import timezone

from keqing.followups.actions import tallies
from keqing.followups.actions.commitments import follow_holders
from keqing.followups.actions.warnings import warn_of_promises
from keqing.kit.formats import business_date
from keqing.kit.jobs import periodic


@periodic(cron="10 19 * * *")
def tend_tallies() -> None:
    """Every night of Shanghai: compare with the records, put right what differs, then fold."""
    tallies.check_tallies(at=timezone.now(), repair=True)
    tallies.fold_tallies()


@periodic(cron="40 0-10 * * *")
def tend_promises() -> None:
    """Every morning of Shanghai: who holds a position keeps its promises, and hears of those that fall due.

    Again every hour of the day, which says nothing twice: a worker that was away in the morning catches up.
    """
    at = timezone.now()
    follow_holders(today=business_date(at))
    warn_of_promises(at=at)
