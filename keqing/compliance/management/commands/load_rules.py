from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from keqing.compliance.actions import load_rules
from keqing.kit.formats import business_date


class Command(BaseCommand):
    help = "把 config/policies/rules.toml 中有变化的规则作为新版本启用"

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        made = load_rules(today=business_date(at), at=at)
        if made or options["verbosity"]:
            self.stdout.write("\n".join(str(rule) for rule in made) or "规则没有变化。")
