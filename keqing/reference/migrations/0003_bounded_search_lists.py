"""The search index takes terms together, from a short list, instead of one by one: the index is set, not rebuilt."""

import django.contrib.postgres.indexes
from django.db import migrations

TABLES = ("division",)
ON = "alter index {}_search set (fastupdate = on, gin_pending_list_limit = 128)"
OFF = "alter index {}_search set (fastupdate = off)"


def index(table):
    return django.contrib.postgres.indexes.GinIndex(
        fastupdate=True, fields=["search_terms"], gin_pending_list_limit=128, name=f"{table}_search"
    )


class Migration(migrations.Migration):
    dependencies = [("reference", "0002_divisions")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(ON.format(table), OFF.format(table)) for table in TABLES],
            state_operations=[
                operation
                for table in TABLES
                for operation in (
                    migrations.RemoveIndex(model_name=table, name=f"{table}_search"),
                    migrations.AddIndex(model_name=table, index=index(table)),
                )
            ],
        ),
    ]
