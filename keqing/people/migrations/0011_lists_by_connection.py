"""How many terms may wait for the search index is said by the connection, so that an import may let more wait."""

import django.contrib.postgres.indexes
from django.db import migrations

TABLES = ("organisation", "person")
RESET = "alter index {}_search reset (gin_pending_list_limit)"
SET = "alter index {}_search set (gin_pending_list_limit = 128)"


def index(table):
    return django.contrib.postgres.indexes.GinIndex(fastupdate=True, fields=["search_terms"], name=f"{table}_search")


class Migration(migrations.Migration):
    dependencies = [("people", "0010_how_they_came")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(RESET.format(table), SET.format(table)) for table in TABLES],
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
