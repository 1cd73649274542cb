"""What is written is what was there: no formula, no lost sign, numbers and dates of their kind."""

import io
import re
import sys
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import python_calamine

from keqing.exports.csv_file import csv_pieces
from keqing.exports.tests.payloads import PAYLOADS, csv_rows, has_formula, restored, sheet_xml
from keqing.exports.workbook import Stamp, write_workbook
from keqing.interchange.spreadsheet import read_sheet
from keqing.interchange.text_table import read_text_rows
from keqing.kit import formula_guard
from keqing.kit.formula_guard import guarded, unguarded

AT = datetime(2026, 11, 22, 1, 5, tzinfo=UTC)
STAMP = Stamp(title="医院", wording="省份：广东省", by="李雯", company="示例&药业", at=AT, rows=3)
RISKY = tuple("=+-@\t\r＝＋－＠")


def csv_of(rows, *, heads=("甲", "乙"), encoding="utf-8-sig"):
    return b"".join(csv_pieces(heads=heads, portions=[rows], encoding=encoding))


def workbook_of(rows, *, heads=("甲", "乙")):
    made = io.BytesIO()
    write_workbook(made, heads=heads, portions=[rows], stamp=STAMP)
    return made.getvalue()


def test_there_are_forty_payloads():
    assert len(set(PAYLOADS)) == 40


@pytest.mark.proves("T35")
@pytest.mark.parametrize("payload", PAYLOADS, ids=repr)
def test_the_guard_makes_text_harmless_and_gives_it_back(payload):
    held = guarded(payload)
    assert not held.lstrip(" \u3000\u00a0\u200b\ufeff\n").startswith(RISKY)
    assert unguarded(held) == payload and unguarded(guarded(held)) == held


@pytest.mark.proves("T35")
@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_csv_brings_every_payload_back_as_it_was(encoding):
    content = csv_of([[text, text] for text in PAYLOADS], heads=("=甲", "乙"), encoding=encoding)
    assert all(not cell.startswith(RISKY) for row in csv_rows(content, encoding) for cell in row)
    assert read_text_rows(content) == [["=甲", "乙"], *([text, text] for text in PAYLOADS)]


@pytest.mark.proves("T35")
def test_a_workbook_holds_every_payload_as_text_and_no_formula(tmp_path):
    content = workbook_of([[text, text] for text in PAYLOADS], heads=("=甲", "乙"))
    assert not has_formula(content)
    path = tmp_path / "payloads.xlsx"
    path.write_bytes(content)
    assert read_sheet(path).rows[1:] == [[restored(text)] * 2 for text in PAYLOADS]


def test_values_keep_their_kind_in_a_workbook():
    row = ["文字", 12, Decimal("3.50"), date(2026, 8, 1), datetime(2026, 8, 1, 1, 5, tzinfo=UTC), None, True]
    content = workbook_of([row], heads=[str(n) for n in range(7)])
    read = python_calamine.load_workbook(io.BytesIO(content)).get_sheet_by_name("数据").to_python()
    assert read[1][:4] == ["文字", 12.0, 3.5, date(2026, 8, 1)]
    assert read[1][4].replace(second=0, microsecond=0) == datetime(2026, 8, 1, 9, 5)  # Shanghai  # noqa: DTZ001
    assert read[1][5:] == ["", "是"]


def test_values_read_well_in_a_csv():
    row = ["文字", 12, Decimal("3.50"), date(2026, 8, 1), datetime(2026, 8, 1, 1, 5, tzinfo=UTC), None, False]
    assert csv_rows(csv_of([row]))[1] == ["文字", "12", "3.50", "2026-08-01", "2026-08-01 09:05", "", "否"]


def test_signs_no_spreadsheet_can_hold_are_written_its_way():
    content = workbook_of([["a\x0bb", "_x0041_"], ["<&>", " 前后 "]])
    read = python_calamine.load_workbook(io.BytesIO(content)).get_sheet_by_name("数据").to_python()
    assert read[1][1] == "_x0041_" and read[2] == ["<&>", " 前后 "]


@pytest.mark.proves("T45", "R-279")
def test_a_workbook_says_who_took_it_when():
    content = workbook_of([["一", "二"]])
    xml = sheet_xml(content)
    assert "李雯 2026-11-22 09:05 导出" in xml and "第 &amp;P 页，共 &amp;N 页" in xml
    about = python_calamine.load_workbook(io.BytesIO(content)).get_sheet_by_name("说明").to_python()
    assert ["导出人", "李雯"] in about and ["筛选", "省份：广东省"] in about and ["公司", "示例&药业"] in about


def test_an_empty_list_makes_a_file_with_its_heads():
    assert csv_rows(csv_of([])) == [["甲", "乙"]]
    read = python_calamine.load_workbook(io.BytesIO(workbook_of([]))).get_sheet_by_name("数据").to_python()
    assert read == [["甲", "乙"]]


def test_a_look_at_the_first_sign_finds_all_that_the_pattern_could_mean() -> None:
    may_begin = re.compile(f"['{formula_guard._SIGNS}{formula_guard._UNSEEN}]").match
    every = map(chr, range(sys.maxunicode + 1))
    assert not [sign for sign in every if bool(may_begin(sign)) != (sign in formula_guard.SUSPECT)]
