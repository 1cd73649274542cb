"""联系报表 as an address asks for it, on the screen and in a file."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest
from django.utils import timezone

from keqing.followups.models import ContactRecord
from keqing.insight.forms import GROUPINGS, ReportForm
from keqing.insight.periods import days_of, months_to
from keqing.insight.queries import METHODS, PEOPLE, TEAMS, ContactsBoard, UnknownUnit, contacts_board
from keqing.insight.reach import reach_of
from keqing.kit.formats import business_date
from keqing.kit.list_registry import OpenList
from keqing.kit.made_lists import made_list

KEY = "report-contacts"
FIRST_HEADS = {PEOPLE: "跟踪人", TEAMS: "团队", METHODS: "方式"}


@dataclass(frozen=True, kw_only=True)
class AskedBoard:
    """``asked`` are the settings of the address with their defaults."""

    board: ContactsBoard
    asked: Mapping[str, Any]
    grouping: str

    @property
    def by_day(self) -> bool:
        return self.asked["month"] is not None


def asked_board(request: HttpRequest, *, is_file: bool = False) -> AskedBoard:
    """One page, or for a file all of it: what the reader's rights show of it; 404 for a unit outside them."""
    today = business_date(timezone.now())
    asked = ReportForm(request.GET, today=today).asked
    month = asked["month"]
    periods = days_of(month, today=today) if month else months_to(today, count=asked["months"])
    grouping = asked["by"] or usual_grouping(request)
    try:
        board = contacts_board(
            staff=request.user, periods=periods, by_day=month is not None, grouping=grouping,
            method=asked["method"] or "", unit_id=asked["unit"], by_name=asked["sort"] == "name",
            start=None if is_file else asked["start"] or 0,
        )
    except UnknownUnit:
        raise Http404 from None
    return AskedBoard(board=board, asked={**asked, "by": grouping}, grouping=grouping)


def usual_grouping(request: HttpRequest) -> str:
    """Before anything is chosen: teams for who leads several, people for who leads one, methods for one's own work."""
    reach = reach_of(request.user)
    if reach.is_own_only:
        return METHODS
    return TEAMS if reach.everything or len(reach.units) > 1 else PEOPLE


def open_contacts(request: HttpRequest, _argument: str = "") -> OpenList:
    """The same table for a file: every line of the reach, the sums last."""
    found = asked_board(request, is_file=True)
    periods, board = found.board.periods, found.board
    days = "%Y-%m-%d" if found.by_day else "%Y-%m"
    with_notes = found.grouping == PEOPLE
    rows = [
        [line.label, *([line.note] if with_notes else []), line.total, *(line.counts.get(one.key, 0) for one in periods)]
        for line in board.lines
    ]
    if rows:
        rows.append(["合计", *([""] if with_notes else []), board.total, *(board.totals[one.key] for one in periods)])
    heads = [FIRST_HEADS[found.grouping], *(["岗位"] if with_notes else []), "合计", *(f"{one.first:{days}}" for one in periods)]
    return made_list(key=KEY, title="联系报表", heads=heads, rows=rows, said=_said(found))


def _said(found: AskedBoard) -> str:
    parts = [str(dict(GROUPINGS)[found.grouping])]
    month, method = found.asked["month"], found.asked["method"]
    parts.append(f"{month:%Y-%m}" if month else f"{found.asked['months']} 个月")
    if method:
        parts.append(f"方式：{ContactRecord.Method(method).label}")
    if found.board.unit:
        parts.append(f"团队：{found.board.unit.name}")
    return "；".join(parts)
