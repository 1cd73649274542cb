"""What becomes of files that were made: fetched by who still holds the position, deleted when their time is over."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from keqing.access.models import Staff
from keqing.audit import actions as audit
from keqing.exports.actions import KEPT, RULE, ExportRefused, subject_of
from keqing.exports.models import Export, folder

State = Export.State
MOVED_ON = "您的岗位或角色在导出之后有变动，这份文件已经删除。需要时请重新导出。"


def hand_over(*, export: Export, by: Staff, at: datetime) -> None:
    """A file leaves the download centre. Effects: one audit entry.

    Who no longer holds a position the file was made under is refused, and the file is deleted.
    """
    if not export.is_made_for(by):
        _expire(export, by=by, at=at, message=MOVED_ON)
        raise ExportRefused(MOVED_ON)
    audit.record(
        action="export.downloaded", by=by, at=at, subject=subject_of(export), rule=RULE,
        changes={"rows": export.rows, "size": export.size, "sha256": export.sha256},
    )


def forget_files(*, at: datetime) -> int:
    """Delete files past their time and those no export knows; end requests nobody answered. Returns how many files went."""
    gone = 0
    for export in Export.objects.filter(state=State.DONE, expires_at__lt=at).order_by("pk")[:1000]:
        _expire(export, by=None, at=at)
        gone += 1
    Export.objects.filter(state=State.WAITING, asked_at__lt=at - KEPT).update(
        state=State.CANCELLED, message="7 天内没有人批准，已自动取消。"
    )
    return gone + _forget_orphans(at)


def _forget_orphans(at: datetime) -> int:
    """A worker that was killed leaves a file behind; a day later nobody writes to it any more."""
    if not folder().exists():
        return 0
    old = [path for path in folder().iterdir() if path.stat().st_mtime < (at - timedelta(days=1)).timestamp()]
    known = set(Export.objects.filter(Q(stored_as__in=[path.name for path in old])).values_list("stored_as", flat=True))
    lost = [path for path in old if path.name not in known]
    for path in lost:
        path.unlink(missing_ok=True)
    return len(lost)


def _expire(export: Export, *, by: Staff | None, at: datetime, message: str = "") -> None:
    export.path.unlink(missing_ok=True)
    with transaction.atomic():
        if Export.objects.filter(pk=export.pk, state=State.DONE).update(state=State.EXPIRED, stored_as="", message=message):
            audit.record(action="export.expired", by=by, at=at, subject=subject_of(export), reason=message)
