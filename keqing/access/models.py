"""Who we are: staff, the org tree, positions that outlive people, territories (decision 2)."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from copy import copy
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone

from keqing.kit import remembered
from keqing.kit.pinyin import initials

if TYPE_CHECKING:
    from keqing.access.delegated import Deputyship
    from keqing.access.standing import Standing

T = TypeVar("T")


class StaffQuerySet(models.QuerySet["Staff"]):
    def active(self) -> StaffQuerySet:
        return self.filter(is_active=True)

    def visible_to(self, reader: Staff) -> StaffQuerySet:
        """Everybody for those who look after staff; else oneself and the people in positions one may ask about."""
        if reader.may("staff.view") or reader.may("staff.manage") or reader.standing.reaches_everything("rights.view"):
            return self.all()
        reached = Position.objects.filter(reader.standing.rows("rights.view", kind="role", owner="pk", unit="unit"))
        return self.filter(Q(pk=reader.pk) | Q(positions__in=reached)).distinct()


class StaffManager(BaseUserManager["Staff"].from_queryset(StaffQuerySet)):  # type: ignore[misc]
    def get_by_natural_key(self, login_name: str | None) -> Staff:
        return self.get(login_name__iexact=login_name)


class Staff(AbstractBaseUser):
    """员工. Signs in; what they may do comes from the positions they hold."""

    login_name = models.CharField("登录名", max_length=40, unique=True)
    name = models.CharField("姓名", max_length=40)
    employee_no = models.CharField("工号", max_length=30, blank=True, default="")
    mobile = models.CharField("手机", max_length=20, blank=True, default="")
    email = models.EmailField("邮箱", blank=True, default="")
    is_active = models.BooleanField("在用", default=True)
    left_on = models.DateField("离职日期", null=True, blank=True)
    must_change_password = models.BooleanField("须改密码", default=True)
    is_medical_rep_filed = models.BooleanField("已备案医药代表", default=False)
    rep_filing_no = models.CharField("备案号", max_length=40, blank=True, default="")
    rep_filing_valid_to = models.DateField("备案有效期至", null=True, blank=True)
    initials = models.CharField(max_length=40, default="", editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "login_name"
    REQUIRED_FIELDS = ["name"]
    objects = StaffManager()

    class Meta:
        verbose_name = "员工"
        ordering = ["login_name"]
        constraints = [
            models.UniqueConstraint(Func(F("login_name"), function="lower"), name="staff_login_name"),
            models.UniqueConstraint(
                fields=["employee_no"], condition=~Q(employee_no=""), name="staff_employee_no"
            ),
            models.CheckConstraint(condition=Q(is_active=True) | Q(left_on__isnull=False), name="staff_left"),
        ]

    def __str__(self) -> str:
        return self.name

    # the state of the tables rights are made of, for the person who is signed in (``access.backends``)
    mark: remembered.Mark | None = None

    @cached_property
    def standing(self) -> Standing:
        """Rights of this moment: two queries, or none while nothing they are made of changed."""
        from keqing.access.standing import standing_of

        return self.recall("standing", lambda: standing_of(self))

    def recall(self, key: Hashable, make: Callable[[], T], *, bulky: bool = False) -> T:
        """What was made for this person under the present rights and today's date; read it only."""
        return remembered.recall(self.mark, (self.pk, timezone.localdate(), key), make, bulky=bulky)

    def may(self, word: str) -> bool:
        return self.standing.may(word)

    def on_behalf_of(self, deputyship: Deputyship | None) -> Staff:
        """The same person with the rights of one proxy, or (None) with their own alone."""
        twin = copy(self)
        twin.mark = None  # what is made under these fewer rights is not what the person is shown
        twin.__dict__["standing"] = self.standing.on_behalf_of(deputyship)
        return twin

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.initials = initials(self.name, person=True)[:40]
        super().save(*args, **kwargs)

    def allows(self, reader: Staff, word: str, *, names: bool = False) -> bool:
        """Rows a reader sees are the rows their words reach (see ``visible_to``)."""
        return reader.may(word)

    @property
    def role_title(self) -> str:
        return self.standing.title


