"""What the two reports count: customers kept from period to period, alarms and what became of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q

from keqing.access.models import OrgUnit, Staff
from keqing.followups.models import Reminder
from keqing.kit.formats import day_bounds
from keqing.people.choices import Kind, Level
from keqing.people.models import Organisation
from keqing.people.permissions import Can as PeopleCan
from keqing.playbooks import buyers
from keqing.playbooks.retention import recovery_rate, retention_rate

SEGMENTS = {"kind": "客户类型", "level": "医院等级", "unit": "组织"}
SPANS = {"year": "年", "half": "半年", "quarter": "季度"}
Outcome = Reminder.Outcome


@dataclass(frozen=True)
class Period:
    """``last`` is counted in."""

    label: str
    first: date
    last: date


@dataclass(frozen=True)
class RetentionLine:
    label: str
    before: int
    again: int

    @property
    def gone(self) -> int:
        return self.before - self.again

    @property
    def rate(self) -> Decimal | None:
        return retention_rate(bought_before=self.before, bought_again=self.again)


@dataclass(frozen=True)
class RetentionBoard:
    before: Period
    now: Period
    lines: Sequence[RetentionLine]
    total: RetentionLine
    told: str


@dataclass(frozen=True)
class AlarmLine:
    label: str
    alarms: int
    open: int
    outcomes: Sequence[int]
    recovered: int

    @property
    def rate(self) -> Decimal | None:
        return recovery_rate(alarms=self.alarms, recovered=self.recovered)


def periods(*, span: str, today: date, back: int = 0) -> tuple[Period, Period]:
    """The period before and the one it is compared with: this one, or ``back`` periods earlier."""
    months = {"year": 12, "half": 6, "quarter": 3}[span]
    start = (today.year * 12 + today.month - 1) // months * months - back * months
    return _period(start - months, months), _period(start, months)


def retention_board(*, staff: Staff, now: Period, before: Period, segment: str) -> RetentionBoard:
    """One statement for the segments, over the customers ``staff`` sees in full."""
    source = buyers.source()
    again = source.buyers(first=now.first, last=now.last)
    rows = Organisation.objects.alive().reached_by(staff, PeopleCan.VIEW).filter(pk__in=source.buyers(first=before.first, last=before.last))
    counted = list(rows.order_by().values_list(segment).annotate(Count("pk"), again=Count("pk", filter=Q(pk__in=again))))
    names = _names(segment, [key for key, *_ in counted])
    lines = [RetentionLine(names(key), number, kept) for key, number, kept in counted]
    total = RetentionLine("合计", sum(one.before for one in lines), sum(one.again for one in lines))
    return RetentionBoard(before, now, sorted(lines, key=lambda one: -one.before), total, source.label)


def alarm_board(*, staff: Staff, first: date, last: date) -> tuple[list[AlarmLine], AlarmLine]:
    """Alarms raised in the period by unit, and in all, with what became of them. One statement."""
    rows = Reminder.objects.visible_to(staff).filter(
        origin=Reminder.Origin.ALARM, created_at__gte=day_bounds(first)[0], created_at__lt=day_bounds(last)[1]
    )
    counts: dict[str, Any] = {f"n_{code}": Count("pk", filter=Q(outcome_code=code)) for code in Outcome.values}
    found = rows.order_by().values("unit__name").annotate(
        alarms=Count("pk"), open=Count("pk", filter=Q(done_at__isnull=True)), **counts
    )
    lines = [
        AlarmLine(row["unit__name"], row["alarms"], row["open"], [row[f"n_{code}"] for code in Outcome.values], row[f"n_{Outcome.RECOVERED}"])
        for row in found
    ]
    total = AlarmLine(
        "合计", sum(one.alarms for one in lines), sum(one.open for one in lines),
        [sum(numbers) for numbers in zip(*(one.outcomes for one in lines), strict=True)] or [0] * len(Outcome.values),
        sum(one.recovered for one in lines),
    )
    return sorted(lines, key=lambda one: -one.alarms), total


def _period(month: int, months: int) -> Period:
    first, after = date(month // 12, month % 12 + 1, 1), date((month + months) // 12, (month + months) % 12 + 1, 1)
    part = {12: "", 6: f" {'上下'[first.month > 6]}半年", 3: f" 第 {(first.month + 2) // 3} 季度"}[months]
    return Period(f"{first.year} 年{part}", first, after - timedelta(days=1))


def _names(segment: str, keys: Sequence[Any]) -> Any:
    if segment == "unit":
        units = dict(OrgUnit.objects.filter(pk__in=keys).values_list("pk", "name"))
        return lambda key: units.get(key, "")
    labels = {"kind": dict(Kind.choices), "level": {**dict(Level.choices), "": "未填或不适用"}}[segment]
    return lambda key: str(labels.get(key, key))
