"""Read an uploaded spreadsheet: xlsx, xls or csv, whatever its name says.

The file comes from outside, so it is opened only in a child process with a
memory and a time limit (`reader_child.py`): a file made to exhaust memory kills
the child, not the web worker. What can be seen from size and first bytes is
refused before that. Every refusal is an `UnreadableFile` whose text says, in
Chinese, what is wrong and what to do.

The child answers in JSON, not pickle: were it ever taken over by a file, its
answer still could not run code here.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .file_kind import TOO_MUCH_MEMORY, UnreadableFile, recognise

__all__ = ["Limits", "Opened", "Sheet", "SheetSummary", "UnreadableFile", "open_file", "read_sheet", "sheet_names"]

PROJECT_ROOT = Path(__file__).resolve().parents[2]
MEGABYTE = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How large a file may be; the defaults hold 100,000 rows of 20 columns."""

    file_bytes: int = 30 * MEGABYTE
    unpacked_bytes: int = 200 * MEGABYTE
    # Real workbooks shrink 5 to 40 times; only small ones may shrink more.
    ratio: int = 150
    ratio_matters_from: int = 20 * MEGABYTE
    parts: int = 5_000
    cells: int = 3_000_000
    memory_bytes: int = 1024 * MEGABYTE
    seconds: int = 30


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, kw_only=True)
class SheetSummary:
    """A sheet as offered for choice; `rows` and `columns` count from A1."""

    name: str
    rows: int
    columns: int
    hidden: bool = False


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """All rows of a sheet as text, from A1 on: `rows[0]` is line 1 of the file, all equally long."""

    name: str
    rows: list[list[str]]

    @property
    def columns(self) -> int:
        return len(self.rows[0]) if self.rows else 0


def sheet_names(path: Path | str, *, limits: Limits = DEFAULT_LIMITS) -> list[SheetSummary]:
    """The sheets of a workbook that can hold rows; a text file has one, called 数据."""
    answer = _understood(_ask_child(Path(path), limits, {"do": "names"}))
    return [SheetSummary(**summary) for summary in answer["sheets"]]


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A file at first sight: its sheets, the first lines of the first one, and all of that one as JSON, not unpacked."""

    sheets: list[SheetSummary]
    head: Sheet
    whole: bytes


def open_file(path: Path | str, *, limits: Limits = DEFAULT_LIMITS) -> Opened:
    """``sheet_names`` and the first sheet of ``read_sheet``; the file is opened once, and only its first lines take memory here."""
    line, _, whole = _ask_child(Path(path), limits, {"do": "open"}).partition(b"\n")
    answer = _understood(line)
    sheets = [SheetSummary(**summary) for summary in answer["sheets"]]
    return Opened(sheets=sheets, head=Sheet(name=answer["name"], rows=answer["rows"]), whole=whole)


def read_sheet(path: Path | str, sheet: str | None = None, *, limits: Limits = DEFAULT_LIMITS) -> Sheet:
    """One sheet as text cells; without a name, the first visible one that is not empty.

    Numbers read as typed (no trailing .0, no exponent), dates as YYYY-MM-DD,
    times behind them only when not midnight; cells merged downwards are
    repeated in every row they cover.
    """
    answer = _understood(_ask_child(Path(path), limits, {"do": "read", "sheet": sheet}))
    return Sheet(name=answer["name"], rows=answer["rows"])


def _understood(line: bytes) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(line)
    if "refused" in answer:
        raise UnreadableFile(str(answer["refused"]))
    return answer


def _ask_child(path: Path, limits: Limits, request: dict[str, Any]) -> bytes:
    kind = recognise(path, largest=limits.file_bytes)
    request |= {"path": str(path.resolve()), "kind": kind.value, "limits": vars(limits)}
    return _run(json.dumps(request), limits)


def _run(request: str, limits: Limits) -> bytes:
    # `-m` needs the package on the path; nothing else of our environment is passed on.
    environment = {
        "PYTHONPATH": str(PROJECT_ROOT),
        "PATH": os.defpath,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUTF8": "1",
    }
    command = [sys.executable, "-s", "-m", "keqing.interchange.reader_child"]
    try:
        child = subprocess.run(  # noqa: S603
            command,
            input=request.encode(),
            capture_output=True,
            timeout=limits.seconds,
            cwd=PROJECT_ROOT,
            env=environment,
        )
    except subprocess.TimeoutExpired as late:
        raise UnreadableFile(f"文件太复杂，{limits.seconds} 秒内没有读完。请把它拆成几个小文件后再上传。") from late
    if child.returncode or not child.stdout:
        # Killed by its own limit: the allocator gives up without an exception.
        raise UnreadableFile(TOO_MUCH_MEMORY)
    return child.stdout
