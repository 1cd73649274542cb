"""What 联系报表 shows, read from the roll-ups of contact records: one statement, in which the database sums, orders and pages."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from keqing.access.standing import roles
from keqing.followups.permissions import Can as FollowupsCan
from keqing.insight.periods import Period
from keqing.insight.reach import Condition, Reach

TEAMS, METHODS = "teams", "methods"
PAGE = 50

# a unit: key, name, path, whether it is open
RawUnit = tuple[int, str, str, bool]


@dataclass(frozen=True, kw_only=True)
class Asked:
    reach: Reach
    periods: Sequence[Period]
    by_day: bool
    method: str
    unit_id: int | None

    def table(self, *, with_methods: bool) -> str:
        """A report over all ways of contact has a seventh of the lines to read."""
        if self.by_day:
            return "followups_daytally"
        return "followups_monthtally" if with_methods or self.method else "followups_monthtotal"

    @property
    def folds_to_cells(self) -> bool:
        """Whether a folded line is all of a person's cell: the lines of days are kept by way of contact."""
        return bool(self.method) or not self.by_day

    @property
    def counts(self) -> Condition:
        """Of the roll-ups."""
        found = Condition("starts_on between %s and %s", (self.periods[0].first, self.periods[-1].first))
        found &= self.reach.condition(unit="unit_id", person="tracker_id")
        if self.method:
            found &= Condition("method = %s", (self.method,))
        return found & self._inside("unit_id")

    @property
    def holders(self) -> Condition:
        """Of the positions whose holders may have recorded nothing."""
        found = Condition("p.role = any(%s)", (_writers(),)) & self.reach.condition(unit="p.unit_id", person="p.holder_id")
        return found & self._inside("p.unit_id")

    @property
    def units(self) -> Condition:
        """Those whose names are shown: within reach, or where one's own work was done."""
        if self.reach.everything or self.reach.person_id is None:
            return self.reach.condition(unit="u.id", person="null")
        return Condition(f"(u.id = any(%s) or {_WORKED_IN})", (list(self.reach.units), self.reach.person_id))

    def _inside(self, column: str) -> Condition:
        return Condition("true") if self.unit_id is None else Condition(_INSIDE.format(column=column), (self.unit_id,))


@dataclass(frozen=True, kw_only=True)
class PeopleCounted:
    """``lines`` are those from ``first`` on, of ``number``; all other figures are of every line.

    ``units`` are the one asked for and those above it.
    """

    units: Sequence[RawUnit]
    has_teams: bool
    totals: Mapping[str, int]
    lowest: int
    highest: int
    number: int
    first: int
    lines: Sequence[Sequence[Any]]


def people(*, asked: Asked, by_name: bool, start: int | None) -> PeopleCounted:
    """One line for each person in each position; ``start`` asks for the page it lies on, None for all lines."""
    counts, units, holders = asked.counts, asked.units, asked.holders
    sql = _PEOPLE.format(
        table=asked.table(with_methods=False), counts=counts.text, units=units.text, holders=holders.text, size=PAGE,
        whole="true" if asked.folds_to_cells else "false",
        order="note, label" if by_name else "total desc, note, label",
        page="" if start is None else f"limit {PAGE} offset (select first from place)",  # noqa: S608  a number of our own
    )
    values = [*counts.values, *units.values, *holders.values, start or 0, asked.unit_id]
    found = _row(sql, values)
    return PeopleCounted(
        units=found[0] or [], has_teams=found[1], totals=found[2] or {}, lowest=found[3] or 0, highest=found[4] or 0,
        number=found[5], first=found[6], lines=found[7] or [],
    )


def sums(*, asked: Asked, grouping: str) -> tuple[Sequence[RawUnit], Sequence[Sequence[Any]]]:
    """All units, and what was counted in each unit or by each method."""
    counts, units = asked.counts, asked.units
    sql = _SUMS.format(
        table=asked.table(with_methods=grouping == METHODS), counts=counts.text, units=units.text,
        key={TEAMS: "unit_id", METHODS: "method"}[grouping],
    )
    found = _row(sql, [*units.values, *counts.values])
    return found[0] or [], found[1] or []


