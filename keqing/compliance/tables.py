"""The list of refusals."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from keqing.compliance.forms import RefusalFilter
from keqing.compliance.models import Refusal
from keqing.kit.formats import day_bounds
from keqing.kit.list_registry import OpenList
from keqing.kit.lists import Column, ListSpec


class RefusalList(ListSpec):
    key = "refusals"
    title = _("拒绝记录")
    row_template = "compliance/_refusal_row.html"
    filter_form = RefusalFilter
    default_sort = "-at"
    columns = [
        Column(key="at", label=_("时间"), sort="at", css="figures", hideable=False),
        Column(key="rule", label=_("规则")),
        Column(key="word", label=_("所见")),
        Column(key="where", label=_("地点")),
        Column(key="actor", label=_("操作人")),
        Column(key="sentence", label=_("说明")),
    ]
    empty_text = _("还没有被规则拒绝的操作。")

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


def open_refusals(_request: HttpRequest, _argument: str = "") -> OpenList:
    """What rules refused; the word reaches all or nothing."""
    return OpenList(RefusalList(), Refusal.objects.all())
