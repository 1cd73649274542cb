"""The search index takes terms together, from a short list, instead of one by one: the index is set, not rebuilt."""

import django.contrib.postgres.indexes
from django.db import migrations, models

KINDS = [
    ("hospital", "医院"), ("clinic", "诊所"), ("pharmacy", "药店"), ("chain", "连锁总部"), ("distributor", "商业公司"),
    ("maker", "生产企业"), ("agent", "代理商/合作伙伴"),
]
TABLES = ("organisation", "person")
ON = "alter index {}_search set (fastupdate = on, gin_pending_list_limit = 128)"
OFF = "alter index {}_search set (fastupdate = off)"


def index(table):
    return django.contrib.postgres.indexes.GinIndex(
        fastupdate=True, fields=["search_terms"], gin_pending_list_limit=128, name=f"{table}_search"
    )


class Migration(migrations.Migration):
    dependencies = [("people", "0005_finding")]

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
        *(
            migrations.AlterField(
                model_name=name, name="kind", field=models.CharField(choices=KINDS, max_length=20, verbose_name="类型")
            )
            for name in ("organisation", "organisationevent")
        ),
    ]
