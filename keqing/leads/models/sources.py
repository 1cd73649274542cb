"""Where customers come from: channels, and the campaigns that cost money (R-184, R-289)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from keqing.leads.choices import ChannelGroup
from keqing.leads.permissions import Can

if TYPE_CHECKING:
    from keqing.access.models import Staff


class ChannelQuerySet(models.QuerySet["Channel"]):
    def open(self) -> ChannelQuerySet:
        return self.filter(closed_on__isnull=True)

    def visible_to(self, staff: Staff) -> ChannelQuerySet:
        """The same for everybody who works with leads; doors ask for the word."""
        return self


class Channel(models.Model):
    """来源渠道: data, so that a company names its own."""

    key = models.CharField("代号", max_length=20, unique=True)
    name = models.CharField("名称", max_length=20, unique=True)
    group = models.CharField("分组", max_length=10, choices=ChannelGroup.choices, default=ChannelGroup.MARKETING)
    order = models.PositiveSmallIntegerField("次序", default=0)
    closed_on = models.DateField("停用", null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = ChannelQuerySet.as_manager()

    class Meta:
        verbose_name = "来源渠道"
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.name

    def allows(self, staff: Staff, word: str, *, names: bool = False) -> bool:
        return staff.may(word)


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def open(self) -> CampaignQuerySet:
        return self.filter(closed_on__isnull=True)

    def visible_to(self, staff: Staff) -> CampaignQuerySet:
        """The same for everybody who may open the page; doors ask for the word."""
        return self


class Campaign(models.Model):
    """营销活动: the plan, its period and cost, what was expected of it and what came (R-289)."""

    name = models.CharField("活动名称", max_length=60, unique=True)
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="campaigns", verbose_name="来源渠道")
    plan = models.TextField("活动计划", blank=True, default="")
    starts_on = models.DateField("开始日期")
    ends_on = models.DateField("结束日期")
    cost = models.DecimalField("费用（元）", max_digits=12, decimal_places=2, default=0, validators=[MinValueValidator(0)])
    expected_leads = models.PositiveIntegerField("预期线索", null=True, blank=True)
    attendance = models.PositiveIntegerField("到场人数", null=True, blank=True)
    results = models.TextField("活动结果", blank=True, default="")
    unit = models.ForeignKey("access.OrgUnit", models.PROTECT, related_name="+", verbose_name="主办组织")
    created_by = models.ForeignKey("access.Staff", models.PROTECT, null=True, related_name="+", verbose_name="登记人")
    created_at = models.DateTimeField("登记时间")
    closed_on = models.DateField("停用", null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = "营销活动"
        indexes = [models.Index(fields=["-starts_on", "-id"], name="campaign_starts")]
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="campaign_period"),
            models.CheckConstraint(condition=Q(cost__gte=0), name="campaign_cost"),
        ]

    def __str__(self) -> str:
        return self.name

    def allows(self, staff: Staff, word: str, *, names: bool = False) -> bool:
        """Read by everybody with the word, changed by who answers for the unit that holds it."""
        if word == Can.MANAGE:
            return staff.standing.reaches(word, kind=None, owner_position_id=None, unit_id=self.unit_id)
        return staff.may(word)
