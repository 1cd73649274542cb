"""Background work: the night's follow-ups, and changed plans on their way through the customers in them."""

from django.utils import timezone

from keqing.kit.formats import business_date
from keqing.kit.jobs import periodic, task


@periodic(cron="30 17 * * *")
def generate_followups() -> None:
    """Half past one at night in Shanghai."""
    go_on()


@task
def go_on() -> None:
    """Today's round, from where it stands."""
    from keqing.playbooks.actions.nightly import generate

    generate(day=business_date(timezone.now()), now=timezone.now)


@periodic(cron="* * * * * */20")
def watch_round() -> None:
    """A round whose worker was killed goes on within a minute (T11), and a night without a worker is made up by day.

    Looked at every twenty seconds.
    """
    from keqing.playbooks.actions.nightly import begin_missed, take_up_abandoned

    at = timezone.now()
    if not begin_missed(day=business_date(at), at=at):
        take_up_abandoned(day=business_date(at), at=at)


@task
def roll_out(*, rollout_id: int) -> None:
    from keqing.playbooks.actions.rollouts import run

    run(rollout_id=rollout_id, now=timezone.now)


@periodic(cron="* * * * * */20")
def watch_rollouts() -> None:
    """A rollout whose worker was killed goes on within a minute (T11), as a night's round does."""
    from keqing.playbooks.actions.rollouts import take_up_abandoned

    take_up_abandoned(at=timezone.now())
