"""Named rules as versioned data, and what they refused."""

from datetime import date

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q


class RuleVersionQuerySet(models.QuerySet["RuleVersion"]):
    def in_force(self, today: date) -> "RuleVersionQuerySet":
        return self.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=today), valid_from__lte=today)

    def latest_of(self, rule_id: str) -> "RuleVersion | None":
        return self.filter(rule_id=rule_id).order_by("-version").first()


class RuleVersion(models.Model):
    """规则的一个版本. Content never changes; ``valid_to`` (exclusive) is set when the next version begins."""

    class Severity(models.TextChoices):
        BLOCK = "block", "禁止"
        GATE = "gate", "有条件放行"
        WARN = "warn", "提醒"

    rule_id = models.CharField("规则编号", max_length=20)
    version = models.PositiveIntegerField("版本")
    title = models.CharField("名称", max_length=60)
    severity = models.CharField("力度", max_length=10, choices=Severity.choices)
    action = models.CharField("处置", max_length=60)
    text_zh = models.TextField("条文")
    basis = models.TextField("依据", blank=True, default="")
    source_url = models.URLField("出处", blank=True, default="")
    parameters = models.JSONField("参数", default=dict)
    test_cases = models.JSONField("例子", default=dict)
    delivered = models.JSONField(default=dict, editable=False)
    valid_from = models.DateField("启用")
    valid_to = models.DateField("停用", null=True, blank=True)
    made_by_name = models.CharField("制定人", max_length=60, default="系统")
    reason = models.CharField("变更理由", max_length=200, blank=True, default="")
    made_at = models.DateTimeField("制定时间", auto_now_add=True)

    objects = RuleVersionQuerySet.as_manager()

    class Meta:
        verbose_name = "合规规则"
        ordering = ["rule_id", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["rule_id", "version"], name="rule_version"),
            ExclusionConstraint(
                name="one_rule_version_at_a_time",
                expressions=[
                    ("rule_id", RangeOperators.EQUAL),
                    (Func(F("valid_from"), F("valid_to"), function="daterange"), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.title}（第 {self.version} 版）"


class Refusal(models.Model):
    """拒绝记录: a rule said no to somebody. Append-only."""

    at = models.DateTimeField("时间")
    rule_id = models.CharField("规则", max_length=20)
    rule_version = models.PositiveIntegerField("版本")
    word = models.CharField("所见", max_length=200)
    sentence = models.CharField("说明", max_length=500)
    where = models.CharField("地点", max_length=120)
    actor_id = models.BigIntegerField("操作人编号", null=True)
    actor_name = models.CharField("操作人", max_length=60)

    class Meta:
        verbose_name = "合规拒绝"
        indexes = [
            models.Index(fields=["-at", "-id"], name="refusal_at"),
            models.Index(fields=["rule_id", "-at"], name="refusal_rule"),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.word}"
