"""Plain values as a workbook. Text is text, never a formula (T35); numbers and dates stay what they are.

xlsxwriter makes everything but the rows: sheets, formats, the heads of the pages. The rows go into the finished
package one portion at a time, in constant memory and twice as fast as cell by cell.
"""

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from typing import IO, Any
from unicodedata import east_asian_width
from xml.sax.saxutils import escape

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from keqing.exports.csv_file import plain_text
from keqing.kit.formats import format_datetime, local

LONGEST = 32_767
NARROWEST, WIDEST = 8, 48
MEASURED = 200
# fast enough to keep pace with the database, and a tenth larger than the best
COMPRESSION = 3
PLAIN = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_DAY_ZERO = date(1899, 12, 30).toordinal()
_SHEET = "xl/worksheets/sheet1.xml"
_MODEL_ROW = re.compile(rb'<row r="2".*?</row>', re.DOTALL)
_DIMENSION = re.compile(rb"<dimension[^>]*/>")
_STYLE = re.compile(rb'<c r="[AB]2" s="(\d+)"')
# signs XML cannot hold or would change, and text that looks like Excel's own way to write them
_UNSAFE = re.compile("[&<>\x00-\x08\x0b-\x1f\ufffe\uffff]|_x[0-9A-Fa-f]{4}_|^\\s|\\s$")
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


@dataclass(frozen=True, kw_only=True)
class Stamp:
    """Who took what out, when: the watermark of a workbook."""

    title: str
    wording: str
    by: str
    company: str
    at: datetime
    rows: int

    @property
    def signature(self) -> str:
        return f"{self.by} {format_datetime(self.at)} 导出"


def write_workbook(file: IO[bytes], *, heads: Sequence[str], portions: Iterable[Sequence[Sequence[Any]]], stamp: Stamp) -> None:
    """Rows on the sheet 数据, ready for A4; who took them on the sheet 说明 and on every printed page."""
    source = iter(portions)
    first = next(source, [])
    frame = _frame(heads, first, stamp)
    with zipfile.ZipFile(frame) as made, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=COMPRESSION) as out:
        for name in made.namelist():
            content = made.read(name)
            if name != _SHEET:
                out.writestr(name, content)
                continue
            model = next(_MODEL_ROW.finditer(content))  # _frame wrote it
            day, moment = (style.decode() for style in _STYLE.findall(model.group()))
            with out.open(name, "w") as sheet:
                sheet.write(_DIMENSION.sub(b"", content[: model.start()]))
                for piece in _pieces(chain([first], source), width=len(heads), day=day, moment=moment):
                    sheet.write(piece)
                sheet.write(content[model.end() :])


def _frame(heads: Sequence[str], first: Sequence[Sequence[Any]], stamp: Stamp) -> io.BytesIO:
    """The workbook with its heads and one model row, whose formats the rows take."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, PLAIN) as book:
        book.set_properties({"title": stamp.title, "author": stamp.by, "company": stamp.company, "comments": stamp.signature})
        sheet = book.add_worksheet("数据")
        bold = book.add_format({"bold": True, "bg_color": "#EEF1F4", "bottom": 1})
        for column, head in enumerate(heads):
            sheet.write_string(0, column, head, bold)
            widest = max([_width(head), *(_width(row[column]) for row in first[:MEASURED])])
            sheet.set_column(column, column, min(WIDEST, max(NARROWEST, widest)))
        sheet.write_number(1, 0, 1, book.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.write_number(1, 1, 1, book.add_format({"num_format": "yyyy-mm-dd hh:mm"}))
        if first:
            sheet.autofilter(0, 0, stamp.rows, len(heads) - 1)
        _for_paper(sheet, stamp)
        about = book.add_worksheet("说明")
        about.set_column(0, 0, 12)
        about.set_column(1, 1, 60)
        for line, (name, text) in enumerate(_about(stamp)):
            about.write_string(line, 0, name)
            about.write_string(line, 1, text)
    made.seek(0)
    return made


def _for_paper(sheet: Any, stamp: Stamp) -> None:
    sheet.freeze_panes(1, 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.6)
    # an ampersand begins a code there
    title, company, signature = (text.replace("&", "&&") for text in (stamp.title, stamp.company, stamp.signature))
    sheet.set_header(f"&L{title}&R{signature}")
    sheet.set_footer(f"&L{company}&R第 &P 页，共 &N 页")


def _about(stamp: Stamp) -> list[tuple[str, str]]:
    return [
        ("列表", stamp.title), ("筛选", stamp.wording or "无"), ("导出人", stamp.by), ("公司", stamp.company),
        ("导出时间", format_datetime(stamp.at)), ("行数", f"{stamp.rows:,}"),
        ("说明", "内部资料，仅供工作使用，不得外传。每次导出均记入审计。"),
    ]


def _pieces(portions: Iterable[Sequence[Sequence[Any]]], *, width: int, day: str, moment: str) -> Iterator[bytes]:
    letters = [xl_col_to_name(column) for column in range(width)]
    cell = _cells(day=day, moment=moment)
    line = 1
    for portion in portions:
        rows = []
        for row in portion:
            line += 1
            cells = [cell(letter, line, value) for letter, value in zip(letters, row, strict=True)]
            rows.append(f'<row r="{line}">{"".join(cells)}</row>')
        yield "".join(rows).encode()


def _cells(*, day: str, moment: str) -> Callable[[str, int, Any], str]:
    def cell(letter: str, line: int, value: Any) -> str:
        kind = type(value)
        if kind is str:
            return _text_cell(letter, line, value)
        if value is None:
            return ""
        if kind is int or kind is float or kind is Decimal:
            return f'<c r="{letter}{line}"><v>{value}</v></c>'
        if kind is date:
            return f'<c r="{letter}{line}" s="{day}"><v>{value.toordinal() - _DAY_ZERO}</v></c>'
        if kind is datetime:
            return f'<c r="{letter}{line}" s="{moment}"><v>{_serial(value)}</v></c>'
        return _text_cell(letter, line, plain_text(value))

    return cell


def _text_cell(letter: str, line: int, text: str) -> str:
    if not text:
        return ""
    if len(text) > LONGEST:
        text = text[:LONGEST]
    if _UNSAFE.search(text):
        text = escape(_UNWRITABLE.sub(lambda sign: f"_x{ord(sign.group()):04X}_", text))
        return f'<c r="{letter}{line}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
    return f'<c r="{letter}{line}" t="inlineStr"><is><t>{text}</t></is></c>'


def _serial(moment: datetime) -> float:
    """Days since Excel's day zero, in the time of Shanghai, to the minute."""
    here = local(moment)
    return here.toordinal() - _DAY_ZERO + (here.hour * 60 + here.minute) / 1440


def _width(value: Any) -> int:
    if type(value) is datetime:
        return 17
    if type(value) is date:
        return 12
    text = value if type(value) is str else plain_text("" if value is None else value)
    return 2 + sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text[:WIDEST])
