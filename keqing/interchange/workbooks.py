"""Workbooks we write: the problem rows in the layout of the file, and the template of each import."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

import xlsxwriter

from keqing.interchange.models import Import
from keqing.interchange.registry import ImportSpec
from keqing.interchange.report import Reason

# text stays text: a cell that begins with = is no formula, one that looks like an address no link
PLAIN = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
REASON = "导入问题"
LONGEST = 32_767


def problem_workbook(*, batch: Import) -> bytes:
    """Every row that does not go in, as it stood in the file, with the reason in a last column; and the reasons counted."""
    rows = batch.rows.problems().values_list("number", "cells", "reason", "outcome")
    labels = {"error": "", "duplicate": "重复：", "left": "未匹配："}
    width = len(batch.headers)
    lines = ([*cells[:width], *[""] * (width - len(cells)), f"{labels[outcome]}{reason}"] for _, cells, reason, outcome in rows)
    reasons = [Reason(*facts) for facts in batch.findings.get("reasons", [])]
    counted = [[r.label, r.cause, str(r.rows), str(r.first)] for r in reasons]
    return _workbook([
        ("数据", [[*batch.headers, REASON]], lines), ("原因汇总", [["结果", "原因", "行数", "第一次出现在第几行"]], counted),
    ])


def template_workbook(*, spec: ImportSpec) -> bytes:
    """Headers with required marks, one example row, and a second sheet that explains the columns."""
    headers = [f"{f.label}（必填）" if f.required else f.label for f in spec.fields]
    example = [next(iter(f.examples), "") for f in spec.fields]
    about = [[f.label, "必填" if f.required else "", f.hint] for f in spec.fields]
    return _workbook([("数据", [headers], [example]), ("填写说明", [["列", "必填", "怎么填"]], about)])


def _workbook(sheets: Sequence[tuple[str, Sequence[Sequence[str]], Iterable[Sequence[str]]]]) -> bytes:
    output = io.BytesIO()
    with xlsxwriter.Workbook(output, PLAIN) as book:
        bold = book.add_format({"bold": True, "bg_color": "#EEF1F4", "border": 1})
        text = book.add_format({"num_format": "@"})
        for name, heads, lines in sheets:
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(len(heads), 0)
            sheet.set_column(0, max(0, len(heads[0]) - 1), 18, text)
            for at, cells in enumerate(heads):
                for column, cell in enumerate(cells):
                    sheet.write_string(at, column, cell, bold)
            for at, cells in enumerate(lines, start=len(heads)):
                for column, cell in enumerate(cells):
                    if cell:
                        sheet.write_string(at, column, str(cell)[:LONGEST], text)
    return output.getvalue()
