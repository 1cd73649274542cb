"""The channels as delivered: five that bring customers, five ways of getting in touch (R-184)."""

import tomllib
from pathlib import Path

from django.db import migrations

SEED = Path(__file__).resolve().parents[1] / "seed" / "channels.toml"


def load(apps, schema_editor):
    Channel = apps.get_model("leads", "Channel")
    delivered = tomllib.loads(SEED.read_text(encoding="utf-8"))["channel"]
    Channel.objects.bulk_create([Channel(order=number * 10, **one) for number, one in enumerate(delivered, 1)])


class Migration(migrations.Migration):
    dependencies = [("leads", "0001_initial")]

    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
