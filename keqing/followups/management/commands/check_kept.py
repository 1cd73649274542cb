from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from keqing.followups.actions.kept import NAMED, check_kept


class Command(BaseCommand):
    help = "核对客户的最近联系、最近动态、下次跟进与联系记录、跟进是否一致；--repair 按记录改正"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--repair", action="store_true", help="按记录改正，并写入审计")

    def handle(self, *args: Any, **options: Any) -> None:
        found = check_kept(at=timezone.now(), repair=options["repair"])
        for difference in found[:NAMED]:
            self.stdout.write(str(difference))
        if found and not options["repair"]:
            raise CommandError(f"{len(found)} 个客户与记录不一致；用 --repair 按记录改正。")
        self.stdout.write(f"已改正 {len(found)} 个客户。" if found else "客户与联系记录、跟进一致。")
