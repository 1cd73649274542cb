"""Background work: forgetting the keys of old forms and the counts of old hours."""

from django.utils import timezone

from keqing.access.actions.card_rates import forget_card_rates
from keqing.access.actions.once import forget_form_keys
from keqing.kit.jobs import periodic


@periodic(cron="40 18 * * *")
def forget_old_form_keys() -> None:
    """Every night of Shanghai."""
    forget_form_keys(at=timezone.now())


@periodic(cron="45 18 * * *")
def forget_old_card_rates() -> None:
    """Every night of Shanghai."""
    forget_card_rates(at=timezone.now())
