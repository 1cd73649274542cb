"""What people type about leads, campaigns and channels."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from keqing.access.models import Staff
from keqing.kit.forms import Form, VersionedForm
from keqing.kit.validators import clean_phone
from keqing.leads.choices import ChannelGroup, Judgement
from keqing.leads.models import Campaign, Channel, Lead
from keqing.people import queries as people
from keqing.people.choices import CUSTOMER_KINDS, ROLES_OF, Kind, Role
from keqing.reference.models import Division

CALL = ("source_channel", "first_touch_at", "caller_name", "phone", "organisation_name", "kind", "region", "products", "need")
CARD = ("current_supplier", "decision_maker", "budget", "estimate", "next_step", "next_step_on")
ORIGIN = ("campaign", "referrer")
UNKNOWN = [("", _("还不知道"))]
WIDE = ("need", "plan", "results")


class RegionField(forms.CharField):
    """省市区 by name, pinyin or code; the value is the division."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.widget.attrs.update({
            "list": "region-options", "hx-get": reverse_lazy("people:regions"), "hx-trigger": "input changed delay:200ms",
            "hx-target": "#region-options", "hx-swap": "innerHTML", "hx-sync": "this:replace", "data-suggests": "",
        })

    def prepare_value(self, value: Any) -> Any:
        return value.full_name if isinstance(value, Division) else value

    def clean(self, value: Any) -> Division | None:
        text = (super().clean(value) or "").strip()
        if not text:
            return None
        current = Division.objects.filter(valid_to__isnull=True)
        found = current.filter(code=text).first() or current.filter(full_name=text).order_by("code").first()
        options = [found] if found else people.division_options(text, limit=2)
        if len(options) != 1:
            raise forms.ValidationError(_("没有找到唯一的地区“%(text)s”，请从提示中选择。") % {"text": text})
        return options[0]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (self.prepare_value(initial) or "") != (data or "")


def _lead_field(name: str) -> forms.Field:
    model_field = Lead._meta.get_field(name)
    field: forms.Field = model_field.formfield()
    field.required = False
    if name == "need":
        field.widget = forms.Textarea(attrs={"rows": 3, "placeholder": _("对方怎么说的：要什么、多少、什么时候要"), "maxlength": 2000})
        field.css = " field-wide"  # type: ignore[attr-defined]
    return field


class LeadForm(VersionedForm):
    """登记来电、来访: only a time and a channel are required (R-185); the rest as far as it was said."""

    layout = (
        (_("这次接触"), (*CALL, "mine")),
        (_("来源"), ORIGIN),
        (_("潜在客户资料卡"), CARD),
    )

    source_channel = forms.ModelChoiceField(label=_("来源渠道"), queryset=Channel.objects.none(), empty_label=None, widget=forms.RadioSelect)
    first_touch_at = forms.DateTimeField(label=_("首次接触"))
    caller_name = _lead_field("caller_name")
    phone = _lead_field("phone")
    organisation_name = _lead_field("organisation_name")
    kind = forms.ChoiceField(label=_("客户类型"), required=False, choices=[*UNKNOWN, *CUSTOMER_KINDS])
    region = RegionField(label=_("地区"), required=False, max_length=120)
    products = _lead_field("products")
    need = _lead_field("need")
    campaign = forms.ModelChoiceField(
        label=_("营销活动"), queryset=Campaign.objects.none(), required=False, empty_label=str(_("没有活动")),
        help_text=_("由哪次活动带来，费用和效果按活动统计。"),
    )
    referrer = _lead_field("referrer")
    current_supplier = _lead_field("current_supplier")
    decision_maker = _lead_field("decision_maker")
    budget = _lead_field("budget")
    estimate = _lead_field("estimate")
    next_step = _lead_field("next_step")
    next_step_on = _lead_field("next_step_on")
    mine = forms.BooleanField(label=_("由我跟进，不再分配"), required=False)

    def __init__(self, *args: Any, lead: Lead | None = None, phone_shown: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not phone_shown:  # who reads it masked does not get it in a field
            del self.fields["phone"]
        channels, campaigns = Channel.objects.open(), Campaign.objects.open().order_by("-starts_on")
        if lead is not None:
            channels |= Channel.objects.filter(pk=lead.source_channel_id)
            campaigns |= Campaign.objects.filter(pk=lead.campaign_id)
            del self.fields["mine"]
        self.fields["source_channel"].queryset = channels  # type: ignore[attr-defined]
        self.fields["campaign"].queryset = campaigns  # type: ignore[attr-defined]
        self.fields["source_channel"].css = " field-wide"  # type: ignore[attr-defined]

    def clean_phone(self) -> str:
        text = self.cleaned_data["phone"].strip()
        return _checked(clean_phone, text) if text else ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        campaign, channel = cleaned.get("campaign"), cleaned.get("source_channel")
        if campaign and channel and campaign.channel_id != channel.pk and channel.group == ChannelGroup.MARKETING:
            self.add_error("campaign", _("这次活动的来源渠道是“%(name)s”。") % {"name": campaign.channel.name})
        return cleaned

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in (*CALL, *ORIGIN, *CARD) if name in self.fields}


