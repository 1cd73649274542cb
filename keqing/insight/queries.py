"""联系报表: contacts by person, team or method over months or days, from the roll-ups, in one statement."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import Q, QuerySet

from keqing.access.models import OrgUnit, Staff
from keqing.followups.models import ContactRecord
from keqing.insight import rollups
from keqing.insight.periods import Period
from keqing.insight.reach import reach_of
from keqing.insight.rollups import METHODS, PAGE, TEAMS

PEOPLE = "people"
SHADES = 5


@dataclass(frozen=True, kw_only=True)
class Unit:
    id: int
    name: str
    path: str
    is_open: bool

    def holds(self, other: "Unit") -> bool:
        return other.path.startswith(self.path)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One row: ``drill`` are the parameters that lead to its records, ``opens`` those that open it further."""

    label: str
    note: str = ""
    counts: Mapping[str, int]
    drill: Mapping[str, Any]
    opens: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, kw_only=True)
class ContactsBoard:
    """What ``insight/contacts.html`` shows: ``lines`` from ``first`` on, of ``number``; the sums are over all of them."""

    periods: Sequence[Period]
    lines: Sequence[Line]
    first: int
    number: int
    totals: Mapping[str, int]
    total: int
    lowest: int
    highest: int
    unit: Unit | None
    above: Sequence[Unit]
    has_teams: bool


class UnknownUnit(Exception):
    """The unit asked for is none this person's reports reach."""


def contacts_board(
    *, staff: Staff, periods: Sequence[Period], by_day: bool, grouping: str, method: str = "", unit_id: int | None = None,
    by_name: bool = False, start: int | None = None,
) -> ContactsBoard:
    """``start`` asks for the page it lies on, None for all lines. One statement. Raises ``UnknownUnit``."""
    asked = rollups.Asked(reach=reach_of(staff), periods=periods, by_day=by_day, method=method, unit_id=unit_id)
    if grouping == PEOPLE:
        found = rollups.people(asked=asked, by_name=by_name, start=start)
        units, lines, has_teams = _units(found.units), _people(found.lines), found.has_teams
        counts, lowest, highest, first, number = found.totals, found.lowest, found.highest, found.first, found.number
    else:
        raw_units, raw_lines = rollups.sums(asked=asked, grouping=grouping)
        units = _units(raw_units)
        every = _methods(raw_lines) if grouping == METHODS else _teams(raw_lines, units, _asked_unit(units, unit_id))
        cells = {count for line in every for count in line.counts.values()}
        counts, lowest, highest = _added(every), min(cells, default=0), max(cells, default=0)
        number, has_teams = len(every), len(units) > 1
        first = 0 if start is None else min(start, max(number - 1, 0)) // PAGE * PAGE
        lines = every if start is None else every[first : first + PAGE]
    chosen = _asked_unit(units, unit_id)
    totals = {period.key: counts.get(period.key, 0) for period in periods}
    return ContactsBoard(
        periods=periods, lines=lines, first=first, number=number, totals=totals, total=sum(totals.values()),
        lowest=lowest, highest=highest, unit=chosen, has_teams=has_teams,
        above=[one for one in units.values() if chosen and one.holds(chosen) and one != chosen],
    )


def _units(rows: Iterable[rollups.RawUnit]) -> dict[int, Unit]:
    return {pk: Unit(id=pk, name=name, path=path, is_open=is_open) for pk, name, path, is_open in rows}


def _asked_unit(units: Mapping[int, Unit], unit_id: int | None) -> Unit | None:
    if unit_id is not None and unit_id not in units:
        raise UnknownUnit
    return None if unit_id is None else units[unit_id]


def _added(lines: Iterable[Line]) -> Mapping[str, int]:
    totals: dict[str, int] = {}
    for line in lines:
        for key, count in line.counts.items():
            totals[key] = totals.get(key, 0) + count
    return totals


