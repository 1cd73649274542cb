"""When a person wants to be left alone. Plain arithmetic: the calendar is handed in."""

from datetime import date, datetime, time, timedelta
from typing import Protocol

from keqing.kit.formats import SHANGHAI, local


class Calendar(Protocol):
    def is_workday(self, day: date) -> bool: ...


MORNING = time(8)  # where the quiet hours do not say when a day begins
FARTHEST = 30  # days without work in a row; longer than any holiday


def quiet_until(
    *, at: datetime, quiet_from: time, quiet_to: time, rest_days: bool, calendar: Calendar
) -> datetime | None:
    """The first moment after ``at`` at which the person may be disturbed; None when that is now.

    The quiet hours may lie over midnight; equal ends mean that there are none. On rest days all of the day is quiet
    until the next working day begins.
    """
    now = local(at)
    moment = now
    for _ in range(FARTHEST):
        if rest_days and not calendar.is_workday(moment.date()):
            begins = quiet_to if quiet_from > quiet_to else MORNING
            moment = datetime.combine(moment.date() + timedelta(days=1), begins, SHANGHAI)
            continue
        end = _end_of_quiet(moment, quiet_from, quiet_to)
        if end is None:
            break
        moment = end
    return None if moment == now else moment


def _end_of_quiet(moment: datetime, quiet_from: time, quiet_to: time) -> datetime | None:
    clock = moment.time()
    today, tomorrow = moment.date(), moment.date() + timedelta(days=1)
    if quiet_from == quiet_to:
        return None
    if quiet_from < quiet_to:  # within one day, such as a midday rest
        return datetime.combine(today, quiet_to, SHANGHAI) if quiet_from <= clock < quiet_to else None
    if clock < quiet_to:
        return datetime.combine(today, quiet_to, SHANGHAI)
    return datetime.combine(tomorrow, quiet_to, SHANGHAI) if clock >= quiet_from else None
