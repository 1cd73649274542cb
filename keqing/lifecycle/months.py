"""Months of the calendar, as reports ask for them: 2026-11."""

from datetime import date


def month_of(text: str, *, today: date) -> date:
    """``2026-11`` by its first day; anything else is the running month."""
    try:
        month = date.fromisoformat(f"{text}-01") if len(text) == 7 else today
    except ValueError:
        month = today
    # a month has one before and one after it
    return (month if date.min.year < month.year < date.max.year else today).replace(day=1)


def shifted(month: date, by: int) -> date:
    number = month.year * 12 + month.month - 1 + by
    return date(number // 12, number % 12 + 1, 1)
