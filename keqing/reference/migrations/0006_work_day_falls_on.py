from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("reference", "0005_lists_by_connection")]

    operations = [
        migrations.AlterModelOptions(name="workday", options={"ordering": ["falls_on"], "verbose_name": "工作日历"}),
        migrations.RenameField(model_name="workday", old_name="day", new_name="falls_on"),
    ]
