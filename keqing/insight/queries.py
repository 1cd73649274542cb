"""联系报表: contacts by person, team or method over months or days, from the roll-ups, in one statement."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from keqing.access.models import OrgUnit, Staff
from keqing.access.standing import roles
from keqing.followups.models import ContactRecord
from keqing.followups.permissions import Can as FollowupsCan
from keqing.insight.periods import Period
from keqing.insight.reach import Condition, Reach, reach_of

PEOPLE, TEAMS, METHODS = "people", "teams", "methods"
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
    """What ``insight/contacts.html`` shows: every line of the reach, the sums over all of them."""

    periods: Sequence[Period]
    lines: Sequence[Line]
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
    by_name: bool = False,
) -> ContactsBoard:
    """One statement. Raises ``UnknownUnit``."""
    raw_units, raw_lines, raw_people = _read(
        reach=reach_of(staff), periods=periods, by_day=by_day, grouping=grouping, method=method, unit_id=unit_id
    )
    units = {pk: Unit(id=pk, name=name, path=path, is_open=is_open) for pk, name, path, is_open in raw_units}
    if unit_id is not None and unit_id not in units:
        raise UnknownUnit
    chosen = units.get(unit_id) if unit_id is not None else None
    if grouping == METHODS:
        lines = _methods(raw_lines)
    elif grouping == TEAMS:
        lines = _teams(raw_lines, units, chosen)
    else:
        lines = _people([*raw_people, *raw_lines], units)
        lines.sort(key=lambda line: (line.note, line.label) if by_name else (-line.total, line.note, line.label))
    totals = {period.key: 0 for period in periods}
    every: set[int] = set()
    for line in lines:
        every.update(line.counts.values())
        for key, count in line.counts.items():
            totals[key] += count
    return ContactsBoard(
        periods=periods, lines=lines, totals=totals, total=sum(totals.values()),
        lowest=min(every, default=0), highest=max(every, default=0),
        unit=chosen, above=[one for one in units.values() if chosen and one.holds(chosen) and one != chosen],
        has_teams=len(units) > 1,
    )


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
    return 1 + (count - lowest) * (SHADES - 1) // (highest - lowest) if highest > lowest else SHADES // 2


def _under(unit_id: int) -> Q:
    path = OrgUnit.objects.filter(pk=unit_id).values_list("path", flat=True).first()
    return Q(tracker_unit__path__startswith=path) if path else Q(pk__in=[])


def _people(rows: Iterable[Sequence[Any]], units: Mapping[int, Unit]) -> list[Line]:
    """One line for each person in each position; holders come first, so that their counts replace the nothing."""
    lines: dict[tuple[int, int | None], Line] = {}
    for person_id, position_id, name, position, unit_id, counts in rows:
        unit = units.get(unit_id)
        lines[person_id, position_id] = Line(
            label=name, note=" · ".join(part for part in (unit.name if unit else "", position or "无岗位") if part),
            counts=counts, drill={"person": person_id, "position": position_id or 0},
        )
    return list(lines.values())


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


def _read(
    *, reach: Reach, periods: Sequence[Period], by_day: bool, grouping: str, method: str, unit_id: int | None
) -> tuple[list[Any], list[Any], list[Any]]:
    """Units within reach, lines, and those who hold a position and may have recorded nothing."""
    of_months = "followups_monthtally" if method or grouping == METHODS else "followups_monthtotal"
    table = "followups_daytally" if by_day else of_months
    period = Condition("starts_on between %s and %s", (periods[0].first, periods[-1].first))
    chosen = period & reach.condition(unit="unit_id", person="tracker_id")
    holders = Condition("p.role = any(%s)", (_writers(),)) & reach.condition(unit="p.unit_id", person="p.holder_id")
    if method:
        chosen &= Condition("method = %s", (method,))
    if unit_id is not None:
        chosen &= Condition(_INSIDE.format(column="unit_id"), (unit_id,))
        holders &= Condition(_INSIDE.format(column="p.unit_id"), (unit_id,))
    units = _named(reach)
    lines = {PEOPLE: _BY_PERSON, TEAMS: _BY_UNIT, METHODS: _BY_METHOD}[grouping].format(table=table, where=chosen.text)
    values = [*units.values, *chosen.values]
    sql = f"SELECT ({_UNITS.format(where=units.text)}), ({lines})"  # noqa: S608  every value is a parameter
    if grouping == PEOPLE:
        sql, values = f"{sql}, ({_HOLDERS.format(where=holders.text)})", [*values, *holders.values]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        row = cursor.fetchone()
    found = [json.loads(part) if isinstance(part, str) else part or [] for part in row]
    return found[0], found[1], found[2] if grouping == PEOPLE else []


def _named(reach: Reach) -> Condition:
    """Units whose names are shown: those within reach, and those in which one's own work was done."""
    if reach.everything or reach.person_id is None:
        return reach.condition(unit="u.id", person="null")
    return Condition(f"(u.id = any(%s) or {_WORKED_IN})", (list(reach.units), reach.person_id))


def _writers() -> list[str]:
    return [key for key, role in roles().items() if FollowupsCan.RECORD in role.words]


_UNITS = """
    select json_agg(json_build_array(u.id, u.name, u.path, u.valid_to is null) order by u.path)
    from access_orgunit u where {where}
"""
_WORKED_IN = "u.id in (select t.unit_id from followups_monthtally t where t.tracker_id = %s)"
_INSIDE = "{column} in (select id from access_orgunit where path like (select path || '%%' from access_orgunit where id = %s))"
_BY_PERSON = """
    select json_agg(json_build_array(c.tracker_id, c.position_id, s.name, p.name, p.unit_id, c.counts)) from (
        select tracker_id, position_id, json_object_agg(starts_on, count) as counts
        from (
            select tracker_id, position_id, starts_on, sum(count)::int as count
            from {table} where {where} group by tracker_id, position_id, starts_on having sum(count) <> 0
        ) m group by tracker_id, position_id
    ) c join access_staff s on s.id = c.tracker_id left join access_position p on p.id = c.position_id
"""
_BY_UNIT = """
    select json_agg(json_build_array(unit_id, counts)) from (
        select unit_id, json_object_agg(starts_on, count) as counts from (
            select unit_id, starts_on, sum(count)::int as count
            from {table} where {where} group by unit_id, starts_on having sum(count) <> 0
        ) m group by unit_id
    ) c
"""
_BY_METHOD = """
    select json_agg(json_build_array(method, counts)) from (
        select method, json_object_agg(starts_on, count) as counts from (
            select method, starts_on, sum(count)::int as count
            from {table} where {where} group by method, starts_on having sum(count) <> 0
        ) m group by method
    ) c
"""
_HOLDERS = """
    select json_agg(json_build_array(p.holder_id, p.id, s.name, p.name, p.unit_id, json_build_object()))
    from access_position p join access_staff s on s.id = p.holder_id where p.closed_on is null and {where}
"""
