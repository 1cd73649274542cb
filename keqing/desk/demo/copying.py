"""Filling tables quickly: ids drawn ahead, rows by COPY.

Nothing here is audited or announced; the caller writes what the actions would have written.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import JSONField, Model
from psycopg import sql

CUSTOMER_IDS = "people_customer_id"
SHARED_IDS = {"people_organisation": CUSTOMER_IDS, "people_person": CUSTOMER_IDS}


def number(rows: Sequence[Model]) -> None:
    """Give unsaved rows of one model their ids, in order."""
    if not rows:
        return
    table = type(rows[0])._meta.db_table
    with connection.cursor() as cursor:
        sequence = SHARED_IDS.get(table)
        if sequence is None:
            cursor.execute("select pg_get_serial_sequence(%s, 'id')", [table])
            sequence = cursor.fetchone()[0]
        cursor.execute("select nextval(%s) from generate_series(1, %s)", [sequence, len(rows)])
        for row, (pk,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk = pk


def copy_rows(rows: Sequence[Model]) -> int:
    """Insert rows of one model; those without an id get one from the table. Returns how many."""
    if not rows:
        return 0
    meta = type(rows[0])._meta
    fields = [f for f in meta.concrete_fields if not (f.primary_key and rows[0].pk is None)]
    statement = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier(meta.db_table), sql.SQL(", ").join(sql.Identifier(f.column) for f in fields)
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for values in _values(rows, fields):
            copy.write_row(values)
    return len(rows)


def _values(rows: Iterable[Model], fields: Sequence[Any]) -> Iterable[list[Any]]:
    """Most values go as they are; JSON needs its wrapper."""
    names = [f.attname for f in fields]
    wrapped = [(n, f) for n, f in enumerate(fields) if isinstance(f, JSONField)]
    for row in rows:
        values = [getattr(row, name) for name in names]
        for n, f in wrapped:
            values[n] = f.get_db_prep_save(values[n], connection)
        yield values
