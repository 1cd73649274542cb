from datetime import date, timedelta

import pytest
from django.test import override_settings

from keqing.kit.date_ranges import RANGES, DateRangeForm, bounds, choices, within

SATURDAY = date(2026, 11, 21)

pytestmark = pytest.mark.proves("U44")


@pytest.mark.parametrize(
    ("key", "first", "last"),
    [
        ("today", "2026-11-21", "2026-11-21"), ("yesterday", "2026-11-20", "2026-11-20"), ("week", "2026-11-16", "2026-11-22"),
        ("last_week", "2026-11-09", "2026-11-15"), ("month", "2026-11-01", "2026-11-30"),
        ("last_month", "2026-10-01", "2026-10-31"), ("quarter", "2026-10-01", "2026-12-31"),
        ("year", "2026-01-01", "2026-12-31"), ("last_30", "2026-10-23", "2026-11-21"),
    ],
)
def test_each_range_has_the_days_people_mean(key: str, first: str, last: str):
    assert bounds(key, today=SATURDAY) == (date.fromisoformat(first), date.fromisoformat(last))


def test_every_range_holds_on_every_day_of_five_years():
    day = date(2024, 1, 1)
    while day < date(2029, 1, 1):
        for key, _ in RANGES:
            first, last = bounds(key, today=day)
            assert first <= last
            assert (first <= day <= last) is not key.startswith(("last_w", "last_m", "yesterday"))
        day += timedelta(days=1)


def test_the_companys_own_year_is_offered_where_it_is_not_the_calendars():
    assert "fiscal" not in dict(choices())
    with override_settings(FISCAL_YEAR_STARTS=4):
        assert "fiscal" in dict(choices())
        assert bounds("fiscal", today=SATURDAY) == (date(2026, 4, 1), date(2027, 3, 31))
        assert bounds("fiscal", today=date(2026, 3, 31)) == (date(2025, 4, 1), date(2026, 3, 31))


def test_a_filter_joins_the_range_with_the_days_given():
    form = DateRangeForm({"when": "month", "last": "2026-11-10"}, today=SATURDAY)
    assert form.is_valid()
    assert str(within("on", form.cleaned_data)) == (
        "(AND: ('on__gte', datetime.date(2026, 11, 1)), ('on__lte', datetime.date(2026, 11, 30)), "
        "('on__lte', datetime.date(2026, 11, 10)))"
    )
    assert not within("on", {})