def _row(sql: str, values: Sequence[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        # the names in it are our own, every value is a parameter
        cursor.execute(sql, values)
        return [json.loads(part) if isinstance(part, str) else part for part in cursor.fetchone()]


def _writers() -> list[str]:
    return [key for key, role in roles().items() if FollowupsCan.RECORD in role.words]


_WORKED_IN = "u.id in (select t.unit_id from followups_monthtally t where t.tracker_id = %s)"
_INSIDE = "{column} in (select id from access_orgunit where path like (select path || '%%' from access_orgunit where id = %s))"
_SUMS = """
    select
        (select json_agg(json_build_array(u.id, u.name, u.path, u.valid_to is null) order by u.path)
            from access_orgunit u where {units}),
        (select json_agg(json_build_array({key}, counts)) from (
            select {key}, json_object_agg(starts_on, count) as counts from (
                select {key}, starts_on, sum(count)::int as count
                from {table} where {counts} group by {key}, starts_on having sum(count) <> 0
            ) m group by {key}
        ) c)
"""
# Somebody who worked in no position is in position 0 here; text is ordered by its characters' numbers. The extremes are those
# of the folded lines, and of the cells that got new ones since: summing up every cell would take as long as all the rest. Only
# where a folded line is not a whole cell there is no way around it. What was taken back altogether is nobody's line.
_PEOPLE = """
    with tallied as not materialized (
        select tracker_id, coalesce(position_id, 0) as position_id, starts_on, count, is_folded from {table} where {counts}
    ), summed as materialized (
        select tracker_id, position_id, starts_on, sum(count)::int as count,
            min(count) filter (where is_folded and {whole}) as lowest, max(count) filter (where is_folded and {whole}) as highest
        from tallied group by grouping sets ((starts_on), (tracker_id, position_id))
    ), fresh as (
        select sum(count)::int as count from tallied
        where not {whole} or (tracker_id, starts_on) in (select tracker_id, starts_on from tallied where not is_folded)
        group by tracker_id, position_id, starts_on having sum(count) <> 0
    ), named as materialized (
        select u.id, u.name, u.path, u.valid_to is null as is_open from access_orgunit u where {units}
    ), everybody as materialized (
        select tracker_id, position_id, sum(count) as total from (
            select tracker_id, position_id, count from summed where starts_on is null and count <> 0
            union all select p.holder_id, p.id, 0 from access_position p where p.closed_on is null and p.holder_id is not null and {holders}
        ) b group by 1, 2
    ), place as materialized (
        select count(*) as number, least(%s::bigint, greatest(count(*) - 1, 0)) / {size} * {size} as first from everybody
    ), lines as materialized (
        select e.tracker_id, e.position_id, s.name collate "C" as label, e.total,
            concat_ws(' · ', n.name, coalesce(nullif(p.name, ''), '无岗位')) collate "C" as note
        from everybody e join access_staff s on s.id = e.tracker_id
        left join access_position p on p.id = e.position_id left join named n on n.id = p.unit_id
        order by {order}, e.tracker_id, e.position_id {page}
    ), cells as (
        select tracker_id, position_id, starts_on, sum(t.count)::int as count
        from lines join tallied t using (tracker_id, position_id) group by 1, 2, 3 having sum(t.count) <> 0
    )
    select
        (select json_agg(json_build_array(id, name, path, is_open) order by path) from named
            where (select path from access_orgunit where id = %s) like path || '%%'),
        (select count(*) > 1 from named),
        (select json_object_agg(starts_on, count) from summed where starts_on is not null),
        (select least(min(lowest), (select min(count) from fresh)) from summed where starts_on is not null),
        (select greatest(max(highest), (select max(count) from fresh)) from summed where starts_on is not null),
        (select number from place),
        (select first from place),
        (select json_agg(json_build_array(tracker_id, position_id, label, note, coalesce(counts, '{{}}'))
                order by {order}, tracker_id, position_id)
            from lines left join (
                select tracker_id, position_id, json_object_agg(starts_on, count) as counts from cells group by 1, 2
            ) c using (tracker_id, position_id))
"""
