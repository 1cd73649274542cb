"""A file somebody asked for that is made in the background: what of which list, why, who agreed, what became of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from keqing.exports.permissions import Can

if TYPE_CHECKING:
    from keqing.access.models import Staff

# the work tells of itself about once a second
SILENCE = timedelta(seconds=60)


class ExportQuerySet(models.QuerySet["Export"]):
    def visible_to(self, staff: Staff) -> ExportQuerySet:
        """One's own, those one may agree to, and all of them for who oversees exports."""
        if staff.may(Can.OVERSEE):
            return self
        return self.filter(Q(by=staff) | Q(pk__in=Export.objects.within_reach(staff).values("pk")))

    def asked_by(self, staff: Staff) -> ExportQuerySet:
        return self.filter(by=staff)

    def within_reach(self, staff: Staff) -> ExportQuerySet:
        """What others asked for and this person may agree to."""
        rows = staff.standing.rows(Can.APPROVE, names=False, kind="format", owner="position_id", unit="unit_id")
        return self.filter(rows, needs_approval=True).exclude(by=staff)

    def waiting(self) -> ExportQuerySet:
        return self.filter(state=Export.State.WAITING)

    def newest_first(self) -> ExportQuerySet:
        return self.order_by("-pk")


class Export(models.Model):
    """导出. ``position`` and ``unit`` say whose it is for those who agree to it: a head's is agreed to above."""

    class State(models.TextChoices):
        WAITING = "waiting", "待批准"
        QUEUED = "queued", "排队中"
        RUNNING = "running", "生成中"
        DONE = "done", "可下载"
        DECLINED = "declined", "未批准"
        CANCELLED = "cancelled", "已取消"
        FAILED = "failed", "未完成"
        EXPIRED = "expired", "已过期"

    class Format(models.TextChoices):
        XLSX = "xlsx", "Excel"
        CSV = "csv", "CSV"

    class Encoding(models.TextChoices):
        UTF8 = "utf-8-sig", "UTF-8"
        GB18030 = "gb18030", "GB18030"

    TRANSITIONS = {
        State.WAITING: {State.QUEUED, State.DECLINED, State.CANCELLED},
        State.QUEUED: {State.RUNNING, State.CANCELLED},
        State.RUNNING: {State.DONE, State.CANCELLED, State.FAILED, State.QUEUED},
        State.FAILED: {State.QUEUED},
        State.DONE: {State.EXPIRED},
        State.DECLINED: set(),
        State.CANCELLED: set(),
        State.EXPIRED: set(),
    }

    list_key = models.CharField(max_length=60)
    title = models.CharField("列表", max_length=60)
    query = models.TextField(default="", blank=True)
    wording = models.CharField("筛选", max_length=500, blank=True, default="")
    all_columns = models.BooleanField("全部栏目", default=False)
    format = models.CharField("格式", max_length=5, choices=Format.choices)
    encoding = models.CharField("编码", max_length=10, choices=Encoding.choices, default=Encoding.UTF8)
    reason = models.CharField("理由", max_length=200, blank=True, default="")
    rows = models.PositiveIntegerField("行数")
    needs_approval = models.BooleanField("需批准", default=False)
    state = models.CharField("状态", max_length=10, choices=State.choices)
    message = models.CharField("说明", max_length=300, blank=True, default="")
    by = models.ForeignKey("access.Staff", models.PROTECT, related_name="+", verbose_name="导出人")
    position = models.ForeignKey("access.Position", models.PROTECT, null=True, related_name="+", verbose_name="岗位")
    unit = models.ForeignKey("access.OrgUnit", models.PROTECT, null=True, related_name="+", verbose_name="批准组织")
    asked_at = models.DateTimeField("申请时间")
    decided_by = models.ForeignKey("access.Staff", models.PROTECT, null=True, related_name="+", verbose_name="批准人")
    decided_at = models.DateTimeField("批准时间", null=True)
    opinion = models.CharField("意见", max_length=200, blank=True, default="")
    progress_done = models.PositiveIntegerField(default=0)
    touched_at = models.DateTimeField(null=True)
    cancel_asked_at = models.DateTimeField("要求取消", null=True)
    finished_at = models.DateTimeField("完成时间", null=True)
    expires_at = models.DateTimeField("过期时间", null=True)
    file_name = models.CharField("文件名", max_length=200, blank=True, default="")
    stored_as = models.CharField(max_length=60, blank=True, default="")
    size = models.PositiveBigIntegerField("大小", default=0)
    sha256 = models.CharField("SHA-256", max_length=64, blank=True, default="")
    made_for = models.JSONField("生成时的岗位", default=list)

    objects = ExportQuerySet.as_manager()

    class Meta:
        verbose_name = "导出"
        indexes = [
            models.Index(fields=["by", "-id"], name="export_by"),
            models.Index(fields=["by", "-asked_at"], name="export_by_asked"),
            models.Index(fields=["unit", "-id"], condition=Q(state="waiting"), name="export_waiting"),
            models.Index(fields=["expires_at"], condition=Q(state="done"), name="export_expires"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(state="done") | ~Q(sha256=""), name="export_done_has_digest"),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=models.F("by")), name="export_not_agreed_by_oneself"
            ),
        ]

    def __str__(self) -> str:
        return self.file_name or self.title

    def allows(self, staff: Staff, word: str, *, names: bool = False) -> bool:
        if not staff.may(word):
            return False
        if word == Can.APPROVE:
            return self.by_id != staff.pk and staff.standing.reaches(
                word, kind=None, owner_position_id=self.position_id, unit_id=self.unit_id
            )
        return word == Can.OVERSEE or self.by_id == staff.pk

    def is_made_for(self, staff: Staff) -> bool:
        """Whether the person still holds every position the rows were read under, in the same role and unit."""
        held = held_by(staff)
        return bool(self.made_for) and all(one in held for one in self.made_for)

    def may_become(self, state: str) -> bool:
        return state in self.TRANSITIONS[self.State(self.state)]

    @property
    def path(self) -> Path:
        return folder() / self.stored_as

    @property
    def is_working(self) -> bool:
        return self.state in (self.State.QUEUED, self.State.RUNNING)

    @property
    def percent(self) -> int:
        return min(99, self.progress_done * 100 // self.rows) if self.rows else 0

    def is_abandoned(self, *, now: datetime) -> bool:
        """Begun, but the worker is gone."""
        return self.state == self.State.RUNNING and (self.touched_at is None or self.touched_at < now - SILENCE)


def held_by(staff: Staff) -> list[list[Any]]:
    """What decides the rows a person sees: positions with their role and unit, as ``made_for`` keeps them."""
    return [[one.pk, one.role, one.unit_id, one.is_head] for one in staff.standing.positions]


def folder() -> Path:
    return Path(settings.VAR) / "exports"
