"""The list of market news."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from keqing.kit.formats import format_date
from keqing.kit.list_files import FileColumn
from keqing.kit.list_registry import OpenList
from keqing.kit.list_rows import Cell
from keqing.kit.lists import Column, ListSpec, Preset
from keqing.news.forms import IntelFilter
from keqing.news.models import MarketIntel, Topic
from keqing.news.queries import matching_followed


class IntelList(ListSpec):
    key = "news"
    title = _("市场动态")
    filter_form = IntelFilter
    default_sort = "-published"
    walks = True
    columns = [
        Column(key="title", label=_("标题"), css="md:min-w-64", hideable=False, cell=lambda row, _today: _title(row)),
        Column(key="published", label=_("发布日期"), sort="published_on", css="figures", cell=lambda row, _today: format_date(row.published_on)),
        Column(key="topic", label=_("主题"), cell=lambda row, _today: row.topic.name),
        Column(key="products", label=_("相关产品"), css="max-w-64 truncate", cell=lambda row, _today: _products(row)),
        Column(key="source", label=_("来源")),
        Column(key="summary", label=_("摘要"), css="max-w-96 truncate phone-hide", cell=lambda row, _today: Cell(row.summary[:80], title=row.summary[:400])),
    ]
    file_columns = (
        FileColumn(key="title", paths=("title",)), FileColumn(key="published", paths=("published_on",)),
        FileColumn(key="topic", paths=("topic__name",)), FileColumn(key="products", paths=("products",), value=lambda words: "、".join(words or ())),
        FileColumn(key="source", paths=("source",)), FileColumn(key="summary", paths=("summary",)),
    )  # fmt: skip
    presets = [
        Preset(key="mine", label=_("我关注的"), condition=lambda asked: matching_followed(asked.user)),
        Preset(key="week", label=_("近 7 天"), condition=lambda asked: Q(published_on__gt=asked.today - timedelta(days=7))),
    ]
    empty_text = _("还没有市场动态。")

    def filter_arguments(self, request: HttpRequest) -> dict[str, Any]:
        return {"topics": list(Topic.objects.values_list("pk", "name"))}

    def url_of(self, row: MarketIntel) -> str:
        return reverse("news:intel", args=[row.pk])

    def filter(self, queryset: QuerySet[MarketIntel], cleaned: Mapping[str, Any]) -> QuerySet[MarketIntel]:
        if text := cleaned.get("q", "").strip():
            queryset = queryset.filter(Q(title__icontains=text) | Q(summary__icontains=text))
        if topics := cleaned.get("topic"):
            queryset = queryset.filter(topic__in=topics)
        if word := cleaned.get("product", "").strip():
            queryset = queryset.filter(products__icontains=word)
        if source := cleaned.get("source", "").strip():
            queryset = queryset.filter(source__icontains=source)
        if first := cleaned.get("from_on"):
            queryset = queryset.filter(published_on__gte=first)
        if last := cleaned.get("to_on"):
            queryset = queryset.filter(published_on__lte=last)
        return queryset


def open_intel(request: HttpRequest, _argument: str = "") -> OpenList:
    """All a person may read."""
    return OpenList(IntelList(), MarketIntel.objects.visible_to(request.user).select_related("topic"))


def _title(row: MarketIntel) -> Cell:
    return Cell(f"（已撤下）{row.title}" if row.taken_down_at else row.title, "text-muted" if row.taken_down_at else "")


def _products(row: MarketIntel) -> Cell:
    words = "、".join(row.products)
    return Cell(words, title=words)
