"""Reading the stream of a customer already fetched through the gate."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from keqing.kit.prepared import prepared
from keqing.timeline.models import Entry, Facts

PAGE = 20


@dataclass(frozen=True)
class Stream:
    entries: list[Entry]
    after: str  # cursor of the next page, empty at the end


@dataclass(frozen=True)
class Summary:
    """The four facts, and how many lines of each kind the stream has."""

    facts: Facts
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def stream_of(
    customer_id: int,
    *,
    after: str = "",
    kind: str = "",
    text: str = "",
    restricted: bool = False,
    limit: int = PAGE,
    only: Q | None = None,
) -> Stream:
    """Newest first. ``after`` is the cursor a former page gave; ``only`` narrows further; one indexed read."""
    if not (after or kind or text or restricted or only) and limit == PAGE:
        return _led_on(_newest(customer=customer_id), limit)
    entries = Entry.objects.filter(only or Q(), customer_id=customer_id).order_by("-at", "-id")
    if not restricted:
        entries = entries.filter(is_restricted=False)
    if kind:
        entries = entries.filter(kind=kind)
    if text:
        entries = entries.filter(Q(text__icontains=text) | Q(title__icontains=text))
    if cursor := _cursor(after):
        at, pk = cursor
        # "at ≤ a and (at < a or id < i)": PostgreSQL walks the index; the plain OR it does not
        entries = entries.filter(Q(at__lte=at) & (Q(at__lt=at) | Q(pk__lt=pk)))
    return _led_on(entries[: limit + 1], limit)


@prepared
def _newest(customer: int) -> QuerySet[Entry]:
    return Entry.objects.filter(customer_id=customer, is_restricted=False).order_by("-at", "-id")[: PAGE + 1]


def _led_on(entries: Iterable[Entry], limit: int) -> Stream:
    found = list(entries)
    more = len(found) > limit
    found = found[:limit]
    return Stream(found, f"{found[-1].at.isoformat()}_{found[-1].pk}" if more else "")


def facts_of(customer_id: int) -> Facts:
    return Facts.objects.filter(pk=customer_id).first() or Facts(customer_id=customer_id)


def summary_of(customer_id: int) -> Summary:
    """Facts and counts in one statement."""
    columns = [field.column for field in Facts._meta.concrete_fields]
    with connection.cursor() as cursor:
        cursor.execute(
            f"select {', '.join(f'f.{column}' for column in columns)}, "  # noqa: S608 columns of the model
            "(select json_object_agg(kind, n) from (select kind, count(*) as n from timeline_entry "
            "where customer_id = %s and not is_restricted group by kind) as counted)::text "
            "from (select 1) as one left join timeline_facts f on f.customer_id = %s",
            [customer_id, customer_id],
        )
        *values, counted = cursor.fetchone()
    found: dict[str, Any] = dict(zip(columns, values, strict=True))
    facts = Facts(**found) if found["customer_id"] else Facts(customer_id=customer_id)
    return Summary(facts, json.loads(counted or "{}"))


def _cursor(after: str) -> tuple[datetime, int] | None:
    """A cut or foreign cursor is ignored: the first page is shown."""
    moment, _, pk = after.partition("_")
    try:
        return (datetime.fromisoformat(moment), int(pk)) if pk else None
    except ValueError:
        return None
