"""Writes docs/reliability.md: what was tried, at what size, with which figures. Nothing in it is typed by hand.

A pytest plugin, used by ``make reliability``: ``pytest -p tests.reliability --reliability=docs/reliability.md …``.
Each test tells the rows it proves (``proves``) and its figures (the fixture ``figure``). What was run is kept in
``var/reliability.json``, so that parts may be run one after the other (``make reliability RELIABILITY=tests/faults``); every line
says when and of which version.
"""

import json
import os
import platform
import subprocess
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "var" / "reliability.json"
# row → what it is about, and its target at full size
ROWS = {
    "T03": ("重复提交", "同一张表单多次提交，只有一条记录"),
    "T04": ("同时修改", "每次保存要么生效，要么明确拒绝；悄悄丢失 0"),
    "T11": ("后台进程被杀", "5,000 项，kill -9 50 次；每项恰好一次，丢失 0，60 秒内接着做"),
    "T13": ("写入时 kill -9 数据库", "16 人写入，10 次，确认 5 万条以上；已确认的丢失 0；5 秒内恢复"),
    "T14": ("写入时 kill -9 网页进程", "2,000 条，30 次，断线重发；丢失 0，重复 0，残缺 0"),
    "T17": ("数据库离开 30 秒", "每秒 20 个请求；2 秒内给出中文 503 页面；回来后 5 秒内恢复，不用重启"),
    "T30": ("姓名与名称搜索", "任意片段、拼音、首字母、姓氏读音，漏查 0"),
    "T31": ("接口乱发", "JSON 和日历订阅的每个回答都守格式；5xx 0"),
    "T32": ("网页乱发", "每个地址 × 方法 × 30 种表单；5xx 0，内部信息外泄 0"),
    "T33": ("导入乱文件", "崩溃 0"),
    "T34": ("压缩炸弹", "1 秒内拒绝"),
    "T35": ("公式注入", "40 种内容 × 每种导出；公式 0"),
    "T36": ("存储型脚本", "60 种脚本 × 每个文字栏；弹窗 0，策略违规 0"),
    "T37": ("语句注入", "50 种内容 × 每个筛选与排序参数；出错 0，成为语句 0"),
    "T38": ("夹带字段", "每个写入页面；被写入的夹带 0"),
    "T39": ("权限矩阵", "每个地址 × 方法 × 角色 × 归属，与声明一致；拒绝时不改数据"),
    "T40": ("别人的编号", "地址、查询、表单里的外人编号；泄漏 0"),
    "T41": ("权限变化", "收回岗位、停用账号后，下一个请求即被拒绝"),
    "T43": ("电话遮盖", "各角色打开所有页面；应遮盖而完整显示的 0"),
    "T45": ("批量抄录", "一小时打开客户资料超过 300 份即暂停、告警、记审计；大批导出要审批"),
    "T48": ("猜密码与撞库", "2,000 次，1 个和 500 个地址；每 15 分钟最多核对 5 次；回答一致，中位用时相差 20 毫秒以内"),
    "T49": ("会话", "登录换号、退出失效；闲置 30 分钟、最长 12 小时；__Host-、Secure、HttpOnly、SameSite=Lax"),
    "T50": ("跨站请求", "每个写地址没有令牌即 403；htmx 的写请求都带令牌"),
    "T52": ("内容安全策略与响应头", "禁止内联；HSTS 一年以上；违规 0"),
    "T53": ("部署检查", "警告 0；管理后台、接口文档、指标不公开"),
    "T56": ("密钥扫描", "整个历史；埋入的能发现，此外没有"),
    "T57": ("危险写法", "bandit 高危 0；例外逐条复核"),
    "T67": ("审计完整与防篡改", "改动一条能指出是哪一条"),
    "T70": ("日志卫生", "日志里没有电话和证件号"),
}
NOT_THERE = {
    "T17 的一部分": "数据库进程被冻结（不拒绝连接也不回答）的情形没有测。",
    "T48 的一部分": "登录名锁定期间，本人也要等 15 分钟或由安全管理员重置；没有通行密钥可走另一条路。没有按来源地址限速。",
}


