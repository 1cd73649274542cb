"""Taking rows out: at once or in the background, within the policy, each time on record (AUD-03)."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import IO, Any

from django.core.exceptions import BadRequest, PermissionDenied
from django.db import transaction
from django.http import Http404

from keqing.access.models import Staff
from keqing.audit import actions as audit
from keqing.exports import queries, tasks
from keqing.exports.csv_file import csv_pieces
from keqing.exports.models import Export, folder, held_by
from keqing.exports.orders import Order, file_name_of, heads_of, stamp_of
from keqing.exports.reading import Row, portions
from keqing.exports.workbook import write_workbook
from keqing.kit import jobs
from keqing.kit.formats import business_date

LABEL = "exports.export"
RULE = "AUD-03"
KEPT = timedelta(days=7)
EVERY_SECONDS = 0.5
State = Export.State


class ExportRefused(Exception):
    """Cannot be done; the text is for the user."""


class ExportBlocked(ExportRefused):
    """Against the policy; on record as an alarm."""


class ReasonMissing(ExportRefused):
    """So many rows need a reason."""


class _Stopped(Exception):
    """The user asked to stop."""


@dataclass(kw_only=True)
class Direct:
    """A download that begins at once: on record already, its digest when its last byte has gone."""

    order: Order
    by: Staff
    at: datetime
    rows: int
    _done: bool = field(default=False, init=False)

    @property
    def file_name(self) -> str:
        return file_name_of(self.order.wanted.title, self.by, self.at, self.order.format)

    def pieces(self) -> Iterator[bytes]:
        """The csv, piece by piece. However it ends, what went out is on record with its digest."""
        digest, size, written = hashlib.sha256(), 0, 0

        def counted() -> Iterator[list[Row]]:
            nonlocal written
            for portion in self._portions():
                yield portion
                written += len(portion)

        whole = False
        try:
            for piece in csv_pieces(heads=heads_of(self.order.columns), portions=counted(), encoding=self.order.encoding):
                digest.update(piece)
                size += len(piece)
                yield piece
            whole = True
        finally:
            self._record_end(sha256=digest.hexdigest(), size=size, rows=written, whole=whole)

    def write_workbook(self, file: IO[bytes]) -> None:
        """The workbook into an open file; its digest goes on record."""
        write_workbook(
            file, heads=heads_of(self.order.columns), portions=self._portions(),
            stamp=stamp_of(self.order.wanted, by=self.by, at=self.at, rows=self.rows),
        )
        size = file.tell()
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256")
        file.seek(0)
        self._record_end(sha256=digest.hexdigest(), size=size, rows=self.rows, whole=True)

    def table(self) -> list[Row]:
        """The rows for a page on paper."""
        return [row for portion in self._portions() for row in portion]

    def _portions(self) -> Iterator[list[Row]]:
        wanted = self.order.wanted
        return portions(
            spec=wanted.spec, rows=wanted.rows[: self.rows], columns=self.order.columns, size=max(1, self.rows), at_once=True
        )

    def _record_end(self, *, sha256: str, size: int, rows: int, whole: bool) -> None:
        if self._done:
            return
        self._done = True
        audit.record(
            action="export.finished" if whole else "export.broken_off", by=self.by, at=self.at, rule=RULE,
            subject=audit.Subject(LABEL, None, self.order.wanted.title),
            changes={"file_name": self.file_name, "rows": rows, "size": size, "sha256": sha256},
        )


def take_out(*, order: Order, by: Staff, at: datetime) -> Direct | Export:
    """Begin a download or a job, as the policy says. Effects: one audit entry; for a job, a row and maybe its work.

    Refuses without a reason where one is needed; what is beyond the limits is refused and stays on record.
    """
    with transaction.atomic():
        rows, refusal = _judged(order, by=by, at=at)
        if not refusal:
            made = _begin(order, rows=rows, by=by, at=at)
    if refusal:
        raise ExportBlocked(f"{refusal}这次尝试已记入审计。")
    return made


def print_out(*, order: Order, by: Staff, at: datetime) -> Direct:
    """The rows for paper, as far as they may be had at once. Effects: one audit entry."""
    with transaction.atomic():
        rows, refusal = _judged(order, by=by, at=at)
        if not refusal:
            if not order.wanted.limits.at_once(rows):
                raise ExportRefused(f"打印最多 {order.wanted.limits.direct_rows:,} 行，这份列表有 {rows:,} 行。请缩小范围，或导出为文件。")
            _record("export.printed", order, rows=rows, by=by, at=at)
    if refusal:
        raise ExportBlocked(f"{refusal}这次尝试已记入审计。")
    return Direct(order=order, by=by, at=at, rows=rows)


def _judged(order: Order, *, by: Staff, at: datetime, again: Export | None = None) -> tuple[int, str]:
    """How many rows, and why they may not leave. The person's other exports wait for the end of the transaction.

    Of one asked for ``again`` no more leave than were agreed to, and what it counted before does not count twice.
    """
    limits = order.wanted.limits
    if not order.columns:
        raise ExportRefused("这份列表没有可以导出的栏目。")
    rows = queries.count_of(order.wanted.rows, most=limits.counted, alone=by)
    rows = min(rows, again.rows) if again else rows
    hour, day = queries.taken_by(by, at=at, besides=again)
    refusal = limits.refusal(rows=rows, last_hour=hour, last_day=day)
    if refusal:
        _record("export.blocked", order, rows=rows, by=by, at=at, pk=again.pk if again else None, message=refusal)
    elif limits.needs_reason(rows) and not order.reason.strip():
        raise ReasonMissing(f"导出 {rows:,} 行需要写明理由。")
    return rows, refusal


def _begin(order: Order, *, rows: int, by: Staff, at: datetime) -> Direct | Export:
    limits = order.wanted.limits
    if limits.at_once(rows):
        _record("export.begun", order, rows=rows, by=by, at=at)
        return Direct(order=order, by=by, at=at, rows=rows)
    approval = limits.needs_approval(rows)
    position, unit = queries.place_of(by)
    if approval and not queries.approvers_of(staff=by, position=position, unit=unit):
        raise ExportRefused("这次导出需要批准，但没有可以批准的上级在岗。请联系管理员。")
    export = Export.objects.create(
        list_key=order.wanted.key, title=order.wanted.title, query=order.wanted.query, wording=order.wanted.wording[:500],
        all_columns=order.everything, format=order.format, encoding=order.encoding, reason=order.reason.strip()[:200],
        rows=rows, needs_approval=approval, state=State.WAITING if approval else State.QUEUED, by=by, position=position,
        unit=unit, asked_at=at,
    )
    _record("export.asked", order, rows=rows, by=by, at=at, pk=export.pk)
    if not approval:
        jobs.defer(tasks.make_file, export_id=export.pk)
    return export


@transaction.atomic
def approve_export(*, export: Export, by: Staff, opinion: str, at: datetime) -> Export:
    """Agree to somebody else's export. Effects: decision, the work, one audit entry."""
    export = _decided(export, state=State.QUEUED, by=by, opinion=opinion, at=at)
    audit.record(action="export.approved", by=by, at=at, subject=subject_of(export), reason=opinion, rule=RULE)
    jobs.defer(tasks.make_file, export_id=export.pk)
    return export


