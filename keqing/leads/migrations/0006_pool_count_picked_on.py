import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("leads", "0005_list_by_deadline"), ("access", "0004_cardrate")]

    operations = [
        migrations.RemoveConstraint(model_name="poolcount", name="pool_count_day"),
        migrations.RenameField(model_name="poolcount", old_name="day", new_name="picked_on"),
        migrations.AlterField(
            model_name="poolcount", name="staff",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="access.staff", verbose_name="员工"
            ),
        ),
        migrations.AddConstraint(
            model_name="poolcount", constraint=models.UniqueConstraint(fields=("staff", "picked_on"), name="pool_count_day")
        ),
    ]
