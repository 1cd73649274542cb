"""Forty texts a spreadsheet might run (T35), and how a written file is read in the tests."""

import csv
import io
import re
import zipfile

from keqing.interchange.cells import clean_text

PAYLOADS = [
    "=1+1", "+1+1", "-1+1", "@SUM(1,1)", "=cmd|'/C calc'!A0", "+cmd|'/C calc'!A0", "-cmd|'/C calc'!A0",
    "@cmd|'/C calc'!A0", '=HYPERLINK("http://a.example","看")', '=WEBSERVICE("http://a.example")', "=IMPORTXML(1,2)",
    '=DDE("cmd";"/C calc";"x")', "\t=1+1", "\r=1+1", "\n=1+1", " =1+1", "\u3000=1+1", "\u00a0=1+1", "\u200b=1+1",
    "\ufeff=1+1", "＝1+1", "＋1+1", "－1+1", "＠SUM(1,1)", "﹢1", "﹣1", "﹦1", "−1+1", "'=1+1", "''=1+1", '"=1+1',
    "甲,=1+1", "甲;=1+1", "甲\t=1+1", "甲\n=1+1", "甲\r\n=1+1", "=1+1\n乙", "-5", "+86 138 0013 8000", "=A1&\"<b>\"&B1",
]  # fmt: skip


def restored(text: str) -> str:
    """What an import makes of a cell: trimmed, ordinary spaces and line ends."""
    return clean_text(text)


def csv_rows(content: bytes, encoding: str = "utf-8-sig") -> list[list[str]]:
    """As a spreadsheet splits them, without taking anything off."""
    return list(csv.reader(io.StringIO(content.decode(encoding), newline="")))


def sheet_xml(content: bytes) -> str:
    """Every sheet of a workbook as it stands in the package."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        names = [name for name in package.namelist() if re.search(r"worksheets/sheet\d+\.xml$", name)]
        return "".join(package.read(name).decode() for name in names)


def has_formula(content: bytes) -> bool:
    """A formula cell, a computed cell, or a link out, anywhere in the package."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        names = package.namelist()
    xml = sheet_xml(content)
    return bool(re.search(r"<f[ >/]|t=\"str\"|<hyperlink", xml)) or any("calcChain" in n or "externalLink" in n for n in names)
