"""``manage.py demo_company``: the sample company, made once."""

import sys
import time
import unicodedata
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from keqing.desk.demo.company import has_company, is_demo, make_demo_company, sign_ins
from keqing.kit.formats import SHANGHAI

BAR = 28


class Command(BaseCommand):
    help = "建立示例公司（只在空库中建立一次）"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--sign-ins", action="store_true", help="打印每个角色的登录名")
        parser.add_argument("--if-empty", action="store_true", help="库中已有公司时什么也不做")
        parser.add_argument("--scale", type=float, default=1.0, help="规模，1 为完整规模")
        parser.add_argument("--today", type=datetime.fromisoformat, help="以哪一天为今天，例如 2026-11-21")

    def handle(
        self, *, sign_ins: bool = False, if_empty: bool = False, scale: float = 1.0, today: datetime | None = None, **_: Any
    ) -> None:
        if sign_ins:
            self._print_sign_ins()
            return
        if has_company():
            if is_demo() or if_empty:
                return
            raise CommandError("这个数据库里已有一家公司，不能再放入示例数据。请换一个空的数据库。")
        at = today.replace(hour=11, tzinfo=SHANGHAI) if today else timezone.now()
        started = time.monotonic()
        self.stdout.write("正在建立示例公司（约一分钟，只做一次）……")
        written = make_demo_company(at=at, scale=scale, progress=self._progress)
        self.stdout.write(f"示例公司已建立：{written:,} 行，用时 {time.monotonic() - started:.0f} 秒。")

    def _progress(self, percent: int, what: str) -> None:
        if not sys.stdout.isatty():
            self.stdout.write(f"{percent:3d}%  {what}")
            return
        filled = BAR * percent // 100
        self.stdout.write(f"\r{'█' * filled}{'░' * (BAR - filled)} {percent:3d}%  {what}\x1b[K", ending="\n" if percent == 100 else "")
        self.stdout.flush()

    def _print_sign_ins(self) -> None:
        found = sign_ins()
        if not found:
            return
        self.stdout.write(f"\n示例公司的登录名（密码都是 {found[0].password}）：")
        for one in found:
            self.stdout.write(f"  {_padded(one.title, 14)}{one.login_name:<16}{one.name}")


def _padded(text: str, width: int) -> str:
    """Chinese characters take two columns on a terminal."""
    taken = sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
    return text + " " * max(1, width - taken)
