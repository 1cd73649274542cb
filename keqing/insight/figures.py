"""How a board is drawn: cells with their shade and address, bars, a page of lines, the figures on top."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from html import escape
from typing import Any
from urllib.parse import urlencode

from django.utils.safestring import SafeString, mark_safe

from keqing.insight.periods import Period, year_spans
from keqing.insight.queries import PAGE, ContactsBoard, Line, shade
from keqing.kit.formats import format_change

BAR = 40  # height of the highest bar in the units of its drawing

RECORDS = "records/?"  # relative to the report: a page of them carries over a thousand
Page = Callable[..., str]


@dataclass(frozen=True, kw_only=True)
class Row:
    label: str
    note: str
    opens: str
    total: int
    total_url: str
    cells: SafeString


@dataclass(frozen=True, kw_only=True)
class Column:
    """The head of a period with the bar of its sum."""

    period: Period
    url: str
    top: int
    height: int


@dataclass(frozen=True, kw_only=True)
class Sheet:
    columns: Sequence[Column]
    years: Sequence[tuple[int, int]]
    rows: Sequence[Row]
    sums: Row
    facts: Sequence[tuple[str, str, str]]
    spoken: str
    first: int
    last: int
    number: int
    prev_url: str
    next_url: str


def sheet(board: ContactsBoard, *, here: Mapping[str, Any], page: Page, by_day: bool) -> Sheet:
    """The lines of the board; sums and shades are those of all of them. ``here`` narrows every figure's records."""
    start, shown = board.first, board.lines
    tallest = max(board.totals.values(), default=0)
    return Sheet(
        columns=[_column(board, period, tallest, page, by_day=by_day) for period in board.periods],
        years=[] if by_day else year_spans(board.periods),
        rows=[_row(line, board, here, page(**line.opens) if line.opens else "") for line in shown],
        sums=_row(Line(label="合计", counts=board.totals, drill={}), board, here, "", shaded=False),
        facts=_facts(board, by_day=by_day),
        spoken=_spoken(board),
        first=start + 1 if shown else 0,
        last=start + len(shown),
        number=board.number,
        prev_url=page(start=start - PAGE or "") if start else "",
        next_url=page(start=start + PAGE) if start + PAGE < board.number else "",
    )


def _row(line: Line, board: ContactsBoard, here: Mapping[str, Any], opens: str, *, shaded: bool = True) -> Row:
    given = {name: value for name, value in {**here, **line.drill}.items() if value not in (None, "")}
    base = f"{RECORDS}{urlencode(given)}&" if given else RECORDS
    whole = f"{base}{_days(board.periods[0].first, board.periods[-1].last)}"
    return Row(
        label=line.label, note=line.note, opens=opens, total=line.total, total_url=whole if line.total else "",
        cells=_cells(line.counts, board, base, shaded=shaded),
    )


def _cells(counts: Mapping[str, int], board: ContactsBoard, base: str, *, shaded: bool) -> SafeString:
    """Written here: a template with a tag per cell takes ten times as long, and there are over a thousand."""
    begin, made = escape(base), []
    for period in board.periods:
        count = counts.get(period.key, 0)
        if not count:
            made.append('<td class="none">0</td>')
            continue
        css = f' class="heat-{shade(count, lowest=board.lowest, highest=board.highest)}"' if shaded else ""
        made.append(f'<td{css}><a href="{begin}{escape(_days(period.first, period.last))}">{count}</a></td>')
    return mark_safe("".join(made))  # noqa: S308  numbers, days and an escaped address


@lru_cache(maxsize=1000)
def _days(first: date, last: date) -> str:
    return f"first={first}&last={last}"


def _column(board: ContactsBoard, period: Period, tallest: int, page: Page, *, by_day: bool) -> Column:
    count = board.totals[period.key]
    height = max(round(count * BAR / tallest), 1) if tallest and count > 0 else 0
    url = "" if by_day else page(month=f"{period.first:%Y-%m}", start="")
    return Column(period=period, url=url, top=BAR - height, height=height)


def _facts(board: ContactsBoard, *, by_day: bool) -> list[tuple[str, str, str]]:
    """(name, figure, remark)."""
    counts = [board.totals[period.key] for period in board.periods]
    facts = [("合计", f"{board.total:,}", "")]
    if by_day:
        busy = [count for count in counts if count]
        return [*facts, ("有记录的天数", str(len(busy)), ""), ("最多的一天", f"{max(counts, default=0):,}", "")]
    facts.append(("本月至今", f"{counts[-1]:,}", ""))
    if len(counts) > 2:
        facts.append(("上月", f"{counts[-2]:,}", _change(counts[-2], counts[-3], "比前月")))
    if len(counts) == 24:
        # whole months only: the running one would always look like a fall
        facts.append(("近 11 个整月", f"{sum(counts[12:-1]):,}", _change(sum(counts[12:-1]), sum(counts[:11]), "比上年同期")))
    return facts


def _change(now: int, before: int, against: str) -> str:
    return f"{against} {format_change((now - before) / before)}" if before else ""


def _spoken(board: ContactsBoard) -> str:
    """What the bars show, for those who do not see them."""
    if not board.total:
        return ""
    highest = max(board.periods, key=lambda period: board.totals[period.key])
    lowest = min(board.periods, key=lambda period: board.totals[period.key])
    return (
        f"共 {len(board.periods)} 期；最多的是 {_said(highest)}，{board.totals[highest.key]:,} 次；"
        f"最少的是 {_said(lowest)}，{board.totals[lowest.key]:,} 次。"
    )


def _said(period: Period) -> str:
    return f"{period.first:%Y-%m-%d}" if period.first == period.last else f"{period.first:%Y-%m}"