class CustomerForm(Form):
    """A new customer out of a lead: what it needs at least; the rest is completed on its page."""

    kind = forms.ChoiceField(label=_("客户类型"))
    name = forms.CharField(label=_("名称"), max_length=120)
    region = RegionField(label=_("地区"), required=False, max_length=120)
    phone = forms.CharField(label=_("电话"), required=False, max_length=40)
    role = forms.ChoiceField(label=_("联系人角色"), required=False, help_text=_("选择后，来电人作为这家客户的联系人一起建立。"))
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, kinds: list[tuple[str, str]], hidden_phone: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.hidden_phone = hidden_phone
        if hidden_phone:  # goes along unread
            del self.fields["phone"]
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]
        roles = {role for kind, _label in kinds if kind in Kind.values for role in ROLES_OF[Kind(kind)]}
        self.fields["role"].choices = [("", _("不建立联系人")), *(one for one in Role.choices if one[0] in roles)]  # type: ignore[attr-defined]

    def clean_phone(self) -> str:
        text = self.cleaned_data["phone"].strip()
        return _checked(clean_phone, text) if text else ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        kind, role = cleaned.get("kind", ""), cleaned.get("role", "")
        if role and (kind not in Kind.values or role not in ROLES_OF[Kind(kind)]):
            self.add_error("role", _("这类客户没有这个角色。"))
        if kind and kind not in Kind.values and len(cleaned.get("name", "")) > 40:
            self.add_error("name", _("姓名不超过 40 个字。"))
        return cleaned

    def values(self) -> dict[str, Any]:
        """By the field names of an organisation, or of a person."""
        clean = {"phone": self.hidden_phone, **self.cleaned_data}
        if clean["kind"] in Kind.values:
            return {name: clean[name] for name in ("kind", "name", "region", "phone")}
        mobile = clean["phone"] if len(clean["phone"]) == 11 and clean["phone"].startswith("1") else ""
        return {"kind": clean["kind"], "name": clean["name"], "mobile": mobile, "phone": "" if mobile else clean["phone"]}


