"""What the import screens show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from keqing.access.models import Staff
from keqing.interchange.headers import normalise_header
from keqing.interchange.layout import SHOWN_ROWS, body_of
from keqing.interchange.models import Import, ImportRow
from keqing.interchange.registry import ImportSpec, spec_of, specs_for
from keqing.interchange.report import Reason

PAGE = 50
TONES = {
    "uploaded": "draft", "checking": "now", "checked": "waiting", "queued": "now", "running": "now", "done": "done",
    "cancelled": "draft", "failed": "refused", "undoing": "now", "undone": "draft",
}


@dataclass(frozen=True)
class ColumnOfFile:
    header: str
    samples: list[str]
    field: Any


@dataclass(frozen=True)
class Tab:
    outcome: str
    label: str
    count: int
    active: bool


@dataclass(frozen=True)
class ReasonLine:
    """One reason of the report, with the address of its rows."""

    reason: Reason
    url: str
    active: bool


@dataclass(frozen=True)
class Remembered:
    """The earlier file whose mapping fills in this one."""

    file_name: str
    at: datetime


@dataclass(frozen=True)
class ImportBoard:
    """One import at its present stage."""

    batch: Import
    spec: ImportSpec
    tone: str
    is_interrupted: bool
    tabs: Sequence[Tab]
    rows: Sequence[ImportRow]
    outcome: str
    after: int | None
    kept: Sequence[ImportRow]
    reasons: Sequence[ReasonLine] = ()
    cause: str = ""
    cause_query: str = ""
    """The chosen cause as an address carries it to the next page."""

    @property
    def accepted(self) -> int:
        return self.batch.counts.get("new", 0) + self.batch.counts.get("update", 0)

    @property
    def undo_url(self) -> str:
        return reverse("interchange:undo", args=[self.batch.pk])

    @property
    def undo_text(self) -> str:
        return _("撤销“%(name)s”写入的 %(n)s 行：%(means)s。之后被修改或已有往来的行不动，并列出来。") % {
            "name": self.batch.file_name, "n": f"{self.accepted:,}", "means": self.spec.undo_means
        }

    @property
    def problems(self) -> int:
        return sum(self.batch.counts.get(outcome, 0) for outcome in ("error", "duplicate", "left"))


def import_board(*, batch: Import, outcome: str, after: int, now: datetime, cause: str = "") -> ImportBoard:
    """Counts as tabs, reasons, one page of rows of the chosen outcome and cause, and what could not be undone."""
    shown = batch.state in ("checked", "done", "undone") or (batch.state in ("queued", "running") and batch.counts)
    choices = [(o.value, str(o.label)) for o in ImportRow.Outcome if batch.counts.get(o.value)]
    if outcome not in dict(choices):
        outcome = next((key for key in ("error", "left", "duplicate", "new", "update") if key in dict(choices)), "")
    rows: list[ImportRow] = []
    if shown and outcome:
        chosen = batch.rows.with_outcome(outcome).filter(number__gt=after)
        rows = list((chosen.filter(cause=cause) if cause else chosen)[: PAGE + 1])
    kept = list(batch.rows.exclude(kept_because="").order_by("number")[:200]) if batch.state == "undone" else []
    return ImportBoard(
        batch=batch, spec=spec_of(batch.kind), tone=TONES[batch.state], is_interrupted=batch.is_interrupted(now=now),
        tabs=[Tab(key, label, batch.counts[key], key == outcome) for key, label in choices] if shown else [],
        rows=rows[:PAGE], outcome=outcome, after=rows[PAGE - 1].number if len(rows) > PAGE else None, kept=kept,
        reasons=_reason_lines(batch, outcome, cause) if shown else [], cause=cause, cause_query=urlencode({"cause": cause}),
    )


def setup_notes(*, batch: Import, staff: Staff) -> list[str]:
    """Why the sheet may not be the list it was uploaded as: a column it must have is missing."""
    spec = spec_of(batch.kind)
    missing = [f.label for f in spec.fields if f.required and f.key not in batch.mapping.values()]
    if not missing or not batch.headers:
        return []
    headers = {normalise_header(header) for header in batch.headers if header}
    likely = [
        other.label
        for other in specs_for(staff)
        if other.key != spec.key
        and (required := [f for f in other.fields if f.required])  # a list without any fits every sheet
        and all(headers & set(map(normalise_header, f.names)) for f in required)
    ]
    note = _("没有找到“%(missing)s”这一列，这个工作表可能不是“%(label)s”名单。请换一个工作表，或在下面指定是哪一列。") % {
        "missing": "、".join(missing), "label": spec.label,
    }
    if likely:
        note += _("看列名，它可能是“%(likely)s”名单：请重新上传并选择那一种。") % {"likely": "”或“".join(likely[:3])}
    return [note]


def remembered_from(*, batch: Import) -> Remembered | None:
    note = batch.findings.get("remembered")
    return Remembered(note["file"], datetime.fromisoformat(note["at"])) if note else None


def _reason_lines(batch: Import, outcome: str, cause: str) -> list[ReasonLine]:
    reasons = [Reason(*facts) for facts in batch.findings.get("reasons", [])]
    return [
        ReasonLine(
            reason=r, url="?" + urlencode({"outcome": r.outcome, "cause": r.cause}) + "#rows",
            active=(r.outcome, r.cause) == (outcome, cause),
        )
        for r in reasons
    ]


def columns_of_file(*, batch: Import, form: Any) -> list[ColumnOfFile]:
    """Each column with its first values and the choice of its field."""
    body = preview_rows(batch=batch)
    return [
        ColumnOfFile(header, [cells[at] for _, cells in body if at < len(cells) and cells[at]][:3], form.column(at))
        for at, header in enumerate(batch.headers)
    ]


def preview_rows(*, batch: Import) -> list[tuple[int, list[str]]]:
    """The first rows below the header, with their line numbers."""
    return body_of(batch.preview, header_row=batch.header_row, headers=batch.headers)[:SHOWN_ROWS]


def same_file_before(*, batch: Import) -> Import | None:
    """An earlier import of the very same file that went in and was not undone."""
    done = Import.objects.filter(by=batch.by_id, sha256=batch.sha256, sheet=batch.sheet, state=Import.State.DONE)
    return done.exclude(pk=batch.pk).newest_first().first()
