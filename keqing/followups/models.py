"""Contact records with the seven fields (R-195), comments of superiors (R-197), promises (R-058), reminders."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from keqing.followups import tallies
from keqing.followups.permissions import Can
from keqing.people.choices import BusinessState
from keqing.people.models import Organisation, Person

if TYPE_CHECKING:
    from keqing.access.models import Staff


def customers_reached(staff: Staff, word: str, *, customer: str = "customer_id") -> Q:
    """Rows whose customer the word reaches: an organisation, or a person who belongs or belonged to none (decision 3)."""
    if staff.standing.reaches_everything(word):
        return Q()
    # one list instead of conditions joined by OR: PostgreSQL can then start from the customers
    return Q(**{f"{customer}__in": ids_reached(staff, word)})


def ids_reached(staff: Staff, word: str) -> models.QuerySet[Any, Any]:
    """The ids of the customers the word reaches, as a subquery."""
    organisations = Organisation.objects.alive().reached_by(staff, word).values("pk")
    people = Person.objects.alive().unaffiliated().filter(staff.standing.rows(word, names=False)).values("pk")
    once = Person.objects.alive().once_customers().reached_by(staff, word).values("pk")
    return organisations.union(people, once, all=True)


def of_present_customers() -> Q:
    """Rows whose customer is not in 回收站, which is small and indexed."""
    organisation = Organisation.objects.trashed().filter(pk=OuterRef("customer_id"))
    person = Person.objects.trashed().filter(pk=OuterRef("customer_id"))
    return ~Exists(organisation) & ~Exists(person)


class FollowsCustomer(models.Model):
    """A row that belongs to a customer and is seen by whoever sees the customer."""

    customer_id = models.BigIntegerField("客户编号")

    class Meta:
        abstract = True

    def customer(self) -> Organisation | Person:
        found = Organisation.objects.filter(pk=self.customer_id).first()
        return found or Person.objects.get(pk=self.customer_id)

    def allows(self, staff: Staff, word: str, *, names: bool = False) -> bool:
        return self.customer().allows(staff, word)


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


class CommitmentQuerySet(models.QuerySet["Commitment"]):
    def visible_to(self, staff: Staff) -> CommitmentQuerySet:
        if staff.standing.reaches_everything(Can.VIEW_REMINDERS):
            return self
        return self.filter(customers_reached(staff, Can.VIEW_REMINDERS) | Q(position_id__in=staff.standing.position_ids))

    def open(self) -> CommitmentQuerySet:
        return self.filter(done_on__isnull=True, dropped_on__isnull=True)

    def counting(self) -> CommitmentQuerySet:
        """Those the promise-kept rate speaks of: dropped ones were no promise any more."""
        return self.filter(dropped_on__isnull=True)


class Commitment(FollowsCustomer):
    """承诺: what somebody of ours has promised a customer, and until when (R-058).

    ``promised_on`` is the day that counts; it moves only with the other side's consent, ``due_on`` with every
    postponement. While it is open it has one open reminder, due on the same day.
    """

    customer_name = models.CharField("客户", max_length=120)
    contact = models.ForeignKey(ContactRecord, models.PROTECT, null=True, related_name="commitments")
    made_to_id = models.BigIntegerField(null=True)
    made_to = models.CharField("对谁", max_length=60, blank=True, default="")
    text = models.CharField("承诺事项", max_length=200)
    made_by = models.ForeignKey("access.Staff", models.PROTECT, related_name="+", verbose_name="承诺人")
    made_on = models.DateField("承诺于")
    position = models.ForeignKey("access.Position", models.PROTECT, related_name="+", verbose_name="负责岗位")
    unit = models.ForeignKey("access.OrgUnit", models.PROTECT, related_name="+")
    # who has to keep it: the holder of the position, as long as it is not over
    keeper = models.ForeignKey("access.Staff", models.PROTECT, null=True, related_name="+", verbose_name="兑现人")
    first_due_on = models.DateField("原定日期")
    promised_on = models.DateField("承诺日期")
    due_on = models.DateField("到期日")
    done_on = models.DateField("兑现日期", null=True)
    done_by = models.ForeignKey("access.Staff", models.PROTECT, null=True, related_name="+")
    evidence = models.CharField("依据", max_length=300, blank=True, default="")
    dropped_on = models.DateField("作废日期", null=True)
    reason = models.CharField("理由", max_length=200, blank=True, default="")
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    objects = CommitmentQuerySet.as_manager()

    class Meta:
        verbose_name = "承诺"
        indexes = [
            models.Index(fields=["customer_id", "due_on"], name="commitment_customer"),
            models.Index(fields=["position", "due_on"], name="commitment_position"),
            models.Index(fields=["unit", "promised_on"], name="commitment_unit"),
            models.Index(fields=["keeper", "promised_on"], name="commitment_keeper"),
            models.Index(fields=["due_on", "id"], name="commitment_due"),
            models.Index(fields=["promised_on", "id"], name="commitment_promised"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(done_on__isnull=True) | Q(dropped_on__isnull=True), name="commitment_one_end"),
            models.CheckConstraint(condition=Q(done_on__isnull=True) | ~Q(evidence=""), name="commitment_evidence"),
        ]

    def __str__(self) -> str:
        return f"{self.due_on} {self.text}"

    @property
    def is_open(self) -> bool:
        return self.done_on is None and self.dropped_on is None

    @property
    def kept_on_time(self) -> bool:
        return self.done_on is not None and self.done_on <= self.promised_on

    def allows(self, staff: Staff, word: str, *, names: bool = False) -> bool:
        if self.position_id in staff.standing.position_ids and staff.may(word):
            return True
        return super().allows(staff, word)


class ReminderQuerySet(models.QuerySet["Reminder"]):
    def visible_to(self, staff: Staff) -> ReminderQuerySet:
        if staff.standing.reaches_everything(Can.VIEW_REMINDERS):
            return self  # an empty condition would vanish beside the other one
        return self.filter(customers_reached(staff, Can.VIEW_REMINDERS) | Q(position_id__in=staff.standing.position_ids))

    def open(self) -> ReminderQuerySet:
        return self.filter(done_at__isnull=True)

    def settled_by_a_contact(self) -> ReminderQuerySet:
        """Without promises, which need their evidence, and tasks whose parts are still open."""
        parts = Reminder.objects.filter(parent=OuterRef("pk"), done_at__isnull=True)
        return self.filter(~Exists(parts), commitment__isnull=True)

    def mine(self, staff: Staff) -> ReminderQuerySet:
        return self.at_positions(staff.standing.position_ids)

    def at_positions(self, position_ids: Collection[int]) -> ReminderQuerySet:
        """What these positions have to do; reminders of a customer in 回收站 wait there with it."""
        return self.filter(of_present_customers(), position_id__in=position_ids)


class Reminder(FollowsCustomer):
    """跟进: something due on a day for a position; an appointment has its hours, a task may have parts (R-292)."""

    class Origin(models.TextChoices):
        CALLBACK = "callback", "回访"
        MANUAL = "manual", "自建"
        PLAYBOOK = "playbook", "方案"
        LEAD = "lead", "线索"
        PROMISE = "promise", "承诺"
        APPOINTMENT = "appointment", "约访"
        NIGHTLY = "nightly", "提醒"
        ALARM = "alarm", "流失预警"  # closed with one of the outcomes below
        TASK = "task", "任务"

    class Outcome(models.TextChoices):
        """What became of an alarm (R-202)."""

        RECOVERED = "recovered", "恢复"
        STOCK = "stock", "库存"
        COMPETITOR = "competitor", "竞品"
        CLOSED = "closed", "关停"
        WRONG = "wrong_alarm", "误报"

    class Appointment(models.TextChoices):
        ASKED = "asked", "待确认"
        CONFIRMED = "confirmed", "已确认"
        CANCELLED = "cancelled", "已取消"

    customer_name = models.CharField("客户", max_length=120)
    position = models.ForeignKey("access.Position", models.PROTECT, related_name="+", verbose_name="负责岗位")
    unit = models.ForeignKey("access.OrgUnit", models.PROTECT, related_name="+")
    due_on = models.DateField("到期日")
    first_due_on = models.DateField("原定日期")
    text = models.CharField("事项", max_length=200)
    origin = models.CharField("来源", max_length=12, choices=Origin.choices)
    contact = models.ForeignKey(ContactRecord, models.PROTECT, null=True, related_name="reminders")
    commitment = models.ForeignKey(Commitment, models.PROTECT, null=True, related_name="reminders")
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children", verbose_name="上级任务")
    starts_at = models.DateTimeField("开始时间", null=True)
    ends_at = models.DateTimeField("结束时间", null=True)
    appointment = models.CharField("预约状态", max_length=10, choices=Appointment.choices, blank=True, default="")
    booking_no = models.CharField("预约号", max_length=40, blank=True, default="")
    checked = models.JSONField("出发前检核", default=list, blank=True)
    created_by = models.ForeignKey("access.Staff", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    done_at = models.DateTimeField("完成时间", null=True)
    done_by = models.ForeignKey("access.Staff", models.PROTECT, null=True, related_name="+")
    outcome = models.CharField("结果", max_length=200, blank=True, default="")
    outcome_code = models.CharField("结果分类", max_length=12, choices=Outcome.choices, blank=True, default="")
    version = models.PositiveIntegerField(default=1)

    objects = ReminderQuerySet.as_manager()

    class Meta:
        verbose_name = "跟进"
        indexes = [
            models.Index(fields=["customer_id", "due_on"], name="reminder_customer"),
            models.Index(fields=["position", "due_on"], condition=Q(done_at__isnull=True), name="reminder_position"),
            models.Index(fields=["unit", "due_on"], condition=Q(done_at__isnull=True), name="reminder_unit"),
            models.Index(fields=["due_on", "id"], condition=Q(done_at__isnull=True), name="reminder_open"),
            # the order lists page in: empty values last
            models.Index(
                F("done_at").desc(nulls_last=True), F("id").desc(), condition=Q(done_at__isnull=False), name="reminder_done"
            ),
            # the calendar also shows what was done
            models.Index(fields=["position", "due_on"], condition=Q(done_at__isnull=False), name="reminder_position_done"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(done_at__isnull=True, done_by__isnull=True) | Q(done_at__isnull=False, done_by__isnull=False),
                name="reminder_done_by",
            ),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="reminder_not_its_parent"),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")), name="reminder_ends_after"
            ),
            # one open reminder a promise, whatever its urgency
            models.UniqueConstraint(
                fields=["customer_id", "commitment"], condition=Q(commitment__isnull=False, done_at__isnull=True),
                name="reminder_promise_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.due_on} {self.text}"

    def allows(self, staff: Staff, word: str, *, names: bool = False) -> bool:
        if self.position_id in staff.standing.position_ids and staff.may(word):
            return True
        return super().allows(staff, word)


class CalendarFeed(models.Model):
    """日历订阅 of one person: the secret in the address is kept as a hash only and can be taken back."""

    staff = models.OneToOneField("access.Staff", models.PROTECT, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField("生成时间")
    revoked_at = models.DateTimeField("停用时间", null=True)
    read_at = models.DateTimeField("最近读取", null=True)
    # the reads of the running window, for the limit per person
    window_at = models.DateTimeField(null=True)
    window_reads = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = "日历订阅"
