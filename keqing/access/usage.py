"""Which words people really use, day by day, so that rights nobody needs can be taken back (T41).

A door notes its word in memory; about once a minute a process writes what it noted, in one statement. What a
process that is killed did not write is noted again with the next use.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from time import monotonic

from django.conf import settings
from django.utils import timezone

from keqing.access.models import WordUse
from keqing.kit.formats import business_date

EVERY_SECONDS = 60


@dataclass
class _Notes:
    day: date | None = None
    written: set[tuple[int, str]] = field(default_factory=set)
    waiting: set[tuple[int, str]] = field(default_factory=set)
    since: float = 0.0


_notes = _Notes()


def note(*, staff_id: int, word: str) -> None:
    """A person passed a door by this word. Costs no statement but once a minute."""
    today = business_date(timezone.now())
    if _notes.day != today:
        _notes.day, _notes.written = today, set()
    one = (staff_id, str(word))
    if one not in _notes.written:
        _notes.waiting.add(one)
        _notes.written.add(one)
    if _notes.waiting and not settings.TESTING and monotonic() - _notes.since > EVERY_SECONDS:
        write(at=timezone.now())


def write(*, at: datetime) -> int:
    """Keep what was noted; returns how much it was."""
    waiting, _notes.waiting, _notes.since = sorted(_notes.waiting), set(), monotonic()
    rows = [WordUse(staff_id=staff_id, word=word, last_on=business_date(at)) for staff_id, word in waiting]
    WordUse.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["staff", "word"], update_fields=["last_on"]
    )
    return len(rows)


def forget() -> None:
    """Start anew; for tests."""
    _notes.day, _notes.written, _notes.waiting = None, set(), set()
