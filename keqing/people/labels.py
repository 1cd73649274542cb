"""Facts of customers in words: labels, values, what is missing, what changed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.apps import apps
from django.db.models import Model
from django.urls import reverse

from keqing.audit.labels import said
from keqing.audit.models import Entry
from keqing.kit.formats import format_number, format_text
from keqing.kit.masks import mask_phone
from keqing.people.choices import TIME_CHOICES, Role, Source
from keqing.people.fields import VIRTUAL_LABELS
from keqing.people.models import Organisation, Person

UNITS = {"beds": "张", "outpatients_day": "人次", "store_count": "家", "patients_day": "人"}
SHORT = {"beds": "床位", "outpatients_day": "日门诊量", "uscc": "信用代码", "license_expires_on": "许可证有效期"}
SOURCES = dict(Source.choices)

ACTIONS = {
    "organisation.created": "建立档案",
    "organisation.imported": "导入建档",
    "organisation.edited": "修改",
    "organisation.assigned": "更换负责人",
    "organisation.transferred": "工作转移",
    "person.transferred": "工作转移",
    "organisation.trashed": "移入回收站",
    "organisation.restored": "从回收站恢复",
    "person.created": "新增人员",
    "person.imported": "导入人员",
    "person.edited": "修改人员",
    "person.trashed": "删除人员",
    "person.restored": "恢复人员",
    "person.phone_revealed": "查看完整电话",
    "affiliation.added": "新增任职",
    "affiliation.ended": "结束任职",
    "affiliation.made_primary": "设为主要任职",
    "department.created": "新增科室",
    "department.edited": "修改科室",
    "contact.recorded": "记录联系",
    "contact.corrected": "更正联系记录",
    "comment.written": "批注",
    "reminder.created": "安排跟进",
    "reminder.finished": "完成跟进",
    "reminder.postponed": "延后跟进",
    "reminder.handed_over": "转交跟进",
    "comment.replied": "回复批注",
    "comment.read": "已读批注",
    "duplicate.checked": "查重",
}
EXTRA_LABELS = {"owner_position": "负责人", "tags": "标签", "affiliation": "任职", "to_on": "结束日期", "figure_sources": "数据出处"}
# Noise for a reader: kept in the audit, left out of the sentence.
MADE = (".created", ".recorded", ".imported", ".added")
QUIET = ("figure_sources", "collected_on")


def label_of(model: type[Model], name: str) -> str:
    """The field's Chinese name, short enough for a box."""
    if name in SHORT:
        return SHORT[name]
    if name in VIRTUAL_LABELS or name in EXTRA_LABELS:
        return VIRTUAL_LABELS.get(name) or EXTRA_LABELS[name]
    known = {field.name for field in model._meta.get_fields()}
    return str(model._meta.get_field(name).verbose_name) if name in known else name


def value_of(row: Model, name: str) -> str:
    """A field's value as a reader knows it."""
    value = getattr(row, name)
    if name == "best_times":
        labels = dict(TIME_CHOICES)
        return "、".join(labels.get(one, one) for one in value)
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return "、".join(value)
    if isinstance(value, int):
        return f"{format_number(value)} {UNITS.get(name, '')}".strip()
    if isinstance(value, date):
        return value.isoformat()
    if row._meta.get_field(name).choices:
        return getattr(row, f"get_{name}_display")()
    return "" if value is None else str(value)


def source_text(known: dict[str, Any] | None) -> str:
    """官网 2026-03 · 公开资料检索 · 2026-03-01, as far as it was said."""
    if not known:
        return ""
    parts = (known.get("note"), SOURCES.get(known.get("source", ""), ""), known.get("on"))
    return " · ".join(part for part in parts if part)


