from django.db import migrations

from keqing.access.change_marks import watch


class Migration(migrations.Migration):
    """Labels are offered in every list of customers; what is offered is remembered until it changes."""

    dependencies = [("people", "0011_lists_by_connection"), ("access", "0007_change_marks")]

    operations = [watch("people_dimension"), watch("people_tag")]
