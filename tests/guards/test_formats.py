"""Dates, money, masks and missing values look the same on every page (U48, section 4 of the conventions)."""

import re

import pytest
from django.test import Client

from keqing.access.models import Staff
from keqing.desk.demo.company import LOGIN_OF_ROLE
from tests.guards.house import routes
from tests.guards.test_pages import SPEAKS_CODE, Visible, _addresses, _rows
from tests.guards.test_pages import demo as demo

pytestmark = [pytest.mark.django_db, pytest.mark.proves("U48")]

WRONG = {
    "a date not written YYYY-MM-DD": re.compile(r"(?<!\d)(?:19|20)\d{2}(?:/\d{1,2}/\d{1,2}|\.\d{1,2}\.\d{1,2}(?!\d)|年\d{1,2}月|-\d-|-\d{2}-\d(?!\d))"),
    "a moment as machines write it": re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}|\+08:00|\d{2}:\d{2}:\d{2}\.\d+"),
    "a clock of twelve hours": re.compile(r"[上下]午 ?\d{1,2}:|\d ?[ap]\.?m\.?\b", re.IGNORECASE),
    "a range without its sign": re.compile(r"\d{4}-\d{2}-\d{2} ?(?:至|到|~|—|–|- ) ?\d{4}-\d{2}-\d{2}"),
    "money without its form": re.compile(r"[¥￥](?!\d{1,3}(?:,\d{3})*\.\d{2}(?!\d)|[\d,.]+ ?[万亿])|\d(?:\.\d+)? ?(?:RMB|CNY)"),
    "a large number without separators": re.compile(r"(?<![\d*.,/-])\d{5,} ?(?:张|人次|家|条|位|个|行)"),
    "a mask of another form": re.compile(r"1\d{2}\*{4}\d{4}|1\d{2}-\*{4}|\*{5,}"),
    "a value nobody filled in": re.compile(r"\b(?:None|null|undefined|NaN|nan)\b"),
}
FULL_PHONE = re.compile(r"(?<![\d*])1[3-9]\d ?\d{4} ?\d{4}(?!\d)")
EMPTY_CELL = re.compile(r"<(td|dd)(?![^>]*(?:sr-only|text-right|\blead\b|\bsum\b))[^>]*>\s*(?:|-|—|/|无|暂无)\s*</\1>")
# sign-in names and texts of people are theirs; these pages show what the system calls things
BY_PURPOSE = SPEAKS_CODE | {"desk:audit", "desk:audit_entry"}
# one's own number, and those of staff before who manages them
OWN_PHONES = {"access:account", "access:staff"}


@pytest.mark.parametrize("role", LOGIN_OF_ROLE)
def test_every_page_of_a_role_keeps_the_formats(role: str, demo: None):
    staff = Staff.objects.get(login_name=LOGIN_OF_ROLE[role])
    client = Client()
    client.force_login(staff)
    rows = _rows(staff)
    wrong = []
    for route in routes():
        if route.name in BY_PURPOSE:
            continue
        may_call = staff.may("phone.full") or route.name in OWN_PHONES
        for url in _addresses(route, rows):
            response = client.get(url)
            if response.status_code == 200 and response.get("Content-Type", "").startswith("text/html"):
                wrong += [f"{url}: {said}" for said in _complaints(response.content.decode(), may_call=may_call)]
    assert not wrong, "\n".join(sorted(set(wrong)))


def _complaints(html: str, *, may_call: bool) -> list[str]:
    parser = Visible()
    parser.feed(html)
    texts = [" ".join(text.split()) for text in parser.words]
    found = [f"{what}: {text[:60]}" for text in texts for what, form in WRONG.items() if form.search(text)]
    if not may_call:
        found += [f"a whole phone number: {text[:40]}" for text in texts if FULL_PHONE.search(text)]
    return found + [f"an empty cell: {cell.group(0)[:80]}" for cell in EMPTY_CELL.finditer(html)]


@pytest.mark.parametrize(
    "text", ["2026/11/22", "2026年1月2日", "2026-11-22T10:00", "下午 3:20", "2026-01-01 至 2026-02-01", "¥1200", "￥12", "12345 张", "186****1402", "None"]
)
def test_the_forms_are_told_apart(text: str):
    assert _complaints(f"<p>{text}</p>", may_call=True)


@pytest.mark.parametrize(
    "text", ["2026-11-22 10:00:01", "2026-01-01 ～ 2026-02-01", "¥77,200.00", "¥1.2 万", "12,345 张", "186 **** 1402", "--"]
)
def test_the_conventions_pass(text: str):
    assert not _complaints(f"<td>{text}</td>", may_call=True)
