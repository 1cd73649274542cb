"""From a sheet of texts to rows of mapped fields. Plain functions, no database."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from keqing.interchange.headers import (
    FieldSpec,
    HeaderGuess,
    body_below,
    find_header,
    headers_at,
    match_columns,
    normalise_header,
)
from keqing.interchange.registry import ImportSpec, SourceRow

# columns that resemble one we take and are another thing: matched, then dropped
IGNORED = tuple(
    FieldSpec(key=f"-{name}", label=name)
    for name in (
        "邮政编码", "邮编", "YOUBIAN", "邮政编号", "拼音码", "拼音简码", "输入码", "PINYIN", "助记码", "序号", "ID", "编号序号",
        "药品名称", "药品通用名", "通用名", "商品名", "商品名称", "产品名称", "化学名", "药品编码", "药品代码", "商品编码", "产品编码",
        "品名", "科室", "科室名称", "部门名称", "岗位名称", "岗位编号", "上级岗位编号", "员工姓名", "上级主管", "是否厂商", "是否供应商",
        "是否配送商", "是否gpo", "是否禁用", "生产厂家", "厂家编码", "收货人", "项目名称",
    )
)
PREVIEW_ROWS = 60
SHOWN_ROWS = 20


# whose name a column holds is not said by these; beside two columns that only goods and orders have, it is the goods'
BARE_NAMES = {normalise_header(name) for name in ("名称", "全称", "NAME", "编号", "编码", "代码")}
_GOODS = re.compile(
    r"(?:数量|件数|账面数.*|包装数|订货量?|订购量?|采购量|库存量?|单价|进价|进货价|售价|零售价|批发价|供货价|中标价|金额|总价|"
    r"条码|条形码|商品条码|规格|包装规格|剂型|批号|有效期至?|单位|计量单位|包装单位|批准文号)"
)
ENOUGH_GOODS = 2


class NoHeader(Exception):
    """The sheet has rows and nothing above them that names its columns; the text is for the user."""


@dataclass(frozen=True)
class Layout:
    """How a sheet is read: header line (counted from 1), its names, column → field key."""

    header_row: int
    headers: list[str]
    mapping: dict[str, str]


def guess_layout(rows: Sequence[Sequence[str]], *, spec: ImportSpec, sheet: str = "") -> Layout:
    """Where the header stands and which column is which field, as far as one can tell; else ``NoHeader``."""
    known = {name for f in spec.fields for name in f.names}
    guess = find_header(rows, known)
    if not guess.confidence and sum(1 for row in rows if any(row)) > 1:
        examples = "、".join(f.label for f in spec.fields[:3])
        raise NoHeader(
            f"工作表“{sheet}”没有表头：第 {guess.index + 1} 行起就是数据，无法知道各列是什么。"
            f"请在数据上面加一行列名（如 {examples}）再上传，或换一个工作表。"
        )
    return layout_at(rows, header_row=guess.index + 1, spec=spec, guess=guess)


def goods_columns(headers: Sequence[str], *, spec: ImportSpec) -> list[str]:
    """The columns that make a sheet a list of goods; none where any column says whose names it holds."""
    telling = {normalise_header(name) for f in spec.fields for name in f.names} - BARE_NAMES
    plain = [(header, normalise_header(header)) for header in headers if header]
    goods = [header for header, name in plain if _GOODS.fullmatch(name) and name not in telling]
    return goods if len(goods) >= ENOUGH_GOODS and not any(name in telling for _, name in plain) else []


def layout_at(
    rows: Sequence[Sequence[str]], *, header_row: int, spec: ImportSpec, guess: HeaderGuess | None = None
) -> Layout:
    """The same with a header line the user chose."""
    headers = guess.headers if guess else headers_at(rows, header_row - 1)
    found = match_columns(headers, [*spec.fields, *IGNORED])
    return Layout(header_row, headers, {str(c): key for c, key in found.items() if not key.startswith("-")})


def body_of(rows: Sequence[Sequence[str]], *, header_row: int, headers: Sequence[str]) -> list[tuple[int, list[str]]]:
    """(line number, cells) of each data row below the header: no repeated headers, totals, blank rows."""
    guess = HeaderGuess(index=header_row - 1, headers=list(headers), confidence=1.0)
    return [(row.line, row.cells) for row in body_below(rows, guess).rows]


def source_rows(body: Sequence[tuple[int, list[str]]], *, mapping: Mapping[str, str]) -> list[SourceRow]:
    columns = [(int(column), key) for column, key in mapping.items() if key]
    return [
        SourceRow(number, {key: cells[column] if column < len(cells) else "" for column, key in columns})
        for number, cells in body
    ]
