"""How fast feedback is answered, and by when an adverse event is reported: config/policies/service.toml."""

import tomllib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

from keqing.kit.formats import business_date
from keqing.reference.workdays import WorkCalendar

DELIVERED = Path(__file__).resolve().parents[2] / "config" / "policies" / "service.toml"


class WrongPolicy(ValueError):
    """The file cannot be used; the text says why, for the person who wrote it."""


@dataclass(frozen=True)
class Policy:
    acknowledge: int
    answer: int
    report_days: dict[str, int]
    duty: str
    basis: str

    def due(self, *, received_at: datetime, workdays: int, calendar: WorkCalendar) -> datetime:
        """When so many working days of office hours have passed."""
        day = sum(
            (closes.hour * 60 + closes.minute) - (opens.hour * 60 + opens.minute) for opens, closes in calendar.hours
        )
        return calendar.add_work_hours(received_at, workdays * day / 60)

    def report_due_on(self, *, received_at: datetime, severity: str) -> date:
        """The last day for the report; days of the calendar, weekends count."""
        return business_date(received_at) + timedelta(days=self.report_days[severity])


@cache
def policy() -> Policy:
    """The company's policy."""
    return read_policy(DELIVERED)


def read_policy(path: Path) -> Policy:
    """Refuses terms that are no whole numbers, and an answer due before the acknowledgement."""
    written = tomllib.loads(path.read_text(encoding="utf-8"))
    try:
        terms, event = written["deadlines"], written["adverse_event"]
        days = {name: event[name] for name in ("general", "serious", "death")}
        found = Policy(terms["acknowledge"], terms["answer"], days, event["duty"], event["basis"])
    except (KeyError, TypeError) as error:
        raise WrongPolicy(f"{path.name}：缺少 {error}。") from error
    numbers = [found.acknowledge, found.answer, *days.values()]
    if any(not isinstance(number, int) or number < 0 for number in numbers) or found.acknowledge < 1:
        raise WrongPolicy(f"{path.name}：时限要写成不小于 0 的整数，确认至少 1 天。")
    if found.answer < found.acknowledge:
        raise WrongPolicy(f"{path.name}：答复的时限不能短于确认的时限。")
    return found
