"""Exports in the states tests need."""

from datetime import datetime
from typing import Any

from keqing.access.models import Staff
from keqing.access.tests.factories import position_of
from keqing.exports import actions, queries
from keqing.exports.models import Export
from keqing.exports.policy import Limits
from keqing.kit.formats import business_date
from keqing.people.choices import Kind
from keqing.people.models import Organisation
from keqing.people.tests.factories import NOW, make_organisation

NARROW = Limits(direct_rows=2, reason_rows=3, approval_rows=4, hour_rows=20, day_rows=40, file_rows=12)
OPEN = Limits(
    direct_rows=10_000, reason_rows=200_000, approval_rows=0, hour_rows=500_000, day_rows=900_000, file_rows=200_000
)


def make_hospitals(count: int, *, owner: Staff, prefix: str = "江湾医院", **values: Any) -> list[Organisation]:
    """Many, quickly: copies of one."""
    first = make_organisation(owner=owner, name=f"{prefix}0", kind=Kind.HOSPITAL, **values)
    ids = _fresh_ids(count - 1)
    copies = []
    for place, pk in enumerate(ids, start=1):
        copy = Organisation.objects.get(pk=first.pk) if place == 1 else copies[0].__class__(**_facts(copies[0]))
        copy.pk, copy.name, copy._state.adding = pk, f"{prefix}{place}", True
        copies.append(copy)
    Organisation.objects.bulk_create(copies, batch_size=500)
    return [first, *copies]


def _facts(row: Organisation) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if not getattr(field, "generated", False)}


def _fresh_ids(count: int) -> list[int]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("select nextval('people_customer_id') from generate_series(1, %s)", [count])
        return [row[0] for row in cursor.fetchall()]


def make_order(
    staff: Staff, key: str = "customers:hospital", query: str = "", *, format: str = "csv", at: datetime = NOW,  # noqa: A002
    **rest: Any,
) -> actions.Order:
    fresh = Staff.objects.get(pk=staff.pk)
    wanted = queries.wanted(staff=fresh, key=key, query=query, today=business_date(at))
    return actions.Order(wanted=wanted, format=format, **rest)


def make_export(staff: Staff, *, state: str = Export.State.QUEUED, **values: Any) -> Export:
    position = position_of(staff)
    facts = {
        "list_key": "customers:hospital", "title": "医院", "format": "csv", "rows": 10, "state": state, "by": staff,
        "position": position, "unit": position.unit.parent if position.is_head else position.unit, "asked_at": NOW,
        "reason": "季度核对", **values,
    }
    return Export.objects.create(**facts)
