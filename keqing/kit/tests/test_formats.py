"""Dates, amounts and figures in the Chinese conventions."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keqing.kit import formats as f

NOW = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)  # noon in Shanghai


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (timedelta(seconds=-20), "刚刚"),
        (timedelta(seconds=59), "刚刚"),
        (timedelta(minutes=1), "1 分钟前"),
        (timedelta(minutes=59, seconds=59), "59 分钟前"),
        (timedelta(hours=1), "1 小时前"),
        (timedelta(hours=23, minutes=59), "23 小时前"),
        (timedelta(hours=24), "07-31 12:00"),
        (timedelta(days=364), "08-02 12:00"),
        (timedelta(days=365), "2025-08-01 12:00"),
        (timedelta(hours=-3), "08-01 15:00"),
    ],
)
def test_relative_time_follows_the_ladder(ago: timedelta, text: str) -> None:
    assert f.format_relative(NOW - ago, now=NOW) == text


def test_moments_are_shown_in_the_time_of_shanghai() -> None:
    late = datetime(2026, 7, 31, 16, 5, 9, tzinfo=UTC)
    assert f.business_date(late) == date(2026, 8, 1)
    assert f.format_date(late) == "2026-08-01"
    assert f.format_datetime(late) == "2026-08-01 00:05"
    assert f.format_datetime(late, seconds=True) == "2026-08-01 00:05:09"


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="时区"):
        f.business_date(datetime(2026, 8, 1))  # noqa: DTZ001


@pytest.mark.proves("T29")
@given(st.dates(date(1986, 1, 1), date(2035, 12, 31)))
def test_every_instant_of_a_day_has_that_business_date(day: date) -> None:
    first, following = f.day_bounds(day)
    assert f.business_date(first) == day == f.business_date(following - timedelta(microseconds=1))
    assert f.business_date(first - timedelta(microseconds=1)) == day - timedelta(days=1)


def test_the_summer_time_of_1988_is_respected() -> None:
    assert f.local(datetime(1988, 6, 1, tzinfo=UTC)).hour == 9


def test_days_near_today_have_names() -> None:
    today = date(2026, 8, 1)
    shown = [f.format_day(today + timedelta(days=n), today=today) for n in (-1, 0, 1, 2, 3, 200)]
    assert shown == ["昨天", "今天", "明天", "后天", "08-04 周二", "2027-02-17"]


@pytest.mark.parametrize(
    ("amount", "text"),
    [(Decimal("1123"), "¥1,123.00"), (0, "¥0.00"), (Decimal("-5.005"), "-¥5.01"), (1.005, "¥1.01"), (None, "--")],
)
def test_money_has_separators_and_two_places(amount: Decimal | None, text: str) -> None:
    assert f.format_money(amount) == text


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        (9999, "9,999"), (10000, "1 万"), (123456, "12.35 万"), (99_999_999, "1 亿"), (310_000_000, "3.1 亿"),
        (-25000, "-2.5 万"), (0, "0"), (None, "--"), (1234.5, "1,234.5"), (100_000, "10 万"),
    ],
)  # fmt: skip
def test_large_figures_use_wan_and_yi(figure: float | None, text: str) -> None:
    assert f.format_large(figure) == text


def test_shares_and_changes() -> None:
    assert f.format_percent(0.256) == "26%"
    assert f.format_percent(Decimal("0.2555"), places=1) == "25.6%"
    assert [f.format_change(share) for share in (0.032, -0.01, 0, None)] == ["↑ 3.2%", "↓ 1.0%", "持平", "--"]
    assert f.format_large(310_000_000, sign="¥") == "¥3.1 亿"


def test_nothing_is_two_dashes_everywhere() -> None:
    shown = {
        f.format_date(None), f.format_datetime(None), f.format_relative(None, now=NOW), f.format_money(None),
        f.format_number(None), f.format_large(None), f.format_percent(None), f.format_text("  "), f.format_text(None),
        f.format_date_range(None, None), f.format_day(None, today=date(2026, 8, 1)),
    }  # fmt: skip
    assert shown == {"--"}


def test_ranges_and_numbers() -> None:
    assert f.format_date_range(date(2026, 8, 1), None) == "2026-08-01 ～ --"
    assert (f.format_number(12345), f.format_number(-0.2), f.format_number(1.25, places=1)) == ("12,345", "0", "1.3")


@pytest.mark.parametrize(("part", "whole", "told"), [(0, 0, None), (0, 7, 0), (1, 8, 13), (1, 3, 33), (2, 3, 67), (1, 200, 1), (199, 200, 100), (7, 7, 100)])
def test_a_part_of_a_whole_in_per_cent_rounds_as_people_do(part, whole, told):
    assert f.percent_of(part, whole) == told
