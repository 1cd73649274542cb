"""Contact records with the seven fields (R-195), their tallies, comments of superiors (R-197)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q

from keqing.followups import tallies
from keqing.followups.models.base import FollowsCustomer, customers_reached
from keqing.followups.permissions import Can
from keqing.people.choices import BusinessState

if TYPE_CHECKING:
    from keqing.access.models import Staff


class ContactQuerySet(models.QuerySet["ContactRecord"]):
    def visible_to(self, staff: Staff) -> ContactQuerySet:
        return self.filter(customers_reached(staff, Can.VIEW))


class ContactRecord(FollowsCustomer):
    """联系记录. Submitted at once and then only corrected, with a reason; former versions stay readable."""

    class Method(models.TextChoices):
        """方式: the six of R-294, and the visit."""

        VISIT = "visit", "拜访"
        PHONE = "phone", "电话"
        FAX = "fax", "传真"
        EMAIL = "email", "邮件"
        SMS = "sms", "短信"
        DIRECT = "direct", "直接接触"
        MEDIA = "media", "媒体"

    class Duty(models.TextChoices):
        """What the time went into: the five duties of R-100."""

        NEEDS = "needs", "了解需求"
        COORDINATE = "coordinate", "协调关系"
        MAINTAIN = "maintain", "维持关系"
        COLLECT = "collect", "收集信息"
        GUIDE = "guide", "指导帮助"

    customer_name = models.CharField("客户", max_length=120)
    track_on = models.DateField("跟踪日期")
    method = models.CharField("方式", max_length=10, choices=Method.choices)
    tracker = models.ForeignKey("access.Staff", models.PROTECT, related_name="+", verbose_name="跟踪人")
    tracked_for = models.CharField("代理", max_length=60, blank=True, default="")  # whose deputy the tracker was
    tracker_position = models.ForeignKey("access.Position", models.PROTECT, null=True, related_name="+")
    tracker_unit = models.ForeignKey("access.OrgUnit", models.PROTECT, null=True, related_name="+")
    callback_on = models.DateField("回访日期", null=True, blank=True)
    business_state = models.CharField("业务状态", max_length=20, choices=BusinessState.choices)
    description = models.TextField("业务描述")
    solution = models.TextField("解决方法", blank=True, default="")
    products = models.CharField("产品", max_length=200, blank=True, default="")
    materials = models.CharField("资料", max_length=200, blank=True, default="")
    duty = models.CharField("工作分类", max_length=12, choices=Duty.choices, blank=True, default="")
    minutes = models.PositiveSmallIntegerField("用时（分钟）", null=True, blank=True)
    # 出发前检核: the items of the policy that were ticked
    checked = models.JSONField("出发前检核", default=list, blank=True)
    # a visit to a key customer on a day without an appointment
    is_unannounced = models.BooleanField("未预约拜访", default=False)
    version = models.PositiveSmallIntegerField("版本", default=1)
    form_key = models.UUIDField(null=True)
    submitted_at = models.DateTimeField("提交时间")

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = "联系记录"
        indexes = [
            models.Index(fields=["customer_id", "-track_on", "-id"], name="contact_customer"),
            models.Index(fields=["tracker", "-submitted_at", "-id"], name="contact_tracker"),
            models.Index(fields=["tracker_unit", "-submitted_at", "-id"], name="contact_unit"),
            models.Index(fields=["tracker", "-track_on", "-id"], name="contact_tracker_day"),
            models.Index(fields=["tracker_unit", "-track_on", "-id"], name="contact_unit_day"),
            models.Index(fields=["-submitted_at", "-id"], name="contact_submitted"),
            models.Index(fields=["-track_on", "-id"], name="contact_track_on"),
            models.Index(fields=["-track_on", "-id"], condition=Q(is_unannounced=True), name="contact_unannounced"),
        ]
        constraints = [
            # one form sent twice is one record (T03); scoped by customer so that it can be distributed
            models.UniqueConstraint(
                fields=["customer_id", "form_key"], condition=Q(form_key__isnull=False), name="contact_form_key"
            ),
            models.CheckConstraint(
                condition=Q(callback_on__isnull=True) | Q(callback_on__gte=F("track_on")),
                name="contact_callback_after",
            ),
        ]
        triggers = tallies.triggers()

    def __str__(self) -> str:
        return f"{self.get_method_display()} · {self.customer_name} {self.track_on}"

    @property
    def tracker_label(self) -> str:
        """The tracker, and in whose place: 罗佳 代 李雯."""
        return f"{self.tracker.name} 代 {self.tracked_for}" if self.tracked_for else self.tracker.name


class Tally(models.Model):
    """How many contacts one person made in one position, in one way, in a period; sums of lines count.

    Kept by the triggers of ``ContactRecord`` (see ``tallies``), checked against the records every night. The
    keys are those of the records, which the database has checked already.
    """

    starts_on = models.DateField("期初")
    tracker = models.ForeignKey("access.Staff", models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    position = models.ForeignKey(
        "access.Position", models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False
    )
    unit = models.ForeignKey(
        "access.OrgUnit", models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False
    )
    method = models.CharField("方式", max_length=10)
    count = models.IntegerField("次数")
    is_folded = models.BooleanField(default=False)

    class Meta:
        abstract = True
        indexes = [
            models.Index(fields=["starts_on", "unit"], name="%(class)s_unit"),
            models.Index(fields=["tracker", "starts_on"], name="%(class)s_tracker"),
            models.Index(fields=["starts_on"], condition=Q(is_folded=False), name="%(class)s_fresh"),
        ]


class DayTally(Tally):
    class Meta(Tally.Meta):
        verbose_name = "每日联系次数"


class MonthTally(Tally):
    class Meta(Tally.Meta):
        verbose_name = "每月联系次数"
        # the report of one way of contact, answered from this alone
        indexes = [
            *Tally.Meta.indexes,
            models.Index(
                fields=["method", "starts_on"], name="%(class)s_method", include=["tracker", "position", "unit", "count", "is_folded"],
            ),
        ]


class MonthTotal(Tally):
    """As ``MonthTally`` over all ways of contact: ``method`` is empty."""

    class Meta(Tally.Meta):
        verbose_name = "每月联系合计"


class Participant(models.Model):
    """参与人 of a contact; the doctor's page shows the records the doctor took part in."""

    contact = models.ForeignKey(ContactRecord, models.CASCADE, related_name="participants")
    customer_id = models.BigIntegerField()
    person_id = models.BigIntegerField()
    name = models.CharField(max_length=40)
    role = models.CharField(max_length=40, blank=True, default="")

    class Meta:
        verbose_name = "参与人"
        indexes = [
            models.Index(fields=["customer_id", "person_id"], name="participant_customer"),
            models.Index(fields=["person_id", "-contact"], name="participant_person"),
        ]
        constraints = [models.UniqueConstraint(fields=["contact", "person_id"], name="participant_once")]


