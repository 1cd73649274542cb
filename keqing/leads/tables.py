"""The lists of leads and campaigns."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Now
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from keqing.access.models import Staff
from keqing.kit.addresses import address
from keqing.kit.date_ranges import DateRangeForm, bounds
from keqing.kit.formats import business_date, day_bounds, format_date, format_datetime, format_money, format_number
from keqing.kit.forms import Form
from keqing.kit.list_registry import OpenList
from keqing.kit.list_rows import Cell
from keqing.kit.lists import Asked, Column, ListSpec, Preset
from keqing.leads import file_columns
from keqing.leads.choices import OPEN_STATES, Judgement, State
from keqing.leads.models import Campaign, Channel, Lead
from keqing.people.choices import CUSTOMER_KINDS
from keqing.people.queries import matching

ANY = [("", _("全部"))]
TONES = {State.NEW: "warning", State.RETURNED: "warning", State.ASSIGNED: "info", State.ACCEPTED: "info", State.QUALIFIED: "success", State.REJECTED: "error"}
SHORT = 60


class LeadFilter(DateRangeForm):
    q = forms.CharField(
        label=_("查找"), required=False, max_length=60,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("机构或联系人")}),
    )
    channel = forms.ModelChoiceField(label=_("来源渠道"), required=False, queryset=Channel.objects.none(), empty_label=str(_("全部")))
    state = forms.ChoiceField(label=_("状态"), required=False, choices=[*ANY, *State.choices])
    judgement = forms.ChoiceField(label=_("判别结果"), required=False, choices=[*ANY, *Judgement.choices])
    kind = forms.ChoiceField(label=_("客户类型"), required=False, choices=[*ANY, *CUSTOMER_KINDS])
    holder = forms.CharField(label=_("分配给"), required=False, max_length=40)
    campaign = forms.CharField(label=_("营销活动"), required=False, max_length=60)

    field_order = ("q", "channel", "when", "state", "judgement", "kind", "holder", "campaign", "first", "last")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["channel"].queryset = Channel.objects.all()  # type: ignore[attr-defined]


class LeadList(ListSpec):
    key = "leads"
    title = "线索"
    columns = (
        Column(key="title", label="线索", hideable=False, cell=lambda row, _today: _title(row)),
        Column(key="state", label="状态", cell=lambda row, _today: _state(row)),
        Column(key="judgement", label="判别结果", cell=lambda row, _today: Cell(row.get_judgement_display(), label="判别")),
        Column(key="channel", label="来源渠道", cell=lambda row, _today: row.source_channel.name),
        Column(key="campaign", label="营销活动", shown=False, cell=lambda row, _today: row.campaign.name if row.campaign else ""),
        Column(key="caller", label="联系人", shown=False, cell=lambda row, _today: Cell(row.caller_name, label="联系人")),
        Column(key="need", label="需求", css="max-w-xs truncate max-md:basis-full", cell=lambda row, _today: _short(row.need or row.products)),
        Column(key="kind", label="客户类型", css="phone-hide", shown=False, cell=lambda row, _today: row.get_kind_display()),
        Column(key="region", label="地区", css="phone-hide", shown=False, cell=lambda row, _today: row.region.full_name if row.region else ""),
        Column(key="products", label="产品", shown=False, cell=lambda row, _today: _short(row.products)),
        Column(key="score", label="匹配分", sort="score", numeric=True, cell=lambda row, _today: Cell(row.score, label="匹配分")),
        Column(key="holder", label="分配给", cell=lambda row, _today: Cell(_holder(row), label="分配给")),
        Column(key="due", label="处理时限", sort="due_at", css="figures", cell=lambda row, _today: _due(row)),
        Column(key="touch", label="首次接触", sort="first_touch_at", css="figures", cell=lambda row, _today: format_datetime(row.first_touch_at)),
        Column(
            key="estimate", label="预计金额", numeric=True, shown=False,
            cell=lambda row, _today: format_money(row.estimate) if row.estimate is not None else "",
        ),
        Column(key="returned", label="退回次数", numeric=True, shown=False, cell=lambda row, _today: row.returned_count or ""),
    )
    presets = (
        Preset(key="pending", label="待判别", condition=lambda _asked: Q(judgement=Judgement.PENDING, state__in=OPEN_STATES)),
        Preset(key="mine", label="我的待处理", condition=lambda asked: _mine(asked)),
        Preset(key="late", label="超时", condition=lambda _asked: Q(due_at__lt=Now(), state__in=OPEN_STATES)),
        Preset(key="escalated", label="已升级", condition=lambda _asked: Q(is_escalated=True, state__in=OPEN_STATES)),
        Preset(key="pool", label="公海", condition=lambda _asked: Q(pooled_at__isnull=False)),
        Preset(key="unknown", label="未识别", condition=lambda _asked: Q(customer_id__isnull=True, state__in=OPEN_STATES)),
    )
    filter_form = LeadFilter
    default_sort = "-touch"
    empty_text = "还没有线索。接到电话、传真、邮件，或有人来访，先登记一条，再判别是谁。"
    file_columns = file_columns.LEADS
    walks = True

    def exported(self, queryset: QuerySet[Any], *, reader: Staff) -> QuerySet[Any]:
        return queryset.filter(file_columns.exported(reader))

    def panel_of(self, row: Lead) -> str:
        return address("leads:lead", row.pk)

    url_of = panel_of

    def filter_arguments(self, request: HttpRequest) -> dict[str, Any]:
        return {"today": business_date(timezone.now())}

    def filter(self, queryset: QuerySet[Any], cleaned: Mapping[str, Any]) -> QuerySet[Any]:
        paths = {"channel": "source_channel", "state": "state", "judgement": "judgement", "kind": "kind"}
        wanted = {paths[name]: value for name, value in cleaned.items() if name in paths}
        if holder := cleaned.get("holder"):
            wanted["position__holder__name__icontains"] = holder
        if campaign := cleaned.get("campaign"):
            wanted["campaign__name__icontains"] = campaign
        # a phone is no way to find somebody else's lead
        said = matching(text=cleaned["q"], names_only=True) if "q" in cleaned else Q()
        return queryset.filter(said, touched(cleaned), **wanted)


class CampaignFilter(Form):
    q = forms.CharField(label=_("查找"), required=False, max_length=60, widget=forms.TextInput(attrs={"type": "search", "placeholder": _("活动名称")}))
    channel = forms.ModelChoiceField(label=_("来源渠道"), required=False, queryset=Channel.objects.none(), empty_label=str(_("全部")))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["channel"].queryset = Channel.objects.all()  # type: ignore[attr-defined]


class CampaignList(ListSpec):
    key = "campaigns"
    title = "营销活动"
    columns = (
        Column(key="name", label="活动名称", hideable=False, cell=lambda row, _today: row.name),
        Column(key="channel", label="来源渠道", cell=lambda row, _today: row.channel.name),
        Column(key="starts", label="开始日期", sort="starts_on", css="figures", cell=lambda row, _today: format_date(row.starts_on)),
        Column(key="ends", label="结束日期", css="figures", cell=lambda row, _today: Cell(format_date(row.ends_on), label="至")),
        Column(key="cost", label="费用（元）", numeric=True, cell=lambda row, _today: Cell(format_money(row.cost), label="费用")),
        Column(key="expected", label="预期线索", numeric=True, cell=lambda row, _today: _number(row.expected_leads, "预期")),
        Column(key="leads", label="线索", numeric=True, cell=lambda row, _today: _number(row.lead_count, "线索")),
        Column(key="attendance", label="到场人数", numeric=True, cell=lambda row, _today: _number(row.attendance, "到场")),
        Column(key="unit", label="主办组织", css="phone-hide", cell=lambda row, _today: row.unit.name),
    )
    presets = (
        Preset(key="running", label="进行中", condition=lambda asked: Q(starts_on__lte=asked.today, ends_on__gte=asked.today)),
        Preset(key="coming", label="未开始", condition=lambda asked: Q(starts_on__gt=asked.today)),
        Preset(key="over", label="已结束", condition=lambda asked: Q(ends_on__lt=asked.today)),
        Preset(key="no_result", label="待填结果", condition=lambda asked: Q(ends_on__lt=asked.today, results="")),
    )
    filter_form = CampaignFilter
    default_sort = "-starts"
    empty_text = "还没有营销活动。先写计划、期间和费用，线索登记时选择它，效果就能按活动算。"
    file_columns = file_columns.CAMPAIGNS

    def url_of(self, row: Campaign) -> str:
        return address("leads:campaign", row.pk)

    def filter(self, queryset: QuerySet[Any], cleaned: Mapping[str, Any]) -> QuerySet[Any]:
        if "q" in cleaned:
            queryset = queryset.filter(name__icontains=cleaned["q"])
        return queryset.filter(channel=cleaned["channel"]) if "channel" in cleaned else queryset


def open_leads(request: HttpRequest, _argument: str = "") -> OpenList:
    """The leads within reach."""
    rows = Lead.objects.visible_to(request.user)
    return OpenList(LeadList(), rows.select_related("source_channel", "campaign", "region", "position__holder", "unit"))


def open_campaigns(request: HttpRequest, _argument: str = "") -> OpenList:
    """All campaigns, each with the number of leads it brought to anybody."""
    counted = Lead.objects.filter(campaign=OuterRef("pk")).order_by().values("campaign").annotate(n=Count("pk")).values("n")
    rows = Campaign.objects.visible_to(request.user).annotate(lead_count=Coalesce(Subquery(counted), 0))
    return OpenList(CampaignList(), rows.select_related("channel", "unit"))


def touched(cleaned: Mapping[str, Any], path: str = "first_touch_at") -> Q:
    """Rows whose moment lies in the days of a ``DateRangeForm``: half-open in time, so that the index answers."""
    condition = Q()
    days = [cleaned["days"]] if cleaned.get("days") else []
    days.append((cleaned.get("first"), cleaned.get("last")))
    for first, last in days:
        if first:
            condition &= Q(**{f"{path}__gte": day_bounds(first)[0]})
        if last:
            condition &= Q(**{f"{path}__lt": day_bounds(last)[1]})
    return condition


def range_of(cleaned: Mapping[str, Any], today: date) -> tuple[date | None, date | None]:
    """First and last day a ``DateRangeForm`` asks for."""
    if key := cleaned.get("when"):
        return bounds(key, today=today)
    return cleaned.get("first"), cleaned.get("last")


def _mine(asked: Asked) -> Q:
    return Q(position_id__in=asked.user.standing.position_ids, state__in=OPEN_STATES)


def _state(row: Lead) -> Cell:
    return Cell(format_html('<span class="badge badge-sm badge-soft badge-{}">{}</span>', TONES[row.state], row.get_state_display()))


def _title(row: Lead) -> Cell:
    return Cell(row.title, badge="已升级" if row.is_escalated and row.is_open else "", tone="error")


def _holder(row: Lead) -> str:
    if row.pooled_at is not None:
        return f"公海 · {row.unit.name}"
    return row.position.label if row.position else f"待分配 · {row.unit.name}"


def _due(row: Lead) -> Cell:
    if row.due_at is None or not row.is_open:
        return Cell("")
    late = row.due_at < timezone.now()
    return Cell(f"{'超时 ' if late else ''}{format_datetime(row.due_at)}", css="due-over" if late else "", label="时限")


def _number(value: int | None, label: str) -> Cell:
    return Cell(format_number(value) if value is not None else "", label=label)


def _short(text: str) -> Cell:
    return Cell(text if len(text) <= SHORT else f"{text[: SHORT - 1]}…", title=text[:200])
