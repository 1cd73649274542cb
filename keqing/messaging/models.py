"""One outbox: what was said to whom, over which channel, and whether it arrived."""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from keqing.messaging.channels import Channel
from keqing.messaging.kinds import label_of

if TYPE_CHECKING:
    from keqing.access.models import Staff

QUIET_FROM, QUIET_TO = time(20), time(8)


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, staff: Staff) -> MessageQuerySet:
        """A message belongs to whom it is written to."""
        return self.filter(recipient=staff)

    def unread_by(self, staff: Staff) -> MessageQuerySet:
        return self.filter(recipient=staff, read_at__isnull=True)


class Message(models.Model):
    """消息 to one person. ``key`` says what it is about: the same key reaches a person once."""

    recipient = models.ForeignKey("access.Staff", models.PROTECT, related_name="+", verbose_name="收件人")
    kind = models.CharField("类别", max_length=40)
    title = models.CharField("标题", max_length=120)
    text = models.TextField("内容")
    url = models.CharField("链接", max_length=300, blank=True, default="")
    key = models.CharField(max_length=120)
    created_at = models.DateTimeField("时间")
    read_at = models.DateTimeField("已读", null=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = "消息"
        indexes = [
            models.Index(fields=["recipient", "-created_at", "-id"], name="message_recipient"),
            models.Index(
                fields=["recipient", "-created_at", "-id"], condition=Q(read_at__isnull=True), name="message_unread"
            ),
            models.Index(fields=["created_at"], name="message_created"),
        ]
        constraints = [models.UniqueConstraint(fields=["recipient", "kind", "key"], name="message_once")]

    def __str__(self) -> str:
        return self.title

    @property
    def kind_label(self) -> str:
        return label_of(self.kind)

    def allows(self, staff: Staff, word: str, *, names: bool = False) -> bool:
        return self.recipient_id == staff.pk


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def visible_to(self, staff: Staff) -> DeliveryQuerySet:
        return self.all() if staff.may("messaging.manage") else self.none()

    def due(self, at: datetime) -> DeliveryQuerySet:
        """To be tried now: those that wait, those that failed, and those whose worker was never heard of again."""
        return self.filter(next_try_at__lte=at)


class Delivery(models.Model):
    """送达. One message over one channel; ``next_try_at`` is empty when nothing more will be tried.

    While a worker has it, ``next_try_at`` is the moment it counts as abandoned.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "待发"
        SENDING = "sending", "发送中"
        SENT = "sent", "已发"
        FAILED = "failed", "失败"
        GIVEN_UP = "given_up", "已放弃"
        NOT_SET_UP = "not_set_up", "未配置"

    message = models.ForeignKey(Message, models.CASCADE, related_name="deliveries", verbose_name="消息")
    channel = models.CharField("渠道", max_length=10, choices=Channel.choices)
    robot = models.CharField("群", max_length=20, blank=True, default="")
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField("次数", default=0)
    next_try_at = models.DateTimeField("下次尝试", null=True)
    error = models.CharField("说明", max_length=300, blank=True, default="")
    provider_id = models.CharField("对方编号", max_length=120, blank=True, default="")
    created_at = models.DateTimeField("时间")
    done_at = models.DateTimeField("完成", null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = "送达"
        indexes = [
            models.Index(fields=["next_try_at"], condition=Q(next_try_at__isnull=False), name="delivery_due"),
            models.Index(fields=["-created_at", "-id"], name="delivery_created"),
            models.Index(fields=["state", "-created_at", "-id"], name="delivery_state"),
            models.Index(fields=["channel", "-created_at", "-id"], name="delivery_channel"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["message", "channel", "robot"], name="delivery_once"),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "sending", "failed"], next_try_at__isnull=False)
                | Q(state__in=["sent", "given_up", "not_set_up"], next_try_at__isnull=True),
                name="delivery_next_try",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.way} · {self.message_id}"

    @property
    def way(self) -> str:
        """The channel, and of a robot its group."""
        return f"{self.get_channel_display()} · {self.robot}" if self.robot else str(self.get_channel_display())

    def allows(self, staff: Staff, word: str, *, names: bool = False) -> bool:
        return staff.may(word)


class DigestItem(models.Model):
    """One line of tomorrow's digest, or of a past one (``message``)."""

    recipient = models.ForeignKey("access.Staff", models.PROTECT, related_name="+", verbose_name="收件人")
    kind = models.CharField("类别", max_length=40)
    title = models.CharField("标题", max_length=120)
    text = models.TextField("内容")
    url = models.CharField("链接", max_length=300, blank=True, default="")
    key = models.CharField(max_length=120)
    created_at = models.DateTimeField("时间")
    message = models.ForeignKey(Message, models.CASCADE, null=True, related_name="items", verbose_name="摘要")

    class Meta:
        verbose_name = "摘要条目"
        ordering = ["kind", "id"]
        indexes = [
            models.Index(fields=["recipient", "id"], condition=Q(message__isnull=True), name="digest_item_open"),
            models.Index(fields=["created_at"], name="digest_item_created"),
        ]
        constraints = [models.UniqueConstraint(fields=["recipient", "kind", "key"], name="digest_item_once")]

    def __str__(self) -> str:
        return self.title

    @property
    def kind_label(self) -> str:
        return label_of(self.kind)


class Reach(models.Model):
    """接收设置: when a person wants to be left alone, and who they are elsewhere."""

    staff = models.OneToOneField("access.Staff", models.PROTECT, related_name="+", verbose_name="员工")
    quiet_from = models.TimeField("免打扰开始", default=QUIET_FROM)
    quiet_to = models.TimeField("免打扰结束", default=QUIET_TO)
    quiet_on_rest_days = models.BooleanField("休息日免打扰", default=True)
    wecom_user = models.CharField("企业微信账号", max_length=64, blank=True, default="")

    class Meta:
        verbose_name = "接收设置"

    def __str__(self) -> str:
        return f"{self.quiet_from:%H:%M} – {self.quiet_to:%H:%M}"


class Preference(models.Model):
    """The channels a person chose for one kind; without a row the kind's own ones hold."""

    staff = models.ForeignKey("access.Staff", models.PROTECT, related_name="+", verbose_name="员工")
    kind = models.CharField("类别", max_length=40)
    channels = ArrayField(models.CharField(max_length=10), default=list, verbose_name="渠道")

    class Meta:
        verbose_name = "接收偏好"
        constraints = [models.UniqueConstraint(fields=["staff", "kind"], name="preference_once")]

    def __str__(self) -> str:
        return label_of(self.kind)


class GroupRobotQuerySet(models.QuerySet["GroupRobot"]):
    def visible_to(self, staff: Staff) -> GroupRobotQuerySet:
        return self.all() if staff.may("messaging.manage") else self.none()


class GroupRobot(models.Model):
    """群机器人: which kinds of messages its group hears of. Its address is not here but in the environment."""

    name = models.CharField("群", max_length=20, unique=True)
    kinds = ArrayField(models.CharField(max_length=40), default=list, blank=True, verbose_name="消息类别")
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = GroupRobotQuerySet.as_manager()

    class Meta:
        verbose_name = "群机器人"

    def __str__(self) -> str:
        return self.name

    def allows(self, staff: Staff, word: str, *, names: bool = False) -> bool:
        return staff.may(word)


class TemplateQuerySet(models.QuerySet["Template"]):
    def visible_to(self, staff: Staff) -> TemplateQuerySet:
        return self.all() if staff.may("messaging.manage") else self.none()


class Template(models.Model):
    """模板: how a message reads on a channel; ``kind`` empty: every kind without one of its own."""

    kind = models.CharField("类别", max_length=40, blank=True, default="")
    channel = models.CharField("渠道", max_length=10, choices=Channel.choices)
    title = models.CharField("标题", max_length=200, blank=True, default="")
    body = models.TextField("正文")
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = TemplateQuerySet.as_manager()

    class Meta:
        verbose_name = "消息模板"
        constraints = [models.UniqueConstraint(fields=["kind", "channel"], name="template_once")]

    def __str__(self) -> str:
        return f"{label_of(self.kind) or '通用'} · {self.get_channel_display()}"

    def allows(self, staff: Staff, word: str, *, names: bool = False) -> bool:
        return staff.may(word)
