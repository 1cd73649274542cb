"""From a sheet of texts to rows of mapped fields. Plain functions, no database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from keqing.interchange.headers import FieldSpec, HeaderGuess, body_below, find_header, headers_at, match_columns
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
