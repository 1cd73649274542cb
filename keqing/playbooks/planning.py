"""When the steps of a plan begin and have to be done, and what their text becomes. No Django here."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

# what may stand in braces in the text of a step, and what it becomes
PLACEHOLDERS = {"客户": "客户名称", "负责人": "负责人姓名", "阶段": "生命周期阶段", "等级": "医院等级", "日期": "开始日期"}
LONGEST = 200
_BRACES = re.compile(r"[{｛]([^{}｛｝]*)[}｝]")


class Calendar(Protocol):
    def add_workdays(self, day: date, count: int) -> date: ...


@dataclass(frozen=True)
class Days:
    """From which day a step stands on the list, and by when it has to be done."""

    begins_on: date
    deadline_on: date


def days_of(*, start: date, offset: int, deadline: int, in_workdays: bool, calendar: Calendar) -> Days:
    """Counted from the day the customer entered the plan; calendar days falling on a holiday wait for the next working day."""
    if in_workdays:
        begins = calendar.add_workdays(start, offset)
        return Days(begins, calendar.add_workdays(begins, deadline))
    begins = calendar.add_workdays(start + timedelta(days=offset), 0)
    return Days(begins, calendar.add_workdays(begins + timedelta(days=deadline), 0))


def unknown_placeholders(text: str) -> list[str]:
    """Names in braces that would stay as they are."""
    return [name for name in _BRACES.findall(text) if name.strip() not in PLACEHOLDERS]


def announced(text: str, *, customer: str) -> str:
    """The template before its time has come: the customer is known, the rest keeps its name."""
    return filled(text, {**{name: name for name in PLACEHOLDERS}, "客户": customer})


def filled(text: str, values: Mapping[str, str]) -> str:
    """The template with its placeholders replaced; an empty value leaves nothing behind."""
    return _BRACES.sub(lambda found: values.get(found.group(1).strip(), ""), text)[:LONGEST]
