"""Quarters of the calendar, as reports ask for them: 2026Q4."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class Quarter:
    year: int
    number: int

    @property
    def first(self) -> date:
        return date(self.year, self.number * 3 - 2, 1)

    @property
    def last(self) -> date:
        return self.shifted(1).first - timedelta(days=1)

    @property
    def key(self) -> str:
        return f"{self.year}Q{self.number}"

    @property
    def label(self) -> str:
        return f"{self.year} 年 {self.number} 季度"

    def shifted(self, by: int) -> "Quarter":
        at = self.year * 4 + self.number - 1 + by
        return Quarter(at // 4, at % 4 + 1)


def quarter_of(day: date) -> Quarter:
    return Quarter(day.year, (day.month - 1) // 3 + 1)


def read(text: str, *, today: date) -> Quarter:
    """``2026Q4``; anything else is the running quarter."""
    found = re.fullmatch(r"(20[0-9]{2})Q([1-4])", text)
    return Quarter(int(found[1]), int(found[2])) if found else quarter_of(today)


def up_to(last: Quarter, *, count: int) -> Sequence[Quarter]:
    return [last.shifted(n - count + 1) for n in range(count)]
