"""Rows that migrations deliver (divisions, rules), kept so that they survive a flush.

A test with real transactions, such as one with ``live_server``, ends with every table emptied; the next
test would find an installation no company ever has.
"""

from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.db.models.signals import post_migrate
from psycopg import sql

# filled by Django itself after a flush
NOT_OURS = {"django_migrations", "django_content_type", "auth_permission"}


def keep() -> None:
    """Remember what is in the fresh database and put it back after every flush."""
    with connection.cursor() as cursor:
        rows = {table: content for table in _tables() if (content := _content(cursor, table))}

    def restore(**_: Any) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            # no triggers: the rows come with the history they made the first time
            cursor.execute("SET LOCAL session_replication_role = replica")
            for table, content in rows.items():
                with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))) as copy:
                    copy.write(content)

    # the signal comes once for each application with models: one of them is enough
    post_migrate.connect(restore, sender=apps.get_app_config("reference"), weak=False)


def _tables() -> list[str]:
    return [name for name in connection.introspection.django_table_names(only_existing=True) if name not in NOT_OURS]


def _content(cursor: Any, table: str) -> bytes:
    with cursor.copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))) as copy:
        return b"".join(bytes(part) for part in copy)
