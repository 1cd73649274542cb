"""The best hits of a search with bounded work, however common the word and however large the table.

A word such as 医院 is in most names: looking up every row that has it costs more the larger the company is, while
anybody wants twenty of them. So candidates come from three places, each with its limit:

    live   the rows in sight in which something happened last, read one after the other
    wide   names that begin with the word, and names whose initials it is, by indexes of their own
    deep   rows the index of terms names; only asked when *live* did not find enough, which means the word is rare

and the ranking (exact name, prefix, initials of the whole name, substring; within each one's own first, then the
latest activity) is made over the candidates alone. One statement in all.
"""
# ruff: noqa: S608, S611 -- the SQL is put together from parts written here; what was typed is a parameter

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import models
from django.db.models import F, QuerySet
from django.db.models.expressions import RawSQL

from .search import SearchQuery, normalise

LIVE, ENOUGH = 2000, 60
WIDE, DEEP = 500, 5000
HEAD = 60
COLUMNS = "id, search_terms, search_text, search_pinyin, search_initials, last_activity_at, owner_position_id"

# SQL with its parameters
Fragment = tuple[str, Sequence[Any]]

_BEST = """
with live as materialized (
    select id from ({live}) n where {matching}
), found as (
    select id from live
    union
    select id from ({rows}) seen where id = any (array(
        (select id from {table} where left(search_text, {head}) like %s order by left(search_text, {head}) using ~<~ limit {wide})
        union (select id from {table} where left(search_initials, {head}) = %s limit {wide})
        union (select id from {table} where left(search_initials, {head}) like %s limit {wide})
        union (select id from {table} where (select count(*) from live) < {enough} and {indexed} limit {deep})
    ))
    {also}
)
select {table}.id from found join {table} using (id) order by {order} limit %s
"""
_ORDER = (
    "case when {table}.name = %s or {table}.search_text = %s or {table}.search_text like %s then 0"
    " when {table}.search_text like %s then 1"
    " when '|' || {table}.search_initials || '|' like %s then 2 else 3 end",
    "({table}.owner_position_id = any (%s)) is not true",
)


@dataclass(frozen=True, kw_only=True)
class Sight:
    """What a reader may find.

    ``rows`` are the living and visible ones; ``live`` is the SQL of the liveliest of them, with the columns of
    ``COLUMNS``; ``also`` are hits by other ways than the name, such as phones.
    """

    rows: QuerySet[Any]
    live: Fragment
    also: QuerySet[Any] | None = None


def best(*, sight: Sight, plan: SearchQuery, text: str, positions: Collection[int], limit: int) -> QuerySet[Any]:
    """The best ``limit`` hits in order (decision 19). One statement; its work does not grow with the table."""
    model = sight.rows.model
    table, name, word = model._meta.db_table, text.strip(), normalise(text)[:HEAD]
    live, live_values = sight.live
    rows, row_values = _compiled(sight.rows.order_by().values("id"))
    also, also_values = _compiled(sight.also.order_by().values("id")[:WIDE]) if sight.also is not None else ("", ())
    matching, match_values = _every_word(plan, "{column} like %s and search_terms @> %s::text[]", text_first=True)
    # as a subquery the terms are not known to the planner, which then always takes their index
    indexed, index_values = _every_word(plan, "search_terms @> (select %s::text[]) and {column} like %s", text_first=False)
    rank = tuple(part.format(table=table) for part in _ORDER)
    rank_values = ((name, word, f"{word}|%", f"{word}%", f"%|{word}|%"), (sorted(positions),))
    statement = _BEST.format(
        live=live, matching=matching, rows=rows, table=table, head=HEAD, wide=WIDE, deep=DEEP, enough=ENOUGH,
        indexed=indexed, also=f"union ({also})" if also else "",
        order=f"{rank[0]}, {rank[1]}, {table}.last_activity_at desc, {table}.id desc",
    )
    values = (
        *live_values, *match_values, *row_values, f"{word}%", word, f"{word}|%", *index_values, *also_values,
        *rank_values[0], *rank_values[1], limit,
    )
    ids = RawSQL(f"array({statement})", values)
    ordered = [RawSQL(sql, given) for sql, given in zip(rank, rank_values, strict=True)]
    best: QuerySet[Any] = model._default_manager.filter(IsOneOf(F("pk"), ids))
    return best.order_by(*ordered, F("last_activity_at").desc(), "-pk")


class IsOneOf(models.Func):
    """``id = ANY (ARRAY(…))``: PostgreSQL looks the few ids up instead of reading the table beside them."""

    template = "%(expressions)s)"
    arg_joiner = " = any ("
    output_field = models.BooleanField()
    conditional = True


def _compiled(rows: QuerySet[Any]) -> Fragment:
    try:
        return rows.query.sql_with_params()
    except EmptyResultSet:  # a reader who may see none of these
        return "select null::bigint as id where false", ()


def _every_word(plan: SearchQuery, way: str, *, text_first: bool) -> Fragment:
    """The condition that every word of the plan is in one of the row's columns; phones have none."""
    conditions: list[str] = []
    values: list[Any] = []
    for word in plan.words:
        ways = []
        for one in (one for one in word if one.column):
            more = "".join(f" and {column} like %s" for column, _contains in one.more)
            ways.append(f"({way.replace('{column}', one.column)}{more})")
            pair = (f"%{one.contains}%", list(one.terms))
            values += pair if text_first else reversed(pair)
            values += [f"%{contains}%" for _column, contains in one.more]
        conditions.append(f"({' or '.join(ways) or 'false'})")
    return " and ".join(conditions) or "false", values
