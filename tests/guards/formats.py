"""How dates, money, masks and missing values are written (U48, section 4 of the conventions), and what is not so."""

import re
from html.parser import HTMLParser
from typing import Any

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
BY_PURPOSE = {"desk:audit", "desk:audit_entry"}
# one's own number, and those of staff before who manages them
OWN_PHONES = {"access:account", "access:staff"}


class Visible(HTMLParser):
    """The text a person sees, without scripts, templates and code."""

    HIDDEN = {"script", "style", "template", "code", "svg"}

    def __init__(self) -> None:
        super().__init__()
        self.depth, self.words = 0, []

    def handle_starttag(self, tag: str, attributes: Any) -> None:
        self.depth += tag in self.HIDDEN
        if not self.depth:
            self.words += [v for k, v in attributes if k in ("placeholder", "title", "aria-label", "alt") and v]

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag in self.HIDDEN

    def handle_data(self, data: str) -> None:
        if not self.depth:
            self.words.append(data)


def complaints(html: str, *, may_call: bool) -> list[str]:
    parser = Visible()
    parser.feed(html)
    texts = [" ".join(text.split()) for text in parser.words]
    found = [f"{what}: {text[:60]}" for text in texts for what, form in WRONG.items() if form.search(text)]
    if not may_call:
        found += [f"a whole phone number: {text[:40]}" for text in texts if FULL_PHONE.search(text)]
    return found + [f"an empty cell: {cell.group(0)[:80]}" for cell in EMPTY_CELL.finditer(html)]
