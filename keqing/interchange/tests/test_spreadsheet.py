"""Every kind of spreadsheet is read alike; every other file is refused with a sentence."""

import datetime
import io
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter
import xlwt

from keqing.interchange.spreadsheet import Limits, UnreadableFile, read_sheet, sheet_names
from keqing.interchange.tests.clock import worked

SHARED = Path(__file__).parents[4] / "shared" / "data"
ROWS = [
    ["医院名称", "等级", "电话"],
    ["江城市第一人民医院", "三级甲等", "0571-87783883"],
    ["𠮷祥医院", "", "13800001234"],
]

Save = Callable[[str, bytes], Path]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def write(name: str, data: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write


def xlsx(fill: Callable[[xlsxwriter.Workbook], None]) -> bytes:
    memory = io.BytesIO()
    with xlsxwriter.Workbook(memory, {"in_memory": True}) as book:
        fill(book)
    return memory.getvalue()


def table(rows: list[list[str]], delimiter: str = ",") -> str:
    return "\r\n".join(delimiter.join(row) for row in rows) + "\r\n"


def one_sheet(rows: list[list[object]], at: tuple[int, int] = (0, 0)) -> bytes:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet("表")
        for number, row in enumerate(rows):
            sheet.write_row(at[0] + number, at[1], row)

    return xlsx(fill)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_a_csv_is_read_in_every_usual_encoding_and_delimiter(save: Save, encoding: str, delimiter: str) -> None:
    path = save("a.csv", table(ROWS, delimiter).encode(encoding))
    assert read_sheet(path).rows == ROWS
    assert [(sheet.name, sheet.rows, sheet.columns) for sheet in sheet_names(path)] == [("数据", 3, 3)]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_mark_is_recognised(save: Save, encoding: str) -> None:
    rows = [["id", "name", "note"], ["1", "abc", "x"], ["2", "def", "江"]]
    assert read_sheet(save("a.csv", table(rows).encode(encoding))).rows == rows


def test_quotes_line_breaks_and_commas_stay_inside_their_cell(save: Save) -> None:
    path = save("a.csv", '名称,备注\n"江城,医院","第一行\r\n第二行 ""引号"""\n'.encode())
    assert read_sheet(path).rows == [["名称", "备注"], ["江城,医院", '第一行\n第二行 "引号"']]


def test_a_sep_line_names_the_delimiter(save: Save) -> None:
    assert read_sheet(save("a.csv", b"sep=|\na|b\n1|2\n")).rows == [["a", "b"], ["1", "2"]]


def test_a_csv_named_xlsx_is_read_as_what_it_is(save: Save) -> None:
    assert read_sheet(save("a.xlsx", table(ROWS).encode("gb18030"))).rows == ROWS


def test_numbers_and_dates_read_as_typed(save: Save) -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet()
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        sheet.write_row(0, 0, [3.0, 0.1 + 0.2, 13800001234, 1e14, -2.5, 0.00001, True])
        sheet.write_datetime(1, 0, datetime.datetime(2026, 8, 1), day)  # noqa: DTZ001
        sheet.write_datetime(1, 1, datetime.datetime(2026, 8, 1, 9, 5), moment)  # noqa: DTZ001
        sheet.write_formula(1, 2, "=1+1", None, 2)
        sheet.write_string(1, 3, "　 江城\u00a0医院\u200b &nbsp;")
        sheet.write_string(1, 4, "007")

    rows = read_sheet(save("a.xlsx", xlsx(fill))).rows
    assert rows[0] == ["3", "0.3", "13800001234", "100000000000000", "-2.5", "0.00001", "是"]
    assert rows[1] == ["2026-08-01", "2026-08-01 09:05:00", "2", "江城 医院", "007", "", ""]


def test_lines_and_columns_count_from_a1(save: Save) -> None:
    path = save("a.xlsx", one_sheet([["名称", "等级"], ["江城医院", "三甲"]], at=(3, 2)))
    assert read_sheet(path).rows == [[""] * 4] * 3 + [["", "", "名称", "等级"], ["", "", "江城医院", "三甲"]]
    assert [(sheet.rows, sheet.columns) for sheet in sheet_names(path)] == [(5, 4)]


def test_a_value_merged_downwards_is_in_every_row_and_a_title_only_once(save: Save) -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet()
        sheet.merge_range("A1:C1", "名单")
        sheet.write_row("A2", ["大区", "名称"])
        sheet.merge_range("A3:A5", "南区")
        for row, name in enumerate(["甲", "乙", "丙"], start=2):
            sheet.write(row, 1, name)

    rows = read_sheet(save("a.xlsx", xlsx(fill))).rows
    assert rows == [["名单", ""], ["大区", "名称"], ["南区", "甲"], ["南区", "乙"], ["南区", "丙"]]


def test_the_first_visible_sheet_that_holds_something_is_read(save: Save) -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        book.add_worksheet("空").activate()
        book.add_worksheet("藏").write(0, 0, "秘")
        book.get_worksheet_by_name("藏").hide()
        book.add_worksheet("数").write(0, 0, "见")

    path = save("a.xlsx", xlsx(fill))
    assert [(sheet.name, sheet.rows, sheet.hidden) for sheet in sheet_names(path)] == [
        ("空", 0, False), ("藏", 1, True), ("数", 1, False),
    ]  # fmt: skip
    assert (read_sheet(path).name, read_sheet(path).rows) == ("数", [["见"]])
    assert read_sheet(path, "藏").rows == [["秘"]]
    assert read_sheet(path, "空").rows == []
    with pytest.raises(UnreadableFile, match="没有名为“无”的工作表"):
        read_sheet(path, "无")


def test_an_old_xls_is_read(save: Save) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("旧表")
    for number, row in enumerate(ROWS):
        for column, cell in enumerate(row):
            sheet.write(number, column, cell)
    sheet.write(3, 0, 12.0)
    sheet.write_merge(4, 5, 0, 0, "合并")
    sheet.write(5, 1, "行")
    memory = io.BytesIO()
    book.save(memory)
    path = save("a.xls", memory.getvalue())
    assert read_sheet(path, "旧表").rows == [*ROWS, ["12", "", ""], ["合并", "", ""], ["合并", "行", ""]]


def test_fifteen_thousand_rows_take_less_than_two_seconds(save: Save) -> None:
    rows = [[float(n), f"江城市第{n}医院（东院）", "江城-东区", "三级甲等", "心内科、骨科" * 3] for n in range(15_374)]
    path = save("a.xlsx", one_sheet(rows))
    started = worked()
    sheet = read_sheet(path)
    assert (len(sheet.rows), sheet.columns) == (15_374, 5)
    assert worked() - started < 2


def ole(stream: str) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504 + (stream + "\0").encode("utf-16-le") + b"\0" * 600


REFUSED = {
    "empty": (b"", "空的"),
    "html": (b"\xef\xbb\xbf\n<html><table><tr><td>1</td></tr></table></html>", "网页"),
    "html with doctype": (b"<!DOCTYPE html><html></html>", "网页"),
    "spreadsheet xml": (
        b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
        "XML",
    ),
    "pdf": (b"%PDF-1.7\n", "PDF"),
    "png": (b"\x89PNG\r\n\x1a\n\0\0", "图片"),
    "rar": (b"Rar!\x1a\x07\x01\0", "RAR"),
    "program": (b"\x7fELF\x02\x01\x01\0", "程序"),
    "binary": (bytes(range(256)) * 8, "不是表格"),
    "password": (ole("EncryptedPackage"), "密码"),
    "word": (ole("WordDocument"), "不是 Excel"),
    "broken xls": (ole("Workbook"), "损坏"),
    "broken zip": (b"PK\x03\x04" + b"\1" * 400, "损坏"),
    "no encoding": (b"name\n\xff\xfe\xfd\x81\n" * 3, "编码"),
}


@pytest.mark.parametrize("what", REFUSED)
@pytest.mark.parametrize("name", ["a.xlsx", "a.csv"])
def test_what_is_no_spreadsheet_is_refused_with_a_sentence(save: Save, what: str, name: str) -> None:
    data, why = REFUSED[what]
    path = save(name, data)
    for read in (sheet_names, read_sheet):
        with pytest.raises(UnreadableFile, match=why) as refusal:
            read(path)
        assert str(refusal.value).endswith("。")


def test_a_truncated_workbook_is_refused(save: Save) -> None:
    whole = one_sheet(ROWS)
    for share in (0.2, 0.5, 0.9, 0.99):
        with pytest.raises(UnreadableFile):
            read_sheet(save("a.xlsx", whole[: int(len(whole) * share)]))


def test_a_file_over_the_limit_is_refused_before_it_is_read(save: Save) -> None:
    path = save("a.csv", b"a,b\n" * 1000)
    with pytest.raises(UnreadableFile, match="超过 0 MB 的上限"):
        read_sheet(path, limits=Limits(file_bytes=1000))


def test_too_many_cells_are_refused(save: Save) -> None:
    with pytest.raises(UnreadableFile, match="4 行 × 2 列，超过 7 个单元格"):
        read_sheet(save("a.csv", b"a,b\n" * 4), limits=Limits(cells=7))


def test_reading_that_takes_too_long_is_stopped(save: Save) -> None:
    with pytest.raises(UnreadableFile, match="秒内没有读完"):
        read_sheet(save("a.csv", b"a,b\n"), limits=Limits(seconds=0))


REAL = [
    ("hospitals.xlsx", {"全国医院": (15_375, 5), "医院地址电话": (3_159, 11), "医院简表": (1_955, 5)}),
    ("doctors.xlsx", {"医生": (972, 9), "待补医院": (402, 4)}),
    ("messy_hospitals_gb18030.csv", {"数据": (390, 13)}),
    ("messy_hospital_phone_as_number.xlsx", {"Sheet1": (64, 10)}),
    ("template_importVenInc.xls", {"Sheet1": (2, 6)}),
    ("template_lackProductTemplate.xls", {"Sheet1": (1, 4)}),
    ("template_productSource.xls", {"sheet1": (1, 29)}),
    ("template_purchaseRecordTemplate.xls", {"Sheet1": (1, 6)}),
]


@pytest.mark.parametrize(("file", "sheets"), REAL, ids=[file for file, _ in REAL])
def test_real_files_are_read_whole(file: str, sheets: dict[str, tuple[int, int]]) -> None:
    if not (SHARED / file).exists():
        pytest.skip(f"shared/data/{file} is not here")
    started = worked()
    assert {sheet.name: (sheet.rows, sheet.columns) for sheet in sheet_names(SHARED / file)} == sheets
    for name, size in sheets.items():
        sheet = read_sheet(SHARED / file, name)
        assert (len(sheet.rows), sheet.columns) == size
    assert worked() - started < 4


def test_phones_kept_as_numbers_come_back_as_digits() -> None:
    path = SHARED / "messy_hospital_phone_as_number.xlsx"
    if not path.exists():
        pytest.skip("shared/data/messy_hospital_phone_as_number.xlsx is not here")
    assert read_sheet(path).rows[1][6] == "1083211441"
