"""The comparison of salespeople as a list, to look at and to take out."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from keqing.access.models import OrgUnit, Position, Staff
from keqing.insight.salespeople import Line, lines_of, salespeople
from keqing.kit.addresses import address
from keqing.kit.formats import business_date, format_date, format_number
from keqing.kit.forms import Form
from keqing.kit.list_files import FileColumn
from keqing.kit.list_registry import OpenList
from keqing.kit.list_rows import Cell
from keqing.kit.lists import Column, ListSpec, Preset


class SalesFilter(Form):
    q = forms.CharField(label="姓名、拼音首字母、工号", required=False, max_length=40)
    unit = forms.ModelChoiceField(label="组织", queryset=OrgUnit.objects.none(), required=False, empty_label="全部")

    def __init__(self, *args: Any, reader: Staff, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = OrgUnit.objects.current()
        if not reader.standing.reaches_everything("team.view"):
            units = units.filter(pk__in=reader.standing.headed_unit_ids)
        self.fields["unit"].queryset = units.order_by("path")  # type: ignore[attr-defined]


def _filing(row: Staff, today: date) -> Cell:
    if not row.is_medical_rep_filed:
        return Cell("未备案", "text-muted")
    until = row.rep_filing_valid_to
    if until is not None and until < today:
        return Cell(f"{row.rep_filing_no} 已过期", "text-error")
    return Cell(row.rep_filing_no or "已备案")


def _figure(name: str, label: str) -> Column:
    return Column(
        key=name, label=label, numeric=True,
        cell=lambda row, _today: Cell(format_number(getattr(row.line, name)), label=label),
    )  # fmt: skip


FIGURES = {"customers": "客户数", "contacts": "本月联系", "open": "未完成跟进", "overdue": "已逾期"}
FACTS = ("units", "positions", "grades", *FIGURES)


class SalesList(ListSpec):
    key = "salespeople"
    title = "销售人员管理"
    noun = "人"
    filter_form = SalesFilter
    default_sort = "name"
    columns = [
        Column(key="name", label="姓名", sort="initials", hideable=False, cell=lambda row, _today: row.name),
        Column(key="units", label="地区", cell=lambda row, _today: row.line.units),
        Column(key="positions", label="岗位", css="phone-hide", cell=lambda row, _today: row.line.positions),
        Column(key="filing", label="备案号", cell=_filing),
        _figure("customers", "客户数"),
        _figure("contacts", "本月联系"),
        _figure("open", "未完成跟进"),
        _figure("overdue", "已逾期"),
        Column(key="grades", label="按等级", css="phone-hide max-w-xs truncate", cell=lambda row, _today: row.line.grades),
        Column(
            key="until", label="备案有效期至", shown=False, css="figures",
            cell=lambda row, _t: format_date(row.rep_filing_valid_to) if row.rep_filing_valid_to else "",
        ),
    ]  # fmt: skip
    presets = [
        Preset(key="unfiled", label="未备案", condition=lambda _a: Q(is_medical_rep_filed=False)),
        Preset(key="expired", label="备案过期", condition=lambda a: Q(rep_filing_valid_to__lt=a.today)),
    ]
    empty_text = "您的范围内还没有销售人员。"
    file_columns = (
        FileColumn(key="name", paths=("name",)), FileColumn(key="units"), FileColumn(key="positions"),
        FileColumn(key="filing", paths=("rep_filing_no",)), FileColumn(key="customers"), FileColumn(key="grades"),
        FileColumn(key="contacts"), FileColumn(key="open"), FileColumn(key="overdue"),
        FileColumn(key="until", paths=("rep_filing_valid_to",)),
    )  # fmt: skip

    def __init__(self, *, reader: Staff) -> None:
        self.reader = reader

    def filter_arguments(self, request: HttpRequest) -> dict[str, Any]:
        return {"reader": self.reader}

    def url_of(self, row: Staff) -> str:
        return address("insight:salesperson", row.pk)

    def filter(self, queryset: QuerySet[Staff], cleaned: Mapping[str, Any]) -> QuerySet[Staff]:
        if text := cleaned.get("q", "").strip():
            queryset = queryset.filter(Q(name__contains=text) | Q(employee_no__icontains=text) | Q(initials__startswith=text.lower()))
        if unit := cleaned.get("unit"):
            inside = Position.objects.current().filter(unit__path__startswith=unit.path)
            queryset = queryset.filter(pk__in=inside.values("holder"))
        return queryset

    def beside(self, keys: Sequence[int], wanted: Collection[str]) -> Mapping[str, Mapping[int, Any]]:
        wanted_here = [name for name in FACTS if name in wanted]
        if not wanted_here:
            return {}
        lines = lines_of(keys, today=business_date(timezone.now()))
        return {name: {pk: getattr(line, name) for pk, line in lines.items()} for name in wanted_here}


def dress(rows: Sequence[Any], *, today: date) -> None:
    """Give each row its figures; five statements for the page."""
    lines = lines_of([row.pk for row in rows], today=today) if rows else {}
    for row in rows:
        row.line = lines.get(row.pk, Line())


def open_salespeople(request: HttpRequest, _argument: str = "") -> OpenList:
    return OpenList(SalesList(reader=request.user), salespeople(request.user))
