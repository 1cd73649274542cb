"""The records behind one figure of a report."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from keqing.followups.models import ContactRecord
from keqing.kit.date_ranges import DateRangeForm, within
from keqing.kit.formats import business_date
from keqing.kit.lists import Column, ListSpec


class RecordFilter(DateRangeForm):
    method = forms.ChoiceField(label=_("方式"), required=False, choices=[("", _("全部")), *ContactRecord.Method.choices])

    field_order = ("first", "last", "method", "when")


class RecordList(ListSpec):
    title = "报表中的联系记录"
    row_template = "insight/_record_row.html"
    columns = (
        Column(key="customer", label="客户", css="lead", hideable=False),
        Column(key="track_on", label="跟踪日期", sort="track_on"),
        Column(key="method", label="方式"),
        Column(key="tracker", label="跟踪人"),
        Column(key="position", label="岗位"),
        Column(key="state", label="业务状态"),
        Column(key="description", label="业务描述"),
    )
    filter_form = RecordFilter
    default_sort = "-track_on"
    empty_text = "这里没有联系记录。"

    def filter_arguments(self, request: HttpRequest) -> dict[str, Any]:
        return {"today": business_date(timezone.now())}

    def filter(self, queryset: QuerySet[Any], cleaned: Mapping[str, Any]) -> QuerySet[Any]:
        if method := cleaned.get("method"):
            queryset = queryset.filter(method=method)
        return queryset.filter(within("track_on", cleaned))
