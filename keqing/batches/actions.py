"""One change for many customers: begun, run in portions, stopped, taken back (U30)."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from keqing.access.models import Staff
from keqing.audit import actions as audit
from keqing.batches import tasks
from keqing.batches.models import Batch, BatchRow
from keqing.batches.registry import BatchAction, Result, action_of
from keqing.kit import bulk, jobs

LABEL = "batches.batch"
LARGEST = 10_000
PORTION = 200
AT_ONCE = 50
UNDO_DAYS = 30
State, Outcome = Batch.State, BatchRow.Outcome


class BatchRefused(Exception):
    """The batch cannot be started, stopped or taken back; the text is for the user."""


def subject_of(batch: Batch) -> audit.Subject:
    return audit.Subject(LABEL, batch.pk, f"{batch.sentence}（{batch.total} 家）", None)


def start_batch(
    *, action: BatchAction, ids: Sequence[int], parameters: Mapping[str, Any], sentence: str, list_key: str,
    query: str, by: Staff, at: datetime, skipped: Mapping[int, str] | None = None, names: Mapping[int, str] | None = None,
) -> Batch:
    """Do it to these customers: a few at once, many as a job. The set is fixed now, whatever the list shows later.

    ``skipped`` are chosen customers it is known not to be allowed for, with the reason. Effects: the batch and
    its rows, one audit entry, and those of the action. Refuses more than ``LARGEST``.
    """
    if len(ids) > LARGEST:
        raise BatchRefused(f"一次最多处理 {LARGEST:,} 家，请先用筛选缩小范围。")
    with transaction.atomic():
        batch = Batch.objects.create(
            action=action.key, parameters=dict(parameters), sentence=sentence[:300], list_key=list_key, query=query,
            total=len(ids) + len(skipped or {}), by=by, started_at=at, touched_at=at,
        )
        known = names or {}
        rows = [BatchRow(batch=batch, customer_id=pk, name=known.get(pk, "")) for pk in ids]
        rows += [
            BatchRow(batch=batch, customer_id=pk, name=known.get(pk, ""), outcome=Outcome.SKIPPED, reason=reason)
            for pk, reason in (skipped or {}).items()
        ]
        bulk.insert(rows)
        audit.record(action="batch.started", by=by, at=at, subject=subject_of(batch))
        if len(ids) > AT_ONCE:
            jobs.defer(tasks.run_batch, batch_id=batch.pk)
    if len(ids) <= AT_ONCE:
        run(batch_id=batch.pk, now=lambda: at)
        batch.refresh_from_db()
    return batch


def run(*, batch_id: int, now: Callable[[], datetime]) -> None:
    """Portion by portion until nothing waits. Every portion is one transaction, so a killed worker loses none.

    A portion that fails ends the batch with a message instead of being tried for ever; the error goes on to the log.
    """
    try:
        while _portion(batch_id=batch_id, at=now()):
            pass
    except Exception:
        if not connection.in_atomic_block:  # else whoever began the transaction takes everything back
            _give_up(batch_id=batch_id, at=now())
        raise


@transaction.atomic
def _give_up(*, batch_id: int, at: datetime) -> None:
    batch = Batch.objects.select_for_update(of=("self",), no_key=True).get(pk=batch_id)
    if batch.is_working:
        batch.message = "处理时出错，余下的没有处理。请稍后再试；仍不行请联系管理员。"
        _finish(batch, at=at)


def ask_to_stop(*, batch: Batch, at: datetime) -> None:
    """After the portion at hand. What is done stays done, and can be taken back."""
    Batch.objects.filter(pk=batch.pk, state=State.RUNNING).update(stop_asked_at=at)


def undo_batch(*, batch: Batch, customers: Collection[int] | None, by: Staff, at: datetime) -> Batch:
    """Take back what was done to these customers, or to all. Refuses while it runs and after ``UNDO_DAYS``."""
    with transaction.atomic():
        stored = Batch.objects.select_for_update(no_key=True).get(pk=batch.pk)
        if stored.is_working:
            raise BatchRefused("还在处理，请等它完成或先停止。")
        if at - stored.started_at > timedelta(days=UNDO_DAYS):
            raise BatchRefused(f"超过 {UNDO_DAYS} 天的批量处理不能再撤销。")
        rows = stored.rows.filter(outcome=Outcome.DONE)
        if customers is not None:
            rows = rows.filter(customer_id__in=customers)
        count = rows.update(outcome=Outcome.UNDOING, reason="")
        if not count:
            raise BatchRefused("没有可以撤销的客户。")
        stored.state, stored.touched_at, stored.stop_asked_at = State.UNDOING, at, None
        stored.save()
        audit.record(
            action="batch.undone", by=by, at=at, subject=subject_of(stored), reason=f"撤销其中 {count} 家"
        )
        if count > AT_ONCE:
            jobs.defer(tasks.run_batch, batch_id=stored.pk)
    if count <= AT_ONCE:
        run(batch_id=stored.pk, now=lambda: at)
    stored.refresh_from_db()
    return stored


def take_up_abandoned(*, at: datetime) -> None:
    for batch in Batch.objects.abandoned(at):
        jobs.defer(tasks.run_batch, batch_id=batch.pk)


@transaction.atomic
def _portion(*, batch_id: int, at: datetime) -> bool:
    """One portion; whether there may be another."""
    # its own row alone: the person it runs for goes on working, also with another batch
    locked = Batch.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
    batch = locked.select_related("by").filter(pk=batch_id).first()
    if batch is None or not batch.is_working:
        return False  # another worker has it, or it is over
    waiting = Outcome.WAITING if batch.state == State.RUNNING else Outcome.UNDOING
    rows = list(batch.rows.filter(outcome=waiting).order_by("customer_id")[:PORTION])
    action = action_of(batch.action)
    stopped = batch.stop_asked_at is not None and batch.state == State.RUNNING
    if not rows or stopped or action is None:
        _finish(batch, at=at)
        return False
    if not (batch.by.is_active and batch.by.may(action.word)):
        batch.message = "操作人已不能使用系统，余下的没有处理。"
        _finish(batch, at=at)
        return False
    (_apply if batch.state == State.RUNNING else _undo)(batch, action, rows, at)
    BatchRow.objects.bulk_update(rows, ["outcome", "name", "reason", "before"])
    batch.touched_at = at
    batch.save(update_fields=["touched_at"])
    return True


def _apply(batch: Batch, action: BatchAction, rows: Sequence[BatchRow], at: datetime) -> None:
    results = action.apply(ids=[row.customer_id for row in rows], parameters=batch.parameters, by=batch.by, at=at)
    found = {result.customer_id: result for result in results}
    for row in rows:
        result = found.get(row.customer_id) or Result(row.customer_id, "", reason="客户已不在，或已不在您的范围。")
        row.outcome = Outcome.DONE if result.is_done else Outcome.SKIPPED
        row.name = (result.name or row.name)[:120]
        row.reason, row.before = result.reason[:200], dict(result.before)


def _undo(batch: Batch, action: BatchAction, rows: Sequence[BatchRow], at: datetime) -> None:
    kept = action.undo(
        before={row.customer_id: row.before for row in rows}, parameters=batch.parameters, by=batch.by, at=at
    )
    for row in rows:
        row.reason = kept.get(row.customer_id, "")[:200]
        row.outcome = Outcome.DONE if row.reason else Outcome.UNDONE


def _finish(batch: Batch, *, at: datetime) -> None:
    """Over for now: what was to be taken back and was not can be asked for again."""
    batch.rows.filter(outcome=Outcome.UNDOING).update(outcome=Outcome.DONE)
    batch.state = State.STOPPED if batch.rows.filter(outcome=Outcome.WAITING).exists() else State.DONE
    batch.finished_at = batch.touched_at = at
    batch.save()

