"""The lists of the desk."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from keqing.audit import labels
from keqing.audit.models import Entry
from keqing.audit.queries import AuditFilter, entries_matching
from keqing.kit.forms import Form
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


class AuditList(ListSpec):
    key = "audit"
    title = _("审计")
    row_template = "desk/audit_row.html"
    filter_form = AuditForm
    default_sort = "-at"
    columns = [
        Column(key="at", label=_("时间"), sort="at", css="figures", hideable=False),
        Column(key="actor", label=_("操作人")),
        Column(key="action", label=_("动作")),
        Column(key="subject", label=_("对象")),
        Column(key="rule", label=_("规则")),
        Column(key="reason", label=_("理由")),
    ]
    empty_text = _("还没有审计记录。")

    def filter(self, queryset: QuerySet[Entry], cleaned: Mapping[str, Any]) -> QuerySet[Entry]:
        texts = {name: value.strip() if isinstance(value, str) else value for name, value in cleaned.items()}
        return entries_matching(AuditFilter(**texts))


def open_audit(_request: HttpRequest, _argument: str = "") -> OpenList:
    """Every entry of the company; the word reaches all or nothing, so rows are not narrowed."""
    return OpenList(AuditList(), Entry.objects.all())
