"""How dates, amounts and figures are written on every page.

`--` stands for no data everywhere. Instants are UTC in the database and are
shown, and turned into business dates, in the time of Shanghai.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeAlias
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOTHING = "--"

Number: TypeAlias = int | float | Decimal

_WAN, _YI = Decimal(10_000), Decimal(100_000_000)


def local(moment: datetime) -> datetime:
    """An instant in the time of Shanghai; a naive one is refused, its zone would be a guess."""
    if moment.tzinfo is None:
        raise ValueError("时间缺少时区。")
    return moment.astimezone(SHANGHAI)


def business_date(moment: datetime) -> date:
    """The day on which something happened, as the company counts days."""
    return local(moment).date()


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """First instant of a business day and of the next one, in UTC: a half-open range."""
    first = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
    following = day + timedelta(days=1)
    last = datetime(following.year, following.month, following.day, tzinfo=SHANGHAI)
    return first.astimezone(UTC), last.astimezone(UTC)


def format_date(day: date | datetime | None) -> str:
    """2026-08-01"""
    if day is None:
        return NOTHING
    return (business_date(day) if isinstance(day, datetime) else day).isoformat()


def format_datetime(moment: datetime | None, *, seconds: bool = False) -> str:
    """2026-08-01 09:05, with seconds on request."""
    if moment is None:
        return NOTHING
    return local(moment).strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")


def format_date_range(first: date | None, last: date | None) -> str:
    """2026-08-01 ～ 2026-08-31"""
    if first is None and last is None:
        return NOTHING
    return f"{format_date(first)} ～ {format_date(last)}"


def format_relative(moment: datetime | None, *, now: datetime) -> str:
    """刚刚, N 分钟前, N 小时前, then the date; a moment to come is written in full."""
    if moment is None:
        return NOTHING
    passed = now - moment
    if passed < timedelta(0):
        return "刚刚" if passed > timedelta(minutes=-1) else _date_with_time(moment, now)
    if passed < timedelta(minutes=1):
        return "刚刚"
    if passed < timedelta(hours=1):
        return f"{passed // timedelta(minutes=1)} 分钟前"
    if passed < timedelta(hours=24):
        return f"{passed // timedelta(hours=1)} 小时前"
    return _date_with_time(moment, now)


def format_day(day: date | None, *, today: date) -> str:
    """昨天, 今天, 明天, 后天; then 08-01 周六 in this year, otherwise the full date."""
    if day is None:
        return NOTHING
    near = {-1: "昨天", 0: "今天", 1: "明天", 2: "后天"}.get((day - today).days)
    if near:
        return near
    return f"{day:%m-%d} 周{'一二三四五六日'[day.weekday()]}" if day.year == today.year else day.isoformat()


def format_money(amount: Number | None, *, sign: str = "¥") -> str:
    """¥1,123.00; a negative amount is -¥1,123.00."""
    if amount is None:
        return NOTHING
    value = _exact(amount).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return f"{'-' if value < 0 else ''}{sign}{abs(value):,.2f}"


def format_number(figure: Number | None, *, places: int = 0) -> str:
    """12,345 or, with places, 12,345.60."""
    if figure is None:
        return NOTHING
    value = _exact(figure).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return f"{value + 0:,.{places}f}"


def format_large(figure: Number | None, *, sign: str = "") -> str:
    """12.35 万, 3.1 亿: large figures at most two places; small ones as they are."""
    if figure is None:
        return NOTHING
    value = _exact(figure)
    minus, size = "-" if value < 0 else "", abs(value)
    # Rounding comes before the choice of unit, or 99,999,999 would read 10,000 万.
    if size >= _YI or (size / _WAN).quantize(Decimal("0.01"), ROUND_HALF_UP) >= _WAN:
        return f"{minus}{sign}{_trimmed(size / _YI)} 亿"
    if size >= _WAN:
        return f"{minus}{sign}{_trimmed(size / _WAN)} 万"
    return f"{minus}{sign}{_trimmed(size)}"


def format_percent(share: Number | None, *, places: int = 0) -> str:
    """A share of one as a percentage: 0.256 → 26%."""
    if share is None:
        return NOTHING
    return f"{format_number(_exact(share) * 100, places=places)}%"


def percent_of(part: int, whole: int) -> int | None:
    """Whole per cent, half a per cent and more counts up, as people round: 1 of 8 → 13. None of nothing."""
    return (200 * part + whole) // (2 * whole) if whole else None


def format_change(share: Number | None, *, places: int = 1) -> str:
    """A rise or fall with its arrow, never by colour alone: ↑ 3.2%, ↓ 1.0%, 持平."""
    if share is None:
        return NOTHING
    arrow = "↑ " if share > 0 else "↓ "
    return "持平" if not share else arrow + format_percent(abs(_exact(share)), places=places)


def format_text(text: object) -> str:
    """Text as it is, `--` for nothing."""
    return NOTHING if text is None or not str(text).strip() else str(text)


def _date_with_time(moment: datetime, now: datetime) -> str:
    """Without the year while it is within a year of now."""
    near = abs(now - moment) < timedelta(days=365)
    return local(moment).strftime("%m-%d %H:%M" if near else "%Y-%m-%d %H:%M")


def _exact(figure: Number) -> Decimal:
    return figure if isinstance(figure, Decimal) else Decimal(str(figure))


def _trimmed(value: Decimal) -> str:
    text = f"{value.quantize(Decimal('0.01'), ROUND_HALF_UP):,.2f}"
    return text.rstrip("0").rstrip(".")
