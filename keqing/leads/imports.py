"""Importing leads, and the prospect card (R-125), on the import engine."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from keqing.access.models import Staff
from keqing.interchange.actions import ImportRefused
from keqing.interchange.registry import (
    DUPLICATE,
    ERROR,
    NEW,
    Applied,
    Context,
    Field,
    ImportSpec,
    Plan,
    Planned,
    SourceRow,
    Undone,
)
from keqing.kit.formats import SHANGHAI, business_date
from keqing.kit.search import normalise
from keqing.leads import queries
from keqing.leads.actions.imported import withdraw_leads
from keqing.leads.actions.intake import Draft, record_leads
from keqing.leads.actions.steps import LeadRefused
from keqing.people.choices import CUSTOMER_KINDS
from keqing.people.imports import cleaning
from keqing.reference.regions import Regions

STEP = 1000
TELL_EVERY = 500
MOST = Decimal("999999999999.99")
TEXTS = {
    "organisation_name": (120, "机构名称"), "caller_name": (40, "联系人"), "products": (200, "产品"), "need": (2000, "需求"),
    "referrer": (120, "推荐人"), "current_supplier": (120, "现供应商"), "decision_maker": (60, "决策人"), "next_step": (200, "下一步"),
}
MONEY = {"budget": "预算", "estimate": "预计金额"}
KINDS = {str(label): key for key, label in CUSTOMER_KINDS}

CHANNEL = Field(
    key="channel", label="来源", synonyms=("来源渠道", "客户来源", "线索来源", "渠道"), hint="写渠道名称，如 活动、推荐、电话",
    examples=("活动",),
)
PLACES = (
    Field(key="region", label="地区", synonyms=("所在地区", "省市", "区域", "城市"), hint="如 广东省广州市", examples=("广东省广州市",)),
)
CALLER = (
    Field(key="caller_name", label="联系人", synonyms=("姓名", "联系人姓名", "来电人"), examples=("林晓",)),
    Field(key="phone", label="电话", synonyms=("联系电话", "手机", "手机号", "联系方式"), examples=("020-81234567",)),
)
SHARED = (
    Field(key="kind", label="客户类型", synonyms=("类型", "单位类型", "客户类别"), hint="如 医院、连锁总部、商业公司", examples=("连锁总部",)),
    Field(key="products", label="产品", synonyms=("意向产品", "感兴趣产品", "品种"), examples=("降压片",)),
    Field(key="need", label="需求", synonyms=("需求描述", "客户需求", "备注"), examples=("想了解进货价与账期",)),
    Field(key="campaign", label="营销活动", synonyms=("活动", "活动名称", "来源活动"), hint="系统里已有的活动名称"),
    Field(key="referrer", label="推荐人", synonyms=("介绍人", "推荐客户")),
)
CARD = (
    Field(key="current_supplier", label="现供应商", synonyms=("目前供应商", "现有供应商", "竞争对手"), examples=("示例医药有限公司",)),
    Field(key="decision_maker", label="决策人", synonyms=("关键决策人", "负责人"), examples=("采购部王经理",)),
    Field(key="budget", label="预算", synonyms=("采购预算", "预算金额"), hint="元；可写 5万", examples=("50000",)),
    Field(key="estimate", label="预计金额", synonyms=("预计", "预计成交金额", "估计金额", "预估"), hint="元；可写 3.5万", examples=("35000",)),
    Field(key="next_step", label="下一步", synonyms=("下一步计划", "下步行动", "后续计划"), examples=("寄资料后电话回访",)),
    Field(key="next_step_on", label="下一步日期", synonyms=("下一步时间", "跟进日期"), hint="如 2026-12-01"),
)
TOUCH = Field(key="first_touch_at", label="首次接触", synonyms=("接触日期", "来电时间", "登记日期", "日期"), hint="如 2026-11-20")


Seen = dict[tuple[str, str], int]  # phone, or name where there is none → the first row of the file that has it


def _earlier(seen: Seen, values: Mapping[str, Any], number: int) -> int | None:
    """The earlier row this one repeats; a row that is the first of its kind is remembered."""
    phone, name = values.get("phone", ""), normalise(values.get("organisation_name", ""))
    if not (phone or name):
        return None
    first = seen.setdefault(("phone", phone) if phone else ("name", name), number)
    return first if first != number else None


class LeadImport(ImportSpec):
    """Rows become leads; those that are there already, open and under the same phone or name, are reported."""

    key = "lead"
    label = "线索"
    about = "每行一条线索，按分配规则交给负责的人。"
    undo_means = "没有人处理过的线索撤回，处理过的保留"
    fields = (
        Field(key="organisation_name", label="机构名称", synonyms=("名称", "单位名称", "客户名称", "公司名称"), examples=("示例大药房连锁有限公司",)),
        *CALLER, *SHARED, CHANNEL, *PLACES, TOUCH, *CARD,
    )
    needed = ("organisation_name", "caller_name", "phone")

    def plan(self, *, rows: Sequence[SourceRow], context: Context) -> Plan:
        cleaner = _Cleaner(regions=Regions(today=business_date(context.at)), at=context.at, default=self.key)
        cleaned: list[tuple[SourceRow, dict[str, Any], list[str], str]] = []
        for at, row in enumerate(rows):
            if at % TELL_EVERY == 0:
                context.tell(at // 2)
            notes: list[str] = []
            try:
                cleaned.append((row, cleaner.clean(row.values, notes, self.needed), notes, ""))
            except ValueError as fault:
                cleaned.append((row, {}, notes, str(fault)))
        known = queries.open_leads_by(
            phones={v["phone"] for _, v, _, _ in cleaned if v.get("phone")},
            names={v["organisation_name"] for _, v, _, _ in cleaned if v.get("organisation_name")},
        )
        seen: Seen = {}
        return Plan([self._planned(*one, known, seen) for one in cleaned])

    def apply(self, *, plan: Plan, context: Context) -> None:
        new = [row for row in plan.rows if row.outcome == NEW]
        for at in range(0, len(new), STEP):
            context.tell(len(plan.rows) // 2 + at // 2)
            some = new[at : at + STEP]
            drafts = [Draft(row.payload, unit=context.unit) for row in some]
            try:
                made = record_leads(drafts=drafts, by=context.by, at=context.at, action="lead.imported")
            except LeadRefused as refusal:
                raise ImportRefused(str(refusal)) from refusal
            for row, lead in zip(some, made, strict=True):
                row.target_id, row.before = lead.pk, {"version": lead.version}

    def beyond(self, *, rows: Sequence[Applied], by: Staff) -> set[int]:
        away = queries.not_reached(ids={row.target_id for row in rows if row.target_id}, staff=by, word=self.word)
        return {row.number for row in rows if row.target_id in away}

    def undo(self, *, rows: Sequence[Applied], by: Staff, at: datetime) -> Undone:
        versions = {row.target_id: row.before.get("version") for row in rows if row.outcome == NEW and row.target_id}
        kept = withdraw_leads(versions=versions, by=by, at=at)
        return Undone({row.number: kept[row.target_id] for row in rows if row.target_id in kept})

    def _planned(
        self, row: SourceRow, values: dict[str, Any], notes: list[str], fault: str, known: Mapping[str, str], seen: Seen
    ) -> Planned:
        name = values.get("organisation_name") or values.get("caller_name") or row.values.get("organisation_name", "")
        planned = Planned(row.number, ERROR, name or "未识别", fault)
        if fault:
            return planned
        if earlier := _earlier(seen, values, row.number):
            planned.outcome, planned.reason = DUPLICATE, f"与第 {earlier} 行重复"
            return planned
        if holder := known.get(values.get("phone") or "-") or known.get(normalise(values.get("organisation_name", "")) or "-"):
            planned.outcome, planned.reason = DUPLICATE, f"已有未处理完的线索，{holder}"
            return planned
        planned.outcome, planned.reason, planned.payload = NEW, "；".join(notes), values
        return planned


class ProspectCardImport(LeadImport):
    """潜在客户资料卡: name, type, need, current supplier, decision maker, budget, source, estimate, next step (R-125)."""

    key = "prospect"
    label = "潜在客户资料卡"
    about = "每行一张资料卡，登记为待判别的线索。"
    fields = (
        Field(
            key="organisation_name", label="客户名称", synonyms=("名称", "机构名称", "单位名称", "公司名称", "潜在客户"), required=True,
            examples=("示例大药房连锁有限公司",),
        ),
        *SHARED, *CARD, CHANNEL, *CALLER, *PLACES,
    )
    needed = ("organisation_name",)


class _Cleaner:
    """Reads channels, campaigns and regions once, then cleans row by row without the database."""

    def __init__(self, *, regions: Regions, at: datetime, default: str) -> None:
        self._regions, self._at = regions, at
        self._channels, self._campaigns = queries.sources_by_name()
        # a list nobody gave a source for was brought in by our own people
        self._default = self._channels.get("业务员开发") or next(iter(self._channels.values()))

    def clean(self, row: Mapping[str, str], notes: list[str], needed: Sequence[str]) -> dict[str, Any]:
        """Values of a lead. Raises ``ValueError`` with every fault of the row; remarks go to ``notes``."""
        text = {key: cleaning.halfwidth(value).strip() for key, value in row.items() if value.strip()}
        if not any(text.get(name) for name in needed):
            raise ValueError("客户名称为空" if len(needed) == 1 else "机构名称、联系人和电话至少填一个")
        values: dict[str, Any] = {"first_touch_at": self._touch(text), **self._source(text, notes)}
        for key, (limit, label) in TEXTS.items():
            if key in text:
                values[key] = cleaning.fitted(text[key], limit, label, notes)
        if "phone" in text:
            values["phone"] = cleaning.fitted(cleaning.clean_any_phone(text["phone"], notes), 40, "电话", notes)
        for key, label in MONEY.items():
            if key in text:
                values[key] = _money(text[key], label)
        if "next_step_on" in text:
            values["next_step_on"] = cleaning.clean_day(text["next_step_on"], "下一步日期")
        return values | self._kind(text, notes) | self._region(text, notes)

    def _touch(self, text: Mapping[str, str]) -> datetime:
        day = cleaning.clean_day(text["first_touch_at"], "首次接触") if "first_touch_at" in text else None
        if day is None or day == business_date(self._at):
            return self._at
        if day > business_date(self._at):
            raise ValueError("首次接触不能晚于今天")
        return datetime.combine(day, time(9), SHANGHAI)

    def _source(self, text: Mapping[str, str], notes: list[str]) -> dict[str, Any]:
        campaign = self._campaigns.get(normalise(text.get("campaign", "")))
        if "campaign" in text and campaign is None:
            notes.append(f"没有营销活动“{text['campaign']}”，留空")
        channel = self._channels.get(text.get("channel", ""))
        if "channel" in text and channel is None:
            notes.append(f"没有来源渠道“{text['channel']}”，按{(campaign.channel if campaign else self._default).name}登记")
        return {"source_channel": channel or (campaign.channel if campaign else self._default), "campaign": campaign}

    def _kind(self, text: Mapping[str, str], notes: list[str]) -> dict[str, Any]:
        if "kind" not in text:
            return {}
        kind = KINDS.get(text["kind"]) or next((key for label, key in KINDS.items() if text["kind"] in label or label in text["kind"]), "")
        if not kind:
            notes.append(f"没有客户类型“{text['kind']}”，留空")
        return {"kind": kind}

    def _region(self, text: Mapping[str, str], notes: list[str]) -> dict[str, Any]:
        found = self._regions.resolve(text["region"]) if "region" in text else self._regions.mentioned(text.get("organisation_name", ""))
        if "region" in text and found is None:
            notes.append(f"地区“{text['region']}”没有找到，留空")
        return {"region_id": found.code} if found else {}


def _money(text: str, label: str) -> Decimal:
    """50000, 5万, ¥50,000.00 元."""
    plain = re.sub(r"[,，\s¥￥元]", "", unicodedata.normalize("NFKC", text))
    factor = Decimal(10_000) if plain.endswith("万") else Decimal(1)
    try:
        value = (Decimal(plain.removesuffix("万")) * factor).quantize(Decimal("0.01"))
    except InvalidOperation:
        raise ValueError(f"{label}“{text}”不是金额") from None
    if not 0 <= value <= MOST:
        raise ValueError(f"{label}“{text}”超出范围")
    return value
