"""Reports of the life cycle as the exporter takes them out: the tables of their pages, asked for by the same addresses."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from keqing.kit.date_ranges import RANGES, bounds
from keqing.kit.formats import business_date, format_date_range, format_percent, percent_of
from keqing.kit.list_registry import OpenList
from keqing.kit.made_lists import made_list
from keqing.lifecycle.file_columns import exported
from keqing.lifecycle.months import month_of, shifted
from keqing.lifecycle.quarters import Quarter, read, up_to
from keqing.lifecycle.queries.reports import (
    CoverageLine,
    OpenTarget,
    TargetResult,
    coverage_lines,
    effect_lines,
    loss_board,
    target_result,
    targets_missed,
    total_line,
)

LOSSES, EFFECTS, RESULT, COVERAGE = "report-losses", "report-effects", "report-result", "report-coverage"
PERIODS = tuple(one for one in RANGES if one[0] in ("month", "last_month", "quarter", "last_30"))


def asked_quarters(request: HttpRequest, today: date) -> Sequence[Quarter]:
    """The four quarters of the report of losses, the last as the address says."""
    return up_to(read(request.GET.get("quarter", ""), today=today), count=4)


def asked_quarter(request: HttpRequest, today: date) -> Quarter:
    return read(request.GET.get("quarter", ""), today=today)


def asked_month(request: HttpRequest, today: date) -> date:
    return month_of(request.GET.get("month", ""), today=today)


def coverage_of(request: HttpRequest, month: date) -> Sequence[CoverageLine]:
    return coverage_lines(staff=request.user, month=month, next_month=shifted(month, 1))


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


def open_result(request: HttpRequest, _argument: str = "") -> OpenList:
    """Sums first, then every target not reached whose customer the export reaches: the page shows the first of them."""
    quarter = asked_quarter(request, business_date(timezone.now()))
    listed = targets_missed(staff=request.user, quarter=quarter).filter(exported(request.user))
    result = target_result(staff=request.user, quarter=quarter, listed=listed)
    heads = ["分类", "名称", "目标", "达成", "达成率", "提升什么", "目标日期", "负责", "最近一次行动", "方式", "跟踪人", "业务描述"]
    rows = [*_result_sums(result), *map(_missed_row, result.missed)]
    return made_list(key=RESULT, title="计划与达成", heads=heads, rows=rows, said=quarter.label)


def _result_sums(result: TargetResult) -> list[list[Any]]:
    if not result.planned:
        return []
    parts = [
        *(("按类别", *line) for line in result.by_kind), *(("按负责人", *line) for line in result.by_owner),
        ("合计", "", result.planned, result.reached),
    ]  # fmt: skip
    return [
        [what, label, planned, reached, f"{percent_of(reached, planned)}%", *[None] * 7] for what, label, planned, reached in parts
    ]


def _missed_row(one: OpenTarget) -> list[Any]:
    target, last = one.target, one.last
    action = [last.track_on, last.get_method_display(), last.tracker.name, last.description] if last else [None, None, None, None]
    return ["还没有达成", target.customer_name, 1, 0, None, str(target), target.due_on, target.position.label, *action]


def open_coverage(request: HttpRequest, _argument: str = "") -> OpenList:
    month = asked_month(request, business_date(timezone.now()))
    rows = [
        [
            one.goal.position.unit.name, one.goal.position.label, one.goal.wanted, one.won, one.result.gap, one.result.weighted,
            one.result.ratio, one.result.said,
        ]
        for one in coverage_of(request, month)
    ]  # fmt: skip
    heads = ["团队", "负责", "目标新增", "已成交", "缺口", "加权商机", "覆盖率", "判断"]
    return made_list(key=COVERAGE, title="商机覆盖", heads=heads, rows=rows, said=f"{month:%Y-%m}")
