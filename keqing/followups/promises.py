"""How many promises were kept on time of those that were due (R-060), by person, team or month."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import TruncMonth

from keqing.access.models import Staff
from keqing.followups.models import Commitment, of_present_customers
from keqing.kit.formats import percent_of


@dataclass(frozen=True)
class Rate:
    """``kept`` of ``due`` on time; nothing due is no rate."""

    kept: int
    due: int

    @property
    def percent(self) -> int | None:
        return percent_of(self.kept, self.due)

    def __str__(self) -> str:
        return "--" if self.percent is None else f"{self.percent}%"


@dataclass(frozen=True)
class RateLine:
    label: str
    rate: Rate


def commitment_state(commitment: Commitment, today: date) -> tuple[str, str]:
    """The state in a word, and the colour that says the same."""
    if commitment.dropped_on:
        return "已作废", "text-muted"
    if commitment.done_on:
        return ("按时兑现", "text-success") if commitment.kept_on_time else ("逾期兑现", "text-waiting")
    if commitment.due_on < today:
        return "逾期", "due-over"
    return ("今日到期", "due-today") if commitment.due_on == today else ("未到期", "")


def due_within(*, staff: Staff, first: date, last: date, today: date) -> QuerySet[Commitment]:
    """Promises in sight whose day lies in the period and is over, and those of today that are kept already: until the
    day has ended an open promise is not broken, and what is yet to come is not judged.
    """
    judged = Q(promised_on__lt=today) | Q(done_on__isnull=False)
    return (
        Commitment.objects.visible_to(staff)
        .counting()
        .filter(of_present_customers(), judged, promised_on__gte=first, promised_on__lte=min(last, today))
    )


def rate_of(promises: QuerySet[Commitment]) -> Rate:
    """One statement."""
    return Rate(**promises.order_by().aggregate(**_sums()))


def rates_by_person(*, staff: Staff, first: date, last: date, today: date) -> list[RateLine]:
    """Who had to keep them; the lowest rate first."""
    rows = due_within(staff=staff, first=first, last=last, today=today).values("keeper_id", label=F("keeper__name"))
    lines = [RateLine(row["label"] or "空缺岗位", Rate(row["kept"], row["due"])) for row in _summed(rows)]
    return sorted(lines, key=lambda line: (line.rate.percent or 0, line.label))


def rates_by_team(*, staff: Staff, first: date, last: date, today: date) -> list[RateLine]:
    rows = due_within(staff=staff, first=first, last=last, today=today).values("unit_id", label=F("unit__name"))
    lines = [RateLine(row["label"], Rate(row["kept"], row["due"])) for row in _summed(rows)]
    return sorted(lines, key=lambda line: (line.rate.percent or 0, line.label))


def rates_by_month(*, staff: Staff, first: date, last: date, today: date) -> list[RateLine]:
    """In order of time."""
    rows = due_within(staff=staff, first=first, last=last, today=today).annotate(month=TruncMonth("promised_on"))
    found = sorted(_summed(rows.values("month")), key=lambda row: row["month"])
    return [RateLine(f"{row['month']:%Y-%m}", Rate(row["kept"], row["due"])) for row in found]


def _sums() -> dict[str, Any]:
    return {"kept": Count("pk", filter=Q(done_on__lte=F("promised_on"))), "due": Count("pk")}


def _summed(rows: Any) -> Any:
    return rows.order_by().annotate(**_sums())