@transaction.atomic
def decline_export(*, export: Export, by: Staff, opinion: str, at: datetime) -> Export:
    """Refuse somebody else's export, with an opinion. Effects: decision, one audit entry."""
    if not opinion.strip():
        raise ExportRefused("请写明不同意的原因。")
    export = _decided(export, state=State.DECLINED, by=by, opinion=opinion, at=at)
    audit.record(action="export.declined", by=by, at=at, subject=subject_of(export), reason=opinion, rule=RULE)
    return export


@transaction.atomic
def cancel_export(*, export: Export, by: Staff, at: datetime) -> Export:
    """Take back what is not finished; work under way stops at its next step. Effects: state, one audit entry."""
    export = _locked(export)
    if export.state == State.RUNNING and not export.is_abandoned(now=at):
        export.cancel_asked_at = at
        export.save(update_fields=["cancel_asked_at"])
    elif export.may_become(State.CANCELLED):
        export.state = State.CANCELLED
        export.save(update_fields=["state"])
    else:
        raise ExportRefused("这次导出已经结束。")
    audit.record(action="export.cancelled", by=by, at=at, subject=subject_of(export))
    return export


def withdraw_exports(*, staff: Staff, by: Staff, at: datetime) -> None:
    """Somebody leaves: what they asked for and nobody agreed to yet is called off, with an audit entry each."""
    for export in Export.objects.asked_by(staff).waiting():
        cancel_export(export=export, by=by, at=at)


