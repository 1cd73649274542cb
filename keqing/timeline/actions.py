"""Writing the stream."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Model

from keqing.audit import acting
from keqing.kit import bulk
from keqing.timeline.models import Entry, Facts

FACTS = ("talked", "recommended", "material", "quoted")
LIMITS = {"talked": 300}


def add_entry(*, customer_id: int, at: datetime, kind: str, title: str, **rest: Any) -> Entry:
    """Append one line; belongs inside the action's transaction. ``rest`` are further fields of ``Entry``."""
    return Entry.objects.create(customer_id=customer_id, at=at, kind=kind, title=title[:200], **_signed(rest))


def add_entries(entries: Iterable[Entry]) -> None:
    entries = list(entries)
    for entry in entries:
        entry.actor_name = acting.signature(entry.actor_id, entry.actor_name)
    bulk.insert(entries)


def add_alike(*, customer_ids: Sequence[int], at: datetime, kind: str, title: str, **rest: Any) -> None:
    """``add_entry`` of the same line for many customers: one statement."""
    common = {"at": at, "kind": kind, "title": title[:200], **rest}
    bulk.insert_alike(Entry, common=common, each={"customer_id": customer_ids})


def amend_entry(*, subject_label: str, subject_id: int, **changes: Any) -> None:
    """The subject was corrected: its line follows."""
    Entry.objects.filter(subject_label=subject_label, subject_id=subject_id).update(**changes)


def keep_facts(*, customer_id: int, on: date, **facts: str) -> None:
    """Remember what was last said, recommended, handed over or quoted (R-176), one statement.

    Empty facts change nothing; an older date never covers a newer one.
    """
    given = _given(facts)
    if not given:
        return
    sql, values = _facts_statement(customer_id, on, given)
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def add_entry_and_keep_facts(
    *, on: date, facts: Mapping[str, str], along: Iterable[Model] = (), **entry: Any
) -> None:
    """``add_entry`` and ``keep_facts`` of the same customer in one statement; ``entry`` as for ``add_entry``.

    The same statement stores ``along``: unsaved rows that belong to the same happening.
    """
    line = Entry(**_signed({**entry, "title": entry["title"][:200]}))
    head, rows = bulk.with_rows([line, *along])
    given = _given(facts)
    sql, values = _facts_statement(line.customer_id, on, given) if given else ("select 1", [])
    with connection.cursor() as cursor:
        cursor.execute(head + sql, [*rows, *values])


def replace_facts(*, customer_id: int, facts: Mapping[str, tuple[str, date | None]]) -> None:
    """What was said last has been corrected: the named facts as they are now, even when older or empty."""
    changes: dict[str, Any] = {}
    for name, (text, on) in facts.items():
        changes |= {name: text.strip()[: LIMITS.get(name, 200)], f"{name}_on": on if text.strip() else None}
    _given(dict.fromkeys(facts, ""))
    Facts.objects.update_or_create(customer_id=customer_id, defaults=changes)


def _signed(fields: dict[str, Any]) -> dict[str, Any]:
    """A deputy's line names both."""
    if fields.get("actor_name"):
        fields["actor_name"] = acting.signature(fields.get("actor_id"), fields["actor_name"])
    return fields


def _given(facts: Mapping[str, str]) -> dict[str, str]:
    unknown = set(facts) - set(FACTS)
    if unknown:
        raise ValueError(f"unknown facts {unknown}")
    return {name: text.strip() for name, text in facts.items() if text and text.strip()}


def _facts_statement(customer_id: int, on: date, given: Mapping[str, str]) -> tuple[str, list[Any]]:
    columns: list[str] = ["customer_id"]
    values: list[Any] = [customer_id]
    updates: list[str] = []
    for name in FACTS:
        text = given.get(name)
        columns += [name, f"{name}_on"]
        values += [(text or "")[: LIMITS.get(name, 200)], on if text else None]
        if text:
            newer = f"timeline_facts.{name}_on is null or timeline_facts.{name}_on <= excluded.{name}_on"
            updates.append(f"{name} = case when {newer} then excluded.{name} else timeline_facts.{name} end")
            updates.append(f"{name}_on = greatest(timeline_facts.{name}_on, excluded.{name}_on)")
    marks = ", ".join(["%s"] * len(columns))
    sql = (  # only constant column names of FACTS are interpolated
        f"insert into timeline_facts ({', '.join(columns)}) values ({marks}) "  # noqa: S608
        f"on conflict (customer_id) do update set {', '.join(updates)}"
    )
    return sql, values