class JudgeForm(VersionedForm):
    """An opportunity needs a need and a next step; asked of whoever holds the lead (``qualifies``)."""

    judgement = forms.ChoiceField(
        label=_("判别结果"), widget=forms.RadioSelect,
        choices=[(one.value, one.label) for one in (Judgement.PROSPECT, Judgement.OPPORTUNITY)],
    )
    need = forms.CharField(
        label=_("需求"), required=False, max_length=200, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("判为销售机会时必填，登记为这家客户的需求。"),
    )
    next_step = forms.CharField(label=_("下一步"), required=False, max_length=200, help_text=_("判为销售机会时必填，到期出现在“今日”。"))
    next_step_on = forms.DateField(label=_("下一步日期"), required=False)
    reason = forms.CharField(label=_("理由"), required=False, max_length=200, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, qualifies: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.qualifies = qualifies
        if not qualifies:
            for name in ("need", "next_step", "next_step_on"):
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.qualifies and cleaned.get("judgement") == Judgement.OPPORTUNITY:
            for name, words in (("need", _("请写明需求。")), ("next_step", _("请写明下一步。")), ("next_step_on", _("请选择下一步日期。"))):
                if name not in self.errors and not cleaned.get(name):
                    self.add_error(name, words)
        return cleaned


class ReasonForm(VersionedForm):
    reason = forms.CharField(label=_("原因"), min_length=2, max_length=200, widget=forms.Textarea(attrs={"rows": 2}))


class RevealForm(Form):
    reason = forms.CharField(label=_("查看原因"), min_length=4, max_length=200)


class CampaignForm(VersionedForm):
    """The plan first; attendance and results when it is over (R-289)."""

    layout = (
        (_("计划"), ("name", "channel", "starts_on", "ends_on", "cost", "expected_leads", "plan")),
        (_("结果"), ("attendance", "results")),
    )
    name = forms.CharField(label=_("活动名称"), max_length=60)
    channel = forms.ModelChoiceField(label=_("来源渠道"), queryset=Channel.objects.none(), empty_label=str(_("请选择")))
    starts_on = forms.DateField(label=_("开始日期"))
    ends_on = forms.DateField(label=_("结束日期"))
    cost = forms.DecimalField(label=_("费用（元）"), min_value=0, max_digits=12, decimal_places=2, initial=0)
    expected_leads = forms.IntegerField(label=_("预期线索"), required=False, min_value=0, max_value=1_000_000)
    plan = forms.CharField(label=_("活动计划"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 4}))
    attendance = forms.IntegerField(label=_("到场人数"), required=False, min_value=0, max_value=1_000_000)
    results = forms.CharField(label=_("活动结果"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(self, *args: Any, campaign: Campaign | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        channels = Channel.objects.open()
        if campaign is not None:
            channels |= Channel.objects.filter(pk=campaign.channel_id)
        self.fields["channel"].queryset = channels  # type: ignore[attr-defined]
        for name in ("plan", "results"):
            self.fields[name].css = " field-wide"  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("starts_on"), cleaned.get("ends_on")
        if first and last and last < first:
            self.add_error("ends_on", _("结束日期不能早于开始日期。"))
        return cleaned

    def values(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class ChannelForm(VersionedForm):
    name = forms.CharField(label=_("名称"), max_length=20)
    group = forms.ChoiceField(label=_("分组"), choices=ChannelGroup.choices)
    order = forms.IntegerField(label=_("次序"), required=False, min_value=0, max_value=32000, help_text=_("小的在前。"))

    def values(self) -> dict[str, Any]:
        clean = self.cleaned_data
        order = {} if clean["order"] is None else {"order": clean["order"]}
        return {"name": clean["name"].strip(), "group": clean["group"], **order}


def kinds_for(staff: Staff) -> list[tuple[str, str]]:
    """The kinds of customers this person may enter."""
    words = {kind: "organisation.create" if kind in Kind.values else "person.create" for kind, _label in CUSTOMER_KINDS}
    clauses = staff.standing.clauses

    def may(kind: str) -> bool:
        return any(clause.kinds is None or kind in clause.kinds for clause in clauses.get(words[kind], ()))

    return [(kind, str(label)) for kind, label in CUSTOMER_KINDS if may(kind)]


def _checked(clean: Callable[[str], str], text: str) -> str:
    try:
        return clean(text)
    except ValueError as fault:
        raise forms.ValidationError(str(fault)) from fault
