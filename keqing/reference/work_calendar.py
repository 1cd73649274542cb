"""The work calendar in force: holidays as announced (versioned data of a library), over them what the company says.

``calendar()`` reads it with two short statements; whoever asks about many days reads it once and asks the object.
The functions below it are for one question.

A year is known when the library carries it or the company declared it complete (``reference.WorkYear``). Any other
year counts Monday to Friday, and the page says so (``calendar().notes([day])``, ``UNANNOUNCED``).
"""

import tomllib
from collections.abc import Mapping
from datetime import date, datetime, time
from functools import cache
from importlib import metadata
from pathlib import Path
from types import MappingProxyType

from chinese_calendar.constants import Holiday, holidays, workdays

from keqing.reference.models import WorkDay, WorkYear
from keqing.reference.workdays import UNANNOUNCED, Day, Hours, WorkCalendar

__all__ = [
    "UNANNOUNCED", "WorkCalendar", "add_work_hours", "add_workdays", "announced", "calendar", "edition", "is_workday",
    "known_years", "workdays_between",
]  # fmt: skip

POLICY = Path(__file__).resolve().parents[2] / "config" / "policies" / "work.toml"
NAMES = {
    "new_years_day": "元旦", "spring_festival": "春节", "tomb_sweeping_day": "清明节", "labour_day": "劳动节",
    "dragon_boat_festival": "端午节", "national_day": "国庆节", "mid_autumn_festival": "中秋节",
    "anti_fascist_70th_day": "抗战胜利 70 周年纪念日",
}  # fmt: skip


class WrongHours(ValueError):
    """The office hours cannot be used; the text says why, for the person who wrote them."""


def calendar() -> WorkCalendar:
    """The calendar in force now. Two statements."""
    days = dict(announced())
    for row in WorkDay.objects.all():
        days[row.falls_on] = Day(row.working, row.name, own=True)
    years = _announced_years() | frozenset(WorkYear.objects.values_list("year", flat=True))
    return WorkCalendar(days=days, years=years, hours=office_hours())


def is_workday(day: date) -> bool:
    """Whether the company works on a day."""
    return calendar().is_workday(day)


def add_workdays(day: date, count: int) -> date:
    """The ``count``-th working day after ``day`` (before it when negative; 0: the first one from ``day`` on)."""
    return calendar().add_workdays(day, count)


def workdays_between(first: date, last: date) -> int:
    """How many days from ``first`` to ``last``, both counted, are worked."""
    return calendar().workdays_between(first, last)


def add_work_hours(at: datetime, hours: float) -> datetime:
    """When so many office hours after ``at`` have passed."""
    return calendar().add_work_hours(at, hours)


def known_years() -> list[int]:
    """The years whose holidays are known, in order."""
    return sorted(calendar().years)


def edition() -> str:
    """Which announced data this is: the version of the library chinesecalendar, first and last year."""
    years = _announced_years()
    return f"公布数据 {metadata.version('chinesecalendar')} 版，{min(years)}–{max(years)} 年"


@cache
def announced() -> Mapping[date, Day]:
    """Holidays and swapped working days as announced by the State Council."""
    days = {day: Day(working=False, name=_name(name)) for day, name in holidays.items()}
    days |= {day: Day(working=True, name=f"{_name(name)}调休上班") for day, name in workdays.items()}
    return MappingProxyType(days)


@cache
def _announced_years() -> frozenset[int]:
    # a new year's holiday may begin in the old year: only a year with its own National Day was announced
    return frozenset(day.year for day in holidays if (day.month, day.day) == (10, 1))


def _name(name: str) -> str:
    return NAMES.get(Holiday(name).name, "节假日")


@cache
def office_hours() -> Hours:
    """Office hours as the company's policy says."""
    return read_hours(POLICY)


def read_hours(path: Path) -> Hours:
    """Office hours from a policy file. Refuses hours that are none, out of order or overlapping."""
    written = tomllib.loads(path.read_text(encoding="utf-8")).get("hours")
    try:
        hours = tuple((time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in written or ())
    except (TypeError, ValueError) as error:
        raise WrongHours(f'{path.name}：上班时间要写成 [["09:00", "12:00"], …]。') from error
    edges = [edge for pair in hours for edge in pair]
    if not hours or any(first >= second for first, second in zip(edges, edges[1:], strict=False)):
        raise WrongHours(f"{path.name}：上班时间至少一段，按先后排列，不重叠。")
    return hours
