"""The records behind one figure of a report."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from keqing.followups.models import ContactRecord
from keqing.kit.addresses import address
from keqing.kit.date_ranges import DateRangeForm, within
from keqing.kit.formats import business_date, format_date
from keqing.kit.list_rows import Cell
from keqing.kit.lists import Column, ListSpec

SHOWN = 80


class RecordFilter(DateRangeForm):
    method = forms.ChoiceField(label=_("方式"), required=False, choices=[("", _("全部")), *ContactRecord.Method.choices])

    field_order = ("first", "last", "method", "when")


class RecordList(ListSpec):
    """Rows carry ``is_readable``; of those that are not, only what the report counts is drawn."""

    title = "报表中的联系记录"
    columns = (
        Column(key="customer", label="客户", hideable=False, cell=lambda row, _today: _customer(row)),
        Column(key="track_on", label="跟踪日期", sort="track_on", css="figures", cell=lambda row, _today: format_date(row.track_on)),
        Column(key="method", label="方式", cell=lambda row, _today: row.get_method_display()),
        Column(key="tracker", label="跟踪人", cell=lambda row, _today: Cell(row.tracker.name, label="跟踪人")),
        Column(key="position", label="岗位", css="phone-hide", cell=lambda row, _today: str(row.tracker_position or "")),
        Column(key="state", label="业务状态", cell=lambda row, _today: row.get_business_state_display() if row.is_readable else ""),
        Column(key="description", label="业务描述", css="max-w-md truncate max-md:basis-full", cell=lambda row, _today: _description(row)),
    )
    filter_form = RecordFilter
    default_sort = "-track_on"
    empty_text = "这里没有联系记录。"

    def panel_of(self, row: ContactRecord) -> str:
        return address("followups:contact", row.pk) if row.is_readable else ""

    url_of = panel_of

    def filter_arguments(self, request: HttpRequest) -> dict[str, Any]:
        return {"today": business_date(timezone.now())}

    def filter(self, queryset: QuerySet[Any], cleaned: Mapping[str, Any]) -> QuerySet[Any]:
        if method := cleaned.get("method"):
            queryset = queryset.filter(method=method)
        return queryset.filter(within("track_on", cleaned))


def _customer(row: ContactRecord) -> Cell:
    return Cell(row.customer_name) if row.is_readable else Cell(_("客户不在您的范围内"), css="text-muted")


def _description(row: ContactRecord) -> Cell:
    text = row.description if row.is_readable else ""
    return Cell(text if len(text) <= SHOWN else f"{text[:SHOWN]}…", title=text[:200])
