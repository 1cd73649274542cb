"""Customers who need attention, 客户维持率 and what became of the alarms."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from keqing.access.gate import allow
from keqing.followups.models import Reminder
from keqing.kit import pages
from keqing.kit.addresses import replaced, whole_number
from keqing.kit.formats import business_date
from keqing.kit.lists import respond
from keqing.playbooks import reports
from keqing.playbooks.permissions import Can
from keqing.playbooks.tables import TITLES, attention_address, criterion, open_attention

OLDEST = 12  # periods one can go back


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
    span = request.GET.get("span", "")
    span = span if span in reports.SPANS else "year"
    segment = request.GET.get("by", "")
    segment = segment if segment in reports.SEGMENTS else "kind"
    back = min(whole_number(request.GET.get("back")) or 0, OLDEST)
    before, now = reports.periods(span=span, today=business_date(timezone.now()), back=back)
    context = {
        "board": reports.retention_board(staff=request.user, now=now, before=before, segment=segment),
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
    today = business_date(timezone.now())
    spans = {"90": "90 天", "180": "180 天", "365": "一年"}
    asked = request.GET.get("days", "")
    days = asked if asked in spans else "90"
    lines, total = reports.alarm_board(staff=request.user, first=today - timedelta(days=int(days) - 1), last=today)
    context = {
        "lines": lines, "total": total, "outcomes": Reminder.Outcome.labels, "spans": _chips(request, "days", days, spans),
    }
    return pages.render(request=request, template="playbooks/alarms.html", context=context)


def _chips(request: HttpRequest, name: str, chosen: str, choices: dict[str, str], **also: Any) -> list[tuple[str, str, None, bool]]:
    return [
        (label, replaced(request=request, changes={name: key, **also}), None, key == chosen) for key, label in choices.items()
    ]
