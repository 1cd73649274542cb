"""What happens to a customer, kept on its row so that lists need no join."""

from datetime import date, datetime
from types import EllipsisType

from django.db.models import Case, F, PositiveIntegerField, Q, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Greatest

from keqing.people.models import Organisation, Person


class CustomerGone(Exception):
    """The customer was deleted meanwhile; the text is for the user."""


def note_contact(
    *,
    customer: Organisation | Person,
    on: date,
    at: datetime,
    business_state: str | None = None,
    next_due_on: date | Combinable | EllipsisType | None = ...,
    corrected: bool = False,
) -> None:
    """A contact took place: last contact, last activity, and for organisations the business state. One statement.

    ``next_due_on`` (a date, None or an expression; ``...`` leaves it) is written by the same statement.
    With ``corrected`` the last contact becomes ``on`` even when it was later. ``version`` grows only with a new
    business state: that field stands in the edit form, so an open form must not put the old one back.
    Refuses (``CustomerGone``) a customer who is not there any more.
    """
    changes: dict[str, object] = {
        "last_contact_on": on if corrected else Greatest(F("last_contact_on"), on),
        "last_activity_at": Greatest(F("last_activity_at"), at),
    }
    if business_state and isinstance(customer, Organisation):
        changes["business_state"] = business_state
        changes["version"] = Case(
            When(~Q(business_state=business_state), then=F("version") + 1), default=F("version"),
            output_field=PositiveIntegerField(),
        )
    if next_due_on is not ...:
        changes["next_due_on"] = next_due_on
    there = type(customer).objects.alive() if not corrected else type(customer).objects.all()
    if not there.filter(pk=customer.pk).update(**changes):
        raise CustomerGone("客户刚被删除，没有记录这次联系。恢复客户后可以再记。")


def note_next_due(*, customer_id: int, next_due_on: date | None) -> None:
    """The earliest open reminder's date, shown as 下次跟进."""
    changed = ~Q(next_due_on=next_due_on) | Q(next_due_on__isnull=next_due_on is not None)
    if not Organisation.objects.filter(changed, pk=customer_id).update(next_due_on=next_due_on):
        Person.objects.filter(changed, pk=customer_id).update(next_due_on=next_due_on)
