"""Background work: the night's follow-ups."""

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


@periodic(cron="*/5 * * * *")
def watch_round() -> None:
    """A round whose worker was killed goes on."""
    from keqing.playbooks.actions.nightly import take_up_abandoned

    take_up_abandoned(day=business_date(timezone.now()), at=timezone.now())
