"""What was read of a file and made of it, kept beside it: the next step need not read and clean it all again.

The upload keeps the sheet it opened, the check keeps the rows it cleaned. Only what the file itself says is kept.
Whether a row is a duplicate, whose it is and whether it may come in is decided when it is written, as things stand then.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from keqing.interchange.models import Import
from keqing.interchange.spreadsheet import Opened, Sheet, read_sheet

OPENED, CHECKED = ".opened", ".checked"

Body = list[tuple[int, list[str]]]


@dataclass(frozen=True)
class Kept:
    """Line number and cells of each data row, and what the spec made of them (``Plan.cleaned``)."""

    body: Body
    cleaned: Any


def keep_sheet(*, path: Path, opened: Opened) -> None:
    """Effects: one file beside the uploaded one, readable by us alone; it goes when that goes."""
    _write(path.with_name(path.name + OPENED), opened.whole)


def sheet_of(*, batch: Import) -> Sheet:
    """The sheet of the import: as the upload read it, else from the file."""
    content = _read(_beside(batch, OPENED))
    if content is None or content["name"] != batch.sheet:
        return read_sheet(batch.path, batch.sheet)
    return Sheet(name=content["name"], rows=content["rows"])


def keep(*, batch: Import, body: Body, cleaned: Any) -> None:
    """Effects as ``keep_sheet``."""
    content = {"stamp": _stamp(batch), "body": body, "cleaned": cleaned}
    # at once: writing piece by piece takes the slow encoder
    _write(_beside(batch, CHECKED), json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=date.isoformat).encode())


def recall(*, batch: Import) -> Kept | None:
    """What was kept of this file with these settings; None when there is nothing, or something changed."""
    content = _read(_beside(batch, CHECKED))
    if content is None or content["stamp"] != _stamp(batch):
        return None
    return Kept([(number, cells) for number, cells in content["body"]], content["cleaned"])


def forget(*, batch: Import) -> None:
    for ending in (OPENED, CHECKED):
        _beside(batch, ending).unlink(missing_ok=True)


def _beside(batch: Import, ending: str) -> Path:
    return batch.path.with_name(batch.path.name + ending)


def _write(path: Path, content: bytes) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        content: dict[str, Any] = json.loads(path.read_bytes())
    except (OSError, ValueError):  # never written, or half
        return None
    return content


def _stamp(batch: Import) -> str:
    """File and settings: whatever decides what its rows say."""
    facts = [batch.kind, batch.sha256, batch.sheet, batch.header_row, batch.headers, batch.mapping, batch.options]
    return hashlib.sha256(json.dumps(facts, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
