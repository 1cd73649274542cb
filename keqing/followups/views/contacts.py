"""Contact records: write, list, read with versions, correct."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from keqing.access.gate import allow, fetch
from keqing.compliance.actions import log_refusal
from keqing.followups.actions.contacts import (
    FIELDS,
    AlreadyRecorded,
    ContactRefused,
    StaleContact,
    correct_contact,
    record_contact,
)
from keqing.followups.attendees import Attendee, attendees_of
from keqing.followups.forms import ContactForm, CorrectionForm
from keqing.followups.models import ContactRecord
from keqing.followups.permissions import Can
from keqing.followups.policy import policy
from keqing.followups.queries import detailed_contacts, history_of, open_reminders_of
from keqing.followups.schedule import chinese_day, propose_next
from keqing.followups.tables import open_contacts
from keqing.followups.views.common import customer_url, fetch_customer
from keqing.kit.addresses import back, whole_number
from keqing.kit.formats import business_date
from keqing.kit.lists import respond
from keqing.kit.pages import answer, render


@allow(Can.RECORD)
def record(request: HttpRequest, pk: int) -> HttpResponse:
    """Write a contact; the history stands beside the form (R-196)."""
    at = timezone.now()
    today = business_date(at)
    sent = [*request.POST.getlist("participants"), request.GET.get("person", "")]
    wanted = [number for one in sent if (number := whole_number(one)) is not None]
    status = 200
    if request.method == "POST":
        # what was chosen is enough to store it; what else there is to choose is read when the form comes back
        visit = request.POST.get("method") == ContactRecord.Method.VISIT
        customer = fetch_customer(pk, request, people=wanted, chosen_only=True, appointments=visit)
        form = ContactForm(request.POST, attendees=attendees_of(customer), today=today)
        if form.is_valid():
            try:
                contact = record_contact(
                    customer=customer, fields=_fields(form), participants=form.chosen, by=request.user, at=at,
                    form_key=form.key, reminders_done=form.cleaned_data.get("finish") or (),
                    finish_due=form.cleaned_data["finish_due"], checked=form.ticked, promise=form.promised,
                )
            except ContactRefused as refusal:
                form.add_error(None, str(refusal))
                if isinstance(refusal, AlreadyRecorded):
                    form.begin_anew()
            else:
                following = f"下次回访 {chinese_day(contact.callback_on)}。" if contact.callback_on else ""
                messages.success(request, f"已记录与{contact.customer_name}的联系。{following}")
                _warn(request, contact)
                return redirect(back(request, customer_url(customer)))
        if form.hit:
            log_refusal(hit=form.hit, by=request.user, at=at, where=f"承诺 {request.path}")
        status = 422
        reminders = open_reminders_of(customer_id=customer.pk)
        form.fields["finish"].choices = [(r.pk, f"{r.due_on:%m-%d} {r.text}") for r in reminders]
        form.offer(attendees_of(fetch_customer(pk, request, people=wanted)))
    else:
        customer = fetch_customer(pk, request, people=wanted)
        reminders = open_reminders_of(customer_id=customer.pk)
        asked_for = request.GET.get("reminder", "")
        state = getattr(customer, "business_state", "first")
        form = ContactForm(
            attendees=attendees_of(customer), today=today, reminders=reminders,
            initial={
                "track_on": today, "method": request.GET.get("method") or ContactRecord.Method.PHONE,
                "business_state": state, "participants": wanted,
                "callback_on": propose_next(today=today, business_state=state),
                "finish": [r.pk for r in reminders if str(r.pk) == asked_for or r.due_on <= today],
            },
        )
    context = {
        "customer": customer, "customer_url": customer_url(customer), "form": form, "next": back(request, ""),
        "history": history_of(customer_id=customer.pk), "heading": "记录联系", "draft": "contact",
    }
    return render(request=request, template="followups/record.html", context=context, status=status)


@allow(Can.VIEW)
def contact_list(request: HttpRequest) -> HttpResponse:
    """Contact records of the customers within reach."""
    opened = open_contacts(request)
    page = opened.spec.build(request=request, queryset=opened.rows, today=business_date(timezone.now()))
    return respond(request=request, page=page)


@allow(Can.VIEW)
def contact(request: HttpRequest, pk: int) -> HttpResponse:
    """One record with its versions, comments and the customer's history; in the side panel without the history."""
    found = fetch(detailed_contacts(), pk, request)
    in_panel = request.headers.get("HX-Target") == "panel"
    context = {
        "contact": found,
        "participants": list(found.participants.all()),
        "checklist": policy().checklist(found.method),
        "unticked": policy().missing(method=found.method, checked=found.checked),
        "commitments": list(found.commitments.all()),
        "corrections": list(found.corrections.all()),
        "versions": _versions(found),
        "comments": list(found.comments.all()),
        "reminders": list(found.reminders.all()),
        "may_comment": request.user.may(Can.COMMENT) and found.tracker_id != request.user.pk,
        "may_correct": found.tracker_id == request.user.pk and request.user.may(Can.RECORD),
        "unread": [c for c in found.comments.all() if c.addressee_id == request.user.pk and c.read_at is None],
        "history": [] if in_panel else history_of(customer_id=found.customer_id),
        "next": request.get_full_path(),
    }
    return answer(request, page="followups/contact.html", fragment="followups/_contact_panel.html", context=context)


