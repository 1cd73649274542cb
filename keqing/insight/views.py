"""The reports and the records behind their figures."""

from collections.abc import Mapping, Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from keqing.access.gate import allow
from keqing.followups.models import ContactRecord
from keqing.insight import figures
from keqing.insight.asked import KEY, asked_board
from keqing.insight.duties import DUTIES, PERIODS, asked_duties
from keqing.insight.forms import GROUPINGS, DrillForm, ReportForm
from keqing.insight.periods import SPANS
from keqing.insight.permissions import Can
from keqing.insight.queries import PEOPLE, TEAMS, records_behind, unit_name
from keqing.insight.reach import reach_of, readable
from keqing.insight.sales_list import dress, open_salespeople
from keqing.insight.salespeople import sales_file, salespeople
from keqing.insight.source_lists import CAMPAIGNS, open_sources, sources_address
from keqing.insight.tables import RecordList
from keqing.kit import pages
from keqing.kit.addresses import replaced
from keqing.kit.formats import business_date
from keqing.kit.lists import respond


@require_GET
@allow(Can.CONTACTS)
def contacts(request: HttpRequest) -> HttpResponse:
    """Contacts by person, team or method over months or the days of one month; every figure opens its records."""
    found = asked_board(request)
    board, asked, grouping, month = found.board, found.asked, found.grouping, found.asked["month"]
    context = {
        "sheet": figures.sheet(
            board, here={"method": asked["method"], "unit": asked["unit"]},
            page=lambda **changes: replaced(request=request, changes=changes), by_day=found.by_day,
        ),
        "board": board,
        "asked": asked,
        "form": ReportForm(request.GET, today=business_date(timezone.now())),
        "export_key": KEY,
        "groupings": _groupings(request, grouping, has_teams=board.has_teams),
        "spans": _spans(request, asked["months"] if month is None else None),
        "month": month,
        "kept": [(name, value) for name, value in request.GET.items() if name not in ("method", "start")],
        "months_url": replaced(request=request, changes={"month": "", "start": ""}),
        "above": [(unit.name, replaced(request=request, changes={"unit": unit.id, "by": TEAMS, "start": ""})) for unit in board.above],
        "top_url": replaced(request=request, changes={"unit": "", "by": "", "start": ""}),
        "is_own_only": reach_of(request.user).is_own_only,
    }
    return pages.render(request=request, template="insight/contacts.html", context=context)


@require_GET
@allow(Can.CONTACTS)
def contact_records(request: HttpRequest) -> HttpResponse:
    """As many records as the figure counts; those of customers out of reach without customer and content."""
    today = business_date(timezone.now())
    drill = DrillForm(request.GET).drill
    page = RecordList().build(request=request, queryset=records_behind(staff=request.user, drill=drill), today=today)
    open_ids = readable(staff=request.user, record_ids=[row.pk for row in page.rows])
    for row in page.rows:
        row.is_readable = row.pk in open_ids
    context = {
        "narrowed_to": _narrowed_to(page.rows, drill),
        "closed": len(page.rows) - len(open_ids),
        "report_url": reverse("insight:contacts"),
    }
    return respond(request=request, page=page, context=context, template="insight/records.html")


@require_GET
@allow(Can.CONTACTS)
def duties(request: HttpRequest) -> HttpResponse:
    """工作分类: the time of contacts by duty, for a person, a team, a period."""
    board, period, grouping = asked_duties(request)
    context = {
        "board": board, "kept": f"period={period}&by={grouping}", "export_key": DUTIES,
        "periods": [(label, replaced(request=request, changes={"period": key}), None, key == period) for key, label in PERIODS.items()],
        "groupings": [
            (label, replaced(request=request, changes={"by": key, "person": "", "unit": ""}), None, key == grouping)
            for key, label in ((PEOPLE, "按人员"), (TEAMS, "按团队"))
        ],
    }
    return pages.render(request=request, template="insight/duties.html", context=context)


def _groupings(request: HttpRequest, chosen: str, *, has_teams: bool) -> list[tuple[str, str, None, bool]]:
    return [
        (label, replaced(request=request, changes={"by": key, "start": "", "sort": ""}), None, key == chosen)
        for key, label in GROUPINGS
        if key != TEAMS or has_teams or chosen == TEAMS
    ]


def _spans(request: HttpRequest, chosen: int | None) -> list[tuple[str, str, None, bool]]:
    changes = {"month": "", "start": ""}
    return [
        (f"{count} 个月", replaced(request=request, changes={**changes, "months": count}), None, count == chosen)
        for count in reversed(SPANS)
    ]


def _narrowed_to(rows: Sequence[ContactRecord], drill: Mapping[str, int]) -> str:
    """Whose records these are, named after the records themselves: an address alone gives no names away."""
    if not rows:
        return ""
    first = rows[0]
    parts = []
    if "person" in drill:
        parts.append(first.tracker.name)
    if "position" in drill:
        parts.append(first.tracker_position.name if first.tracker_position else "无岗位")
    if unit := drill.get("unit") or drill.get("at"):
        parts.append(f"{unit_name(unit)}{'' if 'unit' in drill else '本级'}")
    return " · ".join(parts)

@require_GET
@allow("team.view")
def people(request: HttpRequest) -> HttpResponse:
    """销售人员管理: everybody within reach, compared by the same figures."""
    today = business_date(timezone.now())
    opened = open_salespeople(request)
    page = opened.spec.build(request=request, queryset=opened.rows, today=today)
    dress(page.rows, today=today)
    return respond(request=request, page=page)


@require_GET
@allow("team.view")
def salesperson(request: HttpRequest, pk: int) -> HttpResponse:
    """One person's file: area, filing, load, plans, results, handovers."""
    person = get_object_or_404(salespeople(request.user), pk=pk)
    today = business_date(timezone.now())
    context = {"person": person, "file": sales_file(person=person, reader=request.user, today=today), "today": today}
    return pages.render(request=request, template="insight/salesperson.html", context=context)


@require_GET
@allow("lead.report")
def sources(request: HttpRequest) -> HttpResponse:
    """来源报表: leads, cost and success of every channel (R-184)."""
    return _source_page(request, "")


@require_GET
@allow("lead.report")
def source_campaigns(request: HttpRequest) -> HttpResponse:
    """The same of every campaign (R-289)."""
    return _source_page(request, CAMPAIGNS)


def _source_page(request: HttpRequest, argument: str) -> HttpResponse:
    opened = open_sources(request, argument)
    page = opened.spec.build(request=request, queryset=opened.rows, today=business_date(timezone.now()))
    tabs = [
        ("按渠道", sources_address(), None, not argument), ("按活动", sources_address(CAMPAIGNS), None, argument == CAMPAIGNS),
    ]
    return respond(request=request, page=page, context={"tabs": tabs}, template="insight/sources.html")
