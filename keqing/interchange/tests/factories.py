"""Files and imports in the states tests need."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile

from keqing.access.models import Staff
from keqing.interchange import actions
from keqing.interchange.models import Import
from keqing.interchange.registry import spec_of
from keqing.kit import jobs
from keqing.people.tests.factories import NOW

Rows = Sequence[Sequence[Any]]


def xlsx(rows: Rows, *, name: str = "医院名单.xlsx", merged_title: str = "", sheet: str = "名单") -> SimpleUploadedFile:
    output = io.BytesIO()
    with xlsxwriter.Workbook(output, {"in_memory": True}) as book:
        page = book.add_worksheet(sheet)
        start = 0
        if merged_title:
            page.merge_range(0, 0, 0, max(1, len(rows[0]) - 1), merged_title)
            start = 2
        for at, row in enumerate(rows, start=start):
            for column, cell in enumerate(row):
                page.write(at, column, cell)
    return SimpleUploadedFile(name, output.getvalue())


def csv_file(rows: Rows, *, encoding: str = "utf-8-sig", name: str = "医院名单.csv") -> SimpleUploadedFile:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return SimpleUploadedFile(name, text.getvalue().encode(encoding))


def make_upload(*, by: Staff, file: Any, kind: str = "organisation-hospital", at: datetime = NOW) -> Import:
    return actions.begin_import(spec=spec_of(kind), upload=file, by=by, at=at)


def make_checked(
    *, by: Staff, file: Any, kind: str = "organisation-hospital", at: datetime = NOW, **options: Any
) -> Import:
    batch = make_upload(by=by, file=file, kind=kind, at=at)
    return check(batch, at=at, **options)


def check(batch: Import, *, at: datetime = NOW, **options: Any) -> Import:
    actions.start_check(batch=batch, mapping=batch.mapping, options=options, by=batch.by, at=at)
    jobs.run_waiting()
    batch.refresh_from_db()
    return batch


def make_applied(*, by: Staff, file: Any, kind: str = "organisation-hospital", at: datetime = NOW, **options: Any) -> Import:
    batch = make_checked(by=by, file=file, kind=kind, at=at, **options)
    return apply(batch, at=at)


def apply(batch: Import, *, at: datetime = NOW) -> Import:
    actions.start_apply(batch=batch, by=batch.by, at=at)
    jobs.run_waiting()
    batch.refresh_from_db()
    return batch


def undo(batch: Import, *, at: datetime = NOW) -> Import:
    actions.start_undo(batch=batch, by=batch.by, at=at)
    jobs.run_waiting()
    batch.refresh_from_db()
    return batch
