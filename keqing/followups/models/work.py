"""Promises (R-058), reminders of every origin with their parts and hours, and the calendar feed."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from keqing.followups.models.base import FollowsCustomer, customers_reached, of_present_customers
from keqing.followups.models.contacts import ContactRecord
from keqing.followups.permissions import Can

if TYPE_CHECKING:
    from keqing.access.models import Staff


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
        """Without promises, which need their evidence, alarms, which need an outcome, and tasks with open parts."""
        parts = Reminder.objects.filter(parent=OuterRef("pk"), done_at__isnull=True)
        return self.filter(~Exists(parts), commitment__isnull=True).exclude(origin=Reminder.Origin.ALARM)

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


class PromiseRound(models.Model):
    """One day's telling of promises that fall due; begun anew every hour. One whose worker was killed stays open."""

    day_on = models.DateField("日期", unique=True)
    started_at = models.DateTimeField("开始")
    touched_at = models.DateTimeField()
    finished_at = models.DateTimeField("完成", null=True)

    class Meta:
        verbose_name = "承诺到期提醒"
        ordering = ["-day_on"]

    def __str__(self) -> str:
        return f"{self.day_on}"


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
