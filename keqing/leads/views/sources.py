"""来源: campaigns with plan, cost and results (R-289), and the channels themselves (R-184)."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from keqing.access.actions.once import once
from keqing.access.gate import allow, fetch
from keqing.access.territories import company
from keqing.kit import lists, pages
from keqing.kit.formats import business_date
from keqing.leads.actions import sources as actions
from keqing.leads.actions.steps import LeadRefused
from keqing.leads.forms import CampaignForm, ChannelForm
from keqing.leads.models import Campaign, Channel, Lead
from keqing.leads.permissions import Can
from keqing.leads.tables import open_campaigns

CAMPAIGN_FIELDS = ("name", "starts_on", "ends_on", "cost", "expected_leads", "plan", "attendance", "results")


@require_GET
@allow(Can.MANAGE, Can.REPORT)
def campaign_list(request: HttpRequest) -> HttpResponse:
    """营销活动 with what each cost and brought."""
    opened = open_campaigns(request)
    page = opened.spec.build(request=request, queryset=opened.rows, today=business_date(timezone.now()))
    may_manage = request.user.may(Can.MANAGE)
    context = {
        "may_manage": may_manage, "empty_url": reverse("leads:campaign_new") if may_manage else "", "empty_label": _("新建活动"),
    }
    return lists.respond(request=request, page=page, context=context, template="leads/campaigns.html")


@require_GET
@allow(Can.MANAGE, Can.REPORT)
def campaign(request: HttpRequest, pk: int) -> HttpResponse:
    """Plan beside result, and the leads it brought that the reader may see."""
    found = fetch(Campaign.objects.select_related("channel", "unit", "created_by"), pk, request)
    number = found.leads.count()
    shown = Lead.objects.visible_to(request.user).filter(campaign=found).select_related("source_channel", "position__holder", "unit")
    context = {
        "campaign": found, "number": number, "leads": list(shown.order_by("-first_touch_at")[:50]),
        "per_lead": (found.cost / Decimal(number)) if number else None,
        "reached": 100 * number / found.expected_leads if found.expected_leads else None,
        "may_manage": found.allows(request.user, Can.MANAGE), "may_record": request.user.may(Can.RECORD),
        "is_over": found.ends_on < business_date(timezone.now()),
    }
    return pages.render(request=request, template="leads/campaign.html", context=context)


@allow(Can.MANAGE)
def campaign_new(request: HttpRequest) -> HttpResponse:
    at, data = timezone.now(), request.POST if request.method == "POST" else None
    today = business_date(at)
    form = CampaignForm(data, initial={"version": 0, "starts_on": today, "ends_on": today, "cost": 0})
    if data is not None and form.is_valid():
        home = request.user.standing.home
        unit = home.unit if home else company()
        try:
            made, _new = once(
                by=request.user, sent=data, label=actions.CAMPAIGN, at=at,
                make=lambda: actions.create_campaign(values=form.values(), unit=unit, by=request.user, at=at),
            )
        except LeadRefused as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(request, _("已建立活动：%(name)s。") % {"name": form.cleaned_data["name"]})
            return redirect("leads:campaign", made)
    return _form(request, form, _("新建营销活动"), reverse("leads:campaigns"), "campaign-new")


@allow(Can.MANAGE)
def campaign_edit(request: HttpRequest, pk: int) -> HttpResponse:
    found, at, status = fetch(Campaign.objects.select_related("channel", "unit"), pk, request), timezone.now(), None
    form = CampaignForm(request.POST or None, campaign=found, initial={**_values_of(found), "version": found.version})
    if request.method == "POST" and form.is_valid():
        found.version = form.cleaned_data["version"]
        try:
            actions.edit_campaign(campaign=found, values=form.values(), by=request.user, at=at)
        except actions.StaleSource as stale:
            form.show_conflict(current=_values_of(stale.theirs), version=stale.theirs.version)
            status = 409
        except LeadRefused as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(request, _("已保存：%(name)s。") % {"name": form.cleaned_data["name"]})
            return redirect("leads:campaign", pk)
    return _form(request, form, _("修改营销活动"), reverse("leads:campaign", args=[pk]), f"campaign-{pk}", status)


@require_GET
@allow(Can.MANAGE)
def channels(request: HttpRequest) -> HttpResponse:
    """来源渠道: a dozen at most, so one page without a filter."""
    return pages.render(request=request, template="leads/channels.html", context={"channels": Channel.objects.all()})


@allow(Can.MANAGE)
def channel_new(request: HttpRequest) -> HttpResponse:
    at, data = timezone.now(), request.POST if request.method == "POST" else None
    form = ChannelForm(data, initial={"version": 0})
    if data is not None and form.is_valid():
        values = {name: value for name, value in form.values().items() if name != "order"}
        try:
            once(
                by=request.user, sent=data, label=actions.CHANNEL, at=at,
                make=lambda: actions.create_channel(values=values, by=request.user, at=at),
            )
        except LeadRefused as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(request, _("已增加渠道：%(name)s。") % {"name": form.cleaned_data["name"]})
            return redirect("leads:channels")
    return _form(request, form, _("新建来源渠道"), reverse("leads:channels"), "channel-new")


@allow(Can.MANAGE)
def channel_edit(request: HttpRequest, pk: int) -> HttpResponse:
    found, at, status = fetch(Channel, pk, request), timezone.now(), None
    current = {"name": found.name, "group": found.group, "order": found.order}
    form = ChannelForm(request.POST or None, initial={**current, "version": found.version})
    if request.method == "POST" and form.is_valid():
        found.version = form.cleaned_data["version"]
        try:
            actions.edit_channel(channel=found, values=form.values(), by=request.user, at=at)
        except actions.StaleSource as stale:
            form.show_conflict(current=current, version=stale.theirs.version)
            status = 409
        except LeadRefused as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(request, _("已保存：%(name)s。") % {"name": form.cleaned_data["name"]})
            return redirect("leads:channels")
    return _form(request, form, _("修改来源渠道"), reverse("leads:channels"), f"channel-{pk}", status)


@require_POST
@allow(Can.MANAGE)
def channel_close(request: HttpRequest, pk: int) -> HttpResponse:
    """Offered no more, or again."""
    found = fetch(Channel, pk, request)
    try:
        stored = actions.close_channel(channel=found, by=request.user, at=timezone.now())
    except LeadRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("已停用“%(name)s”。") % {"name": stored.name} if stored.closed_on else _("已启用“%(name)s”。") % {"name": stored.name})
    return redirect("leads:channels")


def _form(request: HttpRequest, form: Any, heading: str, cancel: str, draft: str, status: int | None = None) -> HttpResponse:
    context = {"form": form, "heading": heading, "cancel_url": cancel, "draft": draft}
    return pages.render(request=request, template="kit/form.html", context=context, status=status or (422 if form.is_bound else 200))


def _values_of(campaign: Any) -> dict[str, Any]:
    return {**{name: getattr(campaign, name) for name in CAMPAIGN_FIELDS}, "channel": campaign.channel_id}
