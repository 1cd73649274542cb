"""The delivered rules as version 1; later changes of the file come in by ``load_rules``."""

import tomllib
from datetime import date

from django.conf import settings
from django.db import migrations


def load(apps, schema_editor):
    RuleVersion = apps.get_model("compliance", "RuleVersion")
    path = settings.ROOT / "config" / "policies" / "rules.toml"
    for rule_id, raw in tomllib.loads(path.read_text(encoding="utf-8")).items():
        RuleVersion.objects.create(
            rule_id=rule_id, version=1, title=raw["title"], severity=raw["severity"], action=raw["action"],
            text_zh=raw["text"], basis=raw["basis"], source_url=raw["source_url"],
            parameters=raw.get("parameters", {}), test_cases=raw.get("tests", {}), delivered=raw,
            valid_from=date(2026, 1, 1), reason="随系统交付",
        )


class Migration(migrations.Migration):
    dependencies = [("compliance", "0001_initial")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
