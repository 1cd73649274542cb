from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import BooleanField, Case, F, Q, QuerySet, Value, When

from keqing.kit.prepared import NOTHING_GIVEN, Given

CAP = 10_000
# of rows that hold a text somebody typed: each has to be read to be counted, and of a million rows the first fifty of as
# many are sooner met along the order (13,000 rows passed) than found and sorted
TYPED_CAP = 4_000


class Beyond(int):
    """More than this many: counting stopped there."""


def is_beyond(number: int) -> bool:
    return isinstance(number, Beyond) or number > CAP


def said(number: int) -> str:
    """5,136, or 10,000+ where counting stopped."""
    if isinstance(number, Beyond):
        return f"{int(number):,}+"
    return f"{CAP:,}+" if number > CAP else f"{number:,}"


@dataclass(frozen=True)
class Statement:
    """What the ORM wrote, to be kept and asked again with the values it has: writing takes longer than the answer."""

    sql: str
    values: tuple[Any, ...]
    using: str

    def rows(self, given: Given = NOTHING_GIVEN) -> list[tuple[Any, ...]]:
        if not self.sql:
            return []
        with connections[self.using].cursor() as cursor:
            # every value travels as a parameter
            cursor.execute(self.sql, given.put_in(self.values))
            return cursor.fetchall()  # type: ignore[no-any-return]

    def numbers(self) -> list[int]:
        """The one line of a counting statement."""
        return [int(number) for line in self.rows() for number in line]


def keys(*, querysets: Sequence[QuerySet[Any]]) -> Statement:
    """The statement that gives the keys of several querysets, each with its own order and limit."""
    pieces: list[str] = []
    parameters: list[Any] = []
    for queryset in querysets:
        try:
            sql, values = queryset.values("pk").query.sql_with_params()
        except EmptyResultSet:
            continue
        pieces.append(f"({sql})")
        parameters.extend(values)
    return Statement(" UNION ALL ".join(pieces), tuple(parameters), querysets[0].db)


def counting(*, querysets: Sequence[QuerySet[Any]]) -> Statement:
    """The one statement that counts several querysets; each stops at ``CAP`` + 1."""
    return _together([_count_of(one, CAP) for one in querysets], querysets[0].db)


def capped_typed(*, queryset: QuerySet[Any]) -> int:
    """How many rows hold what was typed, up to ``TYPED_CAP``."""
    (number,) = _together([_count_of(queryset, TYPED_CAP)], queryset.db).numbers()
    return Beyond(TYPED_CAP) if number > TYPED_CAP else number


def capped(*, querysets: Sequence[QuerySet[Any]]) -> list[int]:
    """How many rows each holds, counted in one round trip; counting stops at ``CAP`` + 1."""
    return counting(querysets=querysets).numbers() if querysets else []


def capped_lately(*, querysets: Sequence[QuerySet[Any]]) -> list[int]:
    """As ``capped``, but what was beyond the cap a minute ago is not counted again: it says 10,000+ either way."""
    pieces = [_count_of(one, CAP) for one in querysets]
    names, now = [(sql, repr(values)) for sql, values in pieces], monotonic()
    asked = [place for place, name in enumerate(names) if now - _beyond.get(name, -BEYOND_SECONDS) >= BEYOND_SECONDS]
    numbers = _together([pieces[place] for place in asked], querysets[0].db).numbers() if asked else []
    found = dict(zip(asked, numbers, strict=True))
    if len(_beyond) > MOST_BEYOND:
        _beyond.clear()
    _beyond.update({names[place]: now for place, number in found.items() if number > CAP})
    return [found.get(place, CAP + 1) for place in range(len(pieces))]


# lists counted lately that hold more than the cap, and when that was
_beyond: dict[tuple[str, str], float] = {}
BEYOND_SECONDS = 60
MOST_BEYOND = 10_000


def forget_all() -> None:
    """For tests, whose tables are emptied."""
    _beyond.clear()


def _count_of(queryset: QuerySet[Any], cap: int) -> tuple[str, tuple[Any, ...]]:
    try:
        sql, values = queryset.order_by().values("pk")[: cap + 1].query.sql_with_params()
    except EmptyResultSet:
        return "0", ()
    return f"(SELECT count(*) FROM ({sql}) AS counted)", tuple(values)  # noqa: S608  the ORM wrote it


def _together(pieces: Sequence[tuple[str, tuple[Any, ...]]], using: str) -> Statement:
    values = tuple(value for _sql, own in pieces for value in own)
    return Statement("SELECT " + ", ".join(sql for sql, _own in pieces), values, using)


@dataclass(frozen=True)
class Glance:
    """How many rows there are, how many meet each condition, and the sums asked for, from one look at the rows."""

    total: int
    numbers: Sequence[int]
    sums: Mapping[str, Any]


@dataclass(frozen=True)
class Looking:
    """The statement that counts and sums in one pass over at most ``cap`` rows: it may be kept and asked again."""

    statement: Statement
    flags: int
    sums: Sequence[str]
    cap: int

    def glance(self, given: Given = NOTHING_GIVEN) -> Glance | None:
        """None when there are more rows."""
        if not self.statement.sql:
            return Glance(0, [0] * self.flags, dict.fromkeys(self.sums))
        ((total, *found),) = self.statement.rows(given)
        if total > self.cap:
            return None
        return Glance(total, [int(one) for one in found[: self.flags]], dict(zip(self.sums, found[self.flags :], strict=True)))


def looking(
    *, queryset: QuerySet[Any], conditions: Sequence[Q], sums: Mapping[str, str], cap: int, among: int | None = None
) -> Looking | None:
    """``sums`` name a field each; they take the rows of the condition number ``among``, or all.

    None when a condition would multiply the rows.
    """
    flags = {f"flag_{number}": _flag(one) for number, one in enumerate(conditions)}
    summed = {f"sum_{number}": F(path) for number, path in enumerate(sums.values())}
    rows = queryset.order_by().annotate(**flags, **summed).values("pk", *flags, *summed)
    if multiplies(rows):
        return None
    try:
        sql, values = rows[: cap + 1].query.sql_with_params()
    except EmptyResultSet:
        return Looking(Statement("", (), queryset.db), len(flags), [*sums], cap)
    where = "" if among is None else f" FILTER (WHERE flag_{among})"
    wanted = ["count(*)", *(f"count(*) FILTER (WHERE {flag})" for flag in flags), *(f"sum({one}){where}" for one in summed)]
    # the names are our own, the ORM wrote the rest, and every value travels as a parameter
    written = "SELECT " + ", ".join(wanted) + " FROM (" + sql + ") AS seen"  # noqa: S608
    return Looking(Statement(written, tuple(values), queryset.db), len(flags), [*sums], cap)


def multiplies(rows: QuerySet[Any]) -> bool:
    """Whether a row stands there once for each of several others, such as a person for each position held."""
    joins = (getattr(table, "join_field", None) for table in rows.query.alias_map.values())
    return any(join.one_to_many or join.many_to_many for join in joins if join is not None)


def _flag(condition: Q) -> Case:
    """True or false in the row; a condition that nothing meets compiles to false, which bare it would not."""
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())
