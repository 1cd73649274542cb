"""From a sheet of texts to rows of mapped fields. Plain functions, no database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from keqing.interchange.headers import FieldSpec, HeaderGuess, body_below, find_header, match_columns
from keqing.interchange.registry import ImportSpec, SourceRow

# columns that resemble one we take and are another thing: matched, then dropped
IGNORED = (
    FieldSpec(key="", label="邮政编码", synonyms=("邮编", "YOUBIAN", "邮政编号")),
    FieldSpec(key="", label="拼音码", synonyms=("拼音简码", "输入码", "PINYIN", "助记码")),
    FieldSpec(key="", label="序号", synonyms=("ID", "编号序号")),
)
PREVIEW_ROWS = 60
SHOWN_ROWS = 20


@dataclass(frozen=True)
class Layout:
    """How a sheet is read: header line (counted from 1), its names, column → field key."""

    header_row: int
    headers: list[str]
    mapping: dict[str, str]


def guess_layout(rows: Sequence[Sequence[str]], *, spec: ImportSpec) -> Layout:
    """Where the header stands and which column is which field, as far as one can tell."""
    known = {name for f in spec.fields for name in f.names}
    guess = find_header(rows, known)
    return layout_at(rows, header_row=guess.index + 1, spec=spec, guess=guess)


def layout_at(
    rows: Sequence[Sequence[str]], *, header_row: int, spec: ImportSpec, guess: HeaderGuess | None = None
) -> Layout:
    """The same with a header line the user chose."""
    headers = guess.headers if guess else list(rows[header_row - 1]) if header_row <= len(rows) else []
    others = [replace(field, key=f"-{at}") for at, field in enumerate(IGNORED)]
    found = match_columns(headers, [*spec.fields, *others])
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