def resume_export(*, export: Export, by: Staff, at: datetime) -> Export:
    """Ask again for work that failed or whose worker is gone. Effects: state, the work, one audit entry.

    Its rows count from now on: the limits are judged as if it were asked for the first time. What is beyond them is
    refused and stays on record.
    """
    with transaction.atomic():
        export = _locked(export)
        if export.state != State.FAILED and not export.is_abandoned(now=at):
            raise ExportRefused("这次导出还在进行，或已经结束。")
        refusal = _judged_again(export, by=by, at=at)
        if not refusal:
            export.state, export.message, export.cancel_asked_at, export.progress_done = State.QUEUED, "", None, 0
            export.asked_at = at
            export.save()
            audit.record(action="export.resumed", by=by, at=at, subject=subject_of(export))
            jobs.defer(tasks.make_file, export_id=export.pk)
    if refusal:
        raise ExportBlocked(f"{refusal}这次尝试已记入审计。")
    return export


def _judged_again(export: Export, *, by: Staff, at: datetime) -> str:
    """Why the rows once asked for may not leave now; empty when they may."""
    wanted = queries.wanted(staff=by, key=export.list_key, query=export.query, today=business_date(at))
    order = Order(
        wanted=wanted, format=export.format, encoding=export.encoding, everything=export.all_columns, reason=export.reason
    )
    rows, refusal = _judged(order, by=by, at=at, again=export)
    if not refusal and wanted.limits.needs_approval(rows) and not export.decided_by_id:
        raise ExportRefused("这次导出现在需要批准，请回到列表重新申请。")
    return refusal


def run(*, export_id: int, now: Callable[[], datetime]) -> None:
    """Make the file with the rights its owner has now. Effects: a file, state, one audit entry."""
    claimed = Export.objects.filter(pk=export_id, state=State.QUEUED).update(state=State.RUNNING, touched_at=now())
    if not claimed:
        return
    export = Export.objects.select_related("by").get(pk=export_id)
    try:
        _make(export, now=now)
    except _Stopped:
        _end(export, State.CANCELLED, "已取消。")
    except (ExportRefused, PermissionDenied, BadRequest, Http404) as refusal:
        _end(export, State.FAILED, str(refusal) or "您现在没有查看这份列表的权限。")
    except Exception:
        _end(export, State.FAILED, "生成时出错。请重试；再次出错时请联系管理员。")
        raise


