"""Reports of the life cycle as the exporter takes them out: the tables of their pages, asked for by the same addresses."""

from collections.abc import Sequence
from datetime import date

from django.http import HttpRequest
from django.utils import timezone

from keqing.kit.date_ranges import RANGES, bounds
from keqing.kit.formats import business_date, format_date_range, format_percent
from keqing.kit.list_registry import OpenList
from keqing.kit.made_lists import made_list
from keqing.lifecycle.quarters import Quarter, read, up_to
from keqing.lifecycle.queries.reports import effect_lines, loss_board, total_line

LOSSES, EFFECTS = "report-losses", "report-effects"
PERIODS = tuple(one for one in RANGES if one[0] in ("month", "last_month", "quarter", "last_30"))


def asked_quarters(request: HttpRequest, today: date) -> Sequence[Quarter]:
    """The four quarters of the report of losses, the last as the address says."""
    return up_to(read(request.GET.get("quarter", ""), today=today), count=4)


def asked_period(request: HttpRequest, today: date) -> tuple[str, date, date]:
    wanted = request.GET.get("when", "")
    when = wanted if wanted in dict(PERIODS) else "last_30"
    return when, *bounds(when, today=today)


def open_losses(request: HttpRequest, _argument: str = "") -> OpenList:
    quarters = asked_quarters(request, business_date(timezone.now()))
    board = loss_board(staff=request.user, quarters=quarters)
    rows = [
        [what, line.label, *line.counts, line.total]
        for what, lines in (("流失原因", board.reasons), ("竞争对手", board.competitors)) for line in lines
    ]  # fmt: skip
    heads = ["分类", "名称", *(one.key for one in quarters), "合计"]
    return made_list(key=LOSSES, title="流失原因", heads=heads, rows=rows, said=f"{quarters[0].key} 至 {quarters[-1].key}")


def open_effects(request: HttpRequest, _argument: str = "") -> OpenList:
    _when, first, last = asked_period(request, business_date(timezone.now()))
    lines = effect_lines(staff=request.user, first=first, last=last)
    rows = [
        [one.name, one.activities, one.over, one.without, "" if one.share is None else format_percent(one.share / 100), one.stages, one.completeness]
        for one in ([*lines, total_line(lines)] if lines else [])
    ]
    heads = ["跟踪人", "联系", "已有结果", "成效为 0", "占比", "阶段合计", "完整度合计"]
    return made_list(key=EFFECTS, title="行动成效", heads=heads, rows=rows, said=format_date_range(first, last))
