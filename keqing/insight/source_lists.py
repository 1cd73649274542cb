"""来源报表 as lists, so that it is filtered, sorted and exported as every other one."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from keqing.access.models import Staff
from keqing.insight import sources
from keqing.insight.sources import NO_ORDERS, expected_return, per_lead, share
from keqing.kit.addresses import address
from keqing.kit.date_ranges import DateRangeForm
from keqing.kit.formats import business_date, format_money, format_number, format_percent
from keqing.kit.list_files import FileColumn
from keqing.kit.list_registry import OpenList
from keqing.kit.list_rows import Cell
from keqing.kit.lists import Column, ListSpec
from keqing.leads.models import Campaign, Channel
from keqing.leads.permissions import Can

CHANNELS, CAMPAIGNS = "channels", "campaigns"


class DaysFilter(DateRangeForm):
    field_order = ("when", "first", "last")


def _count(name: str, label: str) -> Callable[[Any, Any], Cell]:
    return lambda row, _today: Cell(format_number(getattr(row, name)), label=label)


def _of_leads(name: str, label: str) -> Callable[[Any, Any], Cell]:
    return lambda row, _today: Cell(_percent(share(getattr(row, name), row.lead_number)), label=label)


def _percent(value: Decimal | None) -> str:
    return "" if value is None else format_percent(value, places=1)


def _money(value: Decimal | None) -> str:
    return "" if value is None else format_money(value)


FIGURES = (
    Column(key="leads", label="线索", sort="lead_number", numeric=True, total="lead_number", cell=_count("lead_number", "线索")),
    Column(key="chances", label="销售机会", sort="chance_number", numeric=True, cell=_count("chance_number", "机会")),
    Column(key="chance_share", label="机会率", numeric=True, cell=_of_leads("chance_number", "机会率")),
    Column(key="won", label="成交客户", sort="won_number", numeric=True, cell=_count("won_number", "成交")),
    Column(key="won_share", label="成交率", numeric=True, cell=_of_leads("won_number", "成交率")),
    Column(key="spent", label="费用", sort="spent", numeric=True, total="spent", cell=lambda row, _today: Cell(_money(row.spent), label="费用")),
    Column(
        key="per_lead", label="每条线索费用", numeric=True,
        cell=lambda row, _today: Cell(_money(per_lead(row.spent, row.lead_number)), label="每条费用"),
    ),
    Column(key="expected", label="预计金额", sort="expected", numeric=True, cell=lambda row, _today: Cell(_money(row.expected or None), label="预计")),
    Column(
        key="expected_return", label="预计投资回报", numeric=True,
        cell=lambda row, _today: Cell(_percent(expected_return(row.expected, row.spent)), label="预计回报"),
    ),
    Column(key="revenue", label="收入", css="phone-hide", cell=lambda _row, _today: Cell(NO_ORDERS, css="text-muted text-xs")),
    Column(key="roi", label="投资回报", css="phone-hide", cell=lambda _row, _today: Cell(NO_ORDERS, css="text-muted text-xs")),
)
FILE_FIGURES = (
    FileColumn(key="leads", paths=("lead_number",)), FileColumn(key="chances", paths=("chance_number",)),
    FileColumn(key="chance_share", paths=("chance_number", "lead_number"), value=lambda n, all_: _percent(share(n, all_))),
    FileColumn(key="won", paths=("won_number",)),
    FileColumn(key="won_share", paths=("won_number", "lead_number"), value=lambda n, all_: _percent(share(n, all_))),
    FileColumn(key="spent", paths=("spent",)),
    FileColumn(key="per_lead", paths=("spent", "lead_number"), value=per_lead), FileColumn(key="expected", paths=("expected",)),
    FileColumn(key="expected_return", paths=("expected", "spent"), value=lambda e, s: _percent(expected_return(e, s))),
    FileColumn(key="revenue", paths=("pk",), value=lambda _pk: NO_ORDERS),
    FileColumn(key="roi", paths=("pk",), value=lambda _pk: NO_ORDERS),
)  # fmt: skip


class SourceList(ListSpec):
    """Rows get their figures in ``filter``: they depend on the days asked for and on who asks."""

    key = "sources"
    title = "来源报表"
    noun = "个来源"
    columns = (
        Column(key="name", label="来源渠道", hideable=False, cell=lambda row, _today: row.name),
        Column(key="group", label="分组", shown=False, cell=lambda row, _today: row.get_group_display()),
        *FIGURES,
    )
    filter_form = DaysFilter
    default_sort = "-leads"
    empty_text = "还没有来源渠道。"
    file_columns = (FileColumn(key="name", paths=("name",)), FileColumn(key="group", paths=("group",)), *FILE_FIGURES)
    figures: ClassVar[Callable[..., Mapping[str, Any]]] = staticmethod(sources.channel_figures)

    def __init__(self, staff: Staff) -> None:
        self.staff = staff

    def filter_arguments(self, request: HttpRequest) -> dict[str, Any]:
        return {"today": business_date(timezone.now())}

    def filter(self, queryset: QuerySet[Any], cleaned: Mapping[str, Any]) -> QuerySet[Any]:
        days = cleaned.get("days") or (cleaned.get("first"), cleaned.get("last"))
        return self.narrowed(queryset.annotate(**self.figures(staff=self.staff, days=days)), days)

    def narrowed(self, rows: QuerySet[Any], days: sources.Days) -> QuerySet[Any]:
        """A channel closed since is told of only when it brought something."""
        return rows.filter(Q(closed_on__isnull=True) | Q(lead_number__gt=0) | Q(spent__gt=0))


class CampaignReport(SourceList):
    key = "sources:campaigns"
    title = "来源报表 · 按活动"
    noun = "个活动"
    columns = (
        Column(key="name", label="营销活动", hideable=False, cell=lambda row, _today: row.name),
        Column(key="channel", label="来源渠道", cell=lambda row, _today: row.channel.name),
        Column(key="starts", label="开始日期", sort="starts_on", css="figures", cell=lambda row, _today: row.starts_on.isoformat()),
        *FIGURES,
    )
    empty_text = "还没有营销活动。"
    file_columns = (
        FileColumn(key="name", paths=("name",)), FileColumn(key="channel", paths=("channel__name",)),
        FileColumn(key="starts", paths=("starts_on",)), *FILE_FIGURES,
    )
    figures = staticmethod(sources.campaign_figures)

    def url_of(self, row: Campaign) -> str:
        return address("leads:campaign", row.pk)

    def narrowed(self, rows: QuerySet[Any], days: sources.Days) -> QuerySet[Any]:
        """Begun in the days, or with leads of them."""
        begun = Q()
        if days[0]:
            begun &= Q(starts_on__gte=days[0])
        if days[1]:
            begun &= Q(starts_on__lte=days[1])
        return rows.filter(begun | Q(lead_number__gt=0)) if begun else rows


def open_sources(request: HttpRequest, argument: str = "") -> OpenList:
    """The report by channel, or with ``campaigns`` by campaign."""
    if argument == CAMPAIGNS:
        return OpenList(CampaignReport(request.user), Campaign.objects.select_related("channel"))  # type: ignore[arg-type]
    return OpenList(SourceList(request.user), Channel.objects.all())  # type: ignore[arg-type]


def sources_address(argument: str = "") -> str:
    return reverse("insight:source_campaigns" if argument == CAMPAIGNS else "insight:sources")


WORD = Can.REPORT
