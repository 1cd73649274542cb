"""T35: every file that leaves the product holds text where text was, and no formula."""

import csv
import io
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from keqing.access.tests.factories import make_cast
from keqing.exports.csv_file import csv_pieces
from keqing.exports.tests.payloads import PAYLOADS, has_formula
from keqing.exports.workbook import Stamp, write_workbook
from keqing.interchange.models import ImportRow
from keqing.interchange.tests.factories import csv_file, make_upload
from keqing.interchange.workbooks import problem_workbook
from keqing.people.tests.factories import NOW
from tests.guards.house import ROOT

pytestmark = pytest.mark.proves("T35")
# each of them is attacked here or beside it; another place that writes files is another exporter
WRITERS = {"keqing/exports/csv_file.py", "keqing/exports/workbook.py", "keqing/interchange/workbooks.py", "keqing/access/unused.py"}
WRITES = re.compile(r"csv\.(?:writer|DictWriter)|def csv_pieces|xlsxwriter\.Workbook|openpyxl|xlwt")
OFFICE = shutil.which("soffice") or shutil.which("libreoffice")


def problem_file() -> bytes:
    """The rows an import refused, given back as they stood."""
    batch = make_upload(by=make_cast().manager, file=csv_file([["医院名称", "所在地区"], ["庚汐市人民医院", "广东省广州市"]]))
    batch.headers = ["=医院名称", "@所在地区"]
    batch.save(update_fields=["headers"])
    batch.rows.all().delete()
    ImportRow.objects.bulk_create(
        ImportRow(batch=batch, number=number, cells=[text, text], outcome="error", reason=text[:200]) for number, text in enumerate(PAYLOADS, start=2)
    )
    return problem_workbook(batch=batch)


def test_files_are_written_in_three_places_and_nowhere_else():
    found = {
        str(path.relative_to(ROOT)) for path in (ROOT / "keqing").rglob("*.py")
        if "/tests/" not in str(path) and WRITES.search(path.read_text(encoding="utf-8"))
    }
    assert found == WRITERS


@pytest.mark.django_db
def test_the_file_of_refused_rows_holds_no_formula(figure: Any):
    content = problem_file()
    figure("内容", len(PAYLOADS))
    figure("公式", int(has_formula(content)))
    assert not has_formula(content)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.django_db
@pytest.mark.skipif(OFFICE is None, reason="这台机器没有 LibreOffice")
def test_an_office_finds_no_formula_in_any_file(tmp_path: Path, figure: Any):
    rows = [[text, text] for text in PAYLOADS]
    (tmp_path / "list.csv").write_bytes(b"".join(csv_pieces(heads=("甲", "乙"), portions=[rows], encoding="utf-8-sig")))
    made = io.BytesIO()
    write_workbook(made, heads=("甲", "乙"), portions=[rows], stamp=Stamp(title="医院", wording="", by="李雯", company="示例", at=NOW, rows=len(rows)))
    (tmp_path / "list.xlsx").write_bytes(made.getvalue())
    (tmp_path / "refused.xlsx").write_bytes(problem_file())
    found = 0
    for name in ("list.csv", "list.xlsx", "refused.xlsx"):
        # formulas shown instead of their results: 44,34,76 is comma, quote, UTF-8; the eighth token asks for formulas
        options = 'csv:"Text - txt - csv (StarCalc)":44,34,76,1,,0,false,true,true,false,false,-1'
        profile = f"-env:UserInstallation=file://{tmp_path}/profile"
        command = [str(OFFICE), "--headless", profile, "--convert-to", options, "--outdir", tmp_path / "out", tmp_path / name]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        for file in (tmp_path / "out").glob(f"{Path(name).stem}*.csv"):
            cells = [cell for row in csv.reader(io.StringIO(file.read_text(encoding="utf-8"))) for cell in row]
            # what LibreOffice computed would stand there as its result
            found += sum(cell in ("2", "Err:508", "#NAME?", "#REF!", "#VALUE!") for cell in cells)
    figure("文件", 3)
    figure("公式", found)
    assert found == 0
