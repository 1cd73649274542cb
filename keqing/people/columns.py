"""The columns of customer lists: what each is called, how its cell reads, what can be edited in it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from keqing.kit.formats import NOTHING, format_date, format_number
from keqing.kit.list_rows import Cell
from keqing.kit.lists import Column
from keqing.kit.templatetags.kit import due_class, due_text
from keqing.people.choices import BusinessState, Category, Kind, Level, Stage, StoreClass, Tier, Title
from keqing.people.labels import owner_label, validity_class
from keqing.people.models import Organisation, Person
from keqing.people.stages import days_in


def short_day(day: date | None, today: date) -> str:
    """今天, 昨天, 11-09; the year only when it is another one, so that a row stays short."""
    if day is None:
        return NOTHING
    if (today - day).days in (0, 1):
        return "今天" if day == today else "昨天"
    return f"{day:%m-%d}" if day.year == today.year else day.isoformat()


def _name(row: Organisation, _today: date) -> Cell:
    return Cell(row.name, badge=_("待核实") if row.is_unverified else "")


def _due(row: Organisation, today: date) -> Cell:
    due = row.next_due_on
    if due is None:
        return Cell()
    if due > today + timedelta(days=1):
        return Cell(short_day(due, today), "due-future figures", "跟进")
    return Cell(due_text(due), f"{due_class(due)} figures", "跟进")


def filled(row: Organisation | Person, _today: date) -> Cell:
    return Cell(f"{row.completeness}%", label="完整")


def _owner(row: Organisation, _today: date) -> Cell:
    return Cell(owner_label(row), "" if row.owner_position else "text-muted")


def figure(name: str) -> Callable[[Any, date], Cell]:
    return lambda row, _today: Cell("" if (value := getattr(row, name)) is None else format_number(value), label=FIGURES[name])


def _until(name: str, label: str) -> Callable[[Organisation, date], Cell]:
    def cell(row: Organisation, today: date) -> Cell:
        day = getattr(row, name)
        return Cell(format_date(day) if day else "", f"{validity_class(day, today)} figures", label)

    return cell


def choice(name: str) -> Callable[[Any, date], str]:
    """The label of a choice, without asking the model for it row by row."""
    labels = {value: str(label) for value, label in LABELS[name]}
    return lambda row, _today: labels.get(getattr(row, name), "")


def _stage(row: Organisation, today: date) -> Cell:
    """The stage, and for how many days it has lasted."""
    return Cell(f"{STAGES[row.lifecycle]} · {days_in(row.lifecycle_since, today)} 天", label="阶段")


STAGES = {value: str(label) for value, label in Stage.choices}
FIGURES = {"beds": "床位", "store_count": "门店"}
LABELS = {
    "kind": Kind.choices, "level": Level.choices, "business_state": BusinessState.choices, "store_class": StoreClass.choices,
    "tier": Tier.choices, "category": Category.choices, "title": Title.choices,
}
NAME = Column(key="name", label="名称", sort="search_initials", letters=True, hideable=False, cell=_name)
KIND = Column(key="kind", label="类型", cell=choice("kind"))
RECENT = Column(
    key="recent", label="最近联系", sort="last_contact_on",
    cell=lambda row, today: Cell(short_day(row.last_contact_on, today) if row.last_contact_on else "", "figures", "联系"),
)
DUE = Column(key="due", label="下次跟进", sort="next_due_on", cell=_due)
OWNER = Column(key="owner", label="负责人", cell=_owner)
FILLED = Column(key="filled", label="完整度", sort="completeness", numeric=True, cell=filled)
PERSON = Column(key="person", label="主任/联系人", css="phone-hide", cell=lambda row, _today: getattr(row, "contact", ""))
REGION = Column(
    key="region", label="地区", css="phone-hide", cell=lambda row, _today: row.region.full_name if row.region else ""
)
LEVEL = Column(key="level", label="医院等级", cell=choice("level"), edit="level")
BEDS = Column(key="beds", label="床位", sort="beds", numeric=True, total="beds", cell=figure("beds"), edit="beds")
STATE = Column(key="state", label="业务状态", cell=choice("business_state"), edit="business_state", shown=False)
STAGE = Column(key="stage", label="生命周期", css="whitespace-nowrap", cell=_stage)
CODE = Column(key="code", label="编码", css="figures", edit="code", shown=False)
CATEGORY = Column(key="category", label="机构类型", cell=choice("category"), edit="category", shown=False)
COMMON = (STATE, CODE)
REGION_TOO = replace(REGION, shown=False)

OF_KIND: dict[str, Sequence[Column]] = {
    "all": (NAME, KIND, REGION, PERSON, STAGE, RECENT, DUE, OWNER, FILLED, *COMMON),
    Kind.HOSPITAL: (NAME, LEVEL, BEDS, PERSON, STAGE, RECENT, DUE, OWNER, FILLED, *COMMON, CATEGORY, REGION_TOO),
    Kind.CLINIC: (NAME, REGION, PERSON, STAGE, RECENT, DUE, OWNER, FILLED, *COMMON, replace(LEVEL, shown=False), CATEGORY),
    Kind.PHARMACY: (
        NAME, Column(key="chain", label="连锁总部", css="phone-hide", cell=lambda row, _today: row.chain.name if row.chain else ""),
        Column(key="store_class", label="门店等级", cell=choice("store_class"), edit="store_class"), PERSON, STAGE, RECENT, DUE,
        OWNER, FILLED, *COMMON, REGION_TOO,
    ),
    Kind.CHAIN: (
        NAME, REGION, Column(
            key="store_count", label="门店数", sort="store_count", numeric=True, total="store_count", cell=figure("store_count"),
            edit="store_count",
        ),
        PERSON, STAGE, RECENT, DUE, OWNER, FILLED, *COMMON,
    ),
    Kind.DISTRIBUTOR: (
        NAME, Column(key="tier", label="级别", cell=choice("tier"), edit="tier"),
        Column(key="coverage", label="覆盖区域", css="phone-hide", edit="coverage"),
        Column(key="license", label="许可证有效期", sort="license_expires_on", cell=_until("license_expires_on", "许可证")),
        PERSON, STAGE, RECENT, DUE, OWNER, FILLED, *COMMON, REGION_TOO,
    ),
    Kind.MAKER: (NAME, REGION, PERSON, STAGE, RECENT, DUE, OWNER, FILLED, *COMMON),
    Kind.AGENT: (
        NAME, Column(
            key="products", label="代理产品", css="phone-hide", cell=lambda row, _today: row.agent_products, edit="agent_products"
        ),
        Column(key="authorised", label="授权期限", sort="authorised_until", cell=_until("authorised_until", "授权")),
        PERSON, STAGE, RECENT, DUE, OWNER, FILLED, *COMMON, REGION_TOO,
    ),
}  # fmt: skip
ALL_KEYS = frozenset(column.key for columns in OF_KIND.values() for column in columns)
