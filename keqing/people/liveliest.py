"""The customers and people in a reader's sight in which something happened last, read by indexes alone.

Each place a clause comes down to (an owner, a unit, a kind) is an index in the order of activity; a few rows are
taken from every one of them. ``kit.search_rank`` looks at these first.
"""
# ruff: noqa: S608, S611 -- the SQL is put together from parts written here; what was typed is a parameter

from collections.abc import Iterator

from keqing.access.models import Staff
from keqing.access.standing import Clause
from keqing.kit.search_rank import COLUMNS, LIVE, Fragment
from keqing.people.choices import Kind

_NEWEST = "order by last_activity_at desc, id desc limit %s"
_LEAST = 40
_PLACES = 500


def liveliest_organisations(*, staff: Staff, word: str, names: bool = False, columns: str = COLUMNS, limit: int = LIVE) -> Fragment:
    """SQL of the liveliest living organisations ``word`` reaches (about ``limit``), with its parameters."""
    parts = list(_parts(staff, word, names, limit, columns))
    if not parts:
        return f"select {columns} from people_organisation where false", ()
    return " union all ".join(sql for sql, _values in parts), [value for _sql, values in parts for value in values]


def _parts(staff: Staff, word: str, names: bool, limit: int, columns: str) -> Iterator[Fragment]:
    clauses = [c for c in staff.standing.clauses.get(str(word), ()) if names or not c.names_only]
    # one clause may hold the other
    whole = next((c for c in clauses if c.kinds is None and c.positions is None and c.units is None and c.customers is None), None)
    for clause in [whole] if whole else clauses:
        yield _of_clause(clause, limit, columns)


def _of_clause(clause: Clause, limit: int, columns: str) -> Fragment:
    start = f"select {columns} from people_organisation where deleted_at is null"
    if clause.customers is not None:
        return f"({start} and id = any (%s::bigint[]) {_NEWEST})", (sorted(clause.customers), limit)
    kinds = sorted(clause.kinds) if clause.kinds is not None else None
    column, ids = ("owner_position_id", clause.positions) if clause.positions is not None else ("unit_id", clause.units)
    if ids is None and kinds is None:
        return f"({start} {_NEWEST})", (limit,)
    kinds = kinds or [str(kind) for kind in Kind]
    if ids is None:
        each = max(_LEAST, limit // len(kinds))
        inner = f"{start} and kind = place.kind {_NEWEST}"
        return f"(select one.* from unnest(%s::text[]) place (kind), lateral ({inner}) one)", (kinds, each)
    each = max(_LEAST, 2 * limit // max(1, len(kinds) * len(ids)))
    inner = f"{start} and {column} = place.id and kind = sort.kind {_NEWEST}"
    return (
        f"(select one.* from unnest(%s::bigint[]) place (id), unnest(%s::text[]) sort (kind), lateral ({inner}) one)",
        (sorted(ids), kinds, each),
    )


def newest_organisations() -> Fragment:
    """The same of all customers, whoever they belong to: for the check of duplicates only."""
    return f"select {COLUMNS} from people_organisation where deleted_at is null {_NEWEST}", (LIVE,)


def liveliest_people(*, staff: Staff, word: str, limit: int = LIVE) -> Fragment:
    """SQL of the people of the liveliest customers, and of people who belong to none, with its parameters."""
    if staff.standing.reaches_everything(word):
        return f"select {COLUMNS} from people_person where deleted_at is null {_NEWEST}", (limit,)
    own = ", ".join(f"p.{name.strip()}" for name in COLUMNS.split(","))
    places, values = liveliest_organisations(staff=staff, word=word, names=True, columns="id", limit=_PLACES)
    at_work = (
        f"(select {own} from ({places}) place join people_affiliation post on post.organisation_id = place.id"
        f" and post.to_on is null join people_person p on p.id = post.person_id and p.deleted_at is null limit %s)"
    )
    loose, loose_values = _loose(staff, word, COLUMNS, limit)
    return f"{at_work}{loose}", [*values, limit, *loose_values]


def liveliest_customers(*, staff: Staff, word: str, limit: int) -> Fragment:
    """SQL of the ids of the liveliest customers ``word`` reaches in full: organisations, and people who belong to none."""
    places, values = liveliest_organisations(staff=staff, word=word, columns="id", limit=limit)
    loose, loose_values = _loose(staff, word, "id", limit)
    return f"{places}{loose}", [*values, *loose_values]


def _loose(staff: Staff, word: str, columns: str, limit: int) -> Fragment:
    parts: list[str] = []
    values: list[object] = []
    for clause in staff.standing.clauses.get(str(word), ()):
        column, ids = ("owner_position_id", clause.positions) if clause.positions is not None else ("unit_id", clause.units)
        conditions = ["not is_affiliated", "deleted_at is null"]
        if ids is not None:
            conditions.append(f"{column} = any (%s::bigint[])")
            values.append(sorted(ids))
        if clause.customers is not None:
            conditions.append("id = any (%s::bigint[])")
            values.append(sorted(clause.customers))
        if clause.kinds is not None:
            conditions.append("kind = any (%s)")
            values.append(sorted(clause.kinds))
        parts.append(f" union all (select {columns} from people_person where {' and '.join(conditions)} limit %s)")
        values.append(limit)
    return "".join(parts), values
