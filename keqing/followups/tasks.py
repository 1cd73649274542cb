"""Background work: the roll-ups of contact records."""

from django.utils import timezone

from keqing.followups.actions import tallies
from keqing.kit.jobs import periodic


@periodic(cron="10 19 * * *")
def tend_tallies() -> None:
    """Every night of Shanghai: compare with the records, put right what differs, then fold."""
    tallies.check_tallies(at=timezone.now(), repair=True)
    tallies.fold_tallies()
