"""Writing, sealing and verifying the audit."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Protocol

from django.db import connection, transaction
from django.db.models import Prefetch

from keqing.audit import acting
from keqing.audit.models import Entry, Link
from keqing.kit import bulk

SEAL_LOCK = 7_302_001
LOOK_BACK = 1_000_000


class Actor(Protocol):
    pk: Any
    name: str


@dataclass(frozen=True)
class Subject:
    """What an entry is about: ``label`` is the model's label, e.g. ``people.organisation``."""

    label: str
    id: int | None
    name: str
    customer_id: int | None = None


@cache
def _mould() -> bulk.Mould[Entry]:
    return bulk.Mould(Entry)


def entry_for(
    *,
    action: str,
    by: Actor | None,
    at: datetime,
    subject: Subject | None = None,
    changes: Mapping[str, Any] | None = None,
    reason: str = "",
    rule: str = "",
    address: str = "",
) -> Entry:
    """An unsaved entry; bulk actions save many at once with ``record_all``."""
    return _mould().make(
        at=at,
        action=action,
        actor_id=by.pk if by else None,
        actor_name=by.name if by else "系统",
        for_actor_name=acting.name_for(by.pk) if by else "",
        subject_label=subject.label if subject else "",
        subject_id=subject.id if subject else None,
        subject_name=subject.name[:200] if subject else "",
        customer_id=subject.customer_id if subject else None,
        changes=dict(changes or {}),
        reason=reason[:500],
        rule=rule,
        address=address,
    )


def record(**facts: Any) -> Entry:
    """Write one entry (arguments of ``entry_for``). Belongs inside the action's transaction."""
    entry = entry_for(**facts)
    entry.save(force_insert=True)
    return entry


def record_all(entries: Iterable[Entry]) -> None:
    """Write many entries in few statements."""
    bulk.insert(entries)


def record_alike(*, action: str, by: Actor | None, at: datetime, subjects: Sequence[Subject], reason: str = "") -> None:
    """The same happened to many customers' records: one entry for each, one statement."""
    bulk.insert_alike(
        Entry,
        common={
            "at": at, "action": action, "actor_id": by.pk if by else None, "actor_name": by.name if by else "系统",
            "for_actor_name": acting.name_for(by.pk) if by else "",
            "subject_label": subjects[0].label if subjects else "", "reason": reason[:500],
        },
        each={
            "subject_id": [subject.id for subject in subjects], "subject_name": [subject.name[:200] for subject in subjects],
            "customer_id": [subject.customer_id for subject in subjects],
        },
    )


def digest_of(entry: Entry, previous: bytes) -> bytes:
    facts = [
        entry.pk,
        entry.at.isoformat(),
        entry.action,
        entry.actor_id,
        entry.actor_name,
        entry.for_actor_name,
        entry.subject_label,
        entry.subject_id,
        entry.subject_name,
        entry.customer_id,
        entry.rule,
        entry.reason,
        entry.changes,
        entry.address,
    ]
    text = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(previous + text.encode()).digest()


@transaction.atomic
def seal_entries(*, at: datetime, limit: int = 50_000) -> int:
    """Chain every entry not yet sealed; returns how many. Safe to run at any time, from anywhere.

    Entries are chained in the order they become visible, not in id order: a transaction that commits late
    is sealed with the next batch.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [SEAL_LOCK])
    last = Link.objects.order_by("-pk").first()
    digest = bytes(last.digest) if last else b""
    floor = (last.entry_id - LOOK_BACK) if last else 0
    links = []
    waiting = Entry.objects.filter(pk__gt=floor, link__isnull=True).order_by("pk")[:limit]
    for entry in waiting.iterator(chunk_size=5000):
        digest = digest_of(entry, digest)
        links.append(Link(entry=entry, digest=digest, sealed_at=at))
    Link.objects.bulk_create(links, batch_size=5000)
    return len(links)


@dataclass(frozen=True)
class Verdict:
    checked: int
    waiting: int
    broken_entry_id: int | None = None
    sentence: str = ""


def verify_audit() -> Verdict:
    """Recompute the chain from its start and name the first entry that was altered or removed."""
    previous = b""
    checked = 0
    # prefetch, not join: an inner join would skip a link whose entry was removed
    links = Link.objects.order_by("pk").prefetch_related(Prefetch("entry"))
    for link in links.iterator(chunk_size=5000):
        entry = link._state.fields_cache.get("entry")
        if entry is None or digest_of(entry, previous) != bytes(link.digest):
            what = "已被删除" if entry is None else "内容与封存时不一致"
            return Verdict(checked, 0, link.entry_id, f"审计记录 {link.entry_id} {what}。")
        previous = bytes(link.digest)
        checked += 1
    waiting = Entry.objects.filter(link__isnull=True).count()
    return Verdict(checked, waiting)
