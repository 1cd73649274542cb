"""From an uploaded file to rows in the database, and back (decisions 7, 10, 12)."""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings
from django.db import transaction

from keqing.access.models import OrgUnit, Position, Staff
from keqing.access.territories import company
from keqing.audit import actions as audit
from keqing.interchange import kept, remembered, tasks
from keqing.interchange.first_look import (
    ImportRefused,
    allowed_layout,
    first_layout,
    layout_of,
    values_of,
    without_goods,
)
from keqing.interchange.layout import PREVIEW_ROWS, body_of, layout_at, source_rows
from keqing.interchange.models import Import, ImportRow
from keqing.interchange.progress import Cancelled, Progress, only_one, progress_of, uncollected
from keqing.interchange.registry import Applied, Context, ImportSpec, Plan, spec_of
from keqing.interchange.report import cause_of, reasons_of
from keqing.interchange.spreadsheet import DEFAULT_LIMITS, UnreadableFile, open_file, read_sheet
from keqing.kit import bulk, jobs

LABEL = "interchange.import"
KEPT_DAYS = 30
State = Import.State


class Upload(Protocol):
    """What Django hands over as an uploaded file."""

    name: str
    size: int

    def chunks(self) -> Iterator[bytes]: ...


def begin_import(*, spec: ImportSpec, upload: Upload, by: Staff, at: datetime) -> Import:
    """Keep the file and read its first lines. Effects: a file under a random name, an import, one audit entry.

    Refuses what cannot be read (``UnreadableFile``) and what a rule forbids; the latter is logged (RX-01).
    """
    if upload.size > DEFAULT_LIMITS.file_bytes:
        limit = DEFAULT_LIMITS.file_bytes // 1024 // 1024
        raise UnreadableFile(f"文件超过 {limit} MB。请删除不需要的工作表和图片，或拆成几个文件后再上传。")
    path, digest = _keep(upload)
    try:
        opened = open_file(path)
        sheets, sheet = opened.sheets, opened.head
        layout, note = first_layout(sheet, spec=spec, by=by, is_only=len(sheets) == 1)
        layout = allowed_layout(layout, spec=spec, where=upload.name, by=by, at=at)
        layout, note = without_goods(layout, note, spec=spec, sheet=sheet.name, is_only=len(sheets) == 1)
        kept.keep_sheet(path=path, opened=opened)
    except Exception:
        path.unlink(missing_ok=True)
        raise
    position, unit = home_of(by, spec.word)
    with transaction.atomic():
        batch = Import.objects.create(
            kind=spec.key, file_name=upload.name[:200], stored_as=path.name, sha256=digest, sheets=[vars(one) for one in sheets],
            sheet=sheet.name, preview=sheet.rows[:PREVIEW_ROWS], by=by, position=position, unit=unit, uploaded_at=at,
            **values_of(layout), **note,
        )
        audit.record(action="import.uploaded", by=by, at=at, subject=subject_of(batch))
    return batch


def read_other_sheet(
    *, batch: Import, sheet: str, header_row: int | None = None, by: Staff, at: datetime
) -> Import:
    """Take another sheet, or another line as the header. Effects: preview, headers and mapping are made anew."""
    _require(batch, State.UPLOADED)
    spec = spec_of(batch.kind)
    rows = read_sheet(batch.path, sheet).rows
    note: dict[str, Any] = {"findings": {}}
    if header_row and header_row != batch.header_row:
        layout = layout_at(rows, header_row=header_row, spec=spec)
    else:
        layout, note = layout_of(rows, sheet=sheet, spec=spec, by=by)
    layout = allowed_layout(layout, spec=spec, where=batch.file_name, by=by, at=at)
    layout, note = without_goods(layout, note, spec=spec, sheet=sheet, is_only=True)
    batch.sheet, batch.preview, batch.state, batch.message = sheet, rows[:PREVIEW_ROWS], State.UPLOADED, ""
    batch.options = {**batch.options, **note.get("options", {})}
    batch.findings = note["findings"]
    for name, value in values_of(layout).items():
        setattr(batch, name, value)
    batch.save()
    return batch


