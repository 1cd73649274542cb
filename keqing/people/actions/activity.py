"""What happens to a customer, kept on its row so that lists need no join."""

from datetime import date, datetime
from types import EllipsisType

from django.db.models import F, Q
from django.db.models.expressions import Combinable
from django.db.models.functions import Greatest

from keqing.people.models import Organisation, Person


def note_contact(
    *,
    customer: Organisation | Person,
    on: date,
    at: datetime,
    business_state: str | None = None,
    next_due_on: date | Combinable | EllipsisType | None = ...,
) -> None:
    """A contact took place: last contact, last activity, and for organisations the business state. One statement.

    ``next_due_on`` (a date, None or an expression; ``...`` leaves it) is written by the same statement.
    ``version`` stays: a contact does not make an open form stale.
    """
    changes: dict[str, object] = {
        "last_contact_on": Greatest(F("last_contact_on"), on),
        "last_activity_at": Greatest(F("last_activity_at"), at),
    }
    if business_state and isinstance(customer, Organisation):
        changes["business_state"] = business_state
    if next_due_on is not ...:
        changes["next_due_on"] = next_due_on
    type(customer).objects.filter(pk=customer.pk).update(**changes)


def note_next_due(*, customer_id: int, next_due_on: date | None) -> None:
    """The earliest open reminder's date, shown as 下次跟进."""
    changed = ~Q(next_due_on=next_due_on) | Q(next_due_on__isnull=next_due_on is not None)
    if not Organisation.objects.filter(changed, pk=customer_id).update(next_due_on=next_due_on):
        Person.objects.filter(changed, pk=customer_id).update(next_due_on=next_due_on)
