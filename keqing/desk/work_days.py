"""Writing the work calendar. It lives here because ``reference`` lies below the audit."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from keqing.access.models import Staff
from keqing.audit import actions as audit
from keqing.reference.models import WorkDay, WorkYear

LABEL = "reference.workday"
OFF, ON = {"休", "休息", "放假", "节假日", "否"}, {"班", "上班", "工作", "工作日", "调休", "是"}
NAME, MOST = 40, 400
_DATE = re.compile(r"^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?$")


class DaysRefused(Exception):
    """The text cannot be taken over; the message names the line."""


@dataclass(frozen=True)
class Given:
    """One day as written: worked or not, and what it is called."""

    day: date
    working: bool
    name: str


def read_days(text: str) -> list[Given]:
    """Lines such as ``2027-01-01, 休, 元旦``, separated by commas or tabs. Refuses the first line that is none."""
    found: dict[date, Given] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or (number == 1 and "日期" in line):
            continue
        parts = [part.strip() for part in re.split(r"[,，\t]", line)]
        if len(parts) < 3 or not parts[2]:
            raise DaysRefused(f"第 {number} 行要写日期、休或班、名称，用逗号隔开，例如 2027-01-01,休,元旦。")
        day = _day(parts[0], number)
        if parts[1] not in OFF | ON:
            raise DaysRefused(f"第 {number} 行的“{parts[1][:10]}”请写 休 或 班。")
        if day in found:
            raise DaysRefused(f"第 {number} 行的 {day} 写了两次。")
        found[day] = Given(day, parts[1] in ON, parts[2][:NAME])
    if not found:
        raise DaysRefused("没有读到任何一天。")
    if len(found) > MOST:
        raise DaysRefused(f"一次最多 {MOST} 天。")
    return list(found.values())


@transaction.atomic
def keep_days(
    *, days: Sequence[Given], complete: int | None = None, source: str = "", by: Staff, at: datetime
) -> int:
    """Store days over the announced ones; ``complete`` declares a year known. Returns how many changed. One audit entry."""
    stored = {row.falls_on: row for row in WorkDay.objects.select_for_update().filter(falls_on__in=[one.day for one in days])}
    changed = [one for one in days if one.day not in stored or _differs(stored[one.day], one)]
    WorkDay.objects.bulk_create(
        [WorkDay(falls_on=one.day, working=one.working, name=one.name) for one in changed],
        update_conflicts=True, unique_fields=["falls_on"], update_fields=["working", "name"],
    )  # fmt: skip
    changes = {
        one.day.isoformat(): [str(stored[one.day]) if one.day in stored else None, f"{one.name}（{'上班' if one.working else '休息'}）"]
        for one in changed
    }
    if complete is not None:
        WorkYear.objects.update_or_create(year=complete, defaults={"source": source.strip()[:200] or "公司录入"})
        changes["year"] = [None, f"{complete} 年节假日已全部录入"]
    if changes:
        audit.record(
            action="workday.kept", by=by, at=at, subject=audit.Subject(LABEL, None, "工作日历"), changes=changes, reason=source.strip()
        )
    return len(changed)


@transaction.atomic
def forget_day(*, day: date, by: Staff, at: datetime) -> bool:
    """The announced calendar counts again for a day; whether there was anything to forget. One audit entry."""
    row = WorkDay.objects.select_for_update().filter(falls_on=day).first()
    if row is None:
        return False
    said = str(row)
    row.delete()
    audit.record(
        action="workday.kept", by=by, at=at, subject=audit.Subject(LABEL, None, "工作日历"), changes={day.isoformat(): [said, None]}
    )
    return True


def _differs(row: WorkDay, one: Given) -> bool:
    return (row.working, row.name) != (one.working, one.name)


def _day(text: str, number: int) -> date:
    match = _DATE.match(text)
    try:
        return date(*map(int, match.groups())) if match else date.fromisoformat(text)
    except ValueError as error:
        raise DaysRefused(f"第 {number} 行的日期“{text[:20]}”不对，请写成 2027-01-01。") from error
