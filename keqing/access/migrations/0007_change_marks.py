from django.db import migrations, models

from keqing.access.change_marks import FUNCTION, watch


class Migration(migrations.Migration):
    dependencies = [("access", "0006_word_use"), ("reference", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="ChangeMark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("n", models.BigIntegerField()),
            ],
            options={"verbose_name": "变更计数"},
        ),
        migrations.RunSQL(FUNCTION, "DROP FUNCTION access_note_change"),
        # a sign-in writes last_login, which nobody's rights hang on
        watch("access_staff", columns="name, is_active"),
        watch("access_position"),
        watch("access_orgunit"),
        watch("access_proxy"),
        watch("access_share"),
        watch("reference_division"),
    ]
