"""A file on its way into the database: the import, and what happened to each of its rows."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection, models
from django.db.models import Q

if TYPE_CHECKING:
    from keqing.access.models import Staff

RUN_LOCK = 7_302_002


class ImportQuerySet(models.QuerySet["Import"]):
    def visible_to(self, staff: Staff) -> ImportQuerySet:
        """An import belongs to who uploaded it: its rows are their file, not yet customers."""
        return self.filter(by=staff)

    def newest_first(self) -> ImportQuerySet:
        return self.order_by("-pk")


class Import(models.Model):
    """One uploaded file. ``TRANSITIONS`` says what may follow what; actions alone change ``state``."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", "待设置"
        CHECKING = "checking", "核对中"
        CHECKED = "checked", "待确认"
        QUEUED = "queued", "排队中"
        RUNNING = "running", "写入中"
        DONE = "done", "已完成"
        CANCELLED = "cancelled", "已取消"
        FAILED = "failed", "未完成"
        UNDOING = "undoing", "撤销中"
        UNDONE = "undone", "已撤销"

    TRANSITIONS = {
        State.UPLOADED: {State.CHECKING, State.CANCELLED},
        State.CHECKING: {State.CHECKED, State.FAILED, State.UPLOADED},
        State.CHECKED: {State.CHECKING, State.QUEUED, State.CANCELLED, State.UPLOADED},
        State.QUEUED: {State.RUNNING, State.CANCELLED},
        State.RUNNING: {State.DONE, State.CANCELLED, State.FAILED},
        State.FAILED: {State.CHECKING, State.QUEUED, State.CANCELLED, State.UPLOADED},
        State.DONE: {State.UNDOING},
        State.UNDOING: {State.UNDONE, State.DONE},
        State.CANCELLED: {State.CHECKING, State.UPLOADED},
        State.UNDONE: set(),
    }

    kind = models.CharField("内容", max_length=40)
    file_name = models.CharField("文件名", max_length=200)
    stored_as = models.CharField(max_length=60)
    sha256 = models.CharField(max_length=64)
    sheets = models.JSONField(default=list)
    sheet = models.CharField("工作表", max_length=200, default="")
    preview = models.JSONField(default=list)
    header_row = models.PositiveIntegerField("表头所在行", default=1)
    headers = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    findings = models.JSONField(default=dict)
    state = models.CharField("状态", max_length=12, choices=State.choices, default=State.UPLOADED)
    counts = models.JSONField(default=dict)
    progress_done = models.PositiveIntegerField(default=0)
    progress_total = models.PositiveIntegerField(default=0)
    message = models.CharField("说明", max_length=500, blank=True, default="")
    by = models.ForeignKey("access.Staff", models.PROTECT, related_name="+", verbose_name="导入人")
    position = models.ForeignKey("access.Position", models.PROTECT, null=True, related_name="+", verbose_name="岗位")
    unit = models.ForeignKey("access.OrgUnit", models.PROTECT, related_name="+", verbose_name="所属组织")
    uploaded_at = models.DateTimeField("上传时间")
    started_at = models.DateTimeField("开始", null=True)
    finished_at = models.DateTimeField("完成", null=True)
    cancel_asked_at = models.DateTimeField("要求取消", null=True)
    undone_at = models.DateTimeField("撤销", null=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        verbose_name = "导入"
        indexes = [models.Index(fields=["by", "-id"], name="import_by")]
        constraints = [
            models.CheckConstraint(condition=~Q(state="undone") | Q(undone_at__isnull=False), name="import_undone_at"),
            models.CheckConstraint(condition=~Q(state="done") | Q(finished_at__isnull=False), name="import_done_at"),
        ]

    def __str__(self) -> str:
        return self.file_name

    def allows(self, staff: Staff, word: str, *, names: bool = False) -> bool:
        return self.by_id == staff.pk and staff.may(word)

    def may_become(self, state: str) -> bool:
        return state in self.TRANSITIONS[self.State(self.state)]

    @property
    def path(self) -> Path:
        return Path(settings.VAR) / "imports" / self.stored_as

    @property
    def is_working(self) -> bool:
        return self.state in WORKING

    @property
    def percent(self) -> int:
        return min(99, self.progress_done * 100 // self.progress_total) if self.progress_total else 0

    def is_interrupted(self, *, now: datetime) -> bool:
        """Begun, but nobody works on it any more: the worker died, and what it had written was rolled back."""
        if self.state not in WORKING or self.started_at is None:
            return False
        with connection.cursor() as cursor:
            cursor.execute(
                "select not exists (select from pg_locks where locktype = 'advisory' and classid = %s and objid = %s"
                " and database = (select oid from pg_database where datname = current_database()))",
                [RUN_LOCK, self.pk],
            )
            free = bool(cursor.fetchone()[0])
        # the lock is let go a moment after the result is stored
        return free and (now - self.started_at).total_seconds() > 5


class ImportRowQuerySet(models.QuerySet["ImportRow"]):
    def with_outcome(self, outcome: str) -> ImportRowQuerySet:
        return self.filter(outcome=outcome).order_by("number")

    def problems(self) -> ImportRowQuerySet:
        return self.filter(outcome__in=PROBLEMS).order_by("number")


class ImportRow(models.Model):
    """One row of the file: what it is (dry run), then what became of it."""

    class Outcome(models.TextChoices):
        NEW = "new", "新增"
        UPDATE = "update", "更新"
        DUPLICATE = "duplicate", "重复"
        ERROR = "error", "有误"
        LEFT = "left", "未匹配"

    batch = models.ForeignKey(Import, models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField("行号")
    outcome = models.CharField("结果", max_length=10, choices=Outcome.choices)
    reason = models.CharField("原因", max_length=500, blank=True, default="")
    cause = models.CharField("原因类别", max_length=120, blank=True, default="")
    name = models.CharField("名称", max_length=120, blank=True, default="")
    cells = models.JSONField(default=list)
    target_id = models.BigIntegerField(null=True)
    before = models.JSONField(default=dict)
    kept_because = models.CharField("未撤销原因", max_length=200, blank=True, default="")

    objects = ImportRowQuerySet.as_manager()

    class Meta:
        verbose_name = "导入行"
        constraints = [models.UniqueConstraint(fields=["batch", "number"], name="import_row")]
        indexes = [models.Index(fields=["batch", "outcome", "number"], name="import_row_outcome")]


class RememberedMapping(models.Model):
    """How somebody matched the columns of a file of this shape last time; the next one comes filled in."""

    by = models.ForeignKey("access.Staff", models.PROTECT, related_name="+", verbose_name="导入人")
    kind = models.CharField("内容", max_length=40)
    fingerprint = models.CharField(max_length=64)
    mapping = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    file_name = models.CharField("文件名", max_length=200)
    used_at = models.DateTimeField("最近使用")

    class Meta:
        verbose_name = "列对应关系"
        constraints = [models.UniqueConstraint(fields=["by", "kind", "fingerprint"], name="remembered_mapping")]

    def __str__(self) -> str:
        return self.file_name


PROBLEMS = (ImportRow.Outcome.ERROR, ImportRow.Outcome.DUPLICATE, ImportRow.Outcome.LEFT)
WORKING = (Import.State.CHECKING, Import.State.QUEUED, Import.State.RUNNING, Import.State.UNDOING)
