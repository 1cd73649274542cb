"""公海 as a list: what may be picked, without the phone, with a button for each row."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from keqing.access.models import Staff
from keqing.kit.addresses import address
from keqing.kit.formats import format_datetime
from keqing.kit.forms import Form
from keqing.kit.list_files import FileColumn
from keqing.kit.list_registry import OpenList
from keqing.kit.list_rows import Cell
from keqing.kit.lists import Column, ListSpec
from keqing.leads import file_columns
from keqing.leads.models import Channel, Lead
from keqing.leads.pool import free_for
from keqing.people.choices import CUSTOMER_KINDS

FILED = ("title", "channel", "kind", "region", "products", "need", "score")


class PoolFilter(Form):
    kind = forms.ChoiceField(label=_("客户类型"), required=False, choices=[("", _("全部")), *CUSTOMER_KINDS])
    channel = forms.ModelChoiceField(label=_("来源渠道"), required=False, queryset=Channel.objects.none(), empty_label=str(_("全部")))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["channel"].queryset = Channel.objects.all()


class PoolList(ListSpec):
    key = "lead-pool"
    title = "公海"
    columns = (
        Column(key="title", label="线索", hideable=False, cell=lambda row, _today: row.title),
        Column(key="need", label="需求", css="max-w-xs truncate max-md:basis-full", cell=lambda row, _today: Cell((row.need or row.products)[:60])),
        Column(key="kind", label="客户类型", cell=lambda row, _today: row.get_kind_display()),
        Column(key="region", label="地区", cell=lambda row, _today: row.region.full_name if row.region else ""),
        Column(key="channel", label="来源渠道", cell=lambda row, _today: row.source_channel.name),
        Column(key="products", label="产品", shown=False, cell=lambda row, _today: row.products),
        Column(key="score", label="匹配分", sort="score", numeric=True, cell=lambda row, _today: Cell(row.score, label="匹配分")),
        Column(key="unit", label="所在公海", css="phone-hide", cell=lambda row, _today: row.unit.name),
        Column(
            key="pooled", label="进入公海", sort="pooled_at", css="figures",
            cell=lambda row, _today: Cell(format_datetime(row.pooled_at), label="进入公海"),
        ),
        Column(key="pick", label="操作", hideable=False, cell=lambda row, _today: _button(row)),
    )
    filter_form = PoolFilter
    default_sort = "-pooled"
    empty_text = "公海里没有线索。没有人手的、很久没有跟进的线索会出现在这里。"
    file_columns = (
        *(one for one in file_columns.LEADS if one.key in FILED),
        FileColumn(key="unit", paths=("unit__name",)), FileColumn(key="pooled", paths=("pooled_at",)),
    )  # fmt: skip

    def exported(self, queryset: QuerySet[Any], *, reader: Staff) -> QuerySet[Any]:
        return queryset.filter(file_columns.exported(reader))

    def url_of(self, row: Lead) -> str:
        """A lead in the pool opens for nobody before it is picked."""
        return ""

    def filter(self, queryset: QuerySet[Any], cleaned: Any) -> QuerySet[Any]:
        condition = Q()
        if kind := cleaned.get("kind"):
            condition &= Q(kind=kind)
        if channel := cleaned.get("channel"):
            condition &= Q(source_channel=channel)
        return queryset.filter(condition)


def open_pool(request: HttpRequest, _argument: str = "") -> OpenList:
    """What the reader may pick."""
    rows = free_for(staff=request.user)
    return OpenList(PoolList(), rows.select_related("source_channel", "region", "unit", "position__holder"))


def _button(row: Lead) -> SafeString:
    return format_html(
        '<button class="btn btn-sm btn-primary" form="pool-pick" formaction="{}">领取</button>', address("leads:lead_pick", row.pk)
    )
