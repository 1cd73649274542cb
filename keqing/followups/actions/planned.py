"""The same reminder at many customers, and its withdrawal."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Least

from keqing.access.models import Staff
from keqing.audit import actions as audit
from keqing.followups.actions.contacts import responsible
from keqing.followups.actions.reminders import subject_of
from keqing.followups.models import Reminder
from keqing.kit import bulk
from keqing.people.models import Organisation


@transaction.atomic
def plan_reminders(
    *, customers: Sequence[Organisation], text: str, due_on: date, by: Staff, at: datetime
) -> list[Reminder]:
    """One reminder per customer for whoever answers for it. The caller has checked the day and the words.

    Effects: the reminders, the customers' next due date, one audit entry each; few statements for many customers.
    """
    ids = [customer.pk for customer in customers]
    stored = list(Organisation.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk"))
    made = []
    for customer in stored:
        position_id, unit_id = responsible(customer=customer, by=by)
        made.append(
            Reminder(
                customer_id=customer.pk, customer_name=customer.name, position_id=position_id, unit_id=unit_id,
                due_on=due_on, first_due_on=due_on, text=text.strip(), origin=Reminder.Origin.MANUAL, created_by=by,
                created_at=at,
            )
        )
    made = bulk.insert(made)
    # LEAST leaves empty values out
    Organisation.objects.filter(pk__in=ids).update(next_due_on=Least("next_due_on", due_on))
    changes = {"due_on": [None, due_on.isoformat()]}
    audit.record_all(
        audit.entry_for(action="reminder.created", by=by, at=at, subject=subject_of(one), changes=changes) for one in made
    )
    return made


@transaction.atomic
def withdraw_reminders(*, ids: Collection[int], by: Staff, at: datetime) -> set[int]:
    """Take back reminders nobody has touched; returns the ids of those taken back.

    Effects: the rows go, the customers' next due date is found anew, one audit entry each.
    """
    wanted = Reminder.objects.filter(pk__in=ids)
    customers = sorted(set(wanted.values_list("customer_id", flat=True)))
    # the customers first, as in every action on reminders
    list(Organisation.objects.select_for_update(of=("self",)).filter(pk__in=customers).order_by("pk").values_list("pk"))
    untouched = list(wanted.filter(done_at__isnull=True, version=1).select_for_update().order_by("pk"))
    gone = {one.pk for one in untouched}
    audit.record_all(
        audit.entry_for(action="reminder.withdrawn", by=by, at=at, subject=subject_of(one)) for one in untouched
    )
    Reminder.objects.filter(pk__in=gone).delete()
    first = Reminder.objects.open().filter(customer_id=OuterRef("pk")).order_by("due_on").values("due_on")[:1]
    Organisation.objects.filter(pk__in={one.customer_id for one in untouched}).update(next_due_on=Subquery(first))
    return gone
