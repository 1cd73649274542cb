"""Folding the roll-ups of contact records, and comparing them with the records."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from keqing.audit import actions as audit
from keqing.followups import tallies

LOCK = 7_302_021
NAMED = 20
LABELS = {"followups_daytally": "每日", "followups_monthtally": "每月", "followups_monthtotal": "每月合计"}
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Difference:
    """One key whose roll-up lacks ``missing`` contacts (negative: counts too many)."""

    table: str
    starts_on: date
    tracker_id: int
    position_id: int | None
    unit_id: int | None
    method: str
    missing: int

    def __str__(self) -> str:
        return f"{LABELS[self.table]} {self.starts_on} 员工 {self.tracker_id} {self.method}：相差 {self.missing:+d}"


@transaction.atomic
def fold_tallies() -> int:
    """Make one line of all lines of a key wherever there are new ones; returns how many lines are left by it."""
    left = 0
    with connection.cursor() as cursor:
        _take_turns(cursor)
        for table in tallies.TABLES:
            cursor.execute(tallies.fold_sql(table))
            left += cursor.rowcount
    return left


@transaction.atomic
def check_tallies(*, at: datetime, repair: bool = False) -> list[Difference]:
    """Where the roll-ups differ from the records, both as of one moment; with ``repair`` they agree afterwards.

    A repair is an entry of the audit: the triggers leave no difference, so somebody went around them.
    """
    found: list[Difference] = []
    with connection.cursor() as cursor:
        _take_turns(cursor)
        for table in tallies.TABLES:
            cursor.execute(tallies.repair_sql(table) if repair else tallies.difference_sql(table))
            found += [Difference(table, *row) for row in cursor.fetchall()]
    if found and repair:
        log.warning("联系次数与联系记录相差 %d 处，已按记录改正", len(found))
        audit.record(action="tallies.repaired", by=None, at=at, changes=_told(found))
    return found


def _told(found: list[Difference]) -> Mapping[str, Any]:
    return {"differences": [None, len(found)], "examples": [None, [str(one) for one in found[:NAMED]]]}


def _take_turns(cursor: Any) -> None:
    """Two repairs at once would both append what is missing."""
    cursor.execute("select pg_advisory_xact_lock(%s)", [LOCK])
