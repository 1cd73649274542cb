"""A file from end to end in this process, without pages and without waiting for a worker."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from keqing.access.models import Staff
from keqing.interchange import actions
from keqing.interchange.actions import ImportRefused, Upload
from keqing.interchange.models import Import
from keqing.interchange.registry import spec_of


def import_file(
    *, kind: str, upload: Upload, by: Staff, at: datetime, options: Mapping[str, Any] | None = None
) -> Import:
    """Upload, check and apply a file of ``kind`` (``organisation-hospital``, ``doctor``, …) with its own headers.

    Everything a user's import does is done: the file is kept and read in the child process, rows are cleaned, checked
    for duplicates and reach, stored in one transaction and audited. ``upload`` is what a form hands over, e.g.
    ``SimpleUploadedFile(name, content)``. Returns the import in state ``done``; ``ImportRefused`` when it stopped.
    For measurements: 10,000 rows of 名称, 地区, 等级, 地址, 电话, 编码 as the system administrator. The same over pages is
    POST imports/new/ → POST imports/<id>/check/ → poll imports/<id>/ → POST imports/<id>/apply/ → poll.
    """
    batch = actions.begin_import(spec=spec_of(kind), upload=upload, by=by, at=at)
    actions.start_check(batch=batch, mapping=batch.mapping, options=options or {}, by=by, at=at)
    actions.run_check(import_id=batch.pk, at=at)
    batch.refresh_from_db()
    if batch.state == Import.State.CHECKED:
        actions.start_apply(batch=batch, by=by, at=at)
        actions.run_apply(import_id=batch.pk, at=at)
        batch.refresh_from_db()
    if batch.state != Import.State.DONE:
        raise ImportRefused(batch.message or "这次导入没有完成。")
    return batch
