"""The audit administrator's search (decision 15: a screen of the desk)."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from keqing.access.gate import allow
from keqing.audit import labels
from keqing.audit.models import Entry
from keqing.audit.queries import AuditFilter, entries_matching
from keqing.desk.permissions import Can
from keqing.kit import lists, pages
from keqing.kit.formats import business_date
from keqing.kit.forms import Form
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


@require_GET
@allow(Can.SEARCH_AUDIT)
def audit(request: HttpRequest) -> HttpResponse:
    """Every entry of the company, newest first; the word reaches all or nothing, so rows are not narrowed."""
    page = AuditList().build(
        request=request, queryset=Entry.objects.all(), today=business_date(timezone.now())
    )
    for entry in page.rows:
        _dress(entry)
    return lists.respond(request=request, page=page)


@require_GET
@allow(Can.SEARCH_AUDIT)
def audit_entry(request: HttpRequest, pk: int) -> HttpResponse:
    """One entry with every value before and after, and its seal."""
    entry = get_object_or_404(Entry.objects.select_related("link"), pk=pk)
    _dress(entry)
    changes = [_change(entry.subject_label, name, value) for name, value in entry.changes.items()]
    link = getattr(entry, "link", None)
    context = {
        "entry": entry,
        "changes": changes,
        "seal": bytes(link.digest).hex() if link else "",
        "sealed_at": link.sealed_at if link else None,
    }
    return pages.render(request=request, template="desk/audit_entry.html", context=context)


def _dress(entry: Any) -> None:
    entry.action_label = labels.action_label(entry.action)
    entry.record_label = labels.record_label(entry.subject_label)


def _change(label: str, name: str, value: Any) -> tuple[str, str, str]:
    pair = value if isinstance(value, list) and len(value) == 2 else [None, value]
    before, after = (labels.value_text(label, name, one) for one in pair)
    return labels.field_label(label, name), before, after
