"""联系人管理 is sorted by the last contact; who was never met comes last."""

from django.db import migrations

INDEX = "create index person_met on people_person (last_contact_on desc nulls last, id desc) where is_affiliated and deleted_at is null"


class Migration(migrations.Migration):
    dependencies = [("people", "0007_chip_counts")]

    operations = [migrations.RunSQL(INDEX, "drop index person_met")]
