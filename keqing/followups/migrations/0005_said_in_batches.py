"""The index of what records say takes them from a short list, together: recording a contact pays a quarter.

The list is kept so short that a search reads it without noticing.
"""

from django.db import migrations

ON = "alter index contact_said set (fastupdate = on, gin_pending_list_limit = 128)"
OFF = "alter index contact_said set (fastupdate = off)"


class Migration(migrations.Migration):
    dependencies = [("followups", "0004_said")]

    operations = [migrations.RunSQL(ON, OFF)]
