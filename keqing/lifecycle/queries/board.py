"""看板: customers by stage, over the filter of the list of customers."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet

from keqing.access.models import Staff
from keqing.kit import counts
from keqing.lifecycle.permissions import Can
from keqing.lifecycle.transitions import LABELS, onward
from keqing.people.choices import Stage
from keqing.people.labels import owner_label
from keqing.people.models import Organisation
from keqing.people.stages import days_in

CARDS = 20
ORDER = ("-last_activity_at", "-pk")
READ = (
    "name", "kind", "lifecycle", "lifecycle_since", "last_contact_on", "next_due_on", "last_activity_at", "completeness", "unit",
    "owner_position__name", "owner_position__holder__name",
)


@dataclass(frozen=True)
class Card:
    row: Organisation
    owner: str
    days: int
    ways: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class StageColumn:
    stage: str
    label: str
    count: int
    cards: Sequence[Card]
    after: str


def stage_columns(*, rows: QuerySet[Organisation], staff: Staff, today: date) -> list[StageColumn]:
    """The first cards of every stage with how many there are: two statements."""
    bare = rows.order_by().select_related(None)
    parts = [bare.filter(lifecycle=stage) for stage in Stage.values]
    numbers = counts.capped(querysets=parts)
    firsts = [part.order_by(*ORDER).values("pk")[: CARDS + 1] for part in parts]
    found: dict[str, list[Organisation]] = defaultdict(list)
    for row in _read(Organisation.objects.filter(pk__in=firsts[0].union(*firsts[1:], all=True))):
        found[row.lifecycle].append(row)
    return [
        _column(stage, number, found[stage], staff, today) for stage, number in zip(Stage.values, numbers, strict=True)
    ]


def more_cards(*, rows: QuerySet[Organisation], stage: str, after: str, staff: Staff, today: date) -> StageColumn:
    """The next cards of one stage: one statement."""
    part = rows.order_by().select_related(None).filter(_beyond(after), lifecycle=stage)
    wanted = part.order_by(*ORDER).values("pk")[: CARDS + 1]
    return _column(stage, 0, list(_read(Organisation.objects.filter(pk__in=wanted))), staff, today)


def _read(rows: QuerySet[Organisation]) -> QuerySet[Organisation]:
    return rows.select_related("owner_position__holder").only(*READ).order_by(*ORDER)


def _column(stage: str, count: int, rows: Sequence[Organisation], staff: Staff, today: date) -> StageColumn:
    shown = rows[:CARDS]
    after = f"{shown[-1].last_activity_at.isoformat()}_{shown[-1].pk}" if len(rows) > CARDS else ""
    return StageColumn(stage, LABELS[stage], count, [_card(row, staff, today) for row in shown], after)


def _card(row: Organisation, staff: Staff, today: date) -> Card:
    ways = [(to, label) for to, label, _ in onward(row.lifecycle)] if row.allows(staff, Can.EDIT) else []
    return Card(row, owner_label(row), days_in(row.lifecycle_since, today), ways)


def _beyond(after: str) -> Any:
    """A cut or foreign cursor is ignored: the first cards are shown."""
    moment, _, pk = after.partition("_")
    try:
        at, number = datetime.fromisoformat(moment), int(pk)
    except ValueError:
        return Q()
    return Q(last_activity_at__lte=at) & (Q(last_activity_at__lt=at) | Q(pk__lt=number))
