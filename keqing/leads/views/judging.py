"""判别: who it was, what will come of it, or that it is nothing."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from keqing.access.gate import allow, fetch
from keqing.access.models import Staff
from keqing.kit import pages
from keqing.kit.addresses import whole_number
from keqing.leads.actions.judging import (
    Chance,
    create_customer,
    customer_of,
    identify_lead,
    judge_lead,
    may_move,
    reject_lead,
    reopen_lead,
)
from keqing.leads.actions.steps import LeadRefused
from keqing.leads.choices import Judgement
from keqing.leads.forms import CustomerForm, JudgeForm, ReasonForm, kinds_for
from keqing.leads.models import Lead
from keqing.leads.permissions import Can
from keqing.leads.queries import candidates
from keqing.leads.views.common import act, as_seen, fetch_lead
from keqing.people import likely
from keqing.people.actions.checks import TooManyChecks, allow_check, note_check
from keqing.people.actions.organisations import OrganisationRefused
from keqing.people.actions.people import PersonRefused
from keqing.people.choices import Kind
from keqing.people.models import Organisation, Person
from keqing.people.permissions import Can as PeopleCan


@allow(Can.HANDLE)
def lead_identify(request: HttpRequest, pk: int) -> HttpResponse:
    """识别客户: one we have, found by phone, name or search; or a new one, entered here."""
    found, staff, at = fetch_lead(pk, request), request.user, timezone.now()
    if found.customer_id is not None:
        return redirect("leads:lead", pk)
    data = request.POST if request.method == "POST" else None
    hidden = "" if found.shows_phone(staff) else found.phone
    form = CustomerForm(data, kinds=kinds_for(staff), hidden_phone=hidden, initial=_known_of(found))
    if data is not None and form.is_valid():
        try:
            _check_reach(found, form.cleaned_data["kind"], request)
            _lead, customer = create_customer(
                lead=as_seen(found, form), values=form.values(), role=form.cleaned_data["role"], by=staff, at=at
            )
        except (LeadRefused, OrganisationRefused, PersonRefused) as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("已建立客户“%(name)s”，请判别。") % {"name": customer.name})
            return redirect("leads:lead", pk)
    text = request.GET.get("q", "").strip()[:60]
    check, refusal = _may_check(found, staff)
    similar = candidates(lead=found, text=text, staff=staff, check=check)
    for noun, known in similar.learned:
        note_check(asked=found.title, found=[known], noun=noun, by=staff, at=at)
    context = {
        "lead": found, "form": form, "q": text, "found": similar, "refusal": refusal,
        "may_create": bool(kinds_for(staff)), "may_check": staff.may(PeopleCan.CHECK_DUPLICATES),
    }
    return pages.render(request=request, template="leads/identify.html", context=context, status=200 if data is None else 422)


@require_POST
@allow(Can.HANDLE)
def lead_link(request: HttpRequest, pk: int) -> HttpResponse:
    """It was this customer of ours."""
    found = fetch_lead(pk, request)
    chosen = whole_number(request.POST.get("customer"))
    if chosen is None:
        messages.error(request, _("请选择客户。"))
        return redirect("leads:lead_identify", pk)
    customer = _customer(chosen, request)
    found.version = whole_number(request.POST.get("version")) or found.version
    try:
        identify_lead(lead=found, customer=customer, by=request.user, at=timezone.now())
    except LeadRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("已识别为“%(name)s”，请判别。") % {"name": customer.name})
    return redirect("leads:lead", pk)


@allow(Can.HANDLE)
def lead_judge(request: HttpRequest, pk: int) -> HttpResponse:
    """潜在客户 or 销售机会."""
    found, at = fetch_lead(pk, request), timezone.now()
    judged = found.judgement if found.judgement in (Judgement.PROSPECT, Judgement.OPPORTUNITY) else None
    qualifies = found.position_id is not None
    known = {"need": found.need[:200].strip(), "next_step": found.next_step, "next_step_on": found.next_step_on}
    form = JudgeForm(request.POST or None, qualifies=qualifies, initial={"version": found.version, "judgement": judged, **known})

    def store() -> str:
        data = form.cleaned_data
        chance = Chance(data["need"], data["next_step"], data["next_step_on"]) if qualifies else None
        judged = judge_lead(
            lead=as_seen(found, form), judgement=data["judgement"], reason=data["reason"], chance=chance, by=request.user, at=at
        )
        told = _("已判别为%(what)s。") % {"what": judged.get_judgement_display()}
        if judged.customer_id is not None and not may_move(customer_of(judged), request.user):
            told += _("客户不由您负责，阶段没有改变，已通知负责的人。")
        return told

    return act(request, form=form, store=store, default=_page_of(found), context=_context(found, _("判别线索"), _("判别")))


@allow(Can.HANDLE)
def lead_reject(request: HttpRequest, pk: int) -> HttpResponse:
    """无效, with the reason."""
    found, at = fetch_lead(pk, request), timezone.now()
    form = ReasonForm(request.POST or None, initial={"version": found.version})

    def store() -> str:
        reject_lead(lead=as_seen(found, form), reason=form.cleaned_data["reason"], by=request.user, at=at)
        return _("已判为无效。")

    return act(request, form=form, store=store, default=_page_of(found), context=_context(found, _("判为无效"), _("判为无效")))


@allow(Can.HANDLE)
def lead_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """An invalid lead was one after all."""
    found, at = fetch_lead(pk, request), timezone.now()
    form = ReasonForm(request.POST or None, initial={"version": found.version})

    def store() -> str:
        reopen_lead(lead=as_seen(found, form), reason=form.cleaned_data["reason"], by=request.user, at=at)
        return _("已重新打开。")

    return act(request, form=form, store=store, default=_page_of(found), context=_context(found, _("重新打开"), _("重新打开")))


def _may_check(lead: Lead, staff: Staff) -> tuple[bool, str]:
    """Whether to look for the caller among all customers now, or why not: as often as any check of duplicates (decision 4)."""
    if not staff.may(PeopleCan.CHECK_DUPLICATES) or not likely.is_telling(name=lead.organisation_name, phone=lead.phone):
        return False, ""
    try:
        allow_check(by=staff)
    except TooManyChecks as refused:
        return False, str(refused)
    return True, ""


def _page_of(lead: Lead) -> str:
    return reverse("leads:lead", args=[lead.pk])


def _context(lead: Lead, heading: str, submit: str) -> dict[str, Any]:
    return {"lead": lead, "heading": f"{heading} · {lead.title}", "submit": submit}


def _customer(pk: int, request: HttpRequest) -> Organisation | Person:
    """A customer the reader may change, an organisation or a person who belongs to none: the lead changes its origin and stage."""
    try:
        return fetch(Organisation, pk, request, word=PeopleCan.EDIT)
    except Http404:
        return fetch(Person.objects.unaffiliated(), pk, request, word=PeopleCan.EDIT_PERSON)


def _known_of(lead: Lead) -> dict[str, Any]:
    """What the lead says of a customer to be."""
    name = lead.caller_name if lead.kind and lead.kind not in Kind.values else lead.organisation_name or lead.caller_name
    return {"kind": lead.kind, "name": name, "region": lead.region, "phone": lead.phone, "version": lead.version}


def _check_reach(lead: Lead, kind: str, request: HttpRequest) -> None:
    """The customer goes to the lead's holder or queue: that has to be a place the reader may enter customers for."""
    word = PeopleCan.CREATE if kind in Kind.values else PeopleCan.CREATE_PERSON
    if not request.user.standing.reaches(word, kind=kind, owner_position_id=lead.position_id, unit_id=lead.unit_id):
        raise PermissionDenied(_("这条线索还不由您负责，不能替它建立客户。请先领取或分配。"))
