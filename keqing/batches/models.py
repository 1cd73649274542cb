"""One change for many customers: what was asked, and what became of each of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from keqing.access.models import Staff

# A worker that has not finished a portion for so long is gone; portions take seconds.
SILENCE = timedelta(seconds=60)


class BatchQuerySet(models.QuerySet["Batch"]):
    def visible_to(self, staff: Staff) -> BatchQuerySet:
        """A batch belongs to who started it."""
        return self.filter(by=staff)

    def abandoned(self, now: datetime) -> BatchQuerySet:
        return self.filter(state__in=WORKING, touched_at__lt=now - SILENCE)


class Batch(models.Model):
    """批量处理. Portions are written one by one; a portion is done whole or not at all."""

    class State(models.TextChoices):
        RUNNING = "running", "处理中"
        DONE = "done", "已完成"
        STOPPED = "stopped", "已停止"
        UNDOING = "undoing", "撤销中"

    action = models.CharField("动作", max_length=40)
    parameters = models.JSONField(default=dict)
    sentence = models.CharField("内容", max_length=300)
    list_key = models.CharField(max_length=60, default="")
    query = models.TextField(default="")
    total = models.PositiveIntegerField("共")
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.RUNNING)
    message = models.CharField("说明", max_length=300, blank=True, default="")
    by = models.ForeignKey("access.Staff", models.PROTECT, related_name="+", verbose_name="操作人")
    started_at = models.DateTimeField("开始")
    touched_at = models.DateTimeField()
    finished_at = models.DateTimeField("完成", null=True)
    stop_asked_at = models.DateTimeField("要求停止", null=True)

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name = "批量处理"
        indexes = [
            models.Index(fields=["by", "-id"], name="batch_by"),
            models.Index(fields=["touched_at"], condition=Q(state__in=["running", "undoing"]), name="batch_working"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(state="done") | Q(finished_at__isnull=False), name="batch_finished_at")
        ]

    def __str__(self) -> str:
        return self.sentence

    def allows(self, staff: Staff, word: str, *, names: bool = False) -> bool:
        return self.by_id == staff.pk and staff.may(word)

    @property
    def is_working(self) -> bool:
        return self.state in WORKING


WORKING = (Batch.State.RUNNING, Batch.State.UNDOING)


class BatchRow(models.Model):
    """What became of one customer. ``before`` is the action's own, what undoing needs."""

    class Outcome(models.TextChoices):
        WAITING = "waiting", "等待"
        DONE = "done", "已处理"
        SKIPPED = "skipped", "跳过"
        UNDOING = "undoing", "待撤销"
        UNDONE = "undone", "已撤销"

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="rows")
    customer_id = models.BigIntegerField("客户编号")
    name = models.CharField("客户", max_length=120, default="")
    outcome = models.CharField("结果", max_length=10, choices=Outcome.choices, default=Outcome.WAITING)
    reason = models.CharField("说明", max_length=200, blank=True, default="")
    before = models.JSONField(default=dict)

    class Meta:
        verbose_name = "批量处理的客户"
        indexes = [models.Index(fields=["batch", "outcome", "customer_id"], name="batch_row_outcome")]
        constraints = [models.UniqueConstraint(fields=["customer_id", "batch"], name="batch_row_once")]
