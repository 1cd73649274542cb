from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [("playbooks", "0001_initial")]

    operations = [
        migrations.RemoveConstraint("edition", "edition_days"),
        migrations.RenameField("edition", "active_from", "valid_from"),
        migrations.RenameField("edition", "active_to", "valid_to"),
        migrations.AddConstraint(
            "edition",
            models.CheckConstraint(condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")), name="edition_days"),
        ),
        migrations.AlterModelOptions("round", options={"ordering": ["-night_on"], "verbose_name": "夜间生成"}),
        migrations.RenameField("round", "day", "night_on"),
        migrations.RemoveConstraint("notice", "notice_once"),
        migrations.RemoveIndex("notice", "notice_day"),
        migrations.RenameField("notice", "day", "made_on"),
        migrations.AddIndex("notice", models.Index(fields=["made_on", "position_id"], name="notice_day")),
        migrations.AddConstraint(
            "notice", models.UniqueConstraint(fields=["customer_id", "rule", "number", "made_on"], name="notice_once")
        ),
    ]
