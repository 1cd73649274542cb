"""What whoever was given a lead answers, and what a manager does with it (R-187, R-188)."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from keqing.access.gate import allow
from keqing.leads.actions import pool
from keqing.leads.actions.answering import accept_lead, return_lead
from keqing.leads.actions.assigning import assign_by_rules, assign_leads
from keqing.leads.actions.steps import LeadRefused, StaleLead
from keqing.leads.forms import ReasonForm
from keqing.leads.models import Lead
from keqing.leads.permissions import Can
from keqing.leads.pool import may_know
from keqing.leads.rule_forms import AssignForm, NoteForm
from keqing.leads.views.common import act, as_seen, fetch_lead


@allow(Can.HANDLE)
def lead_accept(request: HttpRequest, pk: int) -> HttpResponse:
    """接受, with a word if one likes."""
    found, at = fetch_lead(pk, request), timezone.now()
    form = NoteForm(request.POST or None, initial={"version": found.version})

    def store() -> str:
        accept_lead(lead=as_seen(found, form), note=form.cleaned_data["note"], by=request.user, at=at)
        return _("已接受，请尽快联系对方。")

    return act(request, form=form, store=store, default=_page_of(found), context=_context(found, _("接受线索"), _("接受")))


@allow(Can.HANDLE)
def lead_return(request: HttpRequest, pk: int) -> HttpResponse:
    """退回培育, with the reason."""
    found, at = fetch_lead(pk, request), timezone.now()
    form = ReasonForm(request.POST or None, initial={"version": found.version})

    def store() -> str:
        return_lead(lead=as_seen(found, form), reason=form.cleaned_data["reason"], by=request.user, at=at)
        return _("已退回。")

    return act(request, form=form, store=store, default=reverse("leads:leads"), context=_context(found, _("退回培育"), _("退回")))


@allow(Can.ASSIGN)
def lead_assign(request: HttpRequest, pk: int) -> HttpResponse:
    """分配, by hand."""
    found, at = fetch_lead(pk, request), timezone.now()
    form = AssignForm(request.POST or None, staff=request.user, initial={"version": found.version})

    def store() -> str:
        position = form.cleaned_data["position"]
        if form.cleaned_data["version"] != found.version:
            raise StaleLead(found)
        assign_leads(leads=[found], position=position, reason=form.cleaned_data["reason"], by=request.user, at=at)
        return _("已分配给 %(name)s。") % {"name": position.label}

    return act(request, form=form, store=store, default=_page_of(found), context=_context(found, _("分配线索"), _("分配")))


@require_POST
@allow(Can.ASSIGN)
def lead_rules(request: HttpRequest, pk: int) -> HttpResponse:
    """按规则分配: ask the rules (again)."""
    found = fetch_lead(pk, request)
    made = assign_by_rules(leads=[found], by=request.user, at=timezone.now())
    if made:
        messages.success(request, made[0].decision.reason)
    else:
        messages.info(request, _("没有变化：线索已有人负责，或规则的结果与现在相同。"))
    return redirect("leads:lead", pk) if found.allows(request.user, Can.VIEW) else redirect("leads:leads")


@allow(Can.ASSIGN)
def lead_pool(request: HttpRequest, pk: int) -> HttpResponse:
    """放入公海, with the reason."""
    found, at = fetch_lead(pk, request), timezone.now()
    form = ReasonForm(request.POST or None, initial={"version": found.version})

    def store() -> str:
        if form.cleaned_data["version"] != found.version:
            raise StaleLead(found)
        pool.pool_leads(leads=[found], reason=form.cleaned_data["reason"], by=request.user, at=at)
        return _("已放入公海。")

    return act(request, form=form, store=store, default=reverse("leads:leads"), context=_context(found, _("放入公海"), _("放入公海")))


@require_POST
@allow(Can.HANDLE)
def lead_pick(request: HttpRequest, pk: int) -> HttpResponse:
    """领取 one from the pool; whoever is second gets a sentence."""
    found = get_object_or_404(Lead, pk=pk)
    if not may_know(lead=found, staff=request.user):
        raise Http404
    try:
        pool.pick_lead(lead=found, by=request.user, at=timezone.now())
    except LeadRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("leads:pool")
    messages.success(request, _("已领取，请尽快联系对方。"))
    return redirect("leads:lead", pk)


def _page_of(lead: Lead) -> str:
    return reverse("leads:lead", args=[lead.pk])


def _context(lead: Lead, heading: str, submit: str) -> dict[str, Any]:
    return {"lead": lead, "heading": f"{heading} · {lead.title}", "submit": submit}
