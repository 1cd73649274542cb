"""What the search goes by: beginnings of names and initials, and any two characters of a department's name.

Plain SQL, because the indexes are on expressions over functions of our own.
"""

from django.db import migrations

# Every two neighbouring characters as one number. PostgreSQL's own word search does not know Chinese words, and
# its three-letter index has nothing for two characters. Two pairs may share a number: who asks compares the text.
GRAMS = """
create function keqing_grams(given text) returns int[] language sql immutable strict parallel safe as $$
    select array(
        select (ascii(one) << 16) # ascii(two)
        from unnest(string_to_array(given, null), (string_to_array(given, null))[2:]) pair (one, two)
        where two is not null
    )
$$
"""
HEAD = "create index {table}_{part}_head on people_{table} (left(search_{part}, 60) text_pattern_ops)"
DEPARTMENTS = "create index department_grams on people_department using gin (keqing_grams(name)) with (fastupdate = off)"


class Migration(migrations.Migration):
    dependencies = [("people", "0004_once_customers_by_mark")]

    operations = [
        migrations.RunSQL(GRAMS, "drop function keqing_grams"),
        *(
            migrations.RunSQL(HEAD.format(table=table, part=part), f"drop index {table}_{part}_head")
            for table in ("organisation", "person")
            for part in ("text", "initials")
        ),
        migrations.RunSQL(DEPARTMENTS, "drop index department_grams"),
    ]