def records_behind(*, staff: Staff, drill: Mapping[str, Any]) -> QuerySet[ContactRecord]:
    """The records a line counts; ``drill`` as the line gives it. Who did not work in a position is at 0."""
    condition = reach_of(staff).records()
    if (person := drill.get("person")) is not None:
        condition &= Q(tracker_id=person)
    if (position := drill.get("position")) is not None:
        condition &= Q(tracker_position_id=position) if position else Q(tracker_position__isnull=True)
    if (unit := drill.get("unit")) is not None:
        condition &= _under(unit) if unit else Q(tracker_unit__isnull=True)
    if (exactly := drill.get("at")) is not None:
        condition &= Q(tracker_unit_id=exactly)
    return ContactRecord.objects.filter(condition).select_related("tracker", "tracker_position")


def unit_name(unit_id: int) -> str:
    return OrgUnit.objects.filter(pk=unit_id).values_list("name", flat=True).first() or ""


def shade(count: int, *, lowest: int, highest: int) -> int:
    """0 for nothing, then 1 … SHADES between the lowest and the highest count there is."""
    if count <= 0:
        return 0
    if highest <= lowest:
        return SHADES // 2
    return 1 + (min(max(count, lowest), highest) - lowest) * (SHADES - 1) // (highest - lowest)


def _under(unit_id: int) -> Q:
    path = OrgUnit.objects.filter(pk=unit_id).values_list("path", flat=True).first()
    return Q(tracker_unit__path__startswith=path) if path else Q(pk__in=[])


def _people(rows: Iterable[Sequence[Any]]) -> list[Line]:
    return [
        Line(label=name, note=note, counts=counts, drill={"person": person_id, "position": position_id})
        for person_id, position_id, name, note, counts in rows
    ]


def _teams(rows: Iterable[Sequence[Any]], units: Mapping[int, Unit], chosen: Unit | None) -> list[Line]:
    """One line for each unit directly under the top, with all below it; the top's own work has a line of its own."""
    tops = [chosen] if chosen else _tops(units.values())
    shown = _children(tops[0], units.values()) if len(tops) == 1 else tops
    counts: dict[int, dict[str, int]] = {unit.id: {} for unit in shown}
    rest: dict[int | None, dict[str, int]] = {}
    for unit_id, found in rows:
        unit = units.get(unit_id)
        line = next((one for one in shown if unit and one.holds(unit)), None)
        sums = counts[line.id] if line else rest.setdefault(unit.id if unit else None, {})
        for key, count in found.items():
            sums[key] = sums.get(key, 0) + count
    lines = [
        Line(label=unit.name, counts=counts[unit.id], drill={"unit": unit.id}, opens=_opening(unit, units.values()))
        for unit in shown if unit.is_open or counts[unit.id]
    ]
    for unit_id, found in rest.items():
        own = units.get(unit_id) if unit_id else None
        label, drill = (f"{own.name}本级", {"at": own.id}) if own else ("无岗位", {"unit": 0})
        lines.append(Line(label=label, counts=found, drill=drill))
    return lines


def _methods(rows: Iterable[Sequence[Any]]) -> list[Line]:
    found = dict(rows)
    return [
        Line(label=str(label), counts=found.get(key, {}), drill={"method": key})
        for key, label in ContactRecord.Method.choices
    ]


def _tops(units: Iterable[Unit]) -> list[Unit]:
    """The units no other of them lies above."""
    tops: list[Unit] = []
    for unit in sorted(units, key=lambda one: one.path.count("/")):
        if not any(top.holds(unit) for top in tops):
            tops.append(unit)
    return tops


def _children(top: Unit, units: Iterable[Unit]) -> list[Unit]:
    return [one for one in units if one.path != top.path and one.path.rstrip("/").rpartition("/")[0] + "/" == top.path]


def _opening(unit: Unit, units: Iterable[Unit]) -> Mapping[str, Any]:
    return {"unit": unit.id, "by": TEAMS if _children(unit, units) else PEOPLE, "start": ""}
