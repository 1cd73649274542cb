"""When to follow up next: a proposal the user may change. No Django here."""

from datetime import date, timedelta

# Days until the next contact, by business state; what is moving is called sooner.
DAYS = {"first": 7, "needs": 7, "material": 5, "quoting": 3, "trial": 7, "working": 14, "care": 30, "no_interest": 90}
USUAL = 7


def next_weekday(day: date) -> date:
    """The day itself, or the Monday after a weekend."""
    return day + timedelta(days=7 - day.weekday()) if day.weekday() >= 5 else day


def propose_next(*, today: date, business_state: str = "") -> date:
    """The date offered for the next follow-up."""
    return next_weekday(today + timedelta(days=DAYS.get(business_state, USUAL)))


def chinese_day(day: date) -> str:
    """11 月 21 日 周六"""
    return f"{day.month} 月 {day.day} 日 周{'一二三四五六日'[day.weekday()]}"
