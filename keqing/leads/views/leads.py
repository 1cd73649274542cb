"""线索: the list, one lead, recording and changing one, and what forms ask while somebody types."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from keqing.access.actions.once import once
from keqing.access.gate import allow, fetch
from keqing.access.models import Staff
from keqing.kit import lists, pages
from keqing.kit.addresses import whole_number
from keqing.kit.formats import business_date
from keqing.kit.masks import mask_name, mask_phone
from keqing.kit.pages import answer
from keqing.leads import icp
from keqing.leads.actions.checks import note_leads_found, reveal_phone
from keqing.leads.actions.intake import Draft, edit_lead, record_lead
from keqing.leads.actions.steps import LABEL, LeadRefused, StaleLead
from keqing.leads.forms import CALL, CARD, ORIGIN, LeadForm, RevealForm
from keqing.leads.models import Channel, Lead
from keqing.leads.permissions import Can
from keqing.leads.queries import lead_page, leads_of, similar_leads
from keqing.leads.tables import open_leads
from keqing.leads.views.common import fetch_lead
from keqing.people import likely
from keqing.people.actions.checks import TooManyChecks, allow_check, note_check
from keqing.people.choices import CUSTOMER_KINDS
from keqing.people.models import Organisation, Person
from keqing.people.permissions import Can as PeopleCan


@require_GET
@allow(Can.VIEW)
def lead_list(request: HttpRequest) -> HttpResponse:
    """The leads within reach: one's own, those of the team, all."""
    opened = open_leads(request)
    page = opened.spec.build(request=request, queryset=opened.rows, today=business_date(timezone.now()))
    context = {
        "may_record": request.user.may(Can.RECORD), "may_import": request.user.may("import.run"),
        "empty_url": reverse("leads:lead_new") if request.user.may(Can.RECORD) else "", "empty_label": _("登记线索"),
    }
    return lists.respond(request=request, page=page, context=context, template="leads/leads.html")


@require_GET
@allow(Can.VIEW)
def lead(request: HttpRequest, pk: int) -> HttpResponse:
    """One lead: who called, whose it is, every decision with its reason."""
    found = fetch_lead(pk, request)
    context = {"page": lead_page(lead=found, staff=request.user, at=timezone.now()), "lead": found, "place": request.GET.get("from", "")}
    return answer(request, page="leads/lead.html", fragment="leads/_lead_panel.html", context=context)


@allow(Can.RECORD)
def lead_new(request: HttpRequest) -> HttpResponse:
    """登记来电、来访: fast enough for a call; a time and a channel are enough (R-185)."""
    staff, at = request.user, timezone.now()
    data = request.POST if request.method == "POST" else None
    form = LeadForm(data, initial=_first_values(request, at))
    if data is not None and form.is_valid():
        try:
            made, _new = once(by=staff, sent=data, label=LABEL, make=lambda: _record(staff, form, at), at=at)
        except LeadRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return _recorded(request, made)
    context = {
        "form": form, "heading": _("登记线索"), "submit_label": _("保存"), "draft": "lead-new",
        "cancel_url": reverse("leads:leads"), "may_check": staff.may(PeopleCan.CHECK_DUPLICATES),
    }
    return pages.render(request=request, template="leads/lead_form.html", context=context, status=200 if data is None else 422)


@allow(Can.HANDLE)
def lead_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """What was learned since; a save over somebody else's change comes back with mine beside theirs (409)."""
    found, at, status = fetch_lead(pk, request), timezone.now(), 200
    shown = not found.phone or found.shows_phone(request.user)
    if request.method == "POST":
        form, status = LeadForm(request.POST, lead=found, phone_shown=shown), 422
        if form.is_valid():
            found.version = form.cleaned_data["version"]
            try:
                edit_lead(lead=found, values=form.values(), by=request.user, at=at)
            except StaleLead as stale:
                current = {name: value for name, value in _values_of(stale.theirs).items() if name in form.fields}
                form.show_conflict(current=current, version=stale.theirs.version)
                status = 409
            except LeadRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, _("已保存。"))
                return redirect("leads:lead", pk)
    else:
        form = LeadForm(lead=found, phone_shown=shown, initial={**_values_of(found), "version": found.version})
    context = {
        "form": form, "heading": _("修改线索 · %(name)s") % {"name": found.title}, "draft": f"lead-{pk}", "lead": found,
        "cancel_url": reverse("leads:lead", args=[pk]), "may_check": request.user.may(PeopleCan.CHECK_DUPLICATES),
    }
    return pages.render(request=request, template="leads/lead_form.html", context=context, status=status)


@require_POST
@allow(PeopleCan.REVEAL_PHONE)
def lead_phone(request: HttpRequest, pk: int) -> HttpResponse:
    """The full phone for a reason; the look is in the audit."""
    found = fetch_lead(pk, request)
    form, at = RevealForm(request.POST), timezone.now()
    context: dict[str, Any] = {"page": lead_page(lead=found, staff=request.user, at=at), "lead": found, "reveal_form": form}
    if form.is_valid():
        context["revealed"] = reveal_phone(lead=found, reason=form.cleaned_data["reason"], by=request.user, at=at)
    status = 200 if form.is_valid() else 422
    if request.headers.get("HX-Target") == "lead-phone":
        return pages.render(request=request, template="leads/_phone.html", context=context, status=status)
    return pages.render(request=request, template="leads/lead.html", context=context, status=status)


