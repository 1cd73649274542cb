"""客户反馈 (R-059): what a customer said of us, when we thanked for it and what we answered."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from keqing.followups.models import FollowsCustomer, customers_reached
from keqing.service.permissions import Can

if TYPE_CHECKING:
    from keqing.access.models import Staff


class FeedbackQuerySet(models.QuerySet["Feedback"]):
    def visible_to(self, staff: Staff) -> FeedbackQuerySet:
        return self.filter(customers_reached(staff, Can.VIEW))

    def open(self) -> FeedbackQuerySet:
        """Something is still owed: a thank-you, an answer, or the report of an adverse event."""
        return self.filter(closed_at__isnull=True)

    def late(self, at: datetime | Now) -> FeedbackQuerySet:
        """A deadline has passed unmet."""
        return self.open().filter(
            Q(ack_at__isnull=True, ack_due_at__lt=at)
            | Q(response_at__isnull=True, answer_due_at__lt=at)
            | Q(reported_at__isnull=True, report_due_at__lt=at)
        )


class Feedback(FollowsCustomer):
    """One piece of feedback. ``closed_at``: acknowledged, answered and, where the law asks for it, reported."""

    class Channel(models.TextChoices):
        PHONE = "phone", "电话"
        VISIT = "visit", "当面"
        WECHAT = "wechat", "微信"
        EMAIL = "email", "邮件"
        LETTER = "letter", "来信"
        MEETING = "meeting", "会议"
        WEB = "web", "网站"
        OTHER = "other", "其他"

    class Type(models.TextChoices):
        PRAISE = "praise", "表扬"
        SUGGESTION = "suggestion", "建议"
        QUESTION = "question", "咨询"
        COMPLAINT = "complaint", "投诉"
        ADVERSE = "adverse", "不良反应"

    class Severity(models.TextChoices):
        GENERAL = "general", "一般"
        SERIOUS = "serious", "严重"
        DEATH = "death", "死亡"

    customer_name = models.CharField("客户", max_length=120)
    position = models.ForeignKey("access.Position", models.PROTECT, null=True, related_name="+", verbose_name="负责岗位")
    unit = models.ForeignKey("access.OrgUnit", models.PROTECT, related_name="+", verbose_name="所属组织")
    channel = models.CharField("途径", max_length=10, choices=Channel.choices)
    type = models.CharField("类别", max_length=12, choices=Type.choices)
    text = models.TextField("反馈内容")
    said_by = models.CharField("反馈人", max_length=60, blank=True, default="")
    product = models.CharField("涉及产品", max_length=80, blank=True, default="")
    batch_no = models.CharField("批号", max_length=40, blank=True, default="")
    severity = models.CharField("严重程度", max_length=10, choices=Severity.choices, blank=True, default="")
    received_at = models.DateTimeField("收到时间")
    ack_due_at = models.DateTimeField("确认时限")
    ack_at = models.DateTimeField("确认时间", null=True)
    ack_note = models.CharField("确认方式", max_length=200, blank=True, default="")
    answer_due_at = models.DateTimeField("答复时限")
    response_at = models.DateTimeField("答复时间", null=True)
    response = models.TextField("答复", blank=True, default="")
    answered_by = models.ForeignKey("access.Staff", models.PROTECT, null=True, related_name="+", verbose_name="答复人")
    report_due_at = models.DateTimeField("上报时限", null=True)
    reported_at = models.DateTimeField("上报时间", null=True)
    report_no = models.CharField("报告编号", max_length=60, blank=True, default="")
    ack_escalated_at = models.DateTimeField(null=True)
    answer_escalated_at = models.DateTimeField(null=True)
    report_escalated_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField("办结时间", null=True)
    taken_by = models.ForeignKey("access.Staff", models.PROTECT, related_name="+", verbose_name="登记人")
    taken_at = models.DateTimeField("登记时间")
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        verbose_name = "客户反馈"
        indexes = [
            models.Index(fields=["customer_id", "-received_at", "-id"], name="feedback_customer"),
            models.Index(fields=["-received_at", "-id"], name="feedback_received"),
            models.Index(fields=["position"], condition=Q(closed_at__isnull=True), name="feedback_open_position"),
            models.Index(
                fields=["ack_due_at"], condition=Q(ack_at__isnull=True, ack_escalated_at__isnull=True),
                name="feedback_ack_due",
            ),
            models.Index(
                fields=["answer_due_at"], condition=Q(response_at__isnull=True, answer_escalated_at__isnull=True),
                name="feedback_answer_due",
            ),
            models.Index(
                fields=["report_due_at"],
                condition=Q(report_due_at__isnull=False, reported_at__isnull=True, report_escalated_at__isnull=True),
                name="feedback_report_due",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(type="adverse", report_due_at__isnull=False) & ~Q(severity="")
                | ~Q(type="adverse") & Q(severity="", report_due_at__isnull=True),
                name="feedback_adverse_has_term",
            ),
            models.CheckConstraint(
                condition=Q(response_at__isnull=True) | Q(ack_at__isnull=False) & ~Q(response=""),
                name="feedback_answer_is_acknowledged",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True)
                | Q(response_at__isnull=False) & (Q(report_due_at__isnull=True) | Q(reported_at__isnull=False)),
                name="feedback_closed_owes_nothing",
            ),
            models.CheckConstraint(condition=Q(ack_due_at__lte=F("answer_due_at")), name="feedback_terms_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.get_type_display()} · {self.customer_name}"

    @property
    def is_adverse(self) -> bool:
        return self.type == self.Type.ADVERSE

    @property
    def state(self) -> str:
        """What is owed next, in a word."""
        if self.ack_at is None:
            return "待确认"
        if self.response_at is None:
            return "待答复"
        return "已办结" if self.closed_at else "待上报"

    @property
    def next_due_at(self) -> datetime | None:
        """The nearest deadline not yet met."""
        return next_due([
            (self.ack_due_at, self.ack_at), (self.answer_due_at, self.response_at), (self.report_due_at, self.reported_at),
        ])


def next_due(terms: Iterable[tuple[datetime | None, datetime | None]]) -> datetime | None:
    """The nearest of these deadlines not yet met; each with when it was."""
    return min((due for due, met in terms if due is not None and met is None), default=None)