@allow(Can.RECORD)
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """A correction with its reason; the former version stays readable (R-062)."""
    at = timezone.now()
    today = business_date(at)
    found = fetch(ContactRecord.objects.select_related("tracker"), pk, request)
    took_part = [Attendee(p.person_id, p.name, p.role) for p in found.participants.order_by("pk")]
    customer = fetch_customer(found.customer_id, request, people=[p.person_id for p in took_part], once=True)
    known = {p.person_id for p in took_part}
    attendees = [*took_part, *(p for p in attendees_of(customer) if p.person_id not in known)]
    status = 200
    context: dict[str, Any] = {}
    if request.method == "POST":
        form = CorrectionForm(request.POST, attendees=attendees, today=today)
        if form.is_valid():
            found.version = form.cleaned_data["version"]
            try:
                correct_contact(
                    contact=found, fields=_fields(form), participants=form.chosen,
                    reason=form.cleaned_data["reason"], by=request.user, at=at,
                )
            except StaleContact as stale:
                form.show_conflict(current=_current(stale.theirs), version=stale.theirs.version)
                last = stale.theirs.corrections.select_related("by").last()
                context = {"conflict_by": last.by.name, "conflict_at": last.at} if last else {}
                status = 409
            except ContactRefused as refusal:
                form.add_error(None, str(refusal))
                status = 422
            else:
                messages.success(request, "已更正，原版本仍可查看。")
                return redirect(reverse("followups:contact", args=[pk]))
        else:
            status = 422
    else:
        initial = {**_current(found), "participants": list(known), "version": found.version}
        form = CorrectionForm(attendees=attendees, today=today, initial=initial)
    context |= {
        "form": form, "contact": found, "heading": "更正联系记录", "draft": "correction",
        "cancel_url": reverse("followups:contact", args=[pk]), "submit_label": "保存更正",
    }
    return render(request=request, template="followups/correct.html", context=context, status=status)


@allow(Can.VIEW)
def history(request: HttpRequest, pk: int) -> HttpResponse:
    """The last ten contacts of a customer, to have at hand."""
    customer = fetch_customer(pk, request, once=True)
    context = {"customer": customer, "history": history_of(customer_id=customer.pk)}
    return answer(request, page="followups/history.html", fragment="followups/_history.html", context=context)


def _warn(request: HttpRequest, contact: ContactRecord) -> None:
    """What a visit lacked is said, and never stands in its way (R-053, R-128)."""
    if contact.is_unannounced:
        messages.warning(request, "这是重点客户，这次拜访没有预约，已标为“未预约”。下次请先约好时间。")
    if missing := policy().missing(method=contact.method, checked=contact.checked):
        messages.warning(request, f"出发前检核还缺：{'、'.join(item.text for item in missing)}。")


def _fields(form: ContactForm | CorrectionForm) -> dict[str, Any]:
    return {name: form.cleaned_data.get(name) for name in FIELDS}


def _current(contact: ContactRecord) -> dict[str, Any]:
    return {name: getattr(contact, name) for name in FIELDS}


def _versions(contact: ContactRecord) -> list[dict[str, Any]]:
    """Former versions with readable values, oldest first."""
    labels = {name: ContactRecord._meta.get_field(name) for name in FIELDS}
    found = []
    for correction in contact.corrections.all():
        rows = []
        for name, field in labels.items():
            value = correction.before.get(name)
            rows.append((field.verbose_name, dict(field.flatchoices).get(value, value)))
        people = "、".join(p["name"] for p in correction.before.get("participants", ()))
        found.append({"correction": correction, "rows": [*rows, ("参与人", people)]})
    return found
