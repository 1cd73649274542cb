"""The customers: organisations with their departments, people, and who works where since when."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from keqing.kit.searchable import Searchable
from keqing.people import choices, stages
from keqing.people.indexes import LIST_INDEXES
from keqing.people.kept import Attracted, KeptByActions, Sourced, Staged
from keqing.people.permissions import Can

if TYPE_CHECKING:
    from keqing.access.models import Staff


# Former values of every row, whatever wrote it; the audit says who. What can be derived again is left out, and what only
# repeats other tables makes no former row by itself (``followups.actions.kept`` finds it again).
HISTORY = {"context_field": None, "append_only": True, "exclude": list(Searchable.SEARCH_FIELDS)}
HISTORY_OF_LINKS = {**HISTORY, "exclude": []}
FORMER_CUSTOMER = Q(is_affiliated=True, was_customer=True)


def former(*, unless_only: Collection[str] = ()) -> pghistory.UpdateEvent:
    """The row as it was, whenever something changes beside these columns."""
    return pghistory.UpdateEvent("former", row=pghistory.Old, condition=pgtrigger.AnyChange(exclude=list(unless_only)))


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    def alive(self) -> OrganisationQuerySet:
        return self.filter(deleted_at__isnull=True)

    def trashed(self) -> OrganisationQuerySet:
        return self.filter(deleted_at__isnull=False)

    def reached_by(self, staff: Staff, word: str, *, names: bool = False) -> OrganisationQuerySet:
        return self.filter(staff.standing.rows(word, names=names))

    def visible_to(self, staff: Staff) -> OrganisationQuerySet:
        """Rows this person may know of; some by name only (``allows`` tells)."""
        return self.alive().reached_by(staff, Can.VIEW, names=True)

    def of_kind(self, kind: str) -> OrganisationQuerySet:
        return self.filter(kind=kind)

    def unassigned(self) -> OrganisationQuerySet:
        return self.filter(owner_position__isnull=True)


@pghistory.track(former(unless_only=KeptByActions.REPEATED), pghistory.DeleteEvent(), **HISTORY)
class Organisation(Sourced, Attracted, Staged, KeptByActions, Searchable):
    """机构. Its id is unique over organisations and people: both draw from ``people_customer_id``.

    Every row has a ``unit`` whose people answer for it; ``owner_position`` is empty while it waits to be assigned.
    Fields a kind does not use stay empty (``config/policies/fields.toml`` says which a kind shows and requires).
    """

    kind = models.CharField("类型", max_length=20, choices=choices.Kind.choices)
    name = models.CharField("名称", max_length=120)
    short_name = models.CharField("简称", max_length=60, blank=True, default="")
    aliases = ArrayField(models.CharField(max_length=120), default=list, blank=True, verbose_name="别名")
    code = models.CharField("编码", max_length=40, blank=True, default="")
    uscc = models.CharField("统一社会信用代码", max_length=18, blank=True, default="")
    region = models.ForeignKey(
        "reference.Division", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="地区", db_index=False
    )
    address = models.CharField("地址", max_length=200, blank=True, default="")
    phone = models.CharField("电话", max_length=40, blank=True, default="")
    unit = models.ForeignKey("access.OrgUnit", models.PROTECT, related_name="+", verbose_name="所属组织", db_index=False)
    owner_position = models.ForeignKey(
        "access.Position", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="负责岗位", db_index=False
    )
    business_state = models.CharField("业务状态", max_length=20, choices=choices.BusinessState.choices, default="first")
    is_unverified = models.BooleanField("待核实", default=False)
    remark = models.CharField("备注", max_length=500, blank=True, default="")

    # hospital and clinic
    level = models.CharField("医院等级", max_length=8, choices=choices.Level.choices, blank=True, default="")
    category = models.CharField("机构类型", max_length=10, choices=choices.Category.choices, blank=True, default="")
    ownership = models.CharField("经济性质", max_length=10, choices=choices.Ownership.choices, blank=True, default="")
    hco_code = models.CharField("医疗机构代码", max_length=22, blank=True, default="")
    specialties = models.CharField("特色专科", max_length=400, blank=True, default="")
    beds = models.PositiveIntegerField("床位（张）", null=True, blank=True, validators=[MaxValueValidator(20000)])
    outpatients_day = models.PositiveIntegerField(
        "日门诊量（人次）", null=True, blank=True, validators=[MaxValueValidator(100000)]
    )
    main_distributor = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="主配送商"
    )
    # pharmacy and chain
    chain = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="连锁总部")
    store_class = models.CharField("门店等级", max_length=2, choices=choices.StoreClass.choices, blank=True, default="")
    is_medicare = models.BooleanField("医保定点", null=True, blank=True)
    is_dtp = models.BooleanField("DTP 药房", null=True, blank=True)
    hours = models.CharField("营业时间", max_length=60, blank=True, default="")
    store_count = models.PositiveIntegerField("门店数", null=True, blank=True)
    # distributor
    tier = models.CharField("级别", max_length=10, choices=choices.Tier.choices, blank=True, default="")
    license_no = models.CharField("许可证号", max_length=40, blank=True, default="")
    license_expires_on = models.DateField("许可证有效期至", null=True, blank=True)
    gsp_scope = models.CharField("经营范围", max_length=400, blank=True, default="")
    coverage = models.CharField("覆盖区域", max_length=200, blank=True, default="")
    warehouses = models.CharField("仓库", max_length=200, blank=True, default="")
    delivery_terms = models.CharField("配送时效", max_length=100, blank=True, default="")
    # agent
    agent_products = models.CharField("代理产品", max_length=200, blank=True, default="")
    authorised_until = models.DateField("授权期限", null=True, blank=True)
    agent_area = models.CharField("代理区域", max_length=200, blank=True, default="")

    figure_sources = models.JSONField("数据出处", default=dict, blank=True)
    tags = models.ManyToManyField("Tag", through="OrganisationTag", related_name="+", verbose_name="标签")

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        verbose_name = "机构"
        indexes = [
            *Searchable.Meta.indexes,
            models.Index(fields=["kind", "-last_activity_at", "-id"], name="org_kind_activity"),
            models.Index(fields=["-last_activity_at", "-id"], name="org_activity"),
            models.Index(fields=["owner_position", "kind", "-last_activity_at", "-id"], name="org_owner_activity"),
            models.Index(fields=["owner_position", "business_state", "-last_activity_at"], name="org_owner_state"),
            models.Index(fields=["unit", "kind", "-last_activity_at", "-id"], name="org_unit_activity"),
            models.Index(fields=["kind", "search_initials", "id"], name="org_initials"),
            *LIST_INDEXES,
            models.Index(fields=["region"], name="org_region"),
            models.Index(fields=["chain"], condition=Q(chain__isnull=False), name="org_chain"),
            models.Index(fields=["-deleted_at"], condition=Q(deleted_at__isnull=False), name="org_trashed"),
        ]
        constraints = [
            # decision 14 names one exception to customer_id in every key: the credit code is a national identity
            models.UniqueConstraint(
                fields=["kind", "uscc"], condition=~Q(uscc="") & Q(deleted_at__isnull=True), name="org_uscc"
            ),
            models.CheckConstraint(condition=Q(completeness__lte=100), name="org_completeness"),
            models.CheckConstraint(
                condition=Q(deleted_at__isnull=True, deleted_by__isnull=True)
                | Q(deleted_at__isnull=False, deleted_by__isnull=False),
                name="org_deleted_by",
            ),
        ]
        triggers = [stages.trigger()]

    def __str__(self) -> str:
        return self.name

    @property
    def customer_id(self) -> int:
        return self.pk

    def allows(self, staff: Staff, word: str, *, names: bool = False) -> bool:
        return staff.standing.reaches(
            word, kind=self.kind, owner_position_id=self.owner_position_id, unit_id=self.unit_id, customer_id=self.pk, names=names
        )

    def index_for_search(self) -> None:
        """Set the derived search columns from names, codes and phone; called by whatever writes the row."""
        self.index_names(
            names=[self.name, self.short_name, *self.aliases], codes=[self.code, self.uscc, self.hco_code], phones=[self.phone]
        )


class Department(models.Model):
    """科室, part of an organisation; has no owner of its own."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="departments", verbose_name="机构")
    name = models.CharField("科室名称", max_length=80)
    standard_name = models.CharField("标准科室", max_length=40, blank=True, default="")
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="上级科室")
    beds = models.PositiveIntegerField("床位（张）", null=True, blank=True)
    remark = models.CharField("备注", max_length=300, blank=True, default="")
    version = models.PositiveIntegerField(default=1)
    closed_on = models.DateField("撤销日期", null=True, blank=True)

    class Meta:
        verbose_name = "科室"
        indexes = [models.Index(fields=["organisation", "name"], name="department_org")]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "name"], condition=Q(closed_on__isnull=True), name="department_name"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def customer_id(self) -> int:
        return self.organisation_id


