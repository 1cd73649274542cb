"""What happens to a customer, kept on its row so that lists need no join."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from types import EllipsisType
from typing import Any

from django.db import connection
from django.db.models import Case, DateField, F, PositiveIntegerField, Q, QuerySet, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Greatest
from django.db.models.sql import UpdateQuery

from keqing.people.models import Organisation, Person

_MET = """
    with met as (
        update people_person set last_contact_on = %s where id in (
            select id from people_person
            where id = any(%s) and (last_contact_on is null or last_contact_on < %s) order by id for no key update))
"""

_DUES = """
    update people_organisation o set next_due_on = new.due
    from unnest(%s::bigint[], %s::date[]) new (id, due)
    where o.id = new.id and (o.next_due_on is null or o.next_due_on > new.due)
"""


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
    met: Collection[int] = (),
) -> None:
    """A contact took place: last contact, last activity, and for organisations the business state. One statement.

    ``met`` are the people who took part: the same statement keeps their last contact.

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
    if not _update(there.filter(pk=customer.pk), changes, met, on):
        raise CustomerGone("客户刚被删除，没有记录这次联系。恢复客户后可以再记。")


def note_next_due(*, customer_id: int, next_due_on: date | None) -> None:
    """The earliest open reminder's date, shown as 下次跟进."""
    changed = ~Q(next_due_on=next_due_on) | Q(next_due_on__isnull=next_due_on is not None)
    if not Organisation.objects.filter(changed, pk=customer_id).update(next_due_on=next_due_on):
        Person.objects.filter(changed, pk=customer_id).update(next_due_on=next_due_on)


def note_next_dues(*, dues: Mapping[int, date]) -> None:
    """New open reminders at many organisations: 下次跟进 where it was later or empty. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_DUES, [list(dues), list(dues.values())])


def note_met(*, last: Mapping[int, date | None]) -> None:
    """Last contact of people by id, after a correction changed who took part or when. One statement."""
    if last:
        value = Case(*(When(pk=pk, then=Value(on, DateField())) for pk, on in last.items()))
        Person.objects.filter(pk__in=last).update(last_contact_on=value)


def _update(rows: QuerySet[Any], changes: dict[str, object], met: Collection[int], on: date) -> int:
    """Update the customer, and with it the people who took part; customer first, people in the order of their ids."""
    if not met:
        return rows.update(**changes)
    query = rows.query.chain(UpdateQuery)
    query.add_update_values(changes)
    sql, values = query.get_compiler(connection=connection).as_sql()
    with connection.cursor() as cursor:
        cursor.execute(f"{_MET} {sql}", [on, sorted(met), on, *values])  # the ORM wrote the rest
        return cursor.rowcount
