"""Files made to exhaust memory or time are refused within a second, outside the web worker."""

import contextlib
import io
import resource
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import xlsxwriter

from keqing.interchange.spreadsheet import UnreadableFile, read_sheet, sheet_names
from keqing.interchange.tests.clock import worked

pytestmark = pytest.mark.proves("T34")
MEGABYTE = 1024 * 1024
SHEET = "xl/worksheets/sheet1.xml"


def workbook() -> dict[str, bytes]:
    """The parts of a small honest workbook."""
    memory = io.BytesIO()
    with xlsxwriter.Workbook(memory, {"in_memory": True}) as book:
        book.add_worksheet("表").write_row(0, 0, ["名称", "等级"])
    with zipfile.ZipFile(memory) as package:
        return {name: package.read(name) for name in package.namelist()}


def packed(path: Path, parts: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(name, data)
    return path


def refused(path: Path, why: str) -> None:
    """Refused by both doors within a second of work each, without growing this process by 50 MB."""
    for read in (sheet_names, read_sheet):
        before, started = psutil.Process().memory_info().rss, worked()
        with pytest.raises(UnreadableFile, match=why):
            read(path)
        assert worked() - started <= 1
        assert psutil.Process().memory_info().rss - before <= 50 * MEGABYTE


def swollen(path: Path, megabytes: int, *, fill: bytes = b" ") -> Path:
    """A workbook whose sheet unpacks to so many megabytes; written as a stream."""
    parts = workbook()
    sheet = parts.pop(SHEET)
    packed(path, parts)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as package, package.open(SHEET, "w") as part:
        part.write(sheet[: sheet.index(b"<sheetData>")])
        block = (fill * MEGABYTE)[:MEGABYTE]
        for _ in range(megabytes):
            part.write(block)
        part.write(b"</worksheet>")
    return path


def test_the_honest_workbook_is_read(tmp_path: Path) -> None:
    assert read_sheet(packed(tmp_path / "a.xlsx", workbook())).rows == [["名称", "等级"]]


def test_a_sheet_that_unpacks_to_419_megabytes_is_refused(tmp_path: Path) -> None:
    refused(swollen(tmp_path / "a.xlsx", 419), "大得不正常")


def test_a_file_of_57_megabytes_is_refused_by_its_size_alone(tmp_path: Path) -> None:
    """What unpacks to 1.2 GB is itself larger than any file we take: nobody opens it."""
    path = packed(tmp_path / "a.xlsx", workbook())
    with path.open("r+b") as file:
        file.truncate(57 * MEGABYTE)
    refused(path, "30 MB")


def test_a_sheet_under_the_limit_but_shrunk_a_thousandfold_is_refused(tmp_path: Path) -> None:
    refused(swollen(tmp_path / "a.xlsx", 60), "大得不正常")


def test_a_workbook_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    """The directory says 1,000 bytes, the stream unpacks to 120 MB."""
    path = swollen(tmp_path / "a.xlsx", 120)
    data = bytearray(path.read_bytes())
    true_size = struct.pack("<L", zipfile.ZipFile(path).getinfo(SHEET).file_size)
    at = data.rindex(b"PK\x01\x02" + data[data.rindex(b"PK\x01\x02") + 4 :][:20] + true_size) + 24
    data[at : at + 4] = struct.pack("<L", 1000)
    path.write_bytes(data)
    assert zipfile.ZipFile(path).getinfo(SHEET).file_size == 1000
    refused(path, "损坏")


def test_ten_thousand_parts_are_refused(tmp_path: Path) -> None:
    parts = workbook() | {f"xl/x{number}.xml": b"" for number in range(10_000)}
    refused(packed(tmp_path / "a.xlsx", parts), "部件超过 5,000 个")


def test_a_nested_zip_is_refused(tmp_path: Path) -> None:
    inner = packed(tmp_path / "inner.zip", {"a.bin": bytes(20 * MEGABYTE)}).read_bytes()
    refused(packed(tmp_path / "a.xlsx", workbook() | {"xl/more.zip": inner}), "套着压缩包")
    refused(packed(tmp_path / "b.xlsx", {"数据.xlsx": inner}), "先解压")


def lol(coding: str) -> bytes:
    """The billion laughs, in the encoding asked for."""
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">{entities}]><worksheet>&l9;</worksheet>'.encode(coding)


@pytest.mark.parametrize("coding", ["utf-8", "utf-16-le", "utf-16-be", "utf-16"])
@pytest.mark.parametrize("part", [SHEET, "xl/sharedStrings.xml", "[Content_Types].xml", "xl/_rels/workbook.xml.rels"])
def test_entities_are_refused_in_every_part(tmp_path: Path, coding: str, part: str) -> None:
    refused(packed(tmp_path / "a.xlsx", workbook() | {part: lol(coding)}), "不安全的 XML")


def test_an_entity_behind_a_long_comment_is_refused(tmp_path: Path) -> None:
    hidden = b"<?xml version='1.0'?><!--" + b"x" * (256 * 1024 - 30) + b"--><!DOCTYPE x [<!ENTITY a 'b'>]><worksheet/>"
    refused(packed(tmp_path / "a.xlsx", workbook() | {SHEET: hidden}), "不安全的 XML")


def cell(reference: str) -> bytes:
    return f'<c r="{reference}" t="inlineStr"><is><t>远</t></is></c>'.encode()


def test_a_single_cell_at_the_far_corner_costs_no_memory(tmp_path: Path) -> None:
    sheet = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        b'<row r="1">'
        + cell("A1")
        + b'</row><row r="1048576">'
        + cell("XFD1048576")
        + b"</row></sheetData></worksheet>"
    )
    path = packed(tmp_path / "a.xlsx", workbook() | {SHEET: sheet})
    started = worked()
    with pytest.raises(UnreadableFile, match="内存|单元格"):
        read_sheet(path)
    assert worked() - started <= 2


def test_a_million_merged_ranges_or_huge_merges_do_not_hang(tmp_path: Path) -> None:
    merges = b"".join(b'<mergeCell ref="A1:A1048576"/>' for _ in range(20_000))
    sheet = workbook()[SHEET].replace(b"</sheetData>", b"</sheetData><mergeCells>" + merges + b"</mergeCells>")
    path = packed(tmp_path / "a.xlsx", workbook() | {SHEET: sheet})
    started = worked()
    assert read_sheet(path).rows == [["名称", "等级"]]
    assert worked() - started <= 2


def test_a_locked_zip_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.xlsx", workbook())
    data = bytearray(path.read_bytes())
    at = -1
    while (at := data.find(b"PK\x01\x02", at + 1)) >= 0:
        data[at + 8] |= 1
    path.write_bytes(data)
    refused(path, "密码")


def mutations() -> Iterator[bytes]:
    """A workbook with its unpacked parts damaged in many places."""
    parts = workbook()
    for name, part in parts.items():
        middle = len(part) // 3
        yield _zip(parts | {name: part[:middle]})
        yield _zip(parts | {name: part[:middle] + b"\xff\x00<" + part[middle + 3 :]})


def _zip(parts: dict[str, bytes]) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(name, data)
    return memory.getvalue()


def test_damaged_parts_are_read_or_refused_but_never_crash(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    for data in mutations():
        path.write_bytes(data)
        with contextlib.suppress(UnreadableFile):
            read_sheet(path)


def test_the_limits_of_the_child_are_not_those_of_this_process(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_AS)
    read_sheet(packed(tmp_path / "a.xlsx", workbook()))
    assert resource.getrlimit(resource.RLIMIT_AS) == before
