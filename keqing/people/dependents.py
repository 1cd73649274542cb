"""What would be orphaned if a record went: every relation of every department, found at run time.

A lower department does not know who points at it, and a new department must not be forgotten here; so the
relations are read from the models instead of being listed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.apps import apps
from django.db import connection, models
from django.db.models import Count
from psycopg import sql

from keqing.people.models import Organisation, OrganisationTag, Person
from keqing.timeline.models import Entry

CHUNK = 5000
# Departments that note what was done with a customer. Such a trace stays true without the customer, is kept by
# number and name, and would otherwise hold the customer for ever: it is no work that would be orphaned.
TRACES = ("audit", "batches", "timeline")


def with_later_work(
    *, ids: Collection[int], besides: Collection[type[models.Model]] = (), told: bool = True
) -> dict[int, str]:
    """Customer id → what else is about it: contacts, reminders, links of any department. Few statements.

    ``besides`` are models the caller looks at itself; ``told`` counts a timeline of more than the first line too.
    """
    found: dict[int, str] = {}
    pointing = _pointing_at_customers({*besides, OrganisationTag})
    look = sql.SQL(" union all ").join(
        sql.SQL("select distinct {column}, {at} from {table} where {column} = any(%(ids)s)").format(
            column=sql.Identifier(model._meta.get_field(column).column), at=sql.Literal(at),
            table=sql.Identifier(model._meta.db_table),
        )
        for at, (model, column) in enumerate(pointing)
    )
    for chunk in _chunks(ids):
        with connection.cursor() as cursor:
            cursor.execute(look, {"ids": chunk})
            for pk, at in sorted(cursor.fetchall(), key=lambda row: row[1]):
                found.setdefault(pk, str(pointing[at][0]._meta.verbose_name))
        if not told:
            continue
        lines = Entry.objects.filter(customer_id__in=chunk).values("customer_id").annotate(n=Count("pk")).filter(n__gt=1)
        for row in lines:
            found.setdefault(row["customer_id"], "往来记录")
    return found


def _pointing_at_customers(skip: set[type[models.Model]]) -> list[tuple[type[models.Model], str]]:
    """(model, column) of each reference to an organisation or a person, by relation or by customer number."""
    return [
        (model, column)
        for model in apps.get_models()
        if not hasattr(model, "pgh_tracked_model") and model not in skip
        if model._meta.app_label not in TRACES
        for column in _columns(model._meta.concrete_fields)
    ]


def _columns(fields: Iterable[models.Field]) -> list[str]:  # type: ignore[type-arg]
    return [
        field.attname
        for field in fields
        if (field.is_relation and field.related_model in (Organisation, Person))
        or (field.name in ("customer_id", "person_id") and not field.is_relation)
    ]


def _chunks(ids: Collection[int]) -> Iterable[list[int]]:
    ordered = sorted(ids)
    return (ordered[at : at + CHUNK] for at in range(0, len(ordered), CHUNK))
