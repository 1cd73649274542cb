"""How a file is laid out when it is first seen: as remembered, as its headers read, or refused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from keqing.access.models import Staff
from keqing.compliance.actions import log_refusal
from keqing.compliance.rules import check_import
from keqing.interchange import remembered
from keqing.interchange.headers import headers_at
from keqing.interchange.layout import Layout, NoHeader, goods_columns, guess_layout
from keqing.interchange.registry import ImportSpec
from keqing.interchange.spreadsheet import Sheet


class ImportRefused(Exception):
    """The step cannot be done; the text is for the user."""


def allowed_layout(layout: Layout, *, spec: ImportSpec, where: str, by: Staff, at: datetime) -> Layout:
    """Refuse a file whose headers a rule forbids; the refusal is logged, nothing else is written (decision 6)."""
    hit = check_import(headers=[h for h in layout.headers if h], keyed_by=spec.keyed_by)
    if hit is not None:
        log_refusal(hit=hit, by=by, at=at, where=f"导入 {where}")
        raise ImportRefused(hit.sentence)
    return layout


def first_layout(sheet: Sheet, *, spec: ImportSpec, by: Staff, is_only: bool) -> tuple[Layout, dict[str, Any]]:
    """Of the sheet a file opens with. Without a header it is refused, unless the user may choose another sheet."""
    try:
        return layout_of(sheet.rows, sheet=sheet.name, spec=spec, by=by)
    except ImportRefused as refusal:
        if is_only:
            raise
        return Layout(1, [], {}), {"findings": {}, "message": str(refusal)[:500]}


def without_goods(
    layout: Layout, note: dict[str, Any], *, spec: ImportSpec, sheet: str, is_only: bool
) -> tuple[Layout, dict[str, Any]]:
    """Refuse a list of goods whose 名称 are those of goods; a file with other sheets may still hold the right one."""
    goods = [] if note.get("findings", {}).get("remembered") else goods_columns(layout.headers, spec=spec)
    if not goods:
        return layout, note
    refusal = (
        f"工作表“{sheet}”像是商品或订单清单（有“{'”“'.join(goods[:3])}”等列），没有一列写明{spec.label}的名称，不能按“{spec.label}”导入。"
        f"如果确实是{spec.label}名单，请把名称那一列的列名改成“{spec.fields[0].label}”再上传，或换一个工作表。"
    )
    if is_only:
        raise ImportRefused(refusal)
    return Layout(1, [], {}), {"findings": {}, "message": refusal[:500]}


def layout_of(
    rows: Sequence[Sequence[str]], *, sheet: str, spec: ImportSpec, by: Staff
) -> tuple[Layout, dict[str, Any]]:
    """As this person matched the columns of such a file last time, else as its headers read."""
    known = remembered.recall(rows=rows, kind=spec.key, by=by)
    if known is not None:
        last, index = known
        keys = {f.key for f in spec.fields}
        mapping = {column: key for column, key in last.mapping.items() if key in keys}
        note = {"file": last.file_name, "at": last.used_at.isoformat()}
        return Layout(index + 1, headers_at(rows, index), mapping), {"findings": {"remembered": note}, "options": last.options}
    try:
        return guess_layout(rows, spec=spec, sheet=sheet), {"findings": {}}
    except NoHeader as refusal:
        raise ImportRefused(str(refusal)) from refusal


def values_of(layout: Layout) -> dict[str, Any]:
    return {"header_row": layout.header_row, "headers": layout.headers, "mapping": layout.mapping}
