from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from keqing.followups.actions.tallies import NAMED, check_tallies, fold_tallies


class Command(BaseCommand):
    help = "核对报表用的联系次数与联系记录是否一致；--repair 按记录改正"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--repair", action="store_true", help="按联系记录改正，并写入审计")

    def handle(self, *args: Any, **options: Any) -> None:
        found = check_tallies(at=timezone.now(), repair=options["repair"])
        for difference in found[:NAMED]:
            self.stdout.write(str(difference))
        if found and not options["repair"]:
            raise CommandError(f"联系次数与联系记录相差 {len(found)} 处；用 --repair 按记录改正。")
        if options["repair"]:
            fold_tallies()
        self.stdout.write(f"已改正 {len(found)} 处。" if found else "联系次数与联系记录一致。")
