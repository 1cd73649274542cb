"""Arithmetic of working days and office hours. Plain Python: what is a holiday is handed in.

China moves weekends: before and after a long holiday people work on a Saturday or a Sunday (调休). A year whose
holidays were not announced yet counts Monday to Friday; who shows a date of such a year says 该年节假日未公布.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from keqing.kit.formats import SHANGHAI, local

Hours = tuple[tuple[time, time], ...]
OFFICE_HOURS: Hours = ((time(9), time(12)), (time(13), time(18)))
UNANNOUNCED = "该年节假日未公布"
NO_TIME = timedelta()
ONE_DAY = timedelta(days=1)
FARTHEST = 20_000


@dataclass(frozen=True)
class Day:
    """What a calendar says of a day other than its weekday does; ``own`` when the company said so."""

    working: bool
    name: str = ""
    own: bool = False


@dataclass(frozen=True)
class WorkCalendar:
    """Which days are worked: ``days`` says where that differs from Monday to Friday, or confirms it."""

    days: Mapping[date, Day] = field(default_factory=dict)
    years: frozenset[int] = frozenset()
    hours: Hours = OFFICE_HOURS

    def is_known(self, day: date) -> bool:
        """Whether the holidays of the year of ``day`` were announced."""
        return day.year in self.years

    def is_workday(self, day: date) -> bool:
        said = self.days.get(_plain(day))
        return said.working if said else day.weekday() < 5

    def add_workdays(self, day: date, count: int) -> date:
        """The ``count``-th working day after ``day``, before it when negative; 0: the first one from ``day`` on."""
        if abs(count) > FARTHEST:
            raise ValueError("工作日的天数太大。")
        day = _plain(day)
        if count == 0:
            return self._worked(day, ONE_DAY)
        step = ONE_DAY if count > 0 else -ONE_DAY
        for _ in range(abs(count)):
            day = self._worked(day + step, step)
        return day

    def workdays_between(self, first: date, last: date) -> int:
        """How many days from ``first`` to ``last``, both counted, are worked; 0 when they are the wrong way round."""
        return sum(self.is_workday(day) for day in _days(_plain(first), _plain(last)))

    def add_work_hours(self, at: datetime, hours: float) -> datetime:
        """The instant when so many office hours after ``at`` have passed, in Shanghai's time; before it when negative.

        0 hours: ``at`` itself within office hours, else the next opening. A term may end at the minute of closing.
        """
        if abs(hours) > FARTHEST * 24:
            raise ValueError("工作小时数太大。")
        left = timedelta(hours=abs(hours))
        return self._back(local(at), left) if hours < 0 else self._on(local(at), left)

    def work_time_between(self, start: datetime, end: datetime) -> timedelta:
        """How much office time lies between two instants; none when they are the wrong way round."""
        start, end = local(start), local(end)
        total = NO_TIME
        for day in _days(start.date(), end.date()):
            for opens, closes in self._open(day):
                total += max(min(closes, end) - max(opens, start), NO_TIME)
        return total

    def notes(self, days: Iterable[date]) -> str:
        """What a page adds beside such dates: 2027 年节假日未公布 …; empty when all their years are known."""
        unknown = sorted({day.year for day in days if not self.is_known(day)})
        if not unknown:
            return ""
        return f"{'、'.join(str(year) for year in unknown)} 年节假日未公布，按周一至周五计算"

    def _worked(self, day: date, step: timedelta) -> date:
        while not self.is_workday(day):
            day += step
        return day

    def _open(self, day: date) -> list[tuple[datetime, datetime]]:
        if not self.is_workday(day):
            return []
        return [
            (datetime.combine(day, opens, SHANGHAI), datetime.combine(day, closes, SHANGHAI))
            for opens, closes in self.hours
        ]

    def _on(self, at: datetime, left: timedelta) -> datetime:
        day = at.date()
        while True:
            for opens, closes in self._open(day):
                start = max(opens, at)
                if start < closes and left <= closes - start:
                    return start + left
                left -= max(closes - start, NO_TIME)
            day += ONE_DAY

    def _back(self, at: datetime, left: timedelta) -> datetime:
        day = at.date()
        while True:
            for opens, closes in reversed(self._open(day)):
                end = min(closes, at)
                if opens < end and left <= end - opens:
                    return end - left
                left -= max(end - opens, NO_TIME)
            day -= ONE_DAY


def _plain(day: date) -> date:
    """A datetime is a date, too, but not an equal one."""
    return local(day).date() if isinstance(day, datetime) else day


def _days(first: date, last: date) -> Iterator[date]:
    for number in range(first.toordinal(), last.toordinal() + 1):
        yield date.fromordinal(number)
