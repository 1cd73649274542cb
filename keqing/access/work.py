"""Work that somebody else does for a while, sees too, or takes over: proxies, shares, transfers (R-189, R-190, R-288)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from keqing.access.permissions import Can

if TYPE_CHECKING:
    from keqing.access.models import Staff

UNDO_DAYS = 7
SHARED_DAYS = 30


def _days(first: str, last: str) -> Func:
    return Func(F(first), F(last), Value("[]"), function="daterange")


class ProxyQuerySet(models.QuerySet["Proxy"]):
    def on(self, day: date) -> ProxyQuerySet:
        """In force on this day. Somebody who left the position meanwhile has nothing to be represented in."""
        return self.filter(
            starts_on__lte=day, ends_on__gte=day, ended_at__isnull=True, position__holder=F("from_staff"),
            position__closed_on__isnull=True,
        )

    def open(self, day: date) -> ProxyQuerySet:
        """In force or still to come."""
        return self.filter(ended_at__isnull=True, ends_on__gte=day)

    def visible_to(self, reader: Staff) -> ProxyQuerySet:
        if reader.standing.reaches_everything(Can.MANAGE_PROXY):
            return self  # an empty condition would vanish beside the others
        rows = reader.standing.rows(Can.MANAGE_PROXY, kind="position__role", owner="position_id", unit="position__unit_id")
        return self.filter(Q(from_staff=reader) | Q(to_staff=reader) | rows)


class Proxy(models.Model):
    """工作代理. For some days a deputy does the work of a position; its customers stay its own.

    Empty ``words`` and ``kinds`` are the whole position.
    """

    position = models.ForeignKey("access.Position", models.PROTECT, related_name="proxies", verbose_name="岗位")
    from_staff = models.ForeignKey("access.Staff", models.PROTECT, related_name="+", verbose_name="被代理人")
    to_staff = models.ForeignKey("access.Staff", models.PROTECT, related_name="+", verbose_name="代理人")
    starts_on = models.DateField("开始")
    ends_on = models.DateField("结束")
    words = ArrayField(models.CharField(max_length=40), default=list, blank=True, verbose_name="代理事项")
    kinds = ArrayField(models.CharField(max_length=20), default=list, blank=True, verbose_name="客户类型")
    reason = models.CharField("事由", max_length=200, blank=True, default="")
    made_by = models.ForeignKey("access.Staff", models.PROTECT, related_name="+", verbose_name="安排人")
    made_at = models.DateTimeField("安排时间")
    ended_at = models.DateTimeField("提前结束", null=True)
    ended_by = models.ForeignKey("access.Staff", models.PROTECT, null=True, related_name="+", verbose_name="结束人")
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = ProxyQuerySet.as_manager()

    class Meta:
        verbose_name = "工作代理"
        ordering = ["-starts_on", "-pk"]
        indexes = [
            models.Index(fields=["to_staff", "ends_on"], condition=Q(ended_at__isnull=True), name="proxy_deputy"),
            models.Index(fields=["-starts_on", "-id"], name="proxy_newest"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="proxy_days"),
            models.CheckConstraint(condition=~Q(to_staff=F("from_staff")), name="proxy_is_another"),
            ExclusionConstraint(
                name="one_proxy_at_a_time", condition=Q(ended_at__isnull=True),
                expressions=[("position", RangeOperators.EQUAL), (_days("starts_on", "ends_on"), RangeOperators.OVERLAPS)],
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.to_staff.name} 代理 {self.from_staff.name}（{self.position.name}）"

    def allows(self, reader: Staff, word: str, *, names: bool = False) -> bool:
        """The person and who manages the position may arrange it; the deputy only sees it."""
        if not reader.may(word):
            return False
        return self.from_staff_id == reader.pk or reader.standing.reaches(
            word, kind=self.position.role, owner_position_id=self.position_id, unit_id=self.position.unit_id
        )

    def state(self, today: date) -> str:
        if self.ended_at is not None:
            return "已提前结束"
        if today < self.starts_on:
            return "未开始"
        return "代理中" if today <= self.ends_on else "已结束"


class ShareQuerySet(models.QuerySet["Share"]):
    def on(self, day: date) -> ShareQuerySet:
        return self.filter(from_on__lte=day, to_on__gte=day, revoked_at__isnull=True)


class Share(models.Model):
    """共享: a customer that a position, or all who work in or under a unit, see too until a day."""

    customer_id = models.BigIntegerField("客户编号")
    customer_name = models.CharField("客户", max_length=120)
    position = models.ForeignKey("access.Position", models.PROTECT, null=True, related_name="+", verbose_name="岗位")
    unit = models.ForeignKey("access.OrgUnit", models.PROTECT, null=True, related_name="+", verbose_name="组织")
    from_on = models.DateField("开始")
    to_on = models.DateField("结束")
    may_write = models.BooleanField("可修改", default=False)
    reason = models.CharField("理由", max_length=200, blank=True, default="")
    made_by = models.ForeignKey("access.Staff", models.PROTECT, related_name="+", verbose_name="共享人")
    made_at = models.DateTimeField("共享时间")
    revoked_at = models.DateTimeField("收回时间", null=True)
    revoked_by = models.ForeignKey("access.Staff", models.PROTECT, null=True, related_name="+", verbose_name="收回人")
    transfer = models.ForeignKey("access.Transfer", models.PROTECT, null=True, related_name="shares", verbose_name="工作转移")

    objects = ShareQuerySet.as_manager()

    class Meta:
        verbose_name = "客户共享"
        ordering = ["-from_on", "-pk"]
        indexes = [
            models.Index(fields=["customer_id", "-from_on", "-id"], name="share_customer"),
            models.Index(fields=["position", "to_on"], condition=Q(revoked_at__isnull=True), name="share_position"),
            models.Index(fields=["unit", "to_on"], condition=Q(revoked_at__isnull=True), name="share_unit"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(to_on__gte=F("from_on")), name="share_days"),
            models.CheckConstraint(
                condition=Q(position__isnull=True, unit__isnull=False) | Q(position__isnull=False, unit__isnull=True),
                name="share_with_one",
            ),
            ExclusionConstraint(
                name="one_share_a_position", condition=Q(revoked_at__isnull=True, position__isnull=False),
                expressions=[
                    ("customer_id", RangeOperators.EQUAL), ("position", RangeOperators.EQUAL),
                    (_days("from_on", "to_on"), RangeOperators.OVERLAPS),
                ],
            ),
            ExclusionConstraint(
                name="one_share_a_unit", condition=Q(revoked_at__isnull=True, unit__isnull=False),
                expressions=[
                    ("customer_id", RangeOperators.EQUAL), ("unit", RangeOperators.EQUAL),
                    (_days("from_on", "to_on"), RangeOperators.OVERLAPS),
                ],
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.customer_name} → {self.with_whom}"

    @property
    def with_whom(self) -> str:
        return self.position.label if self.position else f"{self.unit}全体" if self.unit else ""

    @property
    def right(self) -> str:
        return "可查看和修改" if self.may_write else "只可查看"

    def state(self, today: date) -> str:
        if self.revoked_at is not None:
            return "已收回"
        if today < self.from_on:
            return "未开始"
        return "共享中" if today <= self.to_on else "已到期"


class TransferQuerySet(models.QuerySet["Transfer"]):
    def visible_to(self, reader: Staff) -> TransferQuerySet:
        """Those one made, decided on, gives or gets something by, and those of positions within reach."""
        from keqing.access.models import Position

        reached = Position.objects.none()
        for word in (Can.MAKE_TRANSFER, Can.APPROVE_TRANSFER):
            reached = reached | Position.objects.filter(reader.standing.rows(word, kind="role", owner="pk", unit="unit_id"))
        mine = reader.standing.position_ids
        gives = TransferFrom.objects.filter(Q(position__in=reached) | Q(position__in=mine)).values("transfer")
        gets = TransferSplit.objects.filter(to_position__in=mine).values("transfer")
        return self.filter(
            Q(made_by=reader) | Q(decided_by=reader) | Q(rest_to__in=mine) | Q(pk__in=gives) | Q(pk__in=gets)
        )

    def waiting(self) -> TransferQuerySet:
        return self.filter(state=Transfer.State.WAITING)


class Transfer(models.Model):
    """工作转移: the work of some positions goes to others on a day, after somebody above agreed."""

    class State(models.TextChoices):
        WAITING = "waiting", "待批准"
        SCHEDULED = "scheduled", "待执行"
        DONE = "done", "已完成"
        UNDONE = "undone", "已撤销"
        DECLINED = "declined", "未批准"
        CANCELLED = "cancelled", "已取消"
        FAILED = "failed", "未完成"

    class Reason(models.TextChoices):
        LEAVER = "leaver", "人员离职"
        REORGANISATION = "reorganisation", "组织调整"
        LOAD = "load", "均衡工作量"
        OTHER = "other", "其他"

    reason = models.CharField("原因", max_length=20, choices=Reason.choices)
    note = models.TextField("交接说明", blank=True, default="")
    leaver = models.ForeignKey("access.Staff", models.PROTECT, null=True, related_name="+", verbose_name="离职人")
    from_positions = models.ManyToManyField("access.Position", through="TransferFrom", related_name="+")
    rest_to = models.ForeignKey(
        "access.Position", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="其余移交给"
    )
    effective_on = models.DateField("生效日期")
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.WAITING)
    message = models.CharField("说明", max_length=500, blank=True, default="")
    made_by = models.ForeignKey("access.Staff", models.PROTECT, related_name="+", verbose_name="发起人")
    made_at = models.DateTimeField("发起时间")
    decided_by = models.ForeignKey("access.Staff", models.PROTECT, null=True, related_name="+", verbose_name="批准人")
    decided_at = models.DateTimeField("批准时间", null=True)
    opinion = models.CharField("意见", max_length=200, blank=True, default="")
    finished_at = models.DateTimeField("完成时间", null=True)
    undone_at = models.DateTimeField("撤销时间", null=True)
    undone_by = models.ForeignKey("access.Staff", models.PROTECT, null=True, related_name="+", verbose_name="撤销人")
    counts = models.JSONField("移交数量", default=dict)
    traces = models.JSONField("离职人近 30 天的查看与导出", default=dict)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = TransferQuerySet.as_manager()

    class Meta:
        verbose_name = "工作转移"
        ordering = ["-pk"]
        indexes = [models.Index(fields=["effective_on"], condition=Q(state="scheduled"), name="transfer_due")]
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("made_by")), name="transfer_not_agreed_by_oneself"
            )
        ]

    def __str__(self) -> str:
        return f"工作转移 {self.pk}"

    def allows(self, reader: Staff, word: str, *, names: bool = False) -> bool:
        return reader.may(word)


class TransferFrom(models.Model):
    transfer = models.ForeignKey(Transfer, models.CASCADE, related_name="sources")
    position = models.ForeignKey("access.Position", models.PROTECT, related_name="+", verbose_name="转出岗位")

    class Meta:
        verbose_name = "转出岗位"
        constraints = [models.UniqueConstraint(fields=["transfer", "position"], name="transfer_from")]


class TransferSplit(models.Model):
    """Which customers go to which position: those of a rule, or those picked by hand. The first that fits counts."""

    transfer = models.ForeignKey(Transfer, models.CASCADE, related_name="splits")
    place = models.PositiveSmallIntegerField("次序")
    region_prefix = models.CharField("地区", max_length=6, blank=True, default="")
    kind = models.CharField("客户类型", max_length=20, blank=True, default="")
    level = models.CharField("医院等级", max_length=8, blank=True, default="")
    customers = ArrayField(models.BigIntegerField(), default=list, blank=True, verbose_name="选定的客户")
    to_position = models.ForeignKey("access.Position", models.PROTECT, related_name="+", verbose_name="移交给")

    class Meta:
        verbose_name = "移交规则"
        ordering = ["place"]
        constraints = [models.UniqueConstraint(fields=["transfer", "place"], name="transfer_split_place")]



class TransferItem(models.Model):
    """One row that changed hands, with the version it had right after."""

    transfer = models.ForeignKey(Transfer, models.PROTECT, related_name="items")
    key = models.CharField("类别", max_length=30)
    object_id = models.BigIntegerField()
    customer_id = models.BigIntegerField(null=True)
    title = models.CharField("内容", max_length=200)
    from_position = models.ForeignKey("access.Position", models.PROTECT, related_name="+", verbose_name="转出岗位")
    to_position = models.ForeignKey("access.Position", models.PROTECT, related_name="+", verbose_name="移交给")
    version_after = models.PositiveIntegerField(null=True)
    is_undone = models.BooleanField("已撤销", default=False)

    class Meta:
        verbose_name = "移交明细"
        indexes = [
            models.Index(fields=["transfer", "id"], name="transfer_item_order"),
            models.Index(fields=["customer_id", "-id"], name="transfer_item_customer"),
        ]
        constraints = [models.UniqueConstraint(fields=["transfer", "key", "object_id"], name="transfer_item_once")]


class WordUse(models.Model):
    """When a person last passed a door by a word; kept by ``usage``."""

    staff = models.ForeignKey("access.Staff", models.PROTECT, related_name="+", verbose_name="员工")
    word = models.CharField("权限", max_length=40)
    last_on = models.DateField("最近使用")

    class Meta:
        verbose_name = "权限使用"
        constraints = [models.UniqueConstraint(fields=["staff", "word"], name="word_use_once")]


class TransferProgress(models.Model):
    """How far a running transfer is: written beside its transaction, so that others can see it."""

    transfer_id = models.BigIntegerField(primary_key=True)
    done = models.PositiveSmallIntegerField(default=0)
    step = models.CharField(max_length=60, default="")
    touched_at = models.DateTimeField()

    class Meta:
        verbose_name = "转移进度"
