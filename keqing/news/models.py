"""市场动态 (R-173): what happens to drugs and their market, and who wants to hear of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from keqing.access.models import Staff


class Topic(models.Model):
    """主题, such as 肿瘤 or 抗生素. Closed ones stay on old items and take no new ones."""

    name = models.CharField("主题", max_length=20, unique=True)
    closed_on = models.DateField("停用", null=True, blank=True)

    class Meta:
        verbose_name = "动态主题"
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class MarketIntelQuerySet(models.QuerySet["MarketIntel"]):
    def visible_to(self, staff: Staff) -> MarketIntelQuerySet:
        """Everybody in the company reads them; one taken down only those who look after them."""
        if not staff.may("news.view"):
            return self.none()
        return self.all() if staff.may("news.manage") else self.filter(taken_down_at__isnull=True)


class MarketIntel(models.Model):
    """一条市场动态. ``products`` are the product words it concerns, as they are written."""

    title = models.CharField("标题", max_length=120)
    topic = models.ForeignKey(Topic, models.PROTECT, related_name="+", verbose_name="主题")
    products = ArrayField(models.CharField(max_length=40), default=list, blank=True, verbose_name="相关产品")
    source = models.CharField("来源", max_length=60)
    url = models.URLField("原文链接", max_length=500, blank=True, default="")
    published_on = models.DateField("发布日期")
    summary = models.TextField("摘要")
    made_by = models.ForeignKey("access.Staff", models.PROTECT, related_name="+", verbose_name="登记人")
    made_at = models.DateTimeField("登记时间")
    taken_down_at = models.DateTimeField("撤下", null=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = MarketIntelQuerySet.as_manager()

    class Meta:
        verbose_name = "市场动态"
        indexes = [
            models.Index(fields=["-published_on", "-id"], name="intel_published"),
            models.Index(fields=["topic", "-published_on", "-id"], name="intel_topic"),
            models.Index(fields=["title"], name="intel_title"),
            GinIndex(fields=["products"], name="intel_products"),
        ]

    def __str__(self) -> str:
        return self.title

    def allows(self, staff: Staff, word: str, *, names: bool = False) -> bool:
        return staff.may(word)


class Subscription(models.Model):
    """订阅 of one person: a topic, or a product word."""

    staff = models.ForeignKey("access.Staff", models.PROTECT, related_name="+", verbose_name="员工")
    topic = models.ForeignKey(Topic, models.CASCADE, null=True, related_name="+", verbose_name="主题")
    product = models.CharField("产品", max_length=40, blank=True, default="")

    class Meta:
        verbose_name = "动态订阅"
        indexes = [
            models.Index(fields=["topic"], condition=Q(topic__isnull=False), name="subscription_topic"),
            models.Index(fields=["product"], condition=~Q(product=""), name="subscription_product"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["staff", "topic"], condition=Q(topic__isnull=False), name="topic_once"),
            models.UniqueConstraint(fields=["staff", "product"], condition=~Q(product=""), name="product_once"),
            models.CheckConstraint(
                condition=Q(topic__isnull=False, product="") | (Q(topic__isnull=True) & ~Q(product="")),
                name="topic_or_product",
            ),
        ]
