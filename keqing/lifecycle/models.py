"""What moved a customer along the life cycle, what it needs, and how far it is meant to get."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q

from keqing.followups.models import FollowsCustomer, customers_reached, of_present_customers
from keqing.lifecycle.permissions import Can
from keqing.people.choices import Stage
from keqing.people.models import Organisation

if TYPE_CHECKING:
    from keqing.access.models import Staff


class Reached(models.QuerySet):  # type: ignore[type-arg]
    """Rows seen by whoever sees their customer."""

    def visible_to(self, staff: Staff) -> Reached:
        if staff.standing.reaches_everything(Can.VIEW):
            return self.filter(of_present_customers())
        return self.filter(customers_reached(staff, Can.VIEW))


class OfOrganisation(FollowsCustomer):
    """A row about an organisation; people who are customers of their own have no life cycle yet."""

    customer_name = models.CharField("客户", max_length=120)

    class Meta:
        abstract = True

    def customer(self) -> Organisation:
        return Organisation.objects.get(pk=self.customer_id)


class Listed(models.Model):
    """One value of a picklist; what was used stays, it is only closed."""

    name = models.CharField("名称", max_length=40, unique=True)
    order = models.PositiveSmallIntegerField("次序", default=0)
    closed_on = models.DateField("停用", null=True, blank=True)

    class Meta:
        abstract = True
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.name


class LossReason(Listed):
    """流失原因; the first four are those of the source (R-129)."""

    class Meta(Listed.Meta):
        verbose_name = "流失原因"


class Competitor(Listed):
    """竞争对手: to whom a customer went."""

    class Meta(Listed.Meta):
        verbose_name = "竞争对手"


class StageChange(OfOrganisation):
    """One step of the life cycle: from where, after how many days, why, on what evidence. Written once."""

    from_stage = models.CharField("原阶段", max_length=14, choices=Stage.choices)
    to_stage = models.CharField("新阶段", max_length=14, choices=Stage.choices)
    days = models.PositiveIntegerField("在原阶段天数")
    on = models.DateField("日期")
    at = models.DateTimeField("时间")
    by = models.ForeignKey("access.Staff", models.PROTECT, null=True, related_name="+", verbose_name="操作人")
    owner_position = models.ForeignKey("access.Position", models.PROTECT, null=True, related_name="+", db_index=False)
    reason = models.CharField("原因", max_length=300, blank=True, default="")
    evidence = models.CharField("依据", max_length=300, blank=True, default="")
    contact_id = models.BigIntegerField("联系记录", null=True)
    loss_reason = models.ForeignKey(
        LossReason, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="流失原因", db_index=False
    )
    competitor = models.ForeignKey(
        Competitor, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="竞争对手", db_index=False
    )

    objects = Reached.as_manager()

    class Meta:
        verbose_name = "阶段变化"
        indexes = [
            models.Index(fields=["customer_id", "-at", "-id"], name="stage_change_customer"),
            models.Index(fields=["-at", "-id"], name="stage_change_at"),
            models.Index(fields=["to_stage", "on"], name="stage_change_to"),
            models.Index(fields=["owner_position", "to_stage", "on"], name="stage_change_owner"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(to_stage=Stage.LOST) | Q(loss_reason__isnull=False), name="stage_change_loss_reason"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_from_stage_display()} → {self.get_to_stage_display()}"


class NeedQuerySet(Reached):
    def open(self) -> NeedQuerySet:
        return self.filter(met_on__isnull=True)

    def unanswered(self) -> NeedQuerySet:
        return self.filter(met_on__isnull=True, answered_on__isnull=True)


class Need(OfOrganisation):
    """需求: what the customer needs and how we know, what we answered, and when it was met (R-286)."""

    text = models.CharField("需求", max_length=200)
    evidence = models.CharField("依据", max_length=300)
    contact_id = models.BigIntegerField("联系记录", null=True)
    raised_on = models.DateField("提出日期")
    answer = models.CharField("回应", max_length=500, blank=True, default="")
    answered_on = models.DateField("回应日期", null=True, blank=True)
    met_on = models.DateField("满足日期", null=True, blank=True)
    created_by = models.ForeignKey("access.Staff", models.PROTECT, related_name="+", verbose_name="登记人")
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    objects = NeedQuerySet.as_manager()

    class Meta:
        verbose_name = "需求"
        indexes = [
            models.Index(fields=["customer_id", "-raised_on", "-id"], name="need_customer"),
            models.Index(fields=["raised_on", "id"], name="need_raised"),
            models.Index(
                fields=["raised_on", "id"], condition=Q(answered_on__isnull=True, met_on__isnull=True), name="need_unanswered"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_on__isnull=True, answer="") | (Q(answered_on__isnull=False) & ~Q(answer="")),
                name="need_answer_dated",
            ),
            models.CheckConstraint(condition=Q(met_on__isnull=True) | Q(met_on__gte=F("raised_on")), name="need_met_after"),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def state(self) -> str:
        return "已满足" if self.met_on else "已回应" if self.answered_on else "待回应"

    def days_open(self, today: date) -> int:
        return (today - self.raised_on).days


class TargetQuerySet(Reached):
    def open(self) -> TargetQuerySet:
        return self.filter(reached_on__isnull=True)

    def due_within(self, first: date, last: date) -> TargetQuerySet:
        return self.filter(due_on__gte=first, due_on__lte=last)


class Target(OfOrganisation):
    """客户提升目标: where this customer is to be by when, by which actions, and who answers for it (R-285)."""

    class Kind(models.TextChoices):
        STAGE = "stage", "生命周期"
        GRADE = "grade", "客户等级"
        RELATIONSHIP = "relationship", "关系程度"

    kind = models.CharField("提升什么", max_length=12, choices=Kind.choices)
    now = models.CharField("现状", max_length=20)
    wanted = models.CharField("目标", max_length=20)
    due_on = models.DateField("目标日期")
    actions = models.CharField("行动", max_length=500)
    position = models.ForeignKey("access.Position", models.PROTECT, related_name="+", verbose_name="负责岗位")
    reached_on = models.DateField("达成日期", null=True, blank=True)
    evidence = models.CharField("达成依据", max_length=300, blank=True, default="")
    created_by = models.ForeignKey("access.Staff", models.PROTECT, related_name="+", verbose_name="制定人")
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    objects = TargetQuerySet.as_manager()

    class Meta:
        verbose_name = "提升目标"
        indexes = [
            models.Index(fields=["customer_id", "due_on"], name="target_customer"),
            models.Index(fields=["due_on", "id"], name="target_due"),
            models.Index(fields=["position", "due_on"], name="target_position_due"),
        ]
        constraints = [
            # one aim of a kind at a time, so that a result has one answer
            models.UniqueConstraint(
                fields=["customer_id", "kind"], condition=Q(reached_on__isnull=True), name="target_one_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}：{self.now_label} → {self.wanted_label}"

    @property
    def now_label(self) -> str:
        return self._label(self.now)

    @property
    def wanted_label(self) -> str:
        return self._label(self.wanted)

    def _label(self, value: str) -> str:
        return str(Stage(value).label) if self.kind == self.Kind.STAGE and value in Stage.values else value


class PipelineGoal(models.Model):
    """How many new order customers a position is to win in a month; the gap to it is what prospects must cover (R-126)."""

    position = models.ForeignKey("access.Position", models.PROTECT, related_name="+", verbose_name="岗位")
    month = models.DateField("月份")
    wanted = models.PositiveIntegerField("目标新增（家）")
    set_by = models.ForeignKey("access.Staff", models.PROTECT, related_name="+", verbose_name="下达人")
    set_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = "新增目标"
        constraints = [
            models.UniqueConstraint(fields=["position", "month"], name="pipeline_goal_once"),
            models.CheckConstraint(condition=Q(month__day=1), name="pipeline_goal_month"),
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.month:%Y-%m}"


class EffectQuerySet(Reached):
    def without_effect(self) -> EffectQuerySet:
        """Over, and nothing went up: neither stage nor completeness nor level (R-180)."""
        return self.filter(is_closed=True, d_stage__lte=0, d_completeness__lte=0, d_level__lte=0)


class Effect(models.Model):
    """What one contact moved (R-180); ``effects`` says exactly what is counted. Begun by a trigger of the records."""

    customer_id = models.BigIntegerField("客户编号")
    contact_id = models.BigIntegerField("联系记录")
    tracker = models.ForeignKey("access.Staff", models.PROTECT, related_name="+", verbose_name="跟踪人", db_constraint=False, db_index=False)
    on = models.DateField("跟踪日期")
    at = models.DateTimeField("记录时间")
    stage_from = models.SmallIntegerField()
    completeness_from = models.SmallIntegerField()
    level_from = models.SmallIntegerField()
    d_stage = models.SmallIntegerField("阶段", default=0)
    d_completeness = models.SmallIntegerField("完整度", default=0)
    d_level = models.SmallIntegerField("等级", default=0)
    is_closed = models.BooleanField("已结束", default=False)

    objects = EffectQuerySet.as_manager()

    class Meta:
        verbose_name = "行动成效"
        indexes = [
            models.Index(fields=["customer_id", "-at", "-id"], name="effect_customer"),
            models.Index(fields=["at"], condition=Q(is_closed=False), name="effect_open"),
            models.Index(
                fields=["tracker", "on"], name="effect_tracker",
                include=["customer_id", "d_stage", "d_completeness", "d_level", "is_closed"],
            ),
            models.Index(fields=["-on", "-id"], name="effect_on"),
        ]
        constraints = [models.UniqueConstraint(fields=["customer_id", "contact_id"], name="effect_once")]

    @property
    def total(self) -> int:
        return self.d_stage + self.d_completeness + self.d_level

    @property
    def said(self) -> str:
        """阶段 +1、完整度 +12; 成效 0 when nothing moved."""
        parts = [("阶段", self.d_stage), ("完整度", self.d_completeness), ("等级", self.d_level)]
        return "、".join(f"{label} {value:+d}" for label, value in parts if value) or "成效 0"
