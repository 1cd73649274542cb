"""The topics the marketing department follows (R-173). A company adds its own."""

from django.db import migrations

TOPICS = ("肿瘤", "抗生素", "抗病毒", "心血管", "新药研发", "集采与医保", "竞品")


def add(apps, _schema):
    apps.get_model("news", "Topic").objects.bulk_create(
        [apps.get_model("news", "Topic")(name=name) for name in TOPICS], ignore_conflicts=True
    )


class Migration(migrations.Migration):
    dependencies = [("news", "0001_initial")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