class Correction(models.Model):
    """更正: the values before, the reason, and who corrected (R-062)."""

    contact = models.ForeignKey(ContactRecord, models.PROTECT, related_name="corrections")
    customer_id = models.BigIntegerField()
    version = models.PositiveSmallIntegerField("原版本")
    before = models.JSONField("原内容")
    reason = models.CharField("更正理由", max_length=200)
    by = models.ForeignKey("access.Staff", models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = "更正"
        ordering = ["version"]
        indexes = [models.Index(fields=["customer_id", "contact"], name="correction_customer")]
        constraints = [models.UniqueConstraint(fields=["contact", "version"], name="correction_version")]


class CommentQuerySet(models.QuerySet["Comment"]):
    def visible_to(self, staff: Staff) -> CommentQuerySet:
        return self.filter(customers_reached(staff, Can.VIEW))

    def unread_by(self, staff: Staff) -> CommentQuerySet:
        return self.filter(addressee=staff, read_at__isnull=True)


class Comment(FollowsCustomer):
    """批注 on a contact record, or the reply to one. The addressee reads it once."""

    contact = models.ForeignKey(ContactRecord, models.PROTECT, related_name="comments")
    reply_to = models.ForeignKey("self", models.PROTECT, null=True, related_name="replies")
    author = models.ForeignKey("access.Staff", models.PROTECT, related_name="+", verbose_name="批注人")
    addressee = models.ForeignKey("access.Staff", models.PROTECT, related_name="+", verbose_name="致")
    text = models.TextField("批注")
    at = models.DateTimeField()
    read_at = models.DateTimeField("已读时间", null=True)

    objects = CommentQuerySet.as_manager()

    class Meta:
        verbose_name = "批注"
        ordering = ["at", "pk"]
        indexes = [
            models.Index(fields=["customer_id", "contact"], name="comment_customer"),
            models.Index(fields=["addressee", "-at"], condition=Q(read_at__isnull=True), name="comment_unread"),
        ]
