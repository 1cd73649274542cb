"""客户维持率 and 预警恢复率 as the exporter takes them out, asked for by the same addresses as their pages."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.http import HttpRequest
from django.utils import timezone

from keqing.followups.models import Reminder
from keqing.kit.addresses import whole_number
from keqing.kit.formats import business_date
from keqing.kit.list_registry import OpenList
from keqing.kit.made_lists import made_list
from keqing.playbooks import reports

RETENTION, ALARMS = "report-retention", "report-alarms"
OLDEST = 12  # periods one can go back
DAYS = {"90": "90 天", "180": "180 天", "365": "一年"}


@dataclass(frozen=True)
class AskedRetention:
    """Settings of the address with their defaults."""

    span: str
    segment: str
    back: int


def asked_retention(request: HttpRequest) -> AskedRetention:
    span, segment = request.GET.get("span", ""), request.GET.get("by", "")
    return AskedRetention(
        span if span in reports.SPANS else "year", segment if segment in reports.SEGMENTS else "kind",
        min(whole_number(request.GET.get("back")) or 0, OLDEST),
    )  # fmt: skip


def retention_of(request: HttpRequest, asked: AskedRetention) -> reports.RetentionBoard:
    before, now = reports.periods(span=asked.span, today=business_date(timezone.now()), back=asked.back)
    return reports.retention_board(staff=request.user, now=now, before=before, segment=asked.segment)


def asked_days(request: HttpRequest) -> tuple[str, date, date]:
    """The key of the span, and its days up to today."""
    today, asked = business_date(timezone.now()), request.GET.get("days", "")
    days = asked if asked in DAYS else "90"
    return days, today - timedelta(days=int(days) - 1), today


def open_retention(request: HttpRequest, _argument: str = "") -> OpenList:
    asked = asked_retention(request)
    board = retention_of(request, asked)
    rows = [[one.label, one.before, one.again, one.gone, _rate(one.rate)] for one in ([*board.lines, board.total] if board.lines else [])]
    heads = [str(reports.SEGMENTS[asked.segment]), f"{board.before.label}购买", f"{board.now.label}再次购买", "没有再买", "维持率"]
    return made_list(key=RETENTION, title="客户维持率", heads=heads, rows=rows, said=f"{board.before.label}；{board.now.label}")


def open_alarms(request: HttpRequest, _argument: str = "") -> OpenList:
    days, first, last = asked_days(request)
    lines, total = reports.alarm_board(staff=request.user, first=first, last=last)
    rows = [[one.label, one.alarms, *one.outcomes, one.open, _rate(one.rate)] for one in ([*lines, total] if lines else [])]
    heads = ["组织", "预警", *map(str, Reminder.Outcome.labels), "还没处理", "恢复率"]
    return made_list(key=ALARMS, title="预警恢复率", heads=heads, rows=rows, said=DAYS[days])


def _rate(rate: Decimal | None) -> str:
    return "" if rate is None else f"{rate}%"
