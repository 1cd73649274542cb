"""``manage.py init_company``: asks, or takes ``--company --login --name --password-stdin``."""

import sys
from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from keqing.access.actions.common import AdminRefused
from keqing.access.actions.setup import found_company
from keqing.access.models import OrgUnit


class Command(BaseCommand):
    help = "建立公司和第一位管理员（安全管理员）"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--company", help="公司名称")
        parser.add_argument("--login", help="管理员的登录名")
        parser.add_argument("--name", help="管理员的姓名")
        parser.add_argument("--password-stdin", action="store_true", help="从标准输入读取密码")

    def handle(self, *args: Any, **options: Any) -> None:
        if OrgUnit.objects.exists():
            raise CommandError("这里已经有公司了，不能再初始化。")
        try:
            staff = found_company(
                company=self._asked(options["company"], "公司名称"),
                login_name=self._asked(options["login"], "管理员登录名"),
                name=self._asked(options["name"], "管理员姓名"),
                password=self._password(options["password_stdin"]),
                at=timezone.now(),
            )
        except AdminRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"已建立公司。{staff.name} 可以用登录名 {staff.login_name} 登录，然后建立组织、岗位和员工。")

    def _asked(self, given: str | None, what: str) -> str:
        text = (given or "").strip()
        while not text:
            if not sys.stdin.isatty():
                raise CommandError(f"缺少{what}。")
            text = input(f"{what}：").strip()
        return text

    def _password(self, from_stdin: bool) -> str:
        if from_stdin:
            return sys.stdin.readline().rstrip("\r\n")
        if not sys.stdin.isatty():
            raise CommandError("缺少密码：用 --password-stdin 从标准输入给出。")
        while True:
            password = getpass("密码（至少 10 位，不能全是数字）：")
            if password == getpass("再输一遍："):
                return password
            self.stdout.write("两次输入的密码不一样。")
