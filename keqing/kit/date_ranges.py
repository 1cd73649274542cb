"""今天, 本周, 近 30 天 …: ranges of days that move with the day, for every filter by date (U44)."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from keqing.kit.forms import Form

RANGES = (
    ("today", _("今天")), ("yesterday", _("昨天")), ("week", _("本周")), ("last_week", _("上周")), ("month", _("本月")),
    ("last_month", _("上月")), ("quarter", _("本季")), ("year", _("本年")), ("last_30", _("近 30 天")),
)
FISCAL = ("fiscal", _("本财年"))


def bounds(key: str, *, today: date) -> tuple[date, date]:
    """First and last day of a range; the running week, month, quarter and year are whole, their days to come included."""
    monday = today - timedelta(days=today.weekday())
    first = today.replace(day=1)
    quarter = first.replace(month=(first.month - 1) // 3 * 3 + 1)
    ranges = {
        "today": (today, today),
        "yesterday": (today - timedelta(days=1), today - timedelta(days=1)),
        "week": (monday, monday + timedelta(days=6)),
        "last_week": (monday - timedelta(days=7), monday - timedelta(days=1)),
        "month": (first, _after(first, 1)),
        "last_month": ((first - timedelta(days=1)).replace(day=1), first - timedelta(days=1)),
        "quarter": (quarter, _after(quarter, 3)),
        "year": (date(today.year, 1, 1), date(today.year, 12, 31)),
        "last_30": (today - timedelta(days=29), today),
        "fiscal": _fiscal_year(today),
    }
    return ranges[key]


def choices() -> list[tuple[str, Any]]:
    """本财年 is offered where it is not the calendar's."""
    return [("", _("全部时间")), *RANGES, *([FISCAL] if settings.FISCAL_YEAR_STARTS != 1 else [])]


class DateRangeForm(Form):
    """A filter with ``when`` beside ``first`` and ``last``; ``within`` turns them into a condition."""

    when = forms.ChoiceField(label=_("时间"), required=False)
    first = forms.DateField(label=_("从"), required=False)
    last = forms.DateField(label=_("到"), required=False)

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["when"].choices = choices()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if key := cleaned.get("when"):
            cleaned["days"] = bounds(key, today=self.today)
        return cleaned


def within(path: str, cleaned: Mapping[str, Any]) -> Q:
    """Rows whose day at ``path`` lies in the range and between the two days given."""
    condition = Q()
    days = cleaned.get("days") or (None, None)
    for ending, values in (("gte", (days[0], cleaned.get("first"))), ("lte", (days[1], cleaned.get("last")))):
        for value in values:
            if value:
                condition &= Q(**{f"{path}__{ending}": value})
    return condition


def _after(first: date, months: int) -> date:
    """The last of ``months`` months that begin with ``first``."""
    number = first.year * 12 + first.month - 1 + months
    return date(number // 12, number % 12 + 1, 1) - timedelta(days=1)


def _fiscal_year(today: date) -> tuple[date, date]:
    start = date(today.year, settings.FISCAL_YEAR_STARTS, 1)
    if start > today:
        start = start.replace(year=today.year - 1)
    return start, _after(start, 12)