class PersonQuerySet(models.QuerySet["Person"]):
    def alive(self) -> PersonQuerySet:
        return self.filter(deleted_at__isnull=True)

    def trashed(self) -> PersonQuerySet:
        return self.filter(deleted_at__isnull=False)

    def reached_by(self, staff: Staff, word: str, *, names: bool = False, few: bool = False) -> PersonQuerySet:
        """People follow the organisations they work at; those without follow who entered them (decision 3).

        A post that ended counts only for somebody who has no other since: a new employer's people take over.
        ``few`` says that few rows are left by other conditions: each one's posts are looked up.
        """
        standing = staff.standing
        if standing.reaches_everything(word):
            return self
        elsewhere = Affiliation.objects.filter(person=OuterRef("person_id"), to_on__isnull=True)
        counts = Q(to_on__isnull=True) | ~Exists(elsewhere)
        if few:  # post by post of each person, whatever the conditions
            rows = standing.rows(
                word, names=names, kind="organisation__kind", owner="organisation__owner_position_id",
                unit="organisation__unit_id", customer="organisation_id",
            )
            posts = Affiliation.objects.filter(rows, counts, organisation__deleted_at__isnull=True)
            working: Any = Exists(posts.filter(person=OuterRef("pk")))
        else:
            # conditions on the one table of organisations: an OR over two tables, as a share makes it, has no index to go by
            within = Organisation.objects.alive().reached_by(staff, word, names=names)
            working = Q(pk__in=Affiliation.objects.filter(counts, organisation__in=within).values("person_id"))
        return self.filter((Q(is_affiliated=True) & working) | (Q(is_affiliated=False) & standing.rows(word, names=names)))

    def visible_to(self, staff: Staff, *, few: bool = False) -> PersonQuerySet:
        return self.alive().reached_by(staff, Can.VIEW_PERSON, names=True, few=few)

    def unaffiliated(self) -> PersonQuerySet:
        return self.filter(is_affiliated=False)

    def once_customers(self) -> PersonQuerySet:
        """People who were customers of their own before they got a post; their records stay under their id."""
        return self.filter(FORMER_CUSTOMER)


