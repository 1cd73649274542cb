"""Any two characters of what a contact record says are found by an index; the text is stored once.

``fastupdate`` starts off; the next migration sets how long the list of waiting records may grow.
"""

from django.db import migrations

SAID = """
create function followups_said(description text, solution text, products text, materials text)
returns text language sql immutable strict parallel safe as $$
    select lower(normalize(description || E'\\n' || solution || E'\\n' || products || E'\\n' || materials, nfkc))
$$
"""
INDEX = """
create index contact_said on followups_contactrecord
using gin (keqing_grams(followups_said(description, solution, products, materials))) with (fastupdate = off)
"""


class Migration(migrations.Migration):
    dependencies = [("followups", "0003_tallies"), ("people", "0005_finding")]

    operations = [
        migrations.RunSQL(SAID, "drop function followups_said"),
        migrations.RunSQL(INDEX, "drop index contact_said"),
    ]
