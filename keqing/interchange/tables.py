"""My imports as a list."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from keqing.access.models import Staff
from keqing.interchange.models import WORKING, Import
from keqing.interchange.registry import spec_of, specs_for
from keqing.kit.addresses import address
from keqing.kit.date_ranges import DateRangeForm, within
from keqing.kit.formats import business_date, format_datetime, format_number
from keqing.kit.list_files import FileColumn
from keqing.kit.list_registry import OpenList
from keqing.kit.list_rows import Cell
from keqing.kit.lists import Column, ListSpec, Preset

BADGES = {
    "checking": "badge-soft badge-info", "queued": "badge-soft badge-info", "running": "badge-soft badge-info",
    "undoing": "badge-soft badge-info", "checked": "badge-soft badge-warning", "done": "badge-soft badge-success",
    "failed": "badge-soft badge-error",
}  # fmt: skip
SHOWN = (("total", _("总行数")), ("new", _("新增")), ("update", _("更新")), ("duplicate", _("重复")), ("error", _("有误")), ("left", _("未匹配")))


class ImportFilter(DateRangeForm):
    q = forms.CharField(label=_("文件名"), required=False, max_length=60)
    kind = forms.ChoiceField(label=_("内容"), required=False)
    state = forms.ChoiceField(label=_("状态"), required=False, choices=[("", _("全部")), *Import.State.choices])

    field_order = ("q", "kind", "state", "when", "first", "last")

    def __init__(self, *args: Any, today: date, kinds: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, today=today, **kwargs)
        self.fields["kind"].choices = [("", _("全部")), *kinds]  # type: ignore[attr-defined]


def _count(key: str, label: Any) -> Column:
    return Column(
        key=key, label=label, numeric=True, shown=key not in ("duplicate", "left"),
        cell=lambda row, _today: Cell(format_number(row.counts[key]) if row.counts.get(key) else "", label=str(label)),
    )  # fmt: skip


class ImportList(ListSpec):
    key = "imports"
    title = _("导入")
    noun = _("次")
    filter_form = ImportFilter
    columns = (
        Column(key="file", label=_("文件"), hideable=False, css="max-w-80 truncate", cell=lambda row, _today: row.file_name),
        Column(key="kind", label=_("内容"), cell=lambda row, _today: spec_of(row.kind).label),
        Column(key="state", label=_("状态"), cell=lambda row, _today: _state(row)),
        *(_count(key, label) for key, label in SHOWN),
        Column(key="uploaded", label=_("上传时间"), css="figures", cell=lambda row, _today: format_datetime(row.uploaded_at)),
        Column(key="finished", label=_("完成时间"), css="figures", shown=False, cell=lambda row, _today: format_datetime(row.finished_at)),
        Column(key="message", label=_("说明"), css="max-w-80 truncate phone-hide", cell=lambda row, _today: Cell(row.message, title=row.message)),
    )
    file_columns = (
        FileColumn(key="file", paths=("file_name",)), FileColumn(key="kind", paths=("kind",), value=lambda kind: spec_of(kind).label),
        FileColumn(key="state", paths=("state",), value=lambda state: str(Import.State(state).label)),
        *(FileColumn(key=key, paths=(f"counts__{key}",)) for key, _label in SHOWN),
        FileColumn(key="uploaded", paths=("uploaded_at",)), FileColumn(key="finished", paths=("finished_at",)),
        FileColumn(key="message", paths=("message",)),
    )  # fmt: skip
    presets = (
        Preset(key="working", label=_("进行中"), condition=lambda _asked: Q(state__in=WORKING)),
        Preset(key="waiting", label=_("等我继续"), condition=lambda _asked: Q(state__in=(Import.State.UPLOADED, Import.State.CHECKED))),
        Preset(key="failed", label=_("未完成"), condition=lambda _asked: Q(state=Import.State.FAILED)),
    )
    empty_text = _("还没有导入过文件。先下载模板填写，或直接上传手头的表格。")

    def __init__(self, *, reader: Staff) -> None:
        self.reader = reader

    def filter_arguments(self, request: HttpRequest) -> dict[str, Any]:
        kinds = [(spec.key, str(spec.label)) for spec in specs_for(self.reader)]
        return {"today": business_date(timezone.now()), "kinds": kinds}

    def url_of(self, row: Import) -> str:
        return address("interchange:job", row.pk)

    def filter(self, queryset: QuerySet[Import], cleaned: Mapping[str, Any]) -> QuerySet[Import]:
        if text := cleaned.get("q", "").strip():
            queryset = queryset.filter(file_name__icontains=text)
        for name in ("kind", "state"):
            if cleaned.get(name):
                queryset = queryset.filter(**{name: cleaned[name]})
        return queryset.filter(within("uploaded_at__date", cleaned))


def open_imports(request: HttpRequest, _argument: str = "") -> OpenList:
    """Mine; an import is its uploader's."""
    rows = Import.objects.visible_to(request.user)
    return OpenList(ImportList(reader=request.user), rows.defer("preview", "findings", "headers", "mapping", "options", "sheets"))


def _state(row: Import) -> Cell:
    text = f"{row.get_state_display()} {row.percent}%" if row.is_working and row.progress_total else row.get_state_display()
    return Cell(format_html('<span class="badge badge-sm {}">{}</span>', BADGES.get(row.state, "badge-ghost"), text))
