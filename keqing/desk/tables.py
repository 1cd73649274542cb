"""The lists of the desk."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from keqing.audit import labels
from keqing.audit.models import Entry
from keqing.audit.queries import AuditFilter, entries_matching
from keqing.kit.addresses import address
from keqing.kit.formats import NOTHING, format_datetime
from keqing.kit.forms import Form
from keqing.kit.list_files import FileColumn
from keqing.kit.list_registry import OpenList
from keqing.kit.lists import Column, ListSpec


def _actions() -> list[tuple[str, Any]]:
    return [("", _("全部")), *labels.ACTIONS.items()]


class AuditForm(Form):
    actor_name = forms.CharField(label=_("操作人"), required=False, max_length=60)
    action = forms.ChoiceField(label=_("动作"), required=False, choices=_actions)
    subject = forms.CharField(label=_("对象"), required=False, max_length=60)
    rule = forms.CharField(label=_("规则"), required=False, max_length=20)
    from_on = forms.DateField(label=_("从"), required=False, error_messages={"invalid": _("日期格式不对。")})
    to_on = forms.DateField(label=_("到"), required=False, error_messages={"invalid": _("日期格式不对。")})


def _subject(row: Entry) -> str:
    what = labels.record_label(row.subject_label)
    return format_html('{} <span class="text-xs text-muted">{}</span>', row.subject_name or NOTHING, what)


class AuditList(ListSpec):
    key = "audit"
    title = _("审计")
    filter_form = AuditForm
    default_sort = "-at"
    columns = [
        Column(
            key="at", label=_("时间"), sort="at", css="figures", hideable=False,
            cell=lambda row, _today: format_datetime(row.at),
        ),
        Column(key="actor", label=_("操作人"), cell=lambda row, _today: row.actor_name),
        Column(key="action", label=_("动作"), cell=lambda row, _today: labels.action_label(row.action)),
        Column(key="subject", label=_("对象"), cell=lambda row, _today: _subject(row)),
        Column(key="rule", label=_("规则")),
        Column(key="reason", label=_("理由"), css="max-w-80 truncate"),
    ]
    empty_text = _("还没有审计记录。")
    file_columns = (
        FileColumn(key="at", paths=("at",)), FileColumn(key="actor", paths=("actor_name",)),
        FileColumn(key="action", paths=("action",), value=labels.action_label),
        FileColumn(
            key="subject", paths=("subject_name", "subject_label"),
            value=lambda name, label: f"{name} {labels.record_label(label)}".strip(),
        ),
        FileColumn(key="rule", paths=("rule",)), FileColumn(key="reason", paths=("reason",)),
    )  # fmt: skip

    def url_of(self, row: Entry) -> str:
        return address("desk:audit_entry", row.pk)

    def filter(self, queryset: QuerySet[Entry], cleaned: Mapping[str, Any]) -> QuerySet[Entry]:
        texts = {name: value.strip() if isinstance(value, str) else value for name, value in cleaned.items()}
        return entries_matching(AuditFilter(**texts))


def open_audit(_request: HttpRequest, _argument: str = "") -> OpenList:
    """Every entry of the company; the word reaches all or nothing, so rows are not narrowed."""
    return OpenList(AuditList(), Entry.objects.all())
