"""Insert many rows by COPY: several times faster than INSERT, which spends most of its time on quoting values.

Same effect as ``bulk_create`` for plain models: ids are drawn beforehand and set on the objects, triggers and
constraints work, errors are Django's. Few rows take the ordinary way.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from operator import attrgetter
from typing import Any, Generic, TypeVar

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models, transaction
from django.db.models.base import ModelState
from psycopg import sql

M = TypeVar("M", bound=models.Model)

WORTH_COPYING = 100

_SEQUENCE = """
    select coalesce(
        (select substring(pg_get_expr(d.adbin, d.adrelid) from $$nextval\\('([^']+)'::regclass\\)$$)
         from pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
         where d.adrelid = %(table)s::regclass and a.attname = %(column)s),
        pg_get_serial_sequence(%(table)s, %(column)s))
"""


def insert(rows: Iterable[M]) -> list[M]:
    """Store new rows of one model; returns them with their ids."""
    rows = list(rows)
    if len(rows) < WORTH_COPYING:
        return type(rows[0])._default_manager.bulk_create(rows) if rows else rows
    with transaction.atomic(savepoint=False):
        _draw_ids(rows)
        _copy(type(rows[0]), rows)
    alias = connection.alias
    for row in rows:
        row._state.adding, row._state.db = False, alias
    return rows


def insert_while_made(model: type[M], rows: Iterable[M], *, count: int) -> list[M]:
    """``insert`` of exactly ``count`` rows that are made one by one: the database stores the first while the others are made.

    Making a row must not ask the database anything.
    """
    if count < WORTH_COPYING:
        return insert(rows)
    made: list[M] = []
    with transaction.atomic(savepoint=False):
        ids, alias = _drawn(model, count), connection.alias

        def numbered() -> Iterator[M]:
            for number, row in zip(ids, rows, strict=True):
                row.pk = number
                row._state.adding, row._state.db = False, alias
                made.append(row)
                yield row

        _copy(model, numbered())
    return made


def insert_alike(model: type[models.Model], *, common: Mapping[str, Any], each: Mapping[str, Sequence[Any]]) -> None:
    """Store rows that differ in a few columns, without an object for each: one statement.

    ``common`` and ``each`` go by attribute name (``unit_id``, not ``unit``); ``each`` holds one value per row.
    """
    if not any(each.values()):
        return
    pattern = model(**common)
    fields = [field for field in model._meta.concrete_fields if not field.primary_key and not getattr(field, "generated", False)]
    by_name = {field.attname: field for field in fields}
    alike = [field for field in fields if field.attname not in each]
    names = [*(field.column for field in alike), *(by_name[name].column for name in each)]
    constants = [field.get_db_prep_save(field.pre_save(pattern, True), connection) for field in alike]
    arrays = []
    for name, values in each.items():
        write = _writer(by_name[name])
        arrays.append(values if write is None else [write(value) for value in values])
    statement = sql.SQL("insert into {table} ({names}) select {constants}each.* from unnest({arrays}) each").format(
        table=sql.Identifier(model._meta.db_table),
        names=sql.SQL(", ").join([sql.Identifier(str(name)) for name in names]),
        constants=sql.SQL("").join([sql.SQL(f"%s::{_kind(field)}, ") for field in alike]),
        arrays=sql.SQL(", ").join([sql.SQL(f"%s::text[]::{_kind(by_name[name])}[]") for name in each]),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*constants, *map(_as_array, arrays)])


def with_rows(rows: Iterable[models.Model]) -> tuple[str, list[Any]]:
    """The head of a statement that stores a few rows of any models on its way, and its values.

    What follows must be a statement of its own (``select``, ``insert``, …). The rows do not learn their ids.
    """
    alike: dict[type[models.Model], list[models.Model]] = {}
    for row in rows:
        alike.setdefault(type(row), []).append(row)
    clauses, values = [], []
    for number, (model, many) in enumerate(alike.items()):
        fields = [field for field in model._meta.concrete_fields if not field.primary_key and not getattr(field, "generated", False)]
        names = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
        marks = ", ".join([f"({', '.join(['%s'] * len(fields))})"] * len(many))
        values += [field.get_db_prep_save(field.pre_save(row, add=True), connection) for row in many for field in fields]
        table = connection.ops.quote_name(model._meta.db_table)
        clauses.append(f"stored_{number} as (insert into {table} ({names}) values {marks})")  # noqa: S608  names of the model
    return f"with {', '.join(clauses)} " if clauses else "", values


class Mould(Generic[M]):
    """New rows of one model, several times faster than its constructor, which asks every field for its default.

    ``common`` goes to the constructor once; ``make`` takes the rest by attribute name (``unit_id``, not ``unit``).
    """

    def __init__(self, model: type[M], **common: Any) -> None:
        pattern = model(**common)
        self._model = model
        self._cache = dict(pattern._state.fields_cache)
        self._values = {name: value for name, value in vars(pattern).items() if name != "_state"}
        self._own = {name: type(value) for name, value in self._values.items() if isinstance(value, list | dict)}
        if any(self._values[name] for name in self._own):
            raise ValueError("a list or dict in common would be shared by all rows")

    def make(self, *, related: Mapping[str, models.Model | None] | None = None, **values: Any) -> M:
        """``related``: objects behind foreign keys that are at hand, by field name; their ids are in ``values``."""
        row = self._model.__new__(self._model)
        row._state = ModelState()
        row._state.fields_cache = {**self._cache, **(related or {})}
        row.__dict__.update(self._values)
        for name, empty in self._own.items():
            row.__dict__[name] = empty()
        if not values.keys() <= self._values.keys():
            raise TypeError(f"no such attribute: {sorted(values.keys() - self._values.keys())}")
        row.__dict__.update(values)
        return row


def _draw_ids(rows: Sequence[models.Model]) -> None:
    without = [row for row in rows if row.pk is None]
    if without:
        for row, number in zip(without, _drawn(type(rows[0]), len(without)), strict=True):
            row.pk = number


def _drawn(model: type[models.Model], count: int) -> list[int]:
    meta = model._meta
    sequence = _sequence_of(meta.db_table, meta.pk.column)
    with connection.cursor() as cursor:
        cursor.execute("select nextval(%s::regclass) from generate_series(1, %s)", [sequence, count])
        return [number for (number,) in cursor.fetchall()]


@cache
def _sequence_of(table: str, column: str) -> str:
    """The same for the life of the process: it changes only with a migration."""
    with connection.cursor() as cursor:
        cursor.execute(_SEQUENCE, {"table": f'"{table}"', "column": column})
        return str(cursor.fetchone()[0])


def _copy(model: type[M], rows: Iterable[M]) -> None:
    meta = model._meta
    fields = [field for field in meta.concrete_fields if not getattr(field, "generated", False)]
    # all values of a row in one call; only the few columns the driver would write slowly are looked at again
    values_of = attrgetter(*(field.attname for field in fields))
    special = [(at, write) for at, field in enumerate(fields) if (write := _writer(field))]
    stamped = [field for field in fields if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)]
    columns = sql.SQL(", ").join([sql.Identifier(str(field.column)) for field in fields])
    statement = sql.SQL("copy {} ({}) from stdin").format(sql.Identifier(meta.db_table), columns)
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.cursor.copy(statement) as copy:
        for row in rows:
            for field in stamped:
                field.pre_save(row, True)
            values = list(values_of(row))
            for at, write in special:
                values[at] = write(values[at])
            copy.write_row(values)


def _writer(field: models.Field[Any, Any]) -> Callable[[Any], Any] | None:
    if isinstance(field, models.JSONField):
        encoder = json.JSONEncoder if field.encoder is None else field.encoder
        dumps = encoder(ensure_ascii=False, separators=(",", ":")).encode
        return lambda value: None if value is None else "{}" if value == {} else dumps(value)
    if isinstance(field, ArrayField) and isinstance(field.base_field, models.TextField | models.CharField):
        return _array
    return None


def _kind(field: models.Field[Any, Any]) -> str:
    """The column's type without its length: a cast would cut what is too long instead of refusing it."""
    return str(field.db_type(connection)).split("(")[0]


def _as_array(values: Sequence[Any]) -> str | None:
    """Any values as a text array, empty ones as null."""
    if any(value is None for value in values):
        return "{" + ",".join(["null" if value is None else _quoted(str(value)) for value in values]) + "}"
    return _array([value if value.__class__ is str else str(value) for value in values])


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _array(texts: Sequence[str] | None) -> str | None:
    """A text array as PostgreSQL writes it; the driver's own way is many times slower."""
    if not texts:
        return None if texts is None else "{}"
    joined = '","'.join(texts)
    if "\\" in joined or joined.count('"') != 2 * (len(texts) - 1):
        joined = '","'.join(text.replace("\\", "\\\\").replace('"', '\\"') for text in texts)
    return f'{{"{joined}"}}'