@transaction.atomic
def start_check(
    *, batch: Import, mapping: Mapping[str, str], options: Mapping[str, Any], by: Staff, at: datetime
) -> Import:
    """The user said which column is what: check all rows in the background. Effects: mapping, state, a job."""
    batch = _locked(batch)
    _require(batch, State.CHECKING)
    spec = spec_of(batch.kind)
    missing = [f.label for f in spec.fields if f.required and f.key not in mapping.values()]
    if missing:
        raise ImportRefused(f"请为“{'、'.join(missing)}”选择一列。")
    twice = [spec_label(spec, key) for key, n in Counter(key for key in mapping.values() if key).items() if n > 1]
    if twice:
        raise ImportRefused(f"“{'、'.join(twice)}”只能对应一列。")
    key = options.get("update_by")
    if key and key != spec.update_keys[0][0] and key not in mapping.values():
        raise ImportRefused(f"要按“{spec_label(spec, key)}”认出已有的记录，请先为它选择一列。")
    remembered.remember(batch=batch, mapping={c: k for c, k in mapping.items() if k}, options=options, at=at)
    batch.mapping, batch.options = {c: k for c, k in mapping.items() if k}, dict(options)
    batch.state, batch.message, batch.cancel_asked_at, batch.started_at = State.CHECKING, "", None, None
    batch.progress_done = batch.progress_total = 0
    batch.save()
    jobs.defer(tasks.check_import, import_id=batch.pk)
    return batch


def run_check(*, import_id: int, at: datetime) -> None:
    """The dry run: what each row would become. Writes nothing but the import's own rows."""
    with only_one(import_id) as mine:
        claimed = mine and Import.objects.filter(pk=import_id, state=State.CHECKING).update(started_at=at)
        if not claimed:
            return
        batch = _load(import_id)
        with _failing_well(batch), progress_of(batch) as progress, uncollected(), transaction.atomic():
            body, plan, _ = _planned(batch, at=at, progress=progress)
            kept.keep(batch=batch, body=body, cleaned=plan.cleaned)
            _store_rows(batch, body, plan)
            audit.record_all(
                audit.entry_for(
                    action="duplicate.checked", by=batch.by, at=at, subject=subject, reason=f"查重：导入 {batch.file_name}"
                )
                for subject in plan.told
            )
            _finish(batch, state=State.CHECKED, counts=_counts(plan), findings=_findings(plan))


@transaction.atomic
def start_apply(*, batch: Import, by: Staff, at: datetime) -> Import:
    """The user confirms. Effects: state, one audit entry, a job; a second confirmation is refused."""
    batch = _locked(batch)
    _require(batch, State.QUEUED)
    if not batch.counts.get("new", 0) + batch.counts.get("update", 0):
        raise ImportRefused("没有可以导入的行。请下载问题行，改好后重新上传。")
    batch.state, batch.message, batch.cancel_asked_at, batch.started_at = State.QUEUED, "", None, None
    batch.progress_done = 0
    batch.save()
    audit.record(action="import.confirmed", by=by, at=at, subject=subject_of(batch), changes={"counts": [None, batch.counts]})
    jobs.defer(tasks.apply_import, import_id=batch.pk)
    return batch


def run_apply(*, import_id: int, at: datetime) -> None:
    """Put all valid rows in by one transaction; a wish to cancel before its end leaves nothing (decision 7)."""
    with only_one(import_id) as mine:
        claimed = mine and Import.objects.filter(pk=import_id, state=State.QUEUED).update(
            state=State.RUNNING, started_at=at
        )
        if not claimed:
            return
        batch = _load(import_id)
        with _failing_well(batch), progress_of(batch) as progress, uncollected(), transaction.atomic():
            body, plan, context = _planned(batch, at=at, progress=progress, known=kept.recall(batch=batch))
            spec_of(batch.kind).apply(plan=plan, context=context)
            _store_rows(batch, body, plan)
            counts = _counts(plan)
            audit.record(
                action="import.applied", by=batch.by, at=at, subject=subject_of(batch), changes={"counts": [None, counts]}
            )
            _finish(batch, state=State.DONE, counts=counts, findings=_findings(plan), finished_at=at)


@transaction.atomic
def cancel_import(*, batch: Import, by: Staff, at: datetime) -> Import:
    """Stop before the end: nothing of the import stays. Work under way stops at its next step."""
    batch = _locked(batch)
    if batch.state in (State.RUNNING, State.CHECKING) and batch.started_at and not batch.is_interrupted(now=at):
        batch.cancel_asked_at = at
        batch.save(update_fields=["cancel_asked_at"])
    elif batch.state == State.CHECKING:
        batch.state = State.UPLOADED
        batch.save(update_fields=["state"])
    elif batch.may_become(State.CANCELLED):
        batch.state = State.CANCELLED
        batch.save(update_fields=["state"])
    else:
        raise ImportRefused("这次导入已经结束，不能取消；已导入的内容可以撤销。")
    audit.record(action="import.cancelled", by=by, at=at, subject=subject_of(batch))
    return batch