def _make(export: Export, *, now: Callable[[], datetime]) -> None:
    at = now()
    if not export.by.may(queries.Can.RUN):
        raise ExportRefused("您现在没有导出的权限。")
    # who holds something else by the time of the download may not fetch what these positions saw
    held = held_by(export.by)
    wanted = queries.wanted(staff=export.by, key=export.list_key, query=export.query, today=business_date(at))
    order = Order(wanted=wanted, format=export.format, encoding=export.encoding, everything=export.all_columns)
    folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    export.stored_as = secrets.token_hex(16)
    done = False
    try:
        with export.path.open("w+b") as file:
            export.path.chmod(0o600)
            with closing(_told(export, order, now=now)) as rows:
                written = _write(export, order, file, rows, at=at)
            export.size = file.tell()
            file.seek(0)
            export.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        export.file_name = file_name_of(export.title, export.by, export.asked_at, export.format)
        finished = now()
        with transaction.atomic():
            # a wish to cancel that came before the last statement still counts
            done = bool(
                Export.objects.filter(pk=export.pk, state=State.RUNNING, cancel_asked_at__isnull=True).update(
                    state=State.DONE, rows=written, progress_done=written, finished_at=finished, expires_at=finished + KEPT,
                    file_name=export.file_name, stored_as=export.stored_as, size=export.size, sha256=export.sha256,
                    made_for=held,
                )
            )
            if not done:
                raise _Stopped
            _record("export.finished", order, rows=written, by=export.by, at=finished, pk=export.pk, sha256=export.sha256, size=export.size)
    finally:
        if not done:
            export.path.unlink(missing_ok=True)


def _write(export: Export, order: Order, file: IO[bytes], rows: Iterator[list[Row]], *, at: datetime) -> int:
    heads, written = heads_of(order.columns), 0

    def counted() -> Iterator[list[Row]]:
        nonlocal written
        for portion in rows:
            written += len(portion)
            yield portion

    if export.format == Export.Format.CSV:
        for piece in csv_pieces(heads=heads, portions=counted(), encoding=export.encoding):
            file.write(piece)
    else:
        stamp = stamp_of(order.wanted, by=export.by, at=at, rows=export.rows)
        write_workbook(file, heads=heads, portions=counted(), stamp=stamp)
        file.seek(0, 2)
    return written


def _told(export: Export, order: Order, *, now: Callable[[], datetime]) -> Iterator[list[Row]]:
    """The rows; between portions others learn how far the work is, and the work of a wish to stop."""
    done, last = 0, time.monotonic()
    # never more rows than were asked for and agreed to
    agreed = order.wanted.rows[: export.rows]
    for portion in portions(spec=order.wanted.spec, rows=agreed, columns=order.columns):
        yield portion
        done += len(portion)
        if time.monotonic() - last < EVERY_SECONDS:
            continue
        last = time.monotonic()
        mine = Export.objects.filter(pk=export.pk, state=State.RUNNING, cancel_asked_at__isnull=True)
        if not mine.update(progress_done=done, touched_at=now()):
            raise _Stopped


def subject_of(export: Export) -> audit.Subject:
    return audit.Subject(LABEL, export.pk, export.title)


def _record(
    action: str, order: Order, *, rows: int, by: Staff, at: datetime, pk: int | None = None, message: str = "", **more: Any
) -> None:
    """The file in words: which list, filter and columns, how many rows."""
    changes = {
        "rows": rows, "wording": order.wanted.wording, "columns": "、".join(heads_of(order.columns)),
        "format": order.format, **more,
    }
    audit.record(
        action=action, by=by, at=at, rule=RULE, subject=audit.Subject(LABEL, pk, order.wanted.title),
        reason=message or order.reason.strip(), changes=changes,
    )


def _decided(export: Export, *, state: str, by: Staff, opinion: str, at: datetime) -> Export:
    export = _locked(export)
    if export.state != State.WAITING:
        raise ExportRefused(f"这次导出{export.get_state_display()}，不用再批准。")
    if export.by_id == by.pk:
        raise ExportRefused("不能批准自己的导出。")
    export.state, export.decided_by, export.decided_at, export.opinion = state, by, at, opinion.strip()[:200]
    export.save(update_fields=["state", "decided_by", "decided_at", "opinion"])
    return export


def _end(export: Export, state: str, message: str) -> None:
    Export.objects.filter(pk=export.pk, state=State.RUNNING).update(state=state, message=message[:300])


def _locked(export: Export) -> Export:
    return Export.objects.select_for_update(of=("self",)).get(pk=export.pk)