@dataclass
class Result:
    test: str
    outcome: str = "unfinished"  # until the test itself, not only what it needs, has been reported
    slow: bool = False
    figures: list[tuple[str, Any]] = field(default_factory=list)
    on: str = ""  # the day, and the version tried
    version: str = ""


class Reliability:
    def __init__(self, target: Path) -> None:
        self.target = target
        self.rows: dict[str, dict[str, Result]] = defaultdict(dict)
        self.kept: dict[str, dict[str, Result]] = {}
        if KEPT.exists():
            said = json.loads(KEPT.read_text(encoding="utf-8"))
            self.kept = {row: {name: Result(**one) for name, one in found.items()} for row, found in said.items()}
        self.on = f"{datetime.now(ZoneInfo('Asia/Shanghai')):%Y-%m-%d}"
        command = ["git", "rev-parse", "--short", "HEAD"]
        self.version = subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout.strip()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            item.user_properties.append(("_rows", [str(row) for mark in item.iter_markers("proves") for row in mark.args]))
            item.user_properties.append(("_slow", item.get_closest_marker("slow") is not None))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        told = dict(report.user_properties)
        name = report.nodeid.split("::")[-1].split("[")[0]
        for row in told.get("_rows", ()):
            if row not in ROWS:
                continue
            found = self.rows[row].setdefault(name, Result(name, slow=bool(told.get("_slow")), on=self.on, version=self.version))
            if (report.outcome != "passed" or report.when == "call") and found.outcome in ("unfinished", "passed"):
                found.outcome = str(report.outcome)
            if report.when == "call":
                found.figures += [(label, value) for label, value in report.user_properties if not label.startswith("_")]

    def pytest_sessionfinish(self) -> None:
        every = {row: {**self.kept.get(row, {}), **self.rows.get(row, {})} for row in ROWS}
        KEPT.parent.mkdir(exist_ok=True)
        said = {row: {name: asdict(one) for name, one in found.items()} for row, found in every.items() if found}
        KEPT.write_text(json.dumps(said, ensure_ascii=False, indent=1), encoding="utf-8")
        self.target.write_text(self._page(every), encoding="utf-8")

    def _page(self, every: dict[str, dict[str, Result]]) -> str:
        lines = [
            "# 可靠性与攻击测试", "",
            f"由 `make reliability` 写成，不要手改。{os.cpu_count()} 核，Python {platform.python_version()}，"
            "数据库与客户端在同一台机器上；每行写明日期和版本。", "",
            "“小”是每次提交都跑的规模，“全”是发布前的规模（`make check-long`）。编号与目标见下表；没有写进来的测试就是没有跑。", "",
        ]
        for row, (title, target) in ROWS.items():
            if results := every.get(row):
                head = ["| 测试 | 规模 | 结果 | 数字 | 日期，版本 |", "| --- | --- | --- | --- | --- |"]
                lines += [f"## {row} {title}", "", f"目标：{target}。", "", *head]
                lines += [self._line(result) for result in results.values()]
                lines.append("")
        lines += ["## 没有的", "", *(f"- {row} {what}" for row, what in NOT_THERE.items()), ""]
        return "\n".join(lines)

    def _line(self, result: Result) -> str:
        outcome = {"passed": "通过", "failed": "**失败**", "skipped": "没有跑", "unfinished": "没有跑完"}.get(result.outcome, result.outcome)
        size = "全" if result.slow else "小"
        return f"| {result.test.removeprefix('test_').replace('_', ' ')} | {size} | {outcome} | {_told(result.figures)} | {result.on}，{result.version} |"


def _told(figures: list[tuple[str, Any]]) -> str:
    """Figures of one test; whole numbers of a test that ran once for each address are added up."""
    grouped: dict[str, list[Any]] = defaultdict(list)
    for label, value in figures:
        grouped[label].append(value)
    parts = []
    for label, values in grouped.items():
        whole = all(isinstance(value, int) for value in values)
        parts.append(f"{label} {sum(values):,}" if whole else f"{label} {'；'.join(dict.fromkeys(map(str, values)))}")
    return "，".join(parts) or "–"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--reliability", default="", help="the page to write")


def pytest_configure(config: pytest.Config) -> None:
    if target := config.getoption("--reliability"):
        config.pluginmanager.register(Reliability(Path(target)), "reliability-page")
