"""Customers who need attention, 客户维持率 and what became of the alarms."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from keqing.access.gate import allow
from keqing.followups.models import Reminder
from keqing.kit import pages
from keqing.kit.addresses import replaced
from keqing.kit.formats import business_date
from keqing.kit.lists import respond
from keqing.playbooks import reports
from keqing.playbooks.permissions import Can
from keqing.playbooks.report_files import ALARMS, DAYS, OLDEST, RETENTION, asked_days, asked_retention, retention_of
from keqing.playbooks.tables import TITLES, attention_address, criterion, open_attention


@require_GET
@allow(Can.VIEW)
def attention(request: HttpRequest, which: str) -> HttpResponse:
    """One of the three lists, with its criterion."""
    today = business_date(timezone.now())
    opened = open_attention(request, which)
    page = opened.spec.build(request=request, queryset=opened.rows, today=today)
    opened.spec.dress(page.rows, today=today)  # type: ignore[attr-defined]
    tabs = [(title, attention_address(key), None, key == which) for key, title in TITLES.items()]
    context = {"tabs": tabs, "criterion": criterion(which)}
    return respond(request=request, page=page, context=context, template="playbooks/attention.html")


@require_GET
@allow(Can.VIEW)
def retention(request: HttpRequest) -> HttpResponse:
    """Of those who bought in the period before, how many bought again, by segment (R-290)."""
    asked = asked_retention(request)
    span, segment, back = asked.span, asked.segment, asked.back
    context = {
        "board": retention_of(request, asked), "export_key": RETENTION,
        "segment": reports.SEGMENTS[segment],
        "segments": _chips(request, "by", segment, reports.SEGMENTS),
        "spans": _chips(request, "span", span, reports.SPANS, back=""),
        "earlier": replaced(request=request, changes={"back": back + 1}) if back < OLDEST else "",
        "later": replaced(request=request, changes={"back": back - 1 or ""}) if back else "",
    }
    return pages.render(request=request, template="playbooks/retention.html", context=context)


@require_GET
@allow(Can.VIEW)
def alarms(request: HttpRequest) -> HttpResponse:
    """Alarms of customers going quiet, and how they ended (R-202)."""
    days, first, last = asked_days(request)
    lines, total = reports.alarm_board(staff=request.user, first=first, last=last)
    context = {
        "lines": lines, "total": total, "outcomes": Reminder.Outcome.labels, "spans": _chips(request, "days", days, DAYS),
        "export_key": ALARMS,
    }
    return pages.render(request=request, template="playbooks/alarms.html", context=context)


def _chips(request: HttpRequest, name: str, chosen: str, choices: dict[str, str], **also: Any) -> list[tuple[str, str, None, bool]]:
    return [
        (label, replaced(request=request, changes={name: key, **also}), None, key == chosen) for key, label in choices.items()
    ]
