"""Paging by the last row seen instead of by OFFSET: the thousandth page costs what the first one does."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import EmptyResultSet, FieldDoesNotExist, ValidationError
from django.db import connections
from django.db.models import DateField, F, Index, OrderBy, Q, QuerySet
from django.db.models.constants import LOOKUP_SEP
from django.db.models.sql.where import WhereNode

from keqing.kit import counts
from keqing.kit.counts import Statement
from keqing.kit.prepared import NOTHING_GIVEN, Given, Prepared

VALUE = "keyset_value"
# rows passed to find a page of common ones: a word in one row of a thousand still fills it
WALK = 100_000


@dataclass(frozen=True, kw_only=True)
class Sort:
    """Order by ``path`` and then by the primary key, empty values last in either direction."""

    key: str
    path: str
    descending: bool


@dataclass(frozen=True, kw_only=True)
class Page:
    rows: Sequence[Any]
    after: str
    before: str


@dataclass(frozen=True)
class _Cursor:
    value: Any
    pk: Any


def page(
    *, queryset: QuerySet[Any], sort: Sort, size: int, after: str = "", before: str = "", start: Any = "", common: bool = False
) -> Page:
    """The ``size`` rows after (or before) a cursor, or from the value ``start`` on; ``after``/``before`` lead on.

    A cursor that was cut or belongs to another order is ignored: the first page is shown. ``common``: so many rows are known to
    match that the next ones in the order are soon met; collecting all to sort them would take longer the larger the table.
    """
    walk = _Walk(queryset=queryset, sort=sort, common=common)
    if before and (cursor := walk.read(before)):
        rows = walk.backward(cursor, size + 1)
        more = len(rows) > size
        rows = rows[-size:]
        if len(rows) == size:
            return Page(rows=rows, after=walk.write(rows[-1]), before=walk.write(rows[0]) if more else "")
        after = ""  # fewer than a page lie before: show the first page whole
    cursor = walk.read(after) if after else None
    rows = walk.forward(cursor, start, size + 1)
    more = len(rows) > size
    rows = rows[:size]
    behind = bool(rows) and (cursor is not None or start not in (None, ""))
    return Page(rows=rows, after=walk.write(rows[-1]) if more else "", before=walk.write(rows[0]) if behind else "")


class Opening:
    """The first page of a list, its statement written once: to be kept while the list stays the same.

    ``gathered``: no index has the rows in order, so all have to be found and sorted; what belongs to a row is then joined to
    those of the page alone.
    """

    def __init__(self, *, queryset: QuerySet[Any], sort: Sort, size: int, gathered: bool = False) -> None:
        self._walk, self._size = _Walk(queryset=queryset, sort=sort), size
        first = self._walk.first_by_key if gathered and _is_a_row_each(queryset) else self._walk.first
        self._read: Prepared[Any] = Prepared(lambda: first(size + 1))

    def page(self, given: Given = NOTHING_GIVEN) -> Page:
        rows = self._read.rows(given)
        shown = rows[: self._size]
        return Page(rows=shown, after=self._walk.write(shown[-1]) if len(rows) > self._size else "", before="")


def neighbours(*, queryset: QuerySet[Any], sort: Sort, value: Any, pk: Any) -> tuple[Any, Any]:
    """The rows before and after the place (``value``, ``pk``) in this order; None where the list ends.

    The place need not hold a row of ``queryset``: one that just left the filter still has neighbours.
    """
    walk = _Walk(queryset=queryset, sort=sort)
    cursor = _Cursor(value, pk)
    before, after = walk.backward(cursor, 1), walk.forward(cursor, "", 1)
    return (before[-1] if before else None), (after[0] if after else None)


def date_field(*, queryset: QuerySet[Any], path: str) -> "DateField[Any, Any] | None":
    """The field the order follows, when it is one of days or moments."""
    known = queryset.query.annotations.get(path)
    try:
        field = known.output_field if known is not None else queryset.model._meta.get_field(path)
    except FieldDoesNotExist:
        return None
    return field if isinstance(field, DateField) else None


def ordered(*, queryset: QuerySet[Any], sort: Sort) -> QuerySet[Any]:
    """All rows in the order the pages follow."""
    return _Walk(queryset=queryset, sort=sort).whole()


class _Walk:
    def __init__(self, *, queryset: QuerySet[Any], sort: Sort, common: bool = False) -> None:
        self.sort = sort
        self.walks = common and _is_ordered(queryset, sort)
        self.queryset = queryset.annotate(**{VALUE: F(sort.path)})
        self.field = self.queryset.query.annotations[VALUE].output_field
        self.may_be_empty = _may_be_empty(queryset, sort.path)

    def whole(self) -> QuerySet[Any]:
        return self._ordered(self.queryset, backwards=False)

    def first(self, limit: int) -> QuerySet[Any]:
        return self.whole()[:limit]

    def first_by_key(self, limit: int) -> QuerySet[Any]:
        """The same rows; PostgreSQL joins before it sorts."""
        keys = self.first(limit).values("pk")
        rows = self.queryset.all()
        rows.query.where = WhereNode()  # the keys are of rows that met the conditions
        return self._ordered(rows.filter(pk__in=keys), backwards=False)

    def forward(self, cursor: _Cursor | None, start: Any, limit: int) -> list[Any]:
        ordered = self._ordered(self.queryset, backwards=False)
        if cursor is None and start in (None, ""):
            return self._next(Q(), limit, backwards=False)
        if cursor is not None and cursor.value is None:
            return list(ordered.filter(self._empty() & self._beyond_pk(cursor, backwards=False))[:limit])
        from_here = "lte" if self.sort.descending else "gte"
        condition = self._beyond(cursor, backwards=False) if cursor else Q(**{f"{self.sort.path}__{from_here}": start})
        rows = self._next(condition, limit, backwards=False)
        # the rows without a value follow in a second read, so that the first can use its index
        if self.may_be_empty and len(rows) < limit:
            rows += list(ordered.filter(self._empty())[: limit - len(rows)])
        return rows

    def backward(self, cursor: _Cursor, limit: int) -> list[Any]:
        ordered = self._ordered(self.queryset, backwards=True)
        if cursor.value is not None:
            return self._next(self._beyond(cursor, backwards=True), limit, backwards=True)[::-1]
        rows = list(ordered.filter(self._empty() & self._beyond_pk(cursor, backwards=True))[:limit])
        if len(rows) < limit:
            rows += list(ordered.filter(~self._empty())[: limit - len(rows)])
        return rows[::-1]

    def _next(self, condition: Q, limit: int, *, backwards: bool) -> list[Any]:
        keys = self._met(condition, limit, backwards=backwards) if self.walks else []
        if len(keys) == limit:
            return list(self._ordered(self.queryset.filter(pk__in=keys), backwards=backwards))
        return list(self._ordered(self.queryset.filter(condition), backwards=backwards)[:limit])

    def _met(self, condition: Q, limit: int, *, backwards: bool) -> list[Any]:
        """The keys of the first rows, met by walking along the index of the order; fewer than ``limit`` says nothing.

        Left to itself PostgreSQL takes the conditions on a text for rare, gathers every match and sorts them.
        """
        model = self.queryset.model
        table = connections[self.queryset.db].ops.quote_name(model._meta.db_table)
        every = self._ordered(model._base_manager.filter(condition), backwards=backwards)[:WALK]
        wanted = self._ordered(self.queryset.filter(condition), backwards=backwards).values("pk")[:limit]
        try:
            passed, passed_values = every.query.sql_with_params()
            sql, values = wanted.query.sql_with_params()
        except EmptyResultSet:
            return []
        head, _whole, rest = sql.partition(f" FROM {table} ")
        if not rest or "%s" in head:
            return []
        # the ORM wrote both; every value travels as a parameter
        walk = f"{head} FROM ({passed}) {table} {rest}"
        return [key for (key,) in Statement(walk, (*passed_values, *values), self.queryset.db).rows()]

    def write(self, row: Any) -> str:
        value = getattr(row, VALUE)
        packed = json.dumps([self._order(), _text(value), str(row.pk)], ensure_ascii=False).encode()
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")

    def read(self, text: str) -> _Cursor | None:
        try:
            packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            order, value, pk = json.loads(packed)
            if order != self._order() or (value is None and not self.may_be_empty):
                return None
            clean = None if value is None else self.field.to_python(value)
            return _Cursor(clean, self.queryset.model._meta.pk.to_python(pk))
        except (binascii.Error, ValueError, TypeError, ValidationError):
            return None

    def _order(self) -> str:
        return f"-{self.sort.key}" if self.sort.descending else self.sort.key

    def _ordered(self, queryset: QuerySet[Any], *, backwards: bool) -> QuerySet[Any]:
        descending = self.sort.descending != backwards
        path = F(self.sort.path)
        if not self.may_be_empty:
            value = path.desc() if descending else path.asc()
        elif backwards:
            value = path.desc(nulls_first=True) if descending else path.asc(nulls_first=True)
        else:
            value = path.desc(nulls_last=True) if descending else path.asc(nulls_last=True)
        return queryset.order_by(value, "-pk" if descending else "pk")

    def _beyond(self, cursor: _Cursor, *, backwards: bool) -> Q:
        # "value ≤ v and (value < v or id < i)" lets PostgreSQL walk the index; the plain OR does not
        sign = "lt" if self.sort.descending != backwards else "gt"
        path = self.sort.path
        return Q(**{f"{path}__{sign}e": cursor.value}) & (
            Q(**{f"{path}__{sign}": cursor.value}) | self._beyond_pk(cursor, backwards=backwards)
        )

    def _beyond_pk(self, cursor: _Cursor, *, backwards: bool) -> Q:
        sign = "lt" if self.sort.descending != backwards else "gt"
        return Q(**{f"pk__{sign}": cursor.pk})

    def _empty(self) -> Q:
        return Q(**{f"{self.sort.path}__isnull": True})


def _is_a_row_each(queryset: QuerySet[Any]) -> bool:
    """Whether each row stands there once without the conditions too."""
    query = queryset.query
    return not (query.distinct or query.combinator or query.group_by or counts.multiplies(queryset))


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return value.isoformat() if isinstance(value, date) else str(value)


def _is_ordered(queryset: QuerySet[Any], sort: Sort) -> bool:
    """Whether an index holds all rows of the table in this order."""
    if queryset.query.distinct:
        return False
    may_be_empty = _may_be_empty(queryset, sort.path)
    return any(one.condition is None and _leads(one, sort, may_be_empty) for one in queryset.model._meta.indexes)


def _leads(index: Index, sort: Sort, may_be_empty: bool) -> bool:
    """Read from its end it puts empty values first, so with such values the direction has to be its own."""
    plain = [OrderBy(F(name), descending=bool(direction)) for name, direction in index.fields_orders]
    columns = [one for one in (plain or index.expressions)[:2] if isinstance(one, OrderBy)]
    if [one.expression for one in columns] != [F(sort.path), F("id")]:
        return False
    value, key = columns
    if value.descending != key.descending:
        return False
    empty_last = value.nulls_last if value.descending else not value.nulls_first
    return not may_be_empty or bool(value.descending == sort.descending and empty_last)


def _may_be_empty(queryset: QuerySet[Any], path: str) -> bool:
    if path == "pk":
        return False
    if LOOKUP_SEP in path or path in queryset.query.annotations:
        return True
    try:
        return bool(getattr(queryset.model._meta.get_field(path), "null", True))
    except FieldDoesNotExist:
        return True
