"""分配规则, who has how many from the pool, and the weights of likeness."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

if TYPE_CHECKING:
    from keqing.access.models import Staff


class LeadRuleQuerySet(models.QuerySet["LeadRule"]):
    def visible_to(self, staff: Staff) -> LeadRuleQuerySet:
        """Whoever manages leads sees all rules: only together do they say where a lead goes. Doors ask for the word."""
        return self

    def in_order(self) -> LeadRuleQuerySet:
        return self.order_by("place", "pk")


class LeadRule(models.Model):
    """Which leads go where (R-186). The first rule in the list that matches and has somebody to take it decides.

    ``unit`` is the organisation whose people take them, and the queue when the target is one. The id stays the
    same over its versions; decisions name both.
    """

    class Target(models.TextChoices):
        POSITION = "position", "指定岗位"
        QUEUE = "queue", "组织队列"
        TURN = "turn", "轮流分配"
        LOAD = "load", "给手上最少的人"

    name = models.CharField("规则名称", max_length=60)
    place = models.PositiveIntegerField("次序")
    valid_from = models.DateField("启用")
    valid_to = models.DateField("停用", null=True, blank=True)

    regions = ArrayField(models.CharField(max_length=6), default=list, blank=True, verbose_name="地区")
    words = ArrayField(models.CharField(max_length=40), default=list, blank=True, verbose_name="产品或需求中的词")
    kinds = ArrayField(models.CharField(max_length=20), default=list, blank=True, verbose_name="客户类型")
    channels = ArrayField(models.CharField(max_length=20), default=list, blank=True, verbose_name="来源渠道")
    campaigns = ArrayField(models.BigIntegerField(), default=list, blank=True, verbose_name="营销活动")
    least_score = models.SmallIntegerField("最低匹配分", null=True, blank=True)

    target = models.CharField("分配方式", max_length=10, choices=Target.choices)
    unit = models.ForeignKey("access.OrgUnit", models.PROTECT, related_name="+", verbose_name="组织")
    position = models.ForeignKey(
        "access.Position", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="岗位"
    )
    members = models.ManyToManyField("access.Position", blank=True, related_name="+", verbose_name="参与的岗位")

    made_by = models.ForeignKey("access.Staff", models.PROTECT, null=True, related_name="+", verbose_name="制定人")
    updated_at = models.DateTimeField("更新时间")
    version = models.PositiveIntegerField("版本", default=1)

    objects = LeadRuleQuerySet.as_manager()

    class Meta:
        verbose_name = "分配规则"
        ordering = ["place", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="lead_rule_named"),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")), name="lead_rule_validity"
            ),
            models.CheckConstraint(condition=Q(target="position") ^ Q(position__isnull=True), name="lead_rule_position"),
        ]

    def __str__(self) -> str:
        return self.name

    def allows(self, staff: Staff, word: str, *, names: bool = False) -> bool:
        return staff.standing.reaches(word, kind=None, owner_position_id=None, unit_id=self.unit_id)


class RuleCount(models.Model):
    """Whose turn it is and how often a rule decided. Locked while leads are being assigned."""

    rule = models.OneToOneField(LeadRule, models.CASCADE, primary_key=True, related_name="count")
    last_position_id = models.BigIntegerField("上一次轮到", null=True)
    hits = models.BigIntegerField("命中", default=0)
    last_hit_at = models.DateTimeField("最近命中", null=True)

    class Meta:
        verbose_name = "规则命中"


class PoolCount(models.Model):
    """How many leads a person picked from 公海 on a day. Locked while picking, so that limits hold."""

    staff = models.ForeignKey("access.Staff", models.PROTECT, related_name="+", verbose_name="员工")
    picked_on = models.DateField("日期")
    picked = models.PositiveIntegerField("领取", default=0)

    class Meta:
        verbose_name = "公海领取"
        constraints = [models.UniqueConstraint(fields=["staff", "picked_on"], name="pool_count_day")]


class LikenessModel(models.Model):
    """Weights of likeness to won customers as computed at a time (R-199). Rows never change."""

    made_at = models.DateTimeField("计算时间")
    made_by = models.ForeignKey("access.Staff", models.PROTECT, null=True, related_name="+", verbose_name="计算人")
    won = models.PositiveIntegerField("已成交")
    others = models.PositiveIntegerField("其他客户")
    weights = models.JSONField("权重", default=dict)

    class Meta:
        verbose_name = "相似度权重"
        ordering = ["-made_at"]


class LikenessOpinion(models.Model):
    """What a person made of a likeness: the score decides nothing by itself (X-23)."""

    class Verdict(models.TextChoices):
        AGREED = "agreed", "认可"
        REJECTED = "rejected", "不认可"

    customer_id = models.BigIntegerField("客户编号")
    model = models.ForeignKey(LikenessModel, models.PROTECT, related_name="+", verbose_name="所用权重")
    score = models.SmallIntegerField("相似度")
    reasons = models.JSONField("理由", default=list)
    verdict = models.CharField("意见", max_length=10, choices=Verdict.choices)
    note = models.CharField("说明", max_length=200, blank=True, default="")
    by = models.ForeignKey("access.Staff", models.PROTECT, related_name="+", verbose_name="确认人")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "相似度确认"
        indexes = [models.Index(fields=["customer_id", "-at"], name="likeness_opinion")]
