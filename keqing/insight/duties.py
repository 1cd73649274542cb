"""工作分类: what the time of contacts went into, by the five duties (R-100). Work belongs to who did it (see ``reach``)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, F, Q, Sum
from django.http import HttpRequest
from django.utils import timezone

from keqing.access.models import Staff
from keqing.followups.models import ContactRecord
from keqing.insight.reach import reach_of
from keqing.kit.addresses import whole_number
from keqing.kit.formats import business_date
from keqing.kit.list_registry import OpenList
from keqing.kit.made_lists import made_list

PERIODS = {"month": "本月", "quarter": "近 90 天", "year": "近 12 个月"}
PEOPLE, TEAMS = "people", "teams"
DUTIES = "report-duties"
# the circle of the drawing has this circumference, so that shares are lengths
AROUND = 100


@dataclass(frozen=True)
class Slice:
    """One duty: its time, its whole percent, and where its part of the circle begins."""

    key: str
    label: str
    minutes: int
    contacts: int
    percent: int
    begins: int

    @property
    def rest(self) -> int:
        return AROUND - self.percent

    @property
    def offset(self) -> int:
        """How far the stroke is turned back: a circle begins at the right, this one on top."""
        return (25 - self.begins) % AROUND


@dataclass(frozen=True)
class Line:
    label: str
    cells: Sequence[int]
    total: int
    drill: str


@dataclass(frozen=True)
class DutyBoard:
    first: date
    last: date
    slices: Sequence[Slice]
    lines: Sequence[Line]
    minutes: int
    untold: int
    unannounced: int
    name: str
    is_own_only: bool


def duty_board(
    *, staff: Staff, period: str, today: date, grouping: str, person: int | None = None, unit: int | None = None
) -> DutyBoard:
    """Two statements. ``person`` and ``unit`` narrow it to records of the reader's reach."""
    reach = reach_of(staff)
    first = first_day(period, today)
    rows = ContactRecord.objects.filter(reach.records(), track_on__gte=first, track_on__lte=today)
    if person is not None:
        rows = rows.filter(tracker_id=person)
    if unit is not None:
        rows = rows.filter(tracker_unit_id=unit)
    key, name = ("tracker_unit_id", "tracker_unit__name") if grouping == TEAMS else ("tracker_id", "tracker__name")
    found = list(
        rows.exclude(duty="").order_by().values("duty", group=F(key), name=F(name))
        .annotate(minutes=Sum("minutes", default=0), contacts=Count("pk"))
    )  # fmt: skip
    beside = rows.order_by().aggregate(untold=Count("pk", filter=Q(duty="")), unannounced=Count("pk", filter=Q(is_unannounced=True)))
    slices = slices_of(found)
    narrowed = person is not None or unit is not None
    return DutyBoard(
        first=first, last=today, slices=slices, lines=_lines(found, "unit" if grouping == TEAMS else "person"),
        minutes=sum(one.minutes for one in slices), name=(found[0]["name"] or "") if narrowed and found else "",
        is_own_only=reach.is_own_only, **beside,
    )


def asked_duties(request: HttpRequest) -> tuple[DutyBoard, str, str]:
    """What the address asks for, with the period and the grouping it comes to."""
    get = request.GET
    period = get.get("period") if get.get("period") in PERIODS else "month"
    grouping = TEAMS if get.get("by") == TEAMS else PEOPLE
    board = duty_board(
        staff=request.user, period=period, today=business_date(timezone.now()), grouping=grouping,
        person=whole_number(get.get("person")), unit=whole_number(get.get("unit")),
    )
    return board, period, grouping


def open_duties(request: HttpRequest, _argument: str = "") -> OpenList:
    """The lines for a file, in minutes."""
    board, period, grouping = asked_duties(request)
    heads = ["团队" if grouping == TEAMS else "人员", *(one.label for one in board.slices), "合计（分钟）"]
    rows = [[line.label, *line.cells, line.total] for line in board.lines]
    said = "；".join(filter(None, [PERIODS[period], board.name]))
    return made_list(key=DUTIES, title="工作分类", heads=heads, rows=rows, said=said)


def first_day(period: str, today: date) -> date:
    return {"month": today.replace(day=1), "quarter": today - timedelta(days=89)}.get(period, today - timedelta(days=364))


def slices_of(found: Sequence[Mapping[str, Any]]) -> list[Slice]:
    """The five duties in their order; whole percents that make 100 together."""
    minutes = {key: sum(row["minutes"] for row in found if row["duty"] == key) for key in ContactRecord.Duty.values}
    contacts = {key: sum(row["contacts"] for row in found if row["duty"] == key) for key in ContactRecord.Duty.values}
    percents, begins, slices = shares(list(minutes.values())), 0, []
    for (key, label), percent in zip(ContactRecord.Duty.choices, percents, strict=True):
        slices.append(Slice(key, str(label), minutes[key], contacts[key], percent, begins))
        begins += percent
    return slices


def shares(amounts: Sequence[int]) -> list[int]:
    """Whole percents by largest remainder: they always sum to 100, or are all 0."""
    total = sum(amounts)
    if not total:
        return [0] * len(amounts)
    whole = [amount * AROUND // total for amount in amounts]
    by_rest = sorted(range(len(amounts)), key=lambda n: (-(amounts[n] * AROUND % total), n))
    for place in by_rest[: AROUND - sum(whole)]:
        whole[place] += 1
    return whole


def _lines(found: Sequence[Mapping[str, Any]], drill: str) -> list[Line]:
    groups: dict[Any, dict[str, int]] = {}
    names: dict[Any, str] = {}
    for row in found:
        groups.setdefault(row["group"], {})[row["duty"]] = row["minutes"]
        names[row["group"]] = row["name"] or "无岗位"
    lines = [
        Line(names[pk], [cells.get(key, 0) for key in ContactRecord.Duty.values], sum(cells.values()), f"{drill}={pk}" if pk else "")
        for pk, cells in groups.items()
    ]
    return sorted(lines, key=lambda line: (-line.total, line.label))
