"""工作日历 by year: twelve months of weeks, with what differs from Monday to Friday."""

import calendar as months
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from keqing.reference import work_calendar
from keqing.reference.models import WorkDay, WorkYear

FIRST, LAST = 1986, 2100


@dataclass(frozen=True)
class DayCell:
    day: date
    working: bool
    name: str
    own: bool
    is_today: bool

    @property
    def look(self) -> str:
        """``work``, ``weekend``, ``holiday`` or ``swapped``: how it differs from an ordinary week."""
        weekday = self.day.weekday() < 5
        if self.working:
            return "work" if weekday else "swapped"
        return "holiday" if weekday or self.name else "weekend"

    @property
    def title(self) -> str:
        said = "上班" if self.working else "休息"
        return f"{self.day:%Y-%m-%d} {said}" + (f"：{self.name}" if self.name else "") + ("（公司设定）" if self.own else "")


@dataclass(frozen=True)
class Month:
    number: int
    weeks: Sequence[Sequence[DayCell | None]]
    workdays: int


@dataclass(frozen=True)
class YearBoard:
    year: int
    months: Sequence[Month]
    is_known: bool
    source: str
    own: Sequence[WorkDay]
    workdays: int
    edition: str


def year_board(*, year: int, today: date) -> YearBoard:
    """The whole year, four statements."""
    calendar = work_calendar.calendar()
    board = []
    for number in range(1, 13):
        weeks = [
            [_cell(calendar, date(year, number, day), today) if day else None for day in week]
            for week in months.Calendar().monthdayscalendar(year, number)
        ]
        board.append(Month(number, weeks, sum(cell.working for week in weeks for cell in week if cell)))
    stored = WorkYear.objects.filter(year=year).first()
    return YearBoard(
        year=year, months=board, is_known=year in calendar.years,
        source=stored.source if stored else work_calendar.edition() if year in calendar.years else "",
        own=list(WorkDay.objects.filter(falls_on__year=year)), workdays=sum(month.workdays for month in board), edition=work_calendar.edition(),
    )


def _cell(calendar: work_calendar.WorkCalendar, day: date, today: date) -> DayCell:
    said = calendar.days.get(day)
    return DayCell(day, calendar.is_workday(day), said.name if said else "", said.own if said else False, day == today)
