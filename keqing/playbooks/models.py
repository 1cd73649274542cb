"""管理方案 (R-183, R-099): what is to be done with a customer that enters a stage, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from keqing.followups.models import ContactRecord, FollowsCustomer, customers_reached
from keqing.followups.permissions import Can as FollowupsCan
from keqing.people.choices import Kind, Level, Stage
from keqing.playbooks.permissions import Can

if TYPE_CHECKING:
    from datetime import date

    from keqing.access.models import Staff


class PlaybookQuerySet(models.QuerySet["Playbook"]):
    def visible_to(self, staff: Staff) -> PlaybookQuerySet:
        """Plans are no secret: everybody may read what is done with customers."""
        return self

    def in_force(self, day: date) -> PlaybookQuerySet:
        """Those that take customers in on this day."""
        begun = Q(current__valid_from__lte=day)
        return self.filter(begun, Q(current__valid_to__isnull=True) | Q(current__valid_to__gte=day), closed_on__isnull=True)


class Playbook(models.Model):
    """方案. What it says stands in its editions; ``current`` is the one new customers get."""

    title = models.CharField("名称", max_length=60)
    key = models.CharField(max_length=30, blank=True, default="", editable=False)  # of those delivered
    unit = models.ForeignKey("access.OrgUnit", models.PROTECT, related_name="+", verbose_name="适用组织")
    current = models.ForeignKey("Edition", models.PROTECT, null=True, related_name="+", verbose_name="现行版本")
    closed_on = models.DateField("停用日期", null=True, blank=True)
    created_at = models.DateTimeField("建立时间")
    version = models.PositiveIntegerField(default=1)

    objects = PlaybookQuerySet.as_manager()

    class Meta:
        verbose_name = "跟进方案"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=~Q(key=""), name="playbook_key"),
            models.UniqueConstraint(fields=["unit", "title"], condition=Q(closed_on__isnull=True), name="playbook_title"),
        ]

    def __str__(self) -> str:
        return self.title

    def allows(self, staff: Staff, word: str, *, names: bool = False) -> bool:
        """Everybody who may read plans reads all; changed by who answers for its unit."""
        if word == Can.MANAGE:
            return staff.standing.reaches(word, kind=None, owner_position_id=None, unit_id=self.unit_id)
        return staff.may(word)


class Edition(models.Model):
    """版本 of a plan: whom it is for, when it starts, and its steps. Never changed once stored."""

    class Running(models.TextChoices):
        """What a new edition means for the customers in the plan."""

        KEEP = "keep", "已加入的客户按原版本做完"
        MOVE = "move", "已加入的客户转到新版本，未完成的步骤按新版本"

    playbook = models.ForeignKey(Playbook, models.PROTECT, related_name="editions")
    number = models.PositiveSmallIntegerField("版本")
    purpose = models.CharField("目的", max_length=200, blank=True, default="")
    on_entry = models.BooleanField("进入阶段时自动加入", default=False)
    on_night = models.BooleanField("每晚自动加入符合条件的客户", default=False)
    on_alarm = models.BooleanField("出现流失预警时自动加入", default=False)
    stages = ArrayField(models.CharField(max_length=14, choices=Stage.choices), default=list, blank=True, verbose_name="阶段")
    kinds = ArrayField(models.CharField(max_length=20, choices=Kind.choices), default=list, blank=True, verbose_name="客户类型")
    levels = ArrayField(models.CharField(max_length=8, choices=Level.choices), default=list, blank=True, verbose_name="医院等级")
    tag_ids = ArrayField(models.BigIntegerField(), default=list, blank=True, verbose_name="标签")
    query = models.CharField("筛选条件", max_length=2000, blank=True, default="")
    query_name = models.CharField("筛选", max_length=40, blank=True, default="")
    again_after = models.PositiveSmallIntegerField("再次加入间隔（天）", default=180)
    valid_from = models.DateField("启用日期")
    valid_to = models.DateField("截止日期", null=True, blank=True)
    running = models.CharField("已加入的客户", max_length=4, choices=Running.choices, default=Running.KEEP)
    reason = models.CharField("变更理由", max_length=200, blank=True, default="")
    by = models.ForeignKey("access.Staff", models.PROTECT, null=True, related_name="+", verbose_name="修改人")
    at = models.DateTimeField("修改时间")

    class Meta:
        verbose_name = "方案版本"
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["playbook", "number"], name="edition_number"),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")), name="edition_days"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.playbook} 第 {self.number} 版"


class Step(models.Model):
    """步骤 of an edition. ``line`` stays the same from edition to edition, so that a running step is found again."""

    class Owner(models.TextChoices):
        OWNER = "owner", "负责岗位"
        MANAGER = "manager", "负责岗位的上级"
        POSITION = "position", "指定岗位"

    edition = models.ForeignKey(Edition, models.PROTECT, related_name="steps")
    line = models.PositiveSmallIntegerField()
    place = models.PositiveSmallIntegerField("次序")
    offset = models.PositiveSmallIntegerField("第几天", default=0)
    in_workdays = models.BooleanField("按工作日计", default=True)
    text = models.CharField("做什么", max_length=120)
    method = models.CharField("方式", max_length=10, choices=ContactRecord.Method.choices, blank=True, default="")
    owner_rule = models.CharField("由谁做", max_length=10, choices=Owner.choices, default=Owner.OWNER)
    position = models.ForeignKey("access.Position", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="指定岗位")
    deadline_days = models.PositiveSmallIntegerField("几天内完成", default=2)
    is_mandatory = models.BooleanField("必做", default=False)

    class Meta:
        verbose_name = "方案步骤"
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["edition", "place"], name="step_place"),
            models.UniqueConstraint(fields=["edition", "line"], name="step_line"),
            models.CheckConstraint(
                condition=Q(owner_rule="position", position__isnull=False) | (~Q(owner_rule="position") & Q(position__isnull=True)),
                name="step_position",
            ),
        ]

    def __str__(self) -> str:
        return self.text


class EnrolmentQuerySet(models.QuerySet["Enrolment"]):
    def visible_to(self, staff: Staff) -> EnrolmentQuerySet:
        """Those of customers whose dealings one sees: reading plans alone shows no customer."""
        return self.filter(customers_reached(staff, FollowupsCan.VIEW))

    def running(self) -> EnrolmentQuerySet:
        return self.filter(stopped_at__isnull=True)


class Enrolment(FollowsCustomer):
    """One customer in one plan, from entry to end."""

    class Origin(models.TextChoices):
        ENTRY = "entry", "进入阶段"
        HAND = "hand", "人工加入"
        NIGHT = "night", "夜间自动"
        ALARM = "alarm", "流失预警"

    class End(models.TextChoices):
        DONE = "done", "步骤全部完成"
        LEFT = "left", "离开阶段"
        HAND = "hand", "人工停止"
        CLOSED = "closed", "方案停用"
        UNDONE = "undone", "撤销加入"

    customer_name = models.CharField("客户", max_length=120)
    playbook = models.ForeignKey(Playbook, models.PROTECT, related_name="enrolments", db_index=False)
    edition = models.ForeignKey(Edition, models.PROTECT, related_name="enrolments", db_index=False)
    stage = models.CharField("加入时的阶段", max_length=14, choices=Stage.choices)
    origin = models.CharField("加入方式", max_length=6, choices=Origin.choices)
    started_on = models.DateField("加入日期")
    started_at = models.DateTimeField("加入时间")
    started_by = models.ForeignKey("access.Staff", models.PROTECT, null=True, related_name="+", verbose_name="加入人")
    stopped_at = models.DateTimeField("结束时间", null=True)
    stopped_by = models.ForeignKey("access.Staff", models.PROTECT, null=True, related_name="+")
    end = models.CharField("结束原因", max_length=6, choices=End.choices, blank=True, default="")
    end_note = models.CharField("说明", max_length=200, blank=True, default="")

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        verbose_name = "加入方案的客户"
        indexes = [
            models.Index(fields=["customer_id", "-started_at"], name="enrolment_customer"),
            models.Index(fields=["playbook", "-started_at", "-id"], name="enrolment_playbook"),
            models.Index(fields=["playbook"], condition=Q(stopped_at__isnull=True), include=["customer_id"], name="enrolment_running"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["customer_id", "playbook"], condition=Q(stopped_at__isnull=True), name="enrolment_once"
            ),
            models.CheckConstraint(
                condition=Q(stopped_at__isnull=True, end="") | (Q(stopped_at__isnull=False) & ~Q(end="")), name="enrolment_end"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_name} · {self.playbook}"


class StepRun(models.Model):
    """A step of the plan at one customer. It has a reminder from shortly before it begins; done is what the reminder says."""

    class End(models.TextChoices):
        DONE = "done", "已完成"
        SKIPPED = "skipped", "已跳过"
        ENDED = "ended", "方案结束"
        DROPPED = "dropped", "新版本取消"

    enrolment = models.ForeignKey(Enrolment, models.CASCADE, related_name="runs")
    customer_id = models.BigIntegerField("客户编号")
    step = models.ForeignKey(Step, models.PROTECT, related_name="runs", db_index=False)
    begins_on = models.DateField("开始")
    deadline_on = models.DateField("期限")
    reminder_id = models.BigIntegerField(null=True)
    end = models.CharField("结果", max_length=8, choices=End.choices, blank=True, default="")
    ended_at = models.DateTimeField(null=True)
    note = models.CharField("说明", max_length=200, blank=True, default="")

    class Meta:
        verbose_name = "客户的方案步骤"
        ordering = ["begins_on", "step__place"]
        indexes = [
            models.Index(fields=["customer_id", "begins_on"], name="step_run_customer"),
            models.Index(
                fields=["customer_id"], condition=Q(reminder_id__isnull=True, end=""), include=["begins_on"], name="step_run_waiting"
            ),
            models.Index(fields=["customer_id"], condition=Q(reminder_id__isnull=False, end=""), name="step_run_open"),
            models.Index(fields=["reminder_id"], condition=Q(reminder_id__isnull=False), name="step_run_reminder"),
        ]
        constraints = [models.UniqueConstraint(fields=["customer_id", "enrolment", "step"], name="step_run_once")]


class Round(models.Model):
    """One night's generation of follow-ups: how far it has come. A killed worker's round goes on where it stood."""

    night_on = models.DateField("日期", unique=True)
    upto = models.BigIntegerField(default=0)
    seen = models.PositiveIntegerField("已处理客户", default=0)
    made = models.JSONField("生成", default=dict)
    started_at = models.DateTimeField("开始")
    touched_at = models.DateTimeField()
    finished_at = models.DateTimeField("完成", null=True)
    note = models.CharField("说明", max_length=200, blank=True, default="")

    class Meta:
        verbose_name = "夜间生成"
        ordering = ["-night_on"]

    def __str__(self) -> str:
        return f"{self.night_on}"


class Rollout(models.Model):
    """A changed or ended plan on its way through the customers in it: how far it has come."""

    class State(models.TextChoices):
        RUNNING = "running", "处理中"
        DONE = "done", "已完成"
        FAILED = "failed", "出错"
        REPLACED = "replaced", "由后来的变更接替"

    playbook = models.ForeignKey(Playbook, models.PROTECT, related_name="rollouts")
    edition = models.ForeignKey(Edition, models.PROTECT, null=True, related_name="+", verbose_name="转到的版本")  # none: the plan ended
    reason = models.CharField("理由", max_length=200, blank=True, default="")
    by = models.ForeignKey("access.Staff", models.PROTECT, related_name="+", verbose_name="操作人")
    state = models.CharField("状态", max_length=8, choices=State.choices, default=State.RUNNING)
    total = models.PositiveIntegerField("共")
    done = models.PositiveIntegerField("已处理客户", default=0)
    upto = models.BigIntegerField(default=0)
    started_at = models.DateTimeField("开始")
    touched_at = models.DateTimeField()
    finished_at = models.DateTimeField("完成", null=True)

    class Meta:
        verbose_name = "方案变更的执行"
        indexes = [models.Index(fields=["touched_at"], condition=Q(state="running"), name="rollout_running")]
        constraints = [
            models.UniqueConstraint(fields=["playbook"], condition=Q(state__in=["running", "failed"]), name="rollout_one"),
            models.CheckConstraint(
                condition=Q(state="running", finished_at__isnull=True) | (~Q(state="running") & Q(finished_at__isnull=False)),
                name="rollout_finished",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.playbook} {self.get_state_display()}"

    @property
    def is_running(self) -> bool:
        return self.state == self.State.RUNNING

    @property
    def percent(self) -> int:
        return min(100, 100 * self.done // self.total) if self.total else 100


class Notice(models.Model):
    """What a rule of the night made for a customer on a day: once, however often the night is run."""

    class Rule(models.TextChoices):
        CONTACT = "contact", "长期未联系"
        NEXT_STEP = "next_step", "无下一步"
        SILENT = "silent", "沉默预警"
        STEP = "step", "方案步骤"

    customer_id = models.BigIntegerField("客户编号")
    rule = models.CharField("规则", max_length=10, choices=Rule.choices)
    made_on = models.DateField("日期")
    number = models.BigIntegerField(default=0)  # the step, where several of one customer may begin on a day
    position_id = models.BigIntegerField()
    reminder_id = models.BigIntegerField()

    class Meta:
        verbose_name = "夜间生成的跟进"
        indexes = [models.Index(fields=["made_on", "position_id"], name="notice_day")]
        constraints = [models.UniqueConstraint(fields=["customer_id", "rule", "number", "made_on"], name="notice_once")]
