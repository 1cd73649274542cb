from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from keqing.audit.actions import seal_entries


class Command(BaseCommand):
    help = "封存还没有封存的审计记录"

    def handle(self, *args: Any, **options: Any) -> None:
        total = 0
        while count := seal_entries(at=timezone.now()):
            total += count
        self.stdout.write(f"已封存 {total} 条审计记录。")
