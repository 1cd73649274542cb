"""Insert many rows by COPY: several times faster than INSERT, which spends most of its time on quoting values.

Same effect as ``bulk_create`` for plain models: ids are drawn beforehand and set on the objects, triggers and
constraints work, errors are Django's. Few rows take the ordinary way.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, TypeVar

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models, transaction
from psycopg import sql
from psycopg.types.json import Jsonb

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
    with transaction.atomic():
        _draw_ids(rows)
        _copy(rows)
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias
    return rows


def _draw_ids(rows: Sequence[models.Model]) -> None:
    meta = rows[0]._meta
    without = [row for row in rows if row.pk is None]
    if not without:
        return
    with connection.cursor() as cursor:
        cursor.execute(_SEQUENCE, {"table": f'"{meta.db_table}"', "column": meta.pk.column})
        sequence = cursor.fetchone()[0]
        cursor.execute("select nextval(%s::regclass) from generate_series(1, %s)", [sequence, len(without)])
        for row, (number,) in zip(without, cursor.fetchall(), strict=True):
            row.pk = number


def _copy(rows: Sequence[models.Model]) -> None:
    meta = rows[0]._meta
    fields = [field for field in meta.concrete_fields if not getattr(field, "generated", False)]
    takers = [_taker(field) for field in fields]
    statement = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier(meta.db_table), sql.SQL(", ").join(sql.Identifier(field.column) for field in fields)
    )
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([take(row) for take in takers])


def _taker(field: models.Field[Any, Any]) -> Callable[[models.Model], Any]:
    name = field.attname
    if isinstance(field, models.JSONField):
        dumps = partial(json.dumps, cls=field.encoder)
        return lambda row: None if getattr(row, name) is None else Jsonb(getattr(row, name), dumps)
    if isinstance(field, ArrayField) and isinstance(field.base_field, models.TextField | models.CharField):
        return lambda row: _array(getattr(row, name))
    if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        return lambda row: field.pre_save(row, True)
    return lambda row: getattr(row, name)


def _array(texts: Sequence[str] | None) -> str | None:
    """A text array as PostgreSQL writes it; the driver's own way is many times slower."""
    if not texts:
        return None if texts is None else "{}"
    joined = '","'.join(texts)
    if "\\" in joined or joined.count('"') != 2 * (len(texts) - 1):
        joined = '","'.join(text.replace("\\", "\\\\").replace('"', '\\"') for text in texts)
    return f'{{"{joined}"}}'
