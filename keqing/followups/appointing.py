"""Whether a visit was agreed on beforehand (R-053)."""

from datetime import date
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet

from keqing.followups.models import Reminder
from keqing.followups.policy import policy
from keqing.people.models import Organisation, Person

KEPT_AT_HAND = 60


def appointments() -> QuerySet[Reminder]:
    """Those not called off, done or not."""
    return Reminder.objects.filter(origin=Reminder.Origin.APPOINTMENT).exclude(
        appointment=Reminder.Appointment.CANCELLED
    )


def with_appointments(organisations: QuerySet[Organisation]) -> QuerySet[Organisation]:
    """Carry the days of the latest appointments along in the same statement."""
    days = appointments().filter(customer_id=OuterRef("pk")).order_by("-due_on").values("due_on")
    return organisations.annotate(appointed_days=ArraySubquery(days[:KEPT_AT_HAND]))


def lacks_appointment(*, customer: Organisation | Person, method: str, on: date) -> bool:
    """A visit the policy wants an appointment for, on a day without one; no statement for any other contact,
    nor when the customer was read through ``with_appointments``."""
    if not policy().asks_for_appointment(method=method, level=getattr(customer, "level", "")):
        return False
    days: Any = getattr(customer, "appointed_days", None)
    if days is None or (len(days) == KEPT_AT_HAND and on < days[-1]):
        return not appointments().filter(customer_id=customer.pk, due_on=on).exists()
    return on not in days
