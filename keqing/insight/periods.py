"""The columns of a report: months up to today's, or the days of one month."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

SPANS = (3, 6, 12, 24)


@dataclass(frozen=True)
class Period:
    """One column: from its first to its last day; ``is_running`` while it is not over."""

    first: date
    last: date
    label: str
    is_running: bool = False

    @property
    def key(self) -> str:
        """How the roll-ups call it."""
        return self.first.isoformat()


def months_to(today: date, *, count: int) -> tuple[Period, ...]:
    """``count`` months, the last one that of today."""
    number = today.year * 12 + today.month - 1
    return tuple(_month(*divmod(one, 12), today) for one in range(number - count + 1, number + 1))


def days_of(month: date, *, today: date) -> tuple[Period, ...]:
    """The days of the month ``month`` lies in, up to today."""
    last = monthrange(month.year, month.month)[1]
    days = (month.replace(day=number) for number in range(1, last + 1))
    return tuple(Period(day, day, str(day.day), day == today) for day in days if day <= today)


def month_of(text: str, *, today: date) -> date | None:
    """``2026-10`` as its first day; None for anything else, and for months to come."""
    try:
        found = date.fromisoformat(f"{text}-01") if len(text) == 7 else None
    except ValueError:
        return None
    return found if found and date(2000, 1, 1) <= found <= today else None


def year_spans(periods: Sequence[Period]) -> list[tuple[int, int]]:
    """(year, number of columns) for the line above the months."""
    spans: list[tuple[int, int]] = []
    for period in periods:
        if spans and spans[-1][0] == period.first.year:
            spans[-1] = (period.first.year, spans[-1][1] + 1)
        else:
            spans.append((period.first.year, 1))
    return spans


def _month(year: int, zero_based: int, today: date) -> Period:
    month = zero_based + 1
    last = date(year, month, monthrange(year, month)[1])
    return Period(date(year, month, 1), last, f"{month}月", last >= today)