class ChangeMark(models.Model):
    """One line per change of what rights and choices are made of; their sum is the mark (``access.change_marks``)."""

    n = models.BigIntegerField()

    class Meta:
        verbose_name = "变更计数"


class SignInTries(models.Model):
    """Failed tries for a login name, known or not, so that an answer never tells which names exist."""

    login_key = models.CharField(max_length=64, primary_key=True)
    failed = models.PositiveSmallIntegerField(default=0)
    first_failed_at = models.DateTimeField()
    locked_until = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "登录失败记录"


class UsedFormKey(models.Model):
    """A form that made something, so that sending it again finds that instead of making another one."""

    staff = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    label = models.CharField(max_length=60)
    key = models.CharField(max_length=64)
    object_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name = "已提交的表单"
        constraints = [models.UniqueConstraint(fields=["staff", "label", "key"], name="form_used_once")]
        indexes = [models.Index(fields=["at"], name="used_form_at")]


class CardRateQuerySet(models.QuerySet["CardRate"]):
    def visible_to(self, reader: Staff) -> CardRateQuerySet:
        return self.filter(blocked_at__isnull=False) if reader.may("staff.manage") else self.none()

    def waiting(self) -> CardRateQuerySet:
        """Blocks nobody has looked at."""
        return self.filter(blocked_at__isnull=False, lifted_at__isnull=True)


class CardRate(models.Model):
    """How many customers' cards a person opened in one hour, and whether that was too many."""

    staff = models.ForeignKey(Staff, models.PROTECT, related_name="+", verbose_name="员工")
    hour_at = models.DateTimeField("小时")
    opened = models.PositiveIntegerField("打开的客户资料", default=0)
    blocked_at = models.DateTimeField("暂停于", null=True)
    lifted_at = models.DateTimeField("解除于", null=True)
    lifted_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+", verbose_name="解除人")
    reason = models.CharField("解除原因", max_length=200, blank=True, default="")

    objects = CardRateQuerySet.as_manager()

    class Meta:
        verbose_name = "客户资料打开次数"
        constraints = [models.UniqueConstraint(fields=["staff", "hour_at"], name="card_rate_hour")]
        indexes = [
            models.Index(fields=["hour_at"], name="card_rate_old"),
            models.Index(fields=["-blocked_at"], name="card_rate_blocked", condition=Q(blocked_at__isnull=False)),
        ]

    def allows(self, reader: Staff, word: str, *, names: bool = False) -> bool:
        return reader.may(word)


class AdministeredQuerySet(models.QuerySet[Any]):
    """Tables of the company's own order: who looks after it sees all of it, others none."""

    def visible_to(self, reader: Staff) -> AdministeredQuerySet:
        return self.all() if reader.may("org.manage") or reader.may("staff.view") else self.none()


class OrgUnitQuerySet(AdministeredQuerySet):
    def current(self) -> OrgUnitQuerySet:
        return self.filter(valid_to__isnull=True)


