"""``manage.py generate_followups``: run the night's round of today now, or go on with it."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from keqing.kit.formats import business_date
from keqing.playbooks.actions.nightly import generate
from keqing.playbooks.models import Notice


class Command(BaseCommand):
    help = "生成当天的跟进：方案步骤、长期未联系、无下一步、流失预警；中断后再运行会从停下的地方继续"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--day", help="日期，如 2026-11-21；默认今天")
        parser.add_argument("--portion", type=int, default=0, help="每个事务处理多少家客户；默认 5000")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            day = date.fromisoformat(options["day"]) if options["day"] else business_date(timezone.now())
        except ValueError as error:
            raise CommandError("日期要写成 2026-11-21 的样子。") from error
        if options["portion"] < 0:
            raise CommandError("--portion 要大于 0。")
        done = generate(day=day, now=timezone.now, portion=options["portion"])
        if done.finished_at is None:
            self.stdout.write(f"{day} 正由另一个进程处理，已处理 {done.seen:,} 家。")
            return
        told = "，".join(f"{rule.label} {done.made.get(rule.value, 0):,}" for rule in Notice.Rule)
        self.stdout.write(f"{day} 已完成：{done.seen:,} 家客户；{told}。")
