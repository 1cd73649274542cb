"""T33: damaged and hostile files are read or refused with a sentence; nothing hangs, nothing crashes, nothing half goes in.

A small number of mutations in every run, the full number in ``make check-long``.
"""

import csv
import io
import random
import time
import zipfile
from collections import Counter
from pathlib import Path

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile

from keqing.access.tests.factories import make_cast
from keqing.interchange import actions
from keqing.interchange.models import Import
from keqing.interchange.spreadsheet import UnreadableFile, read_sheet
from keqing.interchange.tests.factories import apply, check, make_upload
from keqing.people.models import Organisation

pytestmark = pytest.mark.proves("T33")
ROWS = [["医院名称", "所在地区", "医院等级", "电话"], *([f"示例第{n}医院", "广东省广州市", "三级甲等", "020-81234567"] for n in range(30))]
SMALL, FULL = 12, 5000
NASTY = [
    "=1+1", "\x00", "\ud7ff", "𠮷" * 50, "长" * 5000, '"', "\r\n", "\u202e", "﷽", "-1", "1e999", "NaN", "<b>", "';--", "%s", "\\", "{}",
]


def workbook(rows=ROWS) -> bytes:
    output = io.BytesIO()
    with xlsxwriter.Workbook(output, {"in_memory": True}) as book:
        page = book.add_worksheet("名单")
        for at, row in enumerate(rows):
            page.write_row(at, 0, row)
    return output.getvalue()


def text(encoding: str, rows=ROWS) -> bytes:
    output = io.StringIO()
    csv.writer(output).writerows(rows)
    return output.getvalue().encode(encoding, errors="replace")


def old_workbook() -> bytes:
    """The first sectors of an old Excel file: signature, header, then our rows as they come."""
    return bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 504 + text("utf-16-le") + b"\xff" * 2048


SEEDS = {
    "xlsx": workbook, "xls": old_workbook, "csv-utf8": lambda: text("utf-8"), "csv-bom": lambda: text("utf-8-sig"),
    "csv-gb18030": lambda: text("gb18030"), "zip": workbook,
}


def damaged(data: bytes, chance: random.Random) -> bytes:
    """Bytes flipped, cut out, doubled, or put in."""
    found = bytearray(data)
    for _ in range(chance.randint(1, 12)):
        at = chance.randrange(len(found) or 1)
        match chance.randrange(5):
            case 0:
                found[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del found[at : at + chance.randint(1, 200)]
            case 2:
                found[at:at] = found[at : at + chance.randint(1, 200)]
            case 3:
                found[at:at] = chance.choice(NASTY).encode("utf-8", errors="replace")
            case _:
                found = found[: max(1, at)] if chance.random() < 0.2 else found
    return bytes(found)


def damaged_parts(data: bytes, chance: random.Random) -> bytes:
    """A workbook that is a sound zip with a damaged part: deeper than flipped bytes of the package reach."""
    output = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as new:
        chosen = chance.choice(old.namelist())
        for name in old.namelist():
            part = old.read(name)
            new.writestr(name, damaged(part, chance) if name == chosen else part)
    return output.getvalue()


def mutations(kind: str, count: int):
    chance = random.Random(f"keqing {kind}")
    seed = SEEDS[kind]()
    for number in range(count):
        yield number, damaged_parts(seed, chance) if kind == "zip" else damaged(seed, chance)


def read_all(kind: str, count: int, folder: Path) -> Counter[str]:
    """Read every mutation; only a refusal in Chinese is allowed besides rows of text."""
    seen: Counter[str] = Counter()
    path = folder / f"a.{kind.split('-')[0]}"
    for number, data in mutations(kind, count):
        path.write_bytes(data)
        started = time.monotonic()
        try:
            rows = read_sheet(path).rows
        except UnreadableFile as refusal:
            told = str(refusal)
            seen["refused"] += 1
        else:
            told = "读了"
            assert all(isinstance(cell, str) for row in rows for cell in row), (kind, number)
            seen["read"] += 1
        assert any("\u4e00" <= sign <= "\u9fff" for sign in told), (kind, number)
        assert time.monotonic() - started <= 30, (kind, number)
    return seen


@pytest.mark.parametrize("kind", SEEDS)
def test_damaged_files_are_read_or_refused(kind: str, tmp_path: Path):
    assert read_all(kind, SMALL, tmp_path).total() == SMALL


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", SEEDS)
def test_thousands_of_damaged_files_are_read_or_refused(kind: str, tmp_path: Path):
    """The child that reads has 1 GB of address space at most and ends after 30 seconds; the limit here is ours."""
    assert read_all(kind, FULL, tmp_path).total() == FULL


@pytest.mark.django_db
def test_nasty_cells_go_through_the_whole_import_or_are_told_by_row():
    cast = make_cast()
    chance = random.Random("nasty cells")
    rows = [list(row) for row in ROWS]
    for row in rows[1:]:
        row[chance.randrange(4)] = chance.choice(NASTY)
    file = SimpleUploadedFile("难.csv", text("utf-8", rows).replace(b"\x00", b" "))
    batch = check(make_upload(by=cast.system, file=file))
    assert batch.state == Import.State.CHECKED, batch.message
    batch = apply(batch)
    told = batch.rows.exclude(outcome="new")
    assert Organisation.objects.count() == batch.counts["new"] and all(row.reason for row in told)


@pytest.mark.django_db
def test_damaged_files_that_are_read_go_in_whole_or_not_at_all():
    cast = make_cast()
    for kind in ("csv-utf8", "csv-gb18030", "zip"):
        for _, data in mutations(kind, 4):
            before = Organisation.objects.count()
            try:
                batch = make_upload(by=cast.system, file=SimpleUploadedFile("坏.csv", data))
                batch = check(batch)
            except (UnreadableFile, actions.ImportRefused):
                assert Organisation.objects.count() == before
                continue
            if batch.state == Import.State.CHECKED and batch.counts["new"] + batch.counts["update"]:
                batch = apply(batch)
                assert Organisation.objects.count() == before + batch.counts["new"]
                assert batch.rows.count() == batch.counts["total"]
            else:
                assert batch.message or batch.counts["total"]
                assert Organisation.objects.count() == before
