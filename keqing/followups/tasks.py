"""Background work: the roll-ups of contact records, the promises that fall due."""

from django.utils import timezone

from keqing.kit.jobs import periodic, task


@periodic(cron="10 19 * * *")
def tend_tallies() -> None:
    """Every night of Shanghai: compare with the records, put right what differs, then fold."""
    from keqing.followups.actions import tallies

    tallies.check_tallies(at=timezone.now(), repair=True)
    tallies.fold_tallies()


@periodic(cron="40 0-10 * * *")
def tend_promises() -> None:
    """Every morning of Shanghai: who holds a position keeps its promises, and hears of those that fall due.

    Again every hour of the day, which says nothing twice: a worker that was away in the morning catches up.
    """
    from keqing.followups.actions.warnings import begin_round

    begin_round(at=timezone.now())
    go_on_with_promises()


@task
def go_on_with_promises() -> None:
    """What today's round has yet to say."""
    from keqing.followups.actions.warnings import go_on

    go_on(at=timezone.now())


@periodic(cron="* * * * * */20")
def watch_promises() -> None:
    """A round whose worker was killed goes on within a minute (T11), as a night's round does."""
    from keqing.followups.actions.warnings import take_up_abandoned

    take_up_abandoned(at=timezone.now())
