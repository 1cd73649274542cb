"""Reads that every page asks: the ORM writes their statement once, afterwards only the values change.

Building and writing a statement takes the ORM several times as long as the database needs to answer it by an index.
What depends on the reader's rights, on filters or on the clock is not for this: only the values named may differ.
"""

import inspect
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import update_wrapper
from typing import Any, Generic, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import BigAutoField, ForeignKey, Lookup, QuerySet

T = TypeVar("T")


@BigAutoField.register_lookup
@ForeignKey.register_lookup
class AmongLookup(Lookup):
    """``filter(pk__among=ids)``: as ``in``, but one statement for any number of ids."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, values = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s)", (*values, list(self.rhs))


@dataclass(frozen=True)
class Given:
    """Values for a statement that was written with marks in their places: pairs of both."""

    pairs: Sequence[tuple[Any, Any]] = ()

    def put_in(self, parameters: Sequence[Any]) -> tuple[Any, ...]:
        """Refuses a statement one of the marks did not reach: it would ask for the mark itself, or for everything."""
        if not self.pairs:
            return tuple(parameters)
        used: set[Any] = set()
        filled = tuple(self._value(one, used) for one in parameters)
        if len(used) < len(self.pairs):
            raise TypeError("a value was changed before the statement was written")
        return filled

    def _value(self, one: Any, used: set[Any]) -> Any:
        """Whole numbers keep the width the column's field wrapped the mark in, and texts the signs of a pattern around them."""
        for place, (mark, value) in enumerate(self.pairs):
            if _is(one, mark):
                used.add(place)
                return type(one)(value) if isinstance(one, int) else value
            if isinstance(mark, str) and isinstance(one, str) and one == f"%{mark}%":
                used.add(place)
                return f"%{_literally(value)}%"
        if isinstance(one, list) and any(isinstance(part, str) for part in one):
            return [self._value(part, used) for part in one]
        return one


NOTHING_GIVEN = Given()


def _literally(text: str) -> str:
    """As a pattern of ``like`` writes a text that holds its signs."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


class Prepared(Generic[T]):
    """A function from values to a queryset, called with the same names to get its rows.

    The function runs once, with marks in the place of the values: it must pass them on as they are.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, T]]) -> None:
        update_wrapper(self, build)
        self.build = build
        self.marks = {name: _mark(kind, number) for number, (name, kind) in enumerate(inspect.get_annotations(build).items()) if name != "return"}
        self.written: tuple[QuerySet[Any, T], Any, str, Sequence[Any]] | None = None

    def __call__(self, **values: Any) -> list[T]:
        return self.rows(Given([(mark, values[name]) for name, mark in self.marks.items()]))

    def rows(self, given: Given) -> list[T]:
        try:
            queryset, compiler, sql, parameters = self.written or self._write()
        except EmptyResultSet:
            return []  # a condition nothing meets, whatever the values
        asked = copy(compiler)
        asked.connection = connections[queryset.db]
        asked.as_sql = lambda *_args, **_kwargs: (sql, given.put_in(parameters))
        rows = queryset._chain()  # type: ignore[attr-defined]
        rows.query.get_compiler = lambda *_args, **_kwargs: asked
        return list(rows)

    def _write(self) -> tuple[QuerySet[Any, T], Any, str, Sequence[Any]]:
        queryset = self.build(**self.marks)
        compiler = queryset.query.get_compiler(using=queryset.db)
        sql, parameters = compiler.as_sql()
        if unused := [name for name, mark in self.marks.items() if not any(_is(one, mark) for one in parameters)]:
            raise TypeError(f"{self.build.__qualname__} changed {', '.join(unused)} before the statement was written")
        self.written = queryset, compiler, sql, parameters
        return self.written


def prepared(build: Callable[..., QuerySet[Any, T]]) -> Prepared[T]:
    """Decorates a function of keyword values (int, list[int], date, datetime) that returns a queryset."""
    return Prepared(build)


def _mark(kind: Any, number: int) -> Any:
    """A value of the kind that no row has."""
    marks = {
        int: -2_100_000_000 - number, list[int]: [-2_100_000_000 - number], date: date(1, 1, 1 + number),
        datetime: datetime(1, 1, 2 + number, tzinfo=UTC),
    }
    return marks[kind]


def _is(one: Any, mark: Any) -> bool:
    return isinstance(one, type(mark)) and bool(one == mark)
