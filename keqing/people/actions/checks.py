"""查重: the one exception to "not visible means not known" (decision 4)."""

from collections.abc import Sequence
from datetime import datetime

from django.core.cache import cache
from django.db import transaction

from keqing.access.models import Staff
from keqing.audit import actions as audit
from keqing.people.likely import Duplicate

PER_MINUTE = 30


class TooManyChecks(Exception):
    """The reader asks faster than anybody types; the text is for the user."""


def allow_check(*, by: Staff) -> None:
    """Count one check of this minute; refuses when it is one too many."""
    key = f"duplicate-checks:{by.pk}"
    cache.add(key, 0, timeout=60)
    try:
        count = cache.incr(key)
    except ValueError:  # ran out between the two calls
        cache.set(key, 1, timeout=60)
        return
    if count > PER_MINUTE:
        raise TooManyChecks("查重太频繁了，请一分钟后再试。")


@transaction.atomic
def note_check(*, asked: str, found: Sequence[Duplicate], noun: str, by: Staff, at: datetime) -> None:
    """Audit that somebody learned of customers, or of phones, they may not see; ``noun`` is organisation or person."""
    for one in found:
        audit.record(
            action="duplicate.checked", by=by, at=at, reason=f"查重：{asked}"[:200],
            subject=audit.Subject(f"people.{noun}", one.customer_id, one.name, one.customer_id),
        )