@transaction.atomic
def resume_import(*, batch: Import, by: Staff, at: datetime) -> Import:
    """The worker died half-way and everything was rolled back: ask for the same work again."""
    batch = _locked(batch)
    if not batch.is_interrupted(now=at):
        raise ImportRefused("这次导入还在进行，或已经结束。")
    work = {State.CHECKING: tasks.check_import, State.UNDOING: tasks.undo_import}.get(State(batch.state), tasks.apply_import)
    batch.state = State.QUEUED if batch.state == State.RUNNING else batch.state
    batch.started_at = None
    batch.save(update_fields=["state", "started_at"])
    audit.record(action="import.resumed", by=by, at=at, subject=subject_of(batch))
    jobs.defer(work, import_id=batch.pk)
    return batch


@transaction.atomic
def start_undo(*, batch: Import, by: Staff, at: datetime) -> Import:
    """Take a finished import back in the background."""
    batch = _locked(batch)
    _require(batch, State.UNDOING)
    batch.state, batch.message, batch.started_at = State.UNDOING, "", None
    batch.progress_done = 0
    batch.save()
    jobs.defer(tasks.undo_import, import_id=batch.pk)
    return batch


def run_undo(*, import_id: int, at: datetime) -> None:
    """Take back every row that nothing later depends on; the others stay and say why (decision 7)."""
    with only_one(import_id) as mine:
        claimed = mine and Import.objects.filter(pk=import_id, state=State.UNDOING).update(started_at=at)
        if not claimed:
            return
        batch = _load(import_id)
        with _failing_well(batch, back_to=State.DONE), transaction.atomic():
            rows = [
                Applied(*facts)
                for facts in batch.rows.filter(outcome__in=("new", "update"))
                .order_by("number")
                .values_list("number", "outcome", "target_id", "before")
            ]
            spec = spec_of(batch.kind)
            beyond = spec.beyond(rows=rows, by=batch.by)
            undone = spec.undo(rows=[row for row in rows if row.number not in beyond], by=batch.by, at=at)
            kept = {**dict.fromkeys(beyond, "不在您的辖区"), **undone.kept}
            _note_kept(batch, {**undone.left, **kept})
            counts = {**batch.counts, "undone": len(rows) - len(kept), "kept": len(kept)}
            audit.record(
                action="import.undone", by=batch.by, at=at, subject=subject_of(batch), changes={"counts": [None, counts]}
            )
            Import.objects.filter(pk=batch.pk).update(state=State.UNDONE, undone_at=at, counts=counts)


def forget_files(*, at: datetime) -> int:
    """Remove uploaded files past their keeping; the imports and their rows stay. Returns how many went."""
    before = at - timedelta(days=KEPT_DAYS)
    old = Import.objects.filter(uploaded_at__lt=before, uploaded_at__gt=before - timedelta(days=KEPT_DAYS))
    gone = [batch for batch in old.only("stored_as") if batch.path.exists()]
    for batch in gone:
        kept.forget(batch=batch)
        batch.path.unlink()
    return len(gone)


def subject_of(batch: Import) -> audit.Subject:
    return audit.Subject(LABEL, batch.pk, batch.file_name)


def spec_label(spec: ImportSpec, key: str) -> str:
    found = spec.field(key)
    return found.label if found else key


def home_of(staff: Staff, word: str) -> tuple[Position | None, OrgUnit]:
    """The position and unit an import is for: the first position whose role grants the word; else the company."""
    from keqing.access.standing import roles

    for position in staff.standing.positions:
        grants = roles()[position.role].words.get(word, ()) if position.role in roles() else ()
        if any(grant.reach == "all" for grant in grants):
            return position, company()
        if grants:
            return position, position.unit
    return None, company()


def _keep(upload: Upload) -> tuple[Path, str]:
    folder = Path(settings.VAR) / "imports"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / secrets.token_hex(16)
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for chunk in upload.chunks():
            digest.update(chunk)
            file.write(chunk)
    path.chmod(0o600)
    return path, digest.hexdigest()


def forget_mapping(*, batch: Import, by: Staff, at: datetime) -> Import:
    """The next file of this shape, and this one, are matched by their headers again."""
    _require(batch, State.UPLOADED)
    remembered.forget(batch=batch)
    return read_other_sheet(batch=batch, sheet=batch.sheet, by=by, at=at)


def _locked(batch: Import) -> Import:
    return Import.objects.select_for_update(of=("self",)).get(pk=batch.pk)


def _load(import_id: int) -> Import:
    return Import.objects.select_related("by", "unit", "position").get(pk=import_id)