@pghistory.track(former(unless_only=KeptByActions.REPEATED), pghistory.DeleteEvent(), **HISTORY)
class Person(Sourced, Attracted, KeptByActions, Searchable):
    """人员. A customer only while affiliated with no organisation; then ``unit`` and ``owner_position`` count."""

    kind = models.CharField("类别", max_length=20, choices=choices.PersonKind.choices)
    name = models.CharField("姓名", max_length=40)
    gender = models.CharField("性别", max_length=1, choices=choices.Gender.choices, blank=True, default="")
    mobile = models.CharField("手机", max_length=20, blank=True, default="")
    phone = models.CharField("座机", max_length=40, blank=True, default="")
    email = models.EmailField("邮箱", blank=True, default="")
    title = models.CharField("职称", max_length=30, choices=choices.Title.choices, blank=True, default="")
    post = models.CharField("职务", max_length=60, blank=True, default="")
    specialty = models.CharField("专业方向", max_length=600, blank=True, default="")
    academic_posts = models.CharField("学术任职", max_length=300, blank=True, default="")
    publications = models.CharField("论著", max_length=600, blank=True, default="")
    profile = models.TextField("公开简介", blank=True, default="")
    topics = models.CharField("关注主题", max_length=200, blank=True, default="")
    best_times = ArrayField(models.CharField(max_length=6), default=list, blank=True, verbose_name="适宜时间")
    patients_day = models.PositiveIntegerField("日接诊（公开或自述）", null=True, blank=True)
    unit = models.ForeignKey("access.OrgUnit", models.PROTECT, related_name="+", verbose_name="所属组织")
    owner_position = models.ForeignKey(
        "access.Position", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="负责岗位"
    )
    is_affiliated = models.BooleanField("有任职", default=False)
    was_customer = models.BooleanField("曾单独建档跟进", default=False)  # set when the first post comes
    figure_sources = models.JSONField("数据出处", default=dict, blank=True)
    remark = models.CharField("备注", max_length=500, blank=True, default="")

    objects = PersonQuerySet.as_manager()

    class Meta:
        verbose_name = "人员"
        indexes = [
            *Searchable.Meta.indexes,
            models.Index(fields=["kind", "-last_activity_at", "-id"], name="person_kind_activity"),
            models.Index(fields=["-last_activity_at", "-id"], name="person_activity"),
            models.Index(
                fields=["owner_position"], condition=Q(is_affiliated=False), name="person_loose_owner"
            ),
            models.Index(fields=["unit"], condition=Q(is_affiliated=False), name="person_loose_unit"),
            models.Index(fields=["id"], condition=FORMER_CUSTOMER, name="person_once_customer"),
            models.Index(fields=["search_initials", "id"], name="person_initials"),
            models.Index(fields=["-deleted_at"], condition=Q(deleted_at__isnull=False), name="person_trashed"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(completeness__lte=100), name="person_completeness"),
            models.CheckConstraint(
                condition=Q(deleted_at__isnull=True, deleted_by__isnull=True)
                | Q(deleted_at__isnull=False, deleted_by__isnull=False),
                name="person_deleted_by",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def customer_id(self) -> int:
        return self.pk

    def allows(self, staff: Staff, word: str, *, names: bool = False) -> bool:
        if not self.is_affiliated:
            return staff.standing.reaches(
                word, kind=self.kind, owner_position_id=self.owner_position_id, unit_id=self.unit_id, customer_id=self.pk,
                names=names,
            )
        if staff.standing.reaches_everything(word):
            return True
        posts = list(self.affiliations.select_related("organisation"))
        counting = [post for post in posts if post.to_on is None] or posts
        return any(post.organisation.allows(staff, word, names=names) for post in counting)

    def index_for_search(self) -> None:
        self.index_names(names=[self.name], phones=[self.mobile, self.phone], person=True)


@pghistory.track(former(), pghistory.DeleteEvent(), **HISTORY_OF_LINKS)
class Affiliation(models.Model):
    """任职. One person's role at one organisation, from when to when; ended ones stay (R-002)."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="affiliations", verbose_name="人员")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="affiliations", verbose_name="机构")
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="affiliations", verbose_name="科室"
    )
    role = models.CharField("角色", max_length=20, choices=choices.Role.choices)
    post = models.CharField("职务", max_length=60, blank=True, default="")
    is_primary = models.BooleanField("主要任职", default=False)
    is_department_head = models.BooleanField("科室主任", default=False)
    from_on = models.DateField("开始", null=True, blank=True)
    to_on = models.DateField("结束", null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = "任职"
        indexes = [
            models.Index(fields=["organisation", "role"], name="affiliation_org"),
            models.Index(fields=["person"], name="affiliation_person"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(is_primary=True, to_on__isnull=True), name="one_primary_affiliation"
            ),
            models.CheckConstraint(
                condition=Q(to_on__isnull=True) | Q(from_on__isnull=True) | Q(to_on__gte=F("from_on")),
                name="affiliation_dates",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} · {self.organisation} {self.get_role_display()}"

    @property
    def customer_id(self) -> int:
        return self.organisation_id


class Dimension(models.Model):
    """标签维度: one way to classify by business, e.g. 业务线, 治疗领域, 渠道 (R-182)."""

    name = models.CharField("维度", max_length=20, unique=True)
    order = models.PositiveSmallIntegerField("次序", default=0)
    closed_on = models.DateField("停用", null=True, blank=True)

    class Meta:
        verbose_name = "标签维度"
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.name


class Tag(models.Model):
    """标签, one value of a dimension. A label on the deny list cannot be made (RX-05, R-025)."""

    dimension = models.ForeignKey(Dimension, models.PROTECT, related_name="tags", verbose_name="维度")
    name = models.CharField("标签", max_length=20)
    closed_on = models.DateField("停用", null=True, blank=True)

    class Meta:
        verbose_name = "标签"
        ordering = ["dimension", "pk"]
        constraints = [models.UniqueConstraint(fields=["dimension", "name"], name="tag_name")]

    def __str__(self) -> str:
        return self.name


class OrganisationTag(models.Model):
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="tag_links")
    tag = models.ForeignKey(Tag, models.PROTECT, related_name="links")

    class Meta:
        verbose_name = "客户标签"
        constraints = [models.UniqueConstraint(fields=["organisation", "tag"], name="organisation_tag")]
        indexes = [models.Index(fields=["tag", "organisation"], name="tag_organisation")]

