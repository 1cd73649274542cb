"""Background work: carrying out transfers, forgetting the keys of old forms and the counts of old hours,
gathering marks."""

from django.utils import timezone

from keqing.access.actions.card_rates import forget_card_rates
from keqing.access.actions.once import forget_form_keys
from keqing.access.actions.transfers import carry_out
from keqing.access.change_marks import gather
from keqing.access.models import Transfer
from keqing.kit.formats import business_date
from keqing.kit.jobs import defer, periodic, task


@periodic(cron="40 18 * * *")
def forget_old_form_keys() -> None:
    """Every night of Shanghai."""
    forget_form_keys(at=timezone.now())


@periodic(cron="45 18 * * *")
def forget_old_card_rates() -> None:
    """Every night of Shanghai."""
    forget_card_rates(at=timezone.now())


@task
def carry_out_transfer(*, transfer_id: int) -> None:
    carry_out(transfer_id=transfer_id, at=timezone.now())


@periodic(cron="*/10 * * * *")
def carry_out_due_transfers() -> None:
    """Those whose day has come, and those whose worker was lost before it finished."""
    at = timezone.now()
    due = Transfer.objects.filter(state=Transfer.State.SCHEDULED, effective_on__lte=business_date(at)).order_by("pk")
    for transfer_id in due.values_list("pk", flat=True):
        defer(carry_out_transfer, transfer_id=transfer_id)  # each by itself: one that breaks holds up no other


@periodic(cron="50 18 * * *")
def gather_change_marks() -> None:
    """Every night of Shanghai."""
    gather()
