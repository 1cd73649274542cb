"""Columns every customer's row carries: where it comes from, and what actions keep on it."""

from datetime import date

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from keqing.kit.formats import business_date
from keqing.people import choices


class Sourced(models.Model):
    """Provenance of the record (R-003), and of single assessed figures in ``figure_sources`` (decision 11)."""

    source = models.CharField("资料来源", max_length=20, choices=choices.Source.choices, blank=True, default="")
    source_note = models.CharField("来源说明", max_length=200, blank=True, default="")
    collected_by = models.ForeignKey("access.Staff", models.PROTECT, null=True, related_name="+", verbose_name="收集人")
    collected_on = models.DateField("收集日期", null=True)
    created_at = models.DateTimeField("建档时间")
    updated_at = models.DateTimeField("更新时间")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        abstract = True


def today() -> date:
    """For rows nobody gave a date; actions give theirs."""
    return business_date(timezone.now())


class Staged(models.Model):
    """The stage of the life cycle; changed by ``lifecycle.actions`` alone, along ``stages.MOVES``."""

    lifecycle = models.CharField(
        "生命周期", max_length=14, choices=choices.Stage.choices, default=choices.Stage.PROSPECT
    )
    lifecycle_since = models.DateField("进入阶段", default=today)

    class Meta:
        abstract = True


class Attracted(models.Model):
    """How the customer found us (R-184): taken from the first of its leads. Channels are data of a department above."""

    source_channel = models.CharField("来源渠道", max_length=20, blank=True, default="")
    source_campaign = models.CharField("来源活动", max_length=60, blank=True, default="")
    first_touch_at = models.DateTimeField("首次接触", null=True, blank=True)
    referrer = models.CharField("推荐人", max_length=120, blank=True, default="")

    class Meta:
        abstract = True


class KeptByActions(models.Model):
    """What the actions keep on the row of a customer, so that lists need no join.

    ``REPEATED`` only repeats what contact records, reminders and the timeline hold: it can be found again from them.
    """

    REPEATED = ("last_contact_on", "last_activity_at", "next_due_on")

    completeness = models.PositiveSmallIntegerField("完整度", default=0)
    missing = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    last_contact_on = models.DateField("最近联系", null=True)
    last_activity_at = models.DateTimeField("最近动态")
    next_due_on = models.DateField("下次跟进", null=True)
    deleted_at = models.DateTimeField("删除时间", null=True)
    deleted_by = models.ForeignKey("access.Staff", models.PROTECT, null=True, related_name="+")

    class Meta:
        abstract = True