def fact(row: Organisation | Person, name: str) -> dict[str, Any]:
    """One line of the file: label, value, where the figure comes from."""
    return {
        "name": name, "label": label_of(type(row), name), "value": value_of(row, name), "css": "",
        "note": source_text(row.figure_sources.get(name)),
        "wide": name in ("address", "specialties", "gsp_scope", "remark", "specialty", "publications", "academic_posts", "profile"),
    }


def owner_label(row: Organisation | Person) -> str:
    return row.owner_position.label if row.owner_position else "待分配"


def validity_class(until: date | None, today: date) -> str:
    """Red when over, orange within 90 days (R-010); the words beside it say the same."""
    if until is None:
        return "text-muted"
    return "due-over" if until < today else "text-waiting" if until <= today + timedelta(days=90) else ""


def validity_text(until: date | None, today: date) -> str:
    if until is None:
        return ""
    days = (until - today).days
    return f"已过期 {-days} 天" if days < 0 else f"还有 {days} 天到期" if days <= 90 else "有效"


@dataclass(frozen=True)
class MissingItem:
    """A required fact that is not there, and where to fill it in."""

    label: str
    url: str


def missing_items(row: Organisation | Person) -> list[MissingItem]:
    return [MissingItem(label_of(type(row), name), _fill_url(row, name)) for name in row.missing]


def _fill_url(row: Organisation | Person, name: str) -> str:
    if isinstance(row, Person):
        if name in ("organisation", "department"):
            return reverse("people:affiliation_new", args=[row.pk])
        return f"{reverse('people:person_edit', args=[row.pk])}?field={name}"
    if name == "owner":
        return f"{reverse('batches:new', args=['assign'])}?list=customers:all&selected={row.pk}"
    if name == "person" or name.startswith("role:"):
        role = f"&role={name.removeprefix('role:')}" if ":" in name else ""
        return f"{reverse('people:person_new')}?organisation={row.pk}{role}"
    return f"{reverse('people:organisation_edit', args=[row.pk])}?field={name}"


@dataclass(frozen=True)
class ChangeLine:
    """One entry of the audit as the customer page tells it."""

    at: datetime
    who: str
    what: str
    subject: str
    details: list[str]
    reason: str


def change_lines(entries: Iterable[Entry], *, customer_id: int) -> list[ChangeLine]:
    return [_change_line(entry, customer_id) for entry in entries]


def _change_line(entry: Entry, customer_id: int) -> ChangeLine:
    model = _model_of(entry.subject_label)
    details = [
        f"{label_of(model, name)} {_plain(model, name, old)} → {_plain(model, name, new)}"
        for name, (old, new) in _pairs(entry.changes)
        if name not in QUIET and not entry.action.endswith(MADE)
    ]
    # 拜访 · 江湾医院 2026-11-20: on the customer's own page the first part says enough
    subject = "" if entry.subject_id == customer_id else entry.subject_name.partition(" · ")[0]
    return ChangeLine(entry.at, entry.actor_name, ACTIONS.get(entry.action, "更新"), subject, details, entry.reason)


def _model_of(label: str) -> type[Model]:
    try:
        return apps.get_model(label)
    except (LookupError, ValueError):
        return Organisation


def _pairs(changes: dict[str, Any]) -> list[tuple[str, tuple[Any, Any]]]:
    return [(name, (v[0], v[1])) for name, v in changes.items() if isinstance(v, list | tuple) and len(v) == 2]


def _plain(model: type[Model], name: str, value: Any) -> str:
    """A stored value of the audit in words; phones stay masked, the audit is read by many."""
    if value in (None, "", []):
        return "（空）"
    if name in ("mobile", "phone"):
        return mask_phone(str(value))
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        labels = dict(TIME_CHOICES)
        return "、".join(labels.get(str(one), str(one)) for one in value)
    known = {field.name: field for field in model._meta.get_fields()}
    choices = dict(getattr(known.get(name), "choices", None) or {})
    text = str(choices.get(value, Role(value).label if value in Role.values else said(value)))
    return format_text(format_number(value) if isinstance(value, int) else text)
