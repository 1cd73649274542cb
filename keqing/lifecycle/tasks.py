"""Background work: what contacts moved."""

from django.utils import timezone

from keqing.kit.jobs import periodic
from keqing.lifecycle.actions import effects
from keqing.lifecycle.policy import policy

LATE = 2  # days an hourly run looks further back than a contact can be open


@periodic(cron="20 * * * *")
def tend_effects() -> None:
    """Every hour: open effects follow their customers, those that are over get their mark. Again changes nothing."""
    at = timezone.now()
    effects.keep_effects(at=at)
    effects.mark_effects(at=at, days=policy().effect_days + LATE)


@periodic(cron="50 18 * * *")
def mark_old_effects() -> None:
    """Every night of Shanghai: marks that hours without a worker left out; it reads a year of contacts."""
    effects.mark_effects(at=timezone.now())
