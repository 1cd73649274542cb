"""The list of refusals."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from keqing.compliance.forms import RefusalFilter
from keqing.compliance.models import Refusal
from keqing.compliance.permissions import Can
from keqing.kit.formats import day_bounds, format_datetime
from keqing.kit.list_files import FileColumn
from keqing.kit.list_registry import OpenList
from keqing.kit.list_rows import Cell
from keqing.kit.lists import Column, ListSpec


class RefusalList(ListSpec):
    key = "refusals"
    title = _("拒绝记录")
    filter_form = RefusalFilter
    default_sort = "-at"
    columns = [
        Column(
            key="at", label=_("时间"), sort="at", css="figures", hideable=False,
            cell=lambda row, _today: format_datetime(row.at),
        ),
        Column(key="rule", label=_("规则"), css="figures", cell=lambda row, _today: row.rule_id),
        Column(key="word", label=_("所见")),
        Column(key="where", label=_("地点")),
        Column(key="actor", label=_("操作人"), cell=lambda row, _today: row.actor_name),
        Column(key="sentence", label=_("说明"), css="max-w-96 truncate max-md:basis-full", cell=lambda row, _today: Cell(row.sentence, title=row.sentence)),
    ]
    empty_text = _("还没有被规则拒绝的操作。")
    file_columns = tuple(
        FileColumn(key=key, paths=(path,))
        for key, path in (
            ("at", "at"), ("rule", "rule_id"), ("word", "word"), ("where", "where"), ("actor", "actor_name"),
            ("sentence", "sentence"),
        )
    )  # fmt: skip

    def __init__(self, *, may_view_rules: bool) -> None:
        self.may_view_rules = may_view_rules

    def url_of(self, row: Refusal) -> str:
        return reverse("compliance:rule", args=[row.rule_id]) if self.may_view_rules else ""

    def filter(self, queryset: QuerySet[Refusal], cleaned: Mapping[str, Any]) -> QuerySet[Refusal]:
        if rule := cleaned.get("rule_id", "").strip():
            queryset = queryset.filter(rule_id__iexact=rule)
        if name := cleaned.get("actor_name", "").strip():
            queryset = queryset.filter(actor_name=name)
        if text := cleaned.get("where", "").strip():
            queryset = queryset.filter(Q(where__contains=text) | Q(word__contains=text))
        if first := cleaned.get("from_on"):
            queryset = queryset.filter(at__gte=day_bounds(first)[0])
        if last := cleaned.get("to_on"):
            queryset = queryset.filter(at__lt=day_bounds(last)[1])
        return queryset


def open_refusals(request: HttpRequest, _argument: str = "") -> OpenList:
    """What rules refused; the word reaches all or nothing."""
    return OpenList(RefusalList(may_view_rules=request.user.may(Can.VIEW_RULES)), Refusal.objects.all())
