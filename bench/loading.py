"""Filling large tables quickly: indexes aside, triggers off, columns the caller does not name at their defaults."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
from django.contrib.postgres.fields import ArrayField
from django.db.models import JSONField, Model
from psycopg import sql

SALT = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1


def hashed(row: int, what: int) -> int:
    """A well mixed number of 64 bits for a row and a question about it (splitmix64): the same on every machine."""
    mixed = (row + what * SALT + SALT) & _MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
    return mixed ^ (mixed >> 31)


def share(row: int, what: int) -> float:
    """Between 0 and 1, even."""
    return (hashed(row, what) >> 11) / (1 << 53)


def sql_share(what: int) -> str:
    """The same idea inside the database, for the column ``i``: even between 0 and 1."""
    return f"((hashint8extended(i, {what}) & 9007199254740991)::float8 / 9007199254740992)"


def sql_pick(words: Sequence[str], what: int) -> str:
    quoted = ", ".join("'" + word.replace("'", "''") + "'" for word in words)
    return f"(array[{quoted}])[1 + (hashint8extended(i, {what}) & 1073741823) % {len(words)}]"


def columns_of(model: type[Model], *, without_id: bool = False) -> list[Any]:
    return [
        field
        for field in model._meta.concrete_fields
        if not getattr(field, "generated", False) and not (without_id and field.primary_key)
    ]


def default_of(field: Any) -> Any:
    """What an ordinary new row has there, as COPY writes it."""
    value = None if field.null and not field.has_default() else field.get_default()
    if isinstance(field, ArrayField):
        return "{" + ",".join(f'"{one}"' for one in value or ()) + "}"
    if isinstance(field, JSONField):
        return "{}" if value == {} else "[]" if value == [] else None
    return value


def copy_in(
    connection: psycopg.Connection[Any], model: type[Model], rows: Iterable[Mapping[str, Any]], *, table: str = ""
) -> None:
    """COPY rows given as column → value; the other columns get their defaults."""
    fields = columns_of(model)
    defaults = {field.column: default_of(field) for field in fields}
    statement = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier(table or model._meta.db_table), sql.SQL(", ").join(map(sql.Identifier, defaults))
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([row.get(name, default) for name, default in defaults.items()])


def insert_from(model: type[Model], given: Mapping[str, str], source: str) -> str:
    """``INSERT … SELECT`` with expressions for the given columns and defaults for the others; ids come from the table."""
    fields = columns_of(model, without_id=model._meta.pk.column not in given)
    unknown = set(given) - {field.column for field in fields}
    if unknown:
        raise ValueError(f"{model._meta.db_table} has no {unknown}")
    names = ", ".join(f'"{field.column}"' for field in fields)
    chosen = ", ".join(given.get(field.column) or _literal(default_of(field)) for field in fields)
    return f'insert into "{model._meta.db_table}" ({names}) select {chosen} {source}'


def array_text(texts: Iterable[str]) -> str:
    """A text array as COPY reads it. The words here hold no quotes."""
    joined = '","'.join(texts)
    return f'{{"{joined}"}}' if joined else "{}"


@contextmanager
def without_indexes(connect: Callable[[], psycopg.Connection[Any]], tables: Sequence[str]) -> Iterator[None]:
    """Indexes that serve no constraint are dropped meanwhile and built afterwards, which takes a fraction of the time."""
    with connect() as connection:
        found = connection.execute(
            "select i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) from pg_index i "
            "where i.indrelid = any(%s::regclass[]) and not i.indisprimary "
            "and not exists (select 1 from pg_constraint c where c.conindid = i.indexrelid)",
            [list(tables)],
        ).fetchall()
        for name, _ in found:
            connection.execute(f"drop index {name}")  # names from the catalogue, quoted by it
    yield
    _build([definition for _, definition in found], connect)


def _build(definitions: list[str], connect: Callable[[], psycopg.Connection[Any]]) -> None:
    """Two at a time, one for each core: most of the time of large data goes here."""

    def work() -> None:
        with connect() as connection:
            connection.execute("set maintenance_work_mem = '1GB'")
            while definitions:
                try:
                    definition = definitions.pop()
                except IndexError:
                    return
                connection.execute(definition)

    with ThreadPoolExecutor(2) as pool:
        for one in [pool.submit(work), pool.submit(work)]:
            one.result()


def _literal(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"
