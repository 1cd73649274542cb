"""Background work: what contacts moved."""

from django.utils import timezone

from keqing.kit.jobs import periodic
from keqing.lifecycle.actions import effects


@periodic(cron="20 * * * *")
def tend_effects() -> None:
    """Every hour: open effects follow their customers, those that are over get their mark. Again changes nothing."""
    at = timezone.now()
    effects.keep_effects(at=at)
    effects.mark_effects(at=at)
