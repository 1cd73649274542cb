from datetime import date

import pytest

from keqing.insight.periods import days_of, month_of, months_to, year_spans
from keqing.insight.queries import shade


def test_months_end_with_the_one_of_today_and_cross_years():
    found = months_to(date(2026, 2, 14), count=24)
    assert (found[0].first, found[0].last) == (date(2024, 3, 1), date(2024, 3, 31))
    assert (found[-1].first, found[-1].last, found[-1].is_running) == (date(2026, 2, 1), date(2026, 2, 28), True)
    assert not found[-2].is_running
    assert year_spans(found) == [(2024, 10), (2025, 12), (2026, 2)]


@pytest.mark.proves("T29")
def test_months_have_no_gap_and_no_overlap_in_fifty_years():
    found = months_to(date(2035, 12, 31), count=600)
    assert all((b.first - a.last).days == 1 for a, b in zip(found, found[1:], strict=False))


def test_days_end_today_or_with_the_month():
    assert [day.label for day in days_of(date(2026, 11, 1), today=date(2026, 11, 3))] == ["1", "2", "3"]
    assert len(days_of(date(2026, 2, 1), today=date(2026, 11, 3))) == 28


@pytest.mark.parametrize("text", ["", "2026", "2026-13", "2026-1", "1899-01", "2026-12", "x026-01", "2026-001"])
def test_a_month_that_is_none_or_to_come_is_refused(text: str):
    assert month_of(text, today=date(2026, 11, 21)) is None


def test_a_month_is_read():
    assert month_of("2026-11", today=date(2026, 11, 21)) == date(2026, 11, 1)


def test_shades_lie_between_the_lowest_and_the_highest_count():
    assert [shade(n, lowest=20, highest=100) for n in (0, 20, 39, 40, 99, 100)] == [0, 1, 1, 2, 4, 5]
    assert [shade(n, lowest=7, highest=7) for n in (0, 7)] == [0, 2]
