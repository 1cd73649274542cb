"""The child process that opens an uploaded file: `python -m keqing.interchange.reader_child`.

Reads one request as JSON from standard input and writes one answer as JSON to
standard output. Sets its own limits before it touches the file, and imports
nothing of the application.
"""

import json
import resource
import sys
from itertools import islice
from pathlib import Path
from typing import Any

from .cells import table_texts
from .file_kind import SAVE_AS, TOO_MUCH_MEMORY, Kind, UnreadableFile
from .package_check import DAMAGED, check_package
from .text_table import read_text_rows

TEXT_SHEET = "数据"
_LONGEST_MERGE = 5_000
HEAD_ROWS = 200


def main() -> None:
    request = json.load(sys.stdin)
    limits = request["limits"]
    _limit_self(limits)
    try:
        found = _answer(request, limits)
        answer = json.dumps(found, ensure_ascii=False)
        if request["do"] == "open":
            # one line for who asks now, one to be kept as it is for who works on all rows
            answer = json.dumps({**found, "rows": found["rows"][:HEAD_ROWS]}, ensure_ascii=False) + "\n" + answer
    except UnreadableFile as refusal:
        answer = json.dumps({"refused": str(refusal)})
    except MemoryError:
        answer = json.dumps({"refused": TOO_MUCH_MEMORY})
    except BaseException:  # a panic of the parser is no Exception
        answer = json.dumps({"refused": DAMAGED})
    sys.stdout.write(answer)


def _limit_self(limits: dict[str, int]) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory_bytes"],) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (limits["seconds"],) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _answer(request: dict[str, Any], limits: dict[str, int]) -> dict[str, Any]:
    path, kind = Path(request["path"]), Kind(request["kind"])
    if kind == Kind.TEXT:
        return _answer_text(path, request, limits)
    if kind == Kind.XLSX:
        wanted = ("parts", "unpacked_bytes", "ratio", "ratio_matters_from")
        check_package(path, **{name: limits[name] for name in wanted})
    return _answer_workbook(path, request, limits)


def _answer_text(path: Path, request: dict[str, Any], limits: dict[str, int]) -> dict[str, Any]:
    rows = read_text_rows(path.read_bytes())
    width = max(map(len, rows), default=0)
    sheets = {"sheets": [{"name": TEXT_SHEET, "rows": len(rows), "columns": width}]}
    if request["do"] == "names":
        return sheets
    _check_cells(len(rows), width, limits)
    return {**sheets, "name": TEXT_SHEET, "rows": _shaped(table_texts(rows))}


def _answer_workbook(path: Path, request: dict[str, Any], limits: dict[str, int]) -> dict[str, Any]:
    import python_calamine as calamine

    try:
        workbook = calamine.CalamineWorkbook.from_path(str(path))
        if request["do"] == "names":
            return {"sheets": _summaries(workbook)}
        if request["do"] == "open":
            return {"sheets": _summaries(workbook), **_read(workbook, None, limits)}
        return _read(workbook, request["sheet"], limits)
    except calamine.PasswordError as error:
        raise UnreadableFile("文件设有打开密码，系统无法读取。请在 Excel 中取消密码后保存，再上传。") from error


def _worksheets(workbook: Any) -> list[Any]:
    """Chart and macro sheets have no rows."""
    return [sheet for sheet in workbook.sheets_metadata if str(sheet.typ).endswith("WorkSheet")]


def _summaries(workbook: Any) -> list[dict[str, Any]]:
    found = []
    for metadata in _worksheets(workbook):
        sheet = workbook.get_sheet_by_name(metadata.name)
        rows, columns = _extent(sheet)
        found.append({"name": metadata.name, "rows": rows, "columns": columns, "hidden": _is_hidden(metadata)})
    return found


def _is_hidden(metadata: Any) -> bool:
    return not str(metadata.visible).endswith(".Visible")


def _extent(sheet: Any) -> tuple[int, int]:
    return (sheet.end[0] + 1, sheet.end[1] + 1) if sheet.end else (0, 0)


def _read(workbook: Any, name: str | None, limits: dict[str, int]) -> dict[str, Any]:
    sheet = _first_filled(workbook) if name is None else _named(workbook, name)
    rows, columns = _extent(sheet)
    _check_cells(rows, columns, limits)
    table = table_texts(sheet.iter_rows()) if rows else []
    table = _from_first_cell(table, rows, columns)
    _fill_merged(table, sheet)
    return {"name": sheet.name, "rows": _shaped(table)}


def _named(workbook: Any, name: str) -> Any:
    if name not in workbook.sheet_names:
        raise UnreadableFile(f"文件里没有名为“{name}”的工作表。请重新选择。")
    return workbook.get_sheet_by_name(name)


def _first_filled(workbook: Any) -> Any:
    """The first sheet with rows, visible ones first."""
    sheets = sorted(_worksheets(workbook), key=_is_hidden)
    for metadata in sheets:
        sheet = workbook.get_sheet_by_name(metadata.name)
        if sheet.end or metadata is sheets[-1]:
            return sheet
    raise UnreadableFile("文件里没有可以读取的工作表。请检查后重新上传。")


def _from_first_cell(table: list[list[str]], rows: int, columns: int) -> list[list[str]]:
    """Row 1, column A first, so that line numbers in reports are those of Excel."""
    top = rows - len(table)
    left = columns - len(table[0]) if table else 0
    return [[""] * columns for _ in range(top)] + [[""] * left + row for row in table]


def _fill_merged(table: list[list[str]], sheet: Any) -> None:
    """A value merged down over rows belongs to each of them; titles merged sideways stay as they are."""
    for (top, left), (bottom, _right) in sheet.merged_cell_ranges or ():
        if top >= len(table) or left >= len(table[top]) or bottom - top > _LONGEST_MERGE:
            continue
        for row in islice(table, top + 1, bottom + 1):
            if left < len(row) and not row[left]:
                row[left] = table[top][left]


def _check_cells(rows: int, columns: int, limits: dict[str, int]) -> None:
    if rows * columns > limits["cells"]:
        raise UnreadableFile(
            f"工作表有 {rows:,} 行 × {columns:,} 列，超过 {limits['cells']:,} 个单元格的上限。"
            f"请删除数据区以外的空行和空列，或拆成几个文件。{SAVE_AS}"
        )


def _shaped(rows: list[list[str]]) -> list[list[str]]:
    """Equally long rows without the empty ones at the end and the empty columns at the right."""
    while rows and not any(rows[-1]):
        rows.pop()
    used = max(map(_used_width, rows), default=0)
    return [row if len(row) == used else (row + [""] * (used - len(row)))[:used] for row in rows]


def _used_width(row: list[str]) -> int:
    return next((at for at in range(len(row), 0, -1) if row[at - 1]), 0)


if __name__ == "__main__":
    main()
