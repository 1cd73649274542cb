"""``manage.py load_divisions FILE --from 2025-06-30``: bring a newer edition of the division table in."""

from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from keqing.reference.actions import load_divisions


class Command(BaseCommand):
    help = "导入新版行政区划（CSV：code,level,name）；原有代码停用而不删除"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--from", dest="valid_from", type=date.fromisoformat, required=True)

    def handle(self, *, file: Path, valid_from: date, **_: Any) -> None:
        if not file.exists():
            raise CommandError(f"找不到文件 {file}。")
        count = load_divisions(path=file, valid_from=valid_from)
        self.stdout.write(f"已导入 {count} 个行政区划，{valid_from} 起有效。")