def _require(batch: Import, state: str) -> None:
    if batch.state != state and not batch.may_become(state):
        raise ImportRefused(f"这次导入{batch.get_state_display()}，不能做这一步。")
    if batch.state == state and state in (State.CHECKING, State.QUEUED, State.UNDOING):
        raise ImportRefused("这一步已经在进行，请稍候。")


def _planned(
    batch: Import, *, at: datetime, progress: Progress, known: kept.Kept | None = None
) -> tuple[kept.Body, Plan, Context]:
    """Plan the rows of the file as things stand now. What the check made of the file itself is ``known``."""
    if not batch.by.is_active or not spec_of(batch.kind).allowed(batch.by):
        raise ImportRefused("导入人已没有导入这类名单的权限。")  # taken away since the form was sent
    if not batch.path.exists():
        raise ImportRefused(f"上传的文件已过 {KEPT_DAYS} 天的保存期，请重新上传。")
    body = known.body if known else _read_body(batch)
    progress.total = len(body)
    context = Context(
        by=batch.by, at=at, unit=batch.unit, position=batch.position, options=batch.options, tell=progress,
        source_note=f"导入 {batch.file_name}"[:200], cleaned=known.cleaned if known else None,
    )
    plan = spec_of(batch.kind).plan(rows=source_rows(body, mapping=batch.mapping), context=context)
    return body, plan, context


def _read_body(batch: Import) -> kept.Body:
    sheet = kept.sheet_of(batch=batch)
    body = body_of(sheet.rows, header_row=batch.header_row, headers=batch.headers)
    if not body:
        raise ImportRefused("表头下面没有数据行。请检查选择的工作表和表头所在行。")
    return body


def _store_rows(batch: Import, body: kept.Body, plan: Plan) -> None:
    old = batch.rows.all()
    old._raw_delete(old.db)  # rows have no dependents; collecting them first would load them all
    cells, rows = dict(body), plan.rows
    bulk.insert_alike(
        ImportRow,
        common={"batch_id": batch.pk},
        each={
            "number": [row.number for row in rows], "outcome": [row.outcome for row in rows],
            "reason": [row.reason[:500] for row in rows], "name": [row.name[:120] for row in rows],
            "cause": [cause_of(row.reason) if row.reason else "" for row in rows],
            "cells": [[] if row.is_accepted else cells[row.number] for row in rows],
            "target_id": [row.target_id for row in rows], "before": [row.before for row in rows],
        },
    )


def _finish(batch: Import, *, state: str, **values: Any) -> None:
    """The last statement of the work: a wish to cancel that came before it still counts."""
    moving = Import.objects.filter(pk=batch.pk, state=batch.state, cancel_asked_at__isnull=True)
    if not moving.update(state=state, **values):
        raise Cancelled


def _counts(plan: Plan) -> dict[str, int]:
    found = Counter(row.outcome for row in plan.rows)
    return {"total": len(plan.rows), **{outcome: found.get(outcome, 0) for outcome in ImportRow.Outcome.values}}


def _findings(plan: Plan) -> dict[str, Any]:
    return {
        "unmatched": [[u.name, u.rows, [list(c) for c in u.candidates]] for u in plan.unmatched],
        "reasons": [list(astuple(reason)) for reason in reasons_of(plan.rows)],
    }


def _note_kept(batch: Import, kept: Mapping[int, str]) -> None:
    reasons: dict[str, list[int]] = {}
    for number, reason in kept.items():
        reasons.setdefault(reason, []).append(number)
    for reason, numbers in reasons.items():
        batch.rows.filter(number__in=numbers).update(kept_because=reason[:200])


@contextmanager
def _failing_well(batch: Import, *, back_to: str = State.FAILED) -> Iterator[None]:
    """After a failure the transaction is gone; the import says what happened."""
    rows = Import.objects.filter(pk=batch.pk, state=batch.state)
    try:
        yield
    except Cancelled:
        after = State.UPLOADED if batch.state == State.CHECKING else State.CANCELLED
        rows.update(state=after, message="已取消，没有写入任何内容。", progress_done=0, cancel_asked_at=None)
    except (ImportRefused, UnreadableFile) as refusal:
        rows.update(state=back_to, message=str(refusal)[:500])
    except Exception:
        rows.update(state=back_to, message="处理时出错，没有写入任何内容。请重试；再次出错时请联系管理员。")
        raise


__all__: Sequence[str] = (
    "ImportRefused", "UnreadableFile", "begin_import", "cancel_import", "forget_mapping", "read_other_sheet", "resume_import",
    "run_apply", "run_check", "run_undo", "start_apply", "start_check", "start_undo",
)