@require_GET
@allow(Can.VIEW)
def customer_leads(request: HttpRequest, pk: int) -> HttpResponse:
    """线索 of one customer, a panel of its page: whoever sees the customer sees what brought it."""
    try:
        customer: Organisation | Person = fetch(Organisation, pk, request, word=PeopleCan.VIEW)
    except Http404:  # a person who is a customer of their own
        customer = fetch(Person, pk, request, word=PeopleCan.VIEW_PERSON)
    rows = leads_of(customer_id=pk, staff=request.user)
    open_ids = {row.pk for row in rows if row.allows(request.user, Can.VIEW)}
    context = {"customer": customer, "leads": rows, "open_ids": open_ids}
    return answer(request, page="leads/customer_leads.html", fragment="leads/_customer_leads.html", context=context)


@require_GET
@allow(Can.VIEW, Can.MANAGE)
def profile(request: HttpRequest) -> HttpResponse:
    """目标客户画像: by what leads are rated (R-093)."""
    current = icp.profile()
    names = {**dict(CUSTOMER_KINDS), **dict(Channel.objects.values_list("key", "name"))}
    criteria = [(one, icp.FIELDS[one.field], icp.described(one, names)) for one in current.criteria]
    return pages.render(request=request, template="leads/profile.html", context={"profile": current, "criteria": criteria})


@require_POST
@allow(PeopleCan.CHECK_DUPLICATES)
def lead_duplicates(request: HttpRequest) -> HttpResponse:
    """Customers and open leads that may be the same caller; those out of reach masked and audited (decision 4)."""
    staff, at, post = request.user, timezone.now(), request.POST
    name, phone, without = post.get("organisation_name", "").strip(), post.get("phone", "").strip(), whole_number(post.get("without"))
    if not likely.is_telling(name=name, phone=phone):
        return pages.render(request=request, template="leads/_duplicates.html")
    try:
        allow_check(by=staff)
    except TooManyChecks as refusal:
        return pages.render(request=request, template="leads/_duplicates.html", context={"refusal": str(refusal)}, status=429)
    asked = name or mask_phone(phone)
    customers = _like_customers(staff, post.get("kind", ""), name, phone, asked, at)
    leads = similar_leads(name=name, phone=phone, without=without)
    hidden = [one for one in leads if not one.allows(staff, Can.VIEW)]
    note_leads_found(asked=asked, found=hidden, by=staff, at=at)
    context = {"customers": customers, "leads": [one for one in leads if one not in hidden], "hidden": [_masked(one) for one in hidden]}
    return pages.render(request=request, template="leads/_duplicates.html", context=context)


def _like_customers(staff: Staff, kind: str, name: str, phone: str, asked: str, at: Any) -> list[tuple[likely.Duplicate, bool]]:
    """Each with whether the reader may open it."""
    found: list[tuple[likely.Duplicate, bool]] = []
    rows: list[tuple[Any, str, str]] = [(*one, "organisation") for one in likely.likely_organisations(kind=kind, name=name, phone=phone)]
    rows += [(*one, "person") for one in likely.likely_people(mobile=phone)]
    for row, why, noun in rows:
        seen = row.allows(staff, PeopleCan.VIEW if noun == "organisation" else PeopleCan.VIEW_PERSON)
        owner = row.owner_position.label if row.owner_position else "待分配"
        one = likely.Duplicate(row.pk, row.get_kind_display(), row.name if seen else mask_name(row.name), owner if seen else mask_name(owner), why)
        found.append((one, seen))
        if not seen or (noun == "person" and not row.allows(staff, PeopleCan.FULL_PHONE)):
            note_check(asked=asked, found=[one], noun=noun, by=staff, at=at)
    return found


def _masked(lead: Lead) -> dict[str, str]:
    holder = lead.position.label if lead.position else f"待分配 · {lead.unit.name}"
    return {"title": mask_name(lead.title), "holder": mask_name(holder) if lead.position else holder}


def _first_values(request: HttpRequest, at: Any) -> dict[str, Any]:
    """A call that has just ended; what another page knows comes along in the address."""
    channel = Channel.objects.open().filter(key=request.GET.get("channel", "phone")).first()
    return {
        "version": 0, "first_touch_at": timezone.localtime(at), "source_channel": channel.pk if channel else None,
        "campaign": whole_number(request.GET.get("campaign")), "organisation_name": request.GET.get("name", "")[:120],
    }


def _record(staff: Staff, form: LeadForm, at: Any) -> Lead:
    home = staff.standing.home
    if home is None:
        raise PermissionDenied(_("您现在没有岗位，不能登记线索。"))
    mine = form.cleaned_data["mine"]
    return record_lead(draft=Draft(form.values(), unit=home.unit, position=home if mine else None), by=staff, at=at)


def _recorded(request: HttpRequest, pk: int) -> HttpResponse:
    """To the lead, when it stayed within reach; else back to the list, and said where it went."""
    made = Lead.objects.visible_to(request.user).filter(pk=pk).first()
    if made is not None:
        messages.success(request, _("已登记：%(name)s。") % {"name": made.title})
        return redirect("leads:lead", pk)
    messages.success(request, _("已登记，并转给负责的人处理。"))
    return redirect("leads:leads")


def _values_of(row: Lead) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in (*CALL, *ORIGIN, *CARD)}
    return {**values, "source_channel": row.source_channel_id, "campaign": row.campaign_id, "first_touch_at": timezone.localtime(row.first_touch_at)}
