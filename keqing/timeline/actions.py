"""Writing the stream."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import connection

from keqing.timeline.models import Entry

FACTS = ("talked", "recommended", "material", "quoted")


def add_entry(*, customer_id: int, at: datetime, kind: str, title: str, **rest: Any) -> Entry:
    """Append one line; belongs inside the action's transaction. ``rest`` are further fields of ``Entry``."""
    return Entry.objects.create(customer_id=customer_id, at=at, kind=kind, title=title[:200], **rest)


def add_entries(entries: Iterable[Entry]) -> None:
    Entry.objects.bulk_create(entries, batch_size=2000)


def amend_entry(*, subject_label: str, subject_id: int, **changes: Any) -> None:
    """The subject was corrected: its line follows."""
    Entry.objects.filter(subject_label=subject_label, subject_id=subject_id).update(**changes)


def keep_facts(*, customer_id: int, on: date, **facts: str) -> None:
    """Remember what was last said, recommended, handed over or quoted (R-176), one statement.

    Empty facts change nothing; an older date never covers a newer one.
    """
    unknown = set(facts) - set(FACTS)
    if unknown:
        raise ValueError(f"unknown facts {unknown}")
    given = {name: text.strip() for name, text in facts.items() if text and text.strip()}
    if not given:
        return
    limits = {"talked": 300}
    columns, values, updates = ["customer_id"], [customer_id], []
    for name in FACTS:
        text = given.get(name)
        columns += [name, f"{name}_on"]
        values += [(text or "")[: limits.get(name, 200)], on if text else None]
        if text:
            newer = f"timeline_facts.{name}_on is null or timeline_facts.{name}_on <= excluded.{name}_on"
            updates.append(f"{name} = case when {newer} then excluded.{name} else timeline_facts.{name} end")
            updates.append(f"{name}_on = greatest(timeline_facts.{name}_on, excluded.{name}_on)")
    marks = ", ".join(["%s"] * len(columns))
    sql = (  # only constant column names of FACTS are interpolated
        f"insert into timeline_facts ({', '.join(columns)}) values ({marks}) "  # noqa: S608
        f"on conflict (customer_id) do update set {', '.join(updates)}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
