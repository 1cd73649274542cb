from django.db import migrations


def load(apps, schema_editor):
    """The seeded edition; later ones come by ``manage.py load_divisions``."""
    from keqing.reference.actions import load_divisions

    load_divisions()


class Migration(migrations.Migration):
    dependencies = [("reference", "0001_initial")]

    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
