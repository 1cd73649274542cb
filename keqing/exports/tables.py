"""The list of everything taken out, for who oversees exports."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from keqing.audit.labels import action_label
from keqing.audit.models import Entry
from keqing.audit.queries import AuditFilter, entries_matching
from keqing.kit.formats import format_datetime, format_number
from keqing.kit.forms import Form
from keqing.kit.list_files import FileColumn
from keqing.kit.list_registry import OpenList
from keqing.kit.list_rows import Cell
from keqing.kit.lists import Column, ListSpec, Preset

# as the partial index of the audit says it
OF_EXPORTS = Q(action__startswith="export.")


class LogFilter(Form):
    actor_name = forms.CharField(label=_("导出人"), required=False, max_length=60)
    subject = forms.CharField(label=_("列表"), required=False, max_length=60)
    from_on = forms.DateField(label=_("从"), required=False, error_messages={"invalid": _("日期格式不对。")})
    to_on = forms.DateField(label=_("到"), required=False, error_messages={"invalid": _("日期格式不对。")})


class ExportLog(ListSpec):
    key = "exports"
    title = _("导出记录")
    filter_form = LogFilter
    default_sort = "-at"
    columns = [
        Column(key="at", label=_("时间"), sort="at", css="figures", hideable=False, cell=lambda row, _today: format_datetime(row.at)),
        Column(key="actor", label=_("导出人"), cell=lambda row, _today: row.actor_name),
        Column(key="action", label=_("动作"), cell=lambda row, _today: _action(row)),
        Column(key="list", label=_("列表"), cell=lambda row, _today: row.subject_name),
        Column(key="rows", label=_("行数"), numeric=True, cell=lambda row, _today: _rows(row)),
        Column(key="wording", label=_("筛选"), css="max-w-80 truncate", cell=lambda row, _today: _long(row.changes.get("wording", ""))),
        Column(key="reason", label=_("理由或说明"), css="max-w-80 truncate", cell=lambda row, _today: _long(row.reason)),
        Column(key="digest", label="SHA-256", css="figures phone-hide", cell=lambda row, _today: _digest(row)),
    ]
    file_columns = [
        FileColumn(key="at", paths=("at",)), FileColumn(key="actor", paths=("actor_name",)),
        FileColumn(key="action", paths=("action",), value=action_label), FileColumn(key="list", paths=("subject_name",)),
        FileColumn(key="rows", paths=("changes__rows",)), FileColumn(key="wording", paths=("changes__wording",)),
        FileColumn(key="reason", paths=("reason",)), FileColumn(key="digest", paths=("changes__sha256",)),
    ]
    presets = [
        Preset(key="blocked", label=_("被拦截"), condition=lambda _asked: Q(action="export.blocked")),
        Preset(key="begun", label=_("直接下载"), condition=lambda _asked: Q(action="export.begun")),
        Preset(key="asked", label=_("后台导出"), condition=lambda _asked: Q(action="export.asked")),
        Preset(key="broken", label=_("下载中断"), condition=lambda _asked: Q(action="export.broken_off")),
    ]
    empty_text = _("还没有人导出过。")

    def filter(self, queryset: QuerySet[Entry], cleaned: Mapping[str, Any]) -> QuerySet[Entry]:
        texts = {name: value.strip() if isinstance(value, str) else value for name, value in cleaned.items()}
        return entries_matching(AuditFilter(**texts)).filter(OF_EXPORTS)


def _action(row: Entry) -> Cell:
    return Cell(action_label(row.action), "text-error" if row.action == "export.blocked" else "")


def _rows(row: Entry) -> Cell:
    rows = row.changes.get("rows")
    return Cell(format_number(rows) if rows is not None else "", label="行数")


def _long(text: str) -> Cell:
    return Cell(text if len(text) <= 80 else f"{text[:79]}…", title=text[:200])


def _digest(row: Entry) -> Cell:
    digest = row.changes.get("sha256", "")
    return Cell(f"{digest[:12]}…" if digest else "", title=digest)


def open_log(_request: HttpRequest, _argument: str = "") -> OpenList:
    """Every export of the company; the word reaches all or nothing."""
    return OpenList(ExportLog(), Entry.objects.filter(OF_EXPORTS))
