"""线索: every inbound contact is a record before anybody knows who it was (R-185)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from keqing.kit.masks import mask_phone
from keqing.kit.searchable import Searchable
from keqing.leads.choices import DONE_STATES, OPEN_STATES, Judgement, State, StepKind
from keqing.leads.models.sources import Campaign, Channel
from keqing.leads.permissions import Can
from keqing.people.choices import CUSTOMER_KINDS
from keqing.people.permissions import Can as PeopleCan

if TYPE_CHECKING:
    from keqing.access.models import Staff

PLACE = {"owner": "position_id", "customer": "customer_id"}
OPEN = Q(state__in=OPEN_STATES)


class LeadQuerySet(models.QuerySet["Lead"]):
    def reached_by(self, staff: Staff, word: str) -> LeadQuerySet:
        return self.filter(staff.standing.rows(word, names=False, **PLACE))

    def visible_to(self, staff: Staff) -> LeadQuerySet:
        """Leads in the hands of the reader's positions or units, as customers are (decision 5); those in 公海 of
        the units above the reader are shown by the pool, not here."""
        return self.reached_by(staff, Can.VIEW)

    def open(self) -> LeadQuerySet:
        return self.filter(OPEN)

    def unidentified(self) -> LeadQuerySet:
        return self.filter(customer_id__isnull=True)


class Lead(Searchable):
    """One inbound contact. ``unit`` is never empty: the unit of ``position``, or the one in whose queue it waits.

    It stays when it is judged 无效 or 已转化: the source report counts all of them.
    """

    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.NEW)
    judgement = models.CharField("判别结果", max_length=12, choices=Judgement.choices, default=Judgement.PENDING)

    # how it came
    source_channel = models.ForeignKey(Channel, models.PROTECT, related_name="leads", verbose_name="来源渠道", db_index=False)
    campaign = models.ForeignKey(
        Campaign, models.PROTECT, null=True, blank=True, related_name="leads", verbose_name="营销活动", db_index=False
    )
    first_touch_at = models.DateTimeField("首次接触")
    referrer_id = models.BigIntegerField("推荐客户编号", null=True, blank=True)
    referrer = models.CharField("推荐人", max_length=120, blank=True, default="")

    # who it was, as far as said
    caller_name = models.CharField("联系人", max_length=40, blank=True, default="")
    phone = models.CharField("电话", max_length=40, blank=True, default="")
    organisation_name = models.CharField("机构名称", max_length=120, blank=True, default="")
    kind = models.CharField("客户类型", max_length=20, choices=CUSTOMER_KINDS, blank=True, default="")
    region = models.ForeignKey(
        "reference.Division", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="地区", db_index=False
    )
    products = models.CharField("产品", max_length=200, blank=True, default="")
    need = models.TextField("需求", blank=True, default="")

    # the prospect card
    current_supplier = models.CharField("现供应商", max_length=120, blank=True, default="")
    decision_maker = models.CharField("决策人", max_length=60, blank=True, default="")
    budget = models.DecimalField("预算（元）", max_digits=14, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)])
    estimate = models.DecimalField(
        "预计金额（元）", max_digits=14, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    next_step = models.CharField("下一步", max_length=200, blank=True, default="")
    next_step_on = models.DateField("下一步日期", null=True, blank=True)

    # whose it is, since when, until when
    position = models.ForeignKey(
        "access.Position", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="分配给", db_index=False
    )
    unit = models.ForeignKey("access.OrgUnit", models.PROTECT, related_name="+", verbose_name="所属组织", db_index=False)
    rule_id = models.BigIntegerField("分配规则", null=True, blank=True)
    assigned_at = models.DateTimeField("分配时间", null=True, blank=True)
    due_at = models.DateTimeField("处理时限", null=True, blank=True)
    accepted_at = models.DateTimeField("接受时间", null=True, blank=True)
    is_escalated = models.BooleanField("已升级", default=False)
    escalated_at = models.DateTimeField("升级时间", null=True, blank=True)
    returned_count = models.PositiveSmallIntegerField("退回次数", default=0)
    return_reason = models.CharField("退回原因", max_length=200, blank=True, default="")
    pooled_at = models.DateTimeField("进入公海", null=True, blank=True)

    # what came of it
    customer_id = models.BigIntegerField("客户编号", null=True, blank=True)
    customer_name = models.CharField("客户", max_length=120, blank=True, default="")
    judged_at = models.DateTimeField("判别时间", null=True, blank=True)
    judged_by = models.ForeignKey("access.Staff", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="判别人")
    judge_reason = models.CharField("判别理由", max_length=200, blank=True, default="")

    score = models.SmallIntegerField("匹配分", default=0)
    score_reasons = models.JSONField("评分理由", default=list, blank=True)

    created_by = models.ForeignKey("access.Staff", models.PROTECT, null=True, related_name="+", verbose_name="登记人")
    created_at = models.DateTimeField("登记时间")
    updated_at = models.DateTimeField("更新时间")
    version = models.PositiveIntegerField(default=1)

    objects = LeadQuerySet.as_manager()

    class Meta:
        verbose_name = "线索"
        indexes = [
            *Searchable.Meta.indexes,
            models.Index(fields=["customer_id", "-first_touch_at"], condition=Q(customer_id__isnull=False), name="lead_customer"),
            models.Index(fields=["-first_touch_at", "-id"], name="lead_touch"),
            models.Index(fields=["position", "-first_touch_at", "-id"], name="lead_position"),
            models.Index(fields=["unit", "-first_touch_at", "-id"], name="lead_unit"),
            models.Index(fields=["due_at", "id"], name="lead_due"),
            models.Index(fields=["unit", "-pooled_at", "-id"], condition=Q(pooled_at__isnull=False), name="lead_pool"),
            models.Index(fields=["position", "due_at"], condition=OPEN, name="lead_open_position"),
            models.Index(fields=["-first_touch_at", "-id"], condition=Q(judgement="pending"), name="lead_pending"),
            models.Index(fields=["campaign", "-first_touch_at"], condition=Q(campaign__isnull=False), name="lead_campaign"),
            models.Index(fields=["source_channel", "-first_touch_at"], name="lead_channel"),
            # what an import looks for
            models.Index(fields=["phone"], condition=OPEN & ~Q(phone=""), name="lead_open_phone"),
            models.Index(fields=["organisation_name"], condition=OPEN & ~Q(organisation_name=""), name="lead_open_name"),
            models.Index(F("score").desc(), F("id").desc(), name="lead_score"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(position__isnull=True) | Q(pooled_at__isnull=True), name="lead_pooled_without_position"
            ),
            models.CheckConstraint(
                condition=~Q(state="qualified") | Q(customer_id__isnull=False), name="lead_qualified_customer"
            ),
            models.CheckConstraint(
                condition=Q(is_escalated=False) | Q(escalated_at__isnull=False), name="lead_escalated_when"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """What a row is called: the customer, what was said, or that nobody knows yet."""
        said = self.customer_name or self.organisation_name or self.caller_name
        return said or f"未识别{self.source_channel.name}"

    @property
    def is_open(self) -> bool:
        return self.state not in DONE_STATES

    @property
    def is_prospect_card(self) -> bool:
        """Whether anything of the prospect card (R-125) is filled in."""
        card = (self.current_supplier, self.decision_maker, self.budget, self.estimate, self.next_step)
        return any(value not in (None, "") for value in card)

    def allows(self, staff: Staff, word: str, *, names: bool = False) -> bool:
        return staff.standing.reaches(
            word, kind=self.kind, owner_position_id=self.position_id, unit_id=self.unit_id, customer_id=self.customer_id
        )

    def shows_phone(self, staff: Staff) -> bool:
        """Whether the number stands there in full: whoever handles the lead has to call back."""
        return self.position_id in staff.standing.position_ids or self.allows(staff, PeopleCan.FULL_PHONE)

    def phone_for(self, staff: Staff) -> str:
        return self.phone if self.shows_phone(staff) else mask_phone(self.phone)

    def index_for_search(self) -> None:
        """Set the derived search columns; called by whatever writes the row."""
        self.index_names(
            names=[self.organisation_name, self.caller_name, self.customer_name], phones=[self.phone]
        )


class Step(models.Model):
    """经过: what was decided about a lead, by whom or by which rule, and why. Never changed."""

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="steps")
    customer_id = models.BigIntegerField("客户编号", null=True, blank=True)
    at = models.DateTimeField("时间")
    kind = models.CharField("事项", max_length=12, choices=StepKind.choices)
    by = models.ForeignKey("access.Staff", models.PROTECT, null=True, related_name="+", verbose_name="操作人")
    title = models.CharField("内容", max_length=200)
    reason = models.CharField("理由", max_length=300, blank=True, default="")
    rule_id = models.BigIntegerField("规则", null=True, blank=True)
    from_position = models.ForeignKey("access.Position", models.PROTECT, null=True, related_name="+", verbose_name="原岗位")
    to_position = models.ForeignKey("access.Position", models.PROTECT, null=True, related_name="+", verbose_name="新岗位")
    details = models.JSONField("细节", default=dict, blank=True)

    class Meta:
        verbose_name = "线索经过"
        ordering = ["at", "pk"]
        indexes = [
            models.Index(fields=["lead", "at"], name="step_lead"),
            models.Index(fields=["customer_id", "at"], condition=Q(customer_id__isnull=False), name="step_customer"),
            models.Index(fields=["rule_id", "-at"], condition=Q(rule_id__isnull=False), name="step_rule"),
        ]