class OrgUnit(models.Model):
    """组织单元 of the tree company → region → area. ``path`` lists the ids from the root: ``/1/5/``."""

    class Kind(models.TextChoices):
        COMPANY = "company", "公司"
        REGION = "region", "大区"
        AREA = "area", "地区"

    name = models.CharField("名称", max_length=60)
    kind = models.CharField("层级", max_length=10, choices=Kind.choices)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name="上级")
    path = models.CharField(max_length=200, default="", editable=False)
    valid_from = models.DateField("启用")
    valid_to = models.DateField("停用", null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = OrgUnitQuerySet.as_manager()

    class Meta:
        verbose_name = "组织单元"
        ordering = ["path"]
        constraints = [
            models.UniqueConstraint(fields=["parent", "name"], condition=Q(valid_to__isnull=True), name="unit_name"),
            models.UniqueConstraint(fields=["kind"], condition=Q(kind="company"), name="one_company"),
            models.CheckConstraint(condition=Q(kind="company") | Q(parent__isnull=False), name="unit_has_parent"),
        ]

    def __str__(self) -> str:
        return self.name

    def allows(self, reader: Staff, word: str, *, names: bool = False) -> bool:
        return reader.may(word)

    @property
    def depth(self) -> int:
        """0 for the company, 1 for what lies directly under it."""
        return self.path.count("/") - 2


class PositionQuerySet(AdministeredQuerySet):
    def current(self) -> PositionQuerySet:
        return self.filter(closed_on__isnull=True)

    def vacant(self) -> PositionQuerySet:
        return self.current().filter(holder__isnull=True)


class Position(models.Model):
    """岗位. Owns customers and outlives people; ``holder`` is today's, ``holdings`` the history."""

    code = models.CharField("岗位编号", max_length=30, unique=True)
    name = models.CharField("岗位名称", max_length=60)
    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="positions", verbose_name="所属组织")
    role = models.CharField("角色", max_length=40)
    is_head = models.BooleanField("负责人岗位", default=False)
    holder = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="positions", verbose_name="任职人")
    opened_on = models.DateField("设岗日期")
    closed_on = models.DateField("撤岗日期", null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = PositionQuerySet.as_manager()

    class Meta:
        verbose_name = "岗位"
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_on__isnull=True) | Q(holder__isnull=True), name="closed_position_is_vacant"
            ),
            models.UniqueConstraint(
                fields=["unit"], condition=Q(is_head=True, closed_on__isnull=True), name="one_head_per_unit"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def allows(self, reader: Staff, word: str, *, names: bool = False) -> bool:
        return reader.may(word)

    @property
    def role_title(self) -> str:
        from keqing.access.standing import roles

        return roles()[self.role].title if self.role in roles() else self.role

    @property
    def label(self) -> str:
        """岗位 with its holder, as screens show an owner."""
        return self.holder.name if self.holder else f"{self.name}（空缺）"


class Holding(models.Model):
    """任职记录: one person in one position for some days. The database refuses overlaps."""

    position = models.ForeignKey(Position, models.PROTECT, related_name="holdings")
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="holdings")
    from_on = models.DateField("开始")
    to_on = models.DateField("结束", null=True, blank=True)

    class Meta:
        verbose_name = "任职记录"
        ordering = ["-from_on", "-pk"]
        constraints = [
            ExclusionConstraint(
                name="one_holder_at_a_time",
                expressions=[
                    ("position", RangeOperators.EQUAL),
                    (Func(F("from_on"), F("to_on"), function="daterange"), RangeOperators.OVERLAPS),
                ],
            )
        ]


class TerritoryRule(models.Model):
    """辖区规则: customers of a kind inside a division belong to a position. Longest prefix wins."""

    position = models.ForeignKey(Position, models.PROTECT, related_name="territory_rules", verbose_name="岗位")
    division = models.ForeignKey("reference.Division", models.PROTECT, related_name="+", verbose_name="行政区划")
    division_prefix = models.CharField(max_length=6, editable=False)
    kinds = ArrayField(models.CharField(max_length=20), default=list, blank=True, verbose_name="客户类型")
    valid_from = models.DateField("启用")
    valid_to = models.DateField("停用", null=True, blank=True)

    objects = AdministeredQuerySet.as_manager()

    class Meta:
        verbose_name = "辖区规则"
        ordering = ["division_prefix", "pk"]

    @property
    def kind_labels(self) -> str:
        from keqing.access.labels import kind_label

        return "、".join(kind_label(kind) for kind in self.kinds)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.division_prefix = self.division.prefix
        super().save(*args, **kwargs)

    def allows(self, reader: Staff, word: str, *, names: bool = False) -> bool:
        return reader.may(word)


from keqing.access.work import (  # noqa: E402, F401  the rest of this department's tables, which refer to those above
    Proxy,
    Share,
    Transfer,
    TransferFrom,
    TransferItem,
    TransferProgress,
    TransferSplit,
    WordUse,
)
