from typing import Any

from django.core.management.base import BaseCommand, CommandError

from keqing.audit.actions import verify_audit


class Command(BaseCommand):
    help = "从头核对审计链，指出第一条被改动或删除的记录"

    def handle(self, *args: Any, **options: Any) -> None:
        verdict = verify_audit()
        if verdict.broken_entry_id is not None:
            raise CommandError(f"审计链不完整：{verdict.sentence}（此前 {verdict.checked} 条无误）")
        self.stdout.write(f"审计链完整：核对 {verdict.checked} 条，另有 {verdict.waiting} 条等待封存。")
