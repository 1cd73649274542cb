"""承诺: list with the rate on top, one promise, make, keep, put off, drop; the panel of the customer page."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from keqing.access.actions.once import once
from keqing.access.gate import allow, fetch
from keqing.followups.actions.commitments import (
    drop_commitment,
    keep_commitment,
    make_commitment,
    postpone_commitment,
)
from keqing.followups.actions.promising import LABEL
from keqing.followups.forms import CommitmentForm, KeepForm, PutOffForm, ReasonForm
from keqing.followups.models import Commitment
from keqing.followups.permissions import Can
from keqing.followups.promises import due_within, rate_of, rates_by_month, rates_by_person, rates_by_team
from keqing.followups.schedule import next_weekday
from keqing.followups.tables import open_commitments
from keqing.followups.views.common import act, customer_url, fetch_customer
from keqing.kit.formats import business_date
from keqing.kit.lists import respond

SHOWN = 50
MONTHS = 6


@allow(Can.VIEW_REMINDERS)
def commitment_list(request: HttpRequest) -> HttpResponse:
    """Promises in sight; above them how many of this month's were kept on time (R-060)."""
    today = business_date(timezone.now())
    opened = open_commitments(request)
    page = opened.spec.build(request=request, queryset=opened.rows, today=today)
    month = due_within(staff=request.user, first=today.replace(day=1), last=today, today=today)
    context = {"rate": rate_of(month), "sees_team": request.user.may(Can.VIEW_TEAM)}
    return respond(request=request, page=page, context=context, template="followups/commitments.html")


@allow(Can.VIEW_REMINDERS)
def commitment_rates(request: HttpRequest) -> HttpResponse:
    """兑现率 by person, team and month over the last half year, or this month alone."""
    today = business_date(timezone.now())
    this_month = request.GET.get("period") == "month"
    first = today.replace(day=1)
    if not this_month:
        for _month in range(MONTHS - 1):
            first = (first - timedelta(days=1)).replace(day=1)
    period: dict[str, Any] = {"staff": request.user, "first": first, "last": today, "today": today}
    context = {
        "people": rates_by_person(**period), "teams": rates_by_team(**period), "months": rates_by_month(**period),
        "first": first, "last": today, "sees_team": request.user.may(Can.VIEW_TEAM),
        "whole": rate_of(due_within(**period)),
        "tabs": [("近半年", "?", None, not this_month), ("本月", "?period=month", None, this_month)],
    }
    return render(request, "followups/commitment_rates.html", context)


@allow(Can.VIEW_REMINDERS)
def commitment(request: HttpRequest, pk: int) -> HttpResponse:
    """One promise with what can be done with it."""
    found = _fetch(pk, request)
    may_manage = request.user.may(Can.MANAGE_REMINDERS) and found.allows(request.user, Can.MANAGE_REMINDERS)
    in_panel = request.headers.get("HX-Request") == "true"
    context = {"commitment": found, "may_manage": may_manage and found.is_open, "reminder": found.reminders.first()}
    template = "followups/_commitment_panel.html" if in_panel else "followups/commitment.html"
    response = render(request, template, context)
    response.headers["Vary"] = "HX-Request"
    return response


@allow(Can.VIEW_REMINDERS)
def customer_commitments(request: HttpRequest, pk: int) -> HttpResponse:
    """承诺 of one customer; a panel of its page."""
    customer = fetch_customer(pk, request, once=True)
    rows = Commitment.objects.visible_to(request.user).filter(customer_id=customer.pk)
    context = {
        "customer": customer,
        "commitments": rows.select_related("keeper", "position__holder").order_by("-due_on", "-pk")[:SHOWN],
        "may_promise": request.user.may(Can.MANAGE_REMINDERS) and customer.allows(request.user, Can.MANAGE_REMINDERS),
    }
    response = render(request, "followups/customer_commitments.html", context)
    response.headers["Vary"] = "HX-Request"
    return response


@allow(Can.MANAGE_REMINDERS)
def commitment_new(request: HttpRequest, pk: int) -> HttpResponse:
    """What was promised this customer."""
    at = timezone.now()
    customer = fetch_customer(pk, request)
    form = CommitmentForm(request.POST or None, initial={"due_on": next_weekday(business_date(at) + timedelta(days=3))})

    def store() -> str:
        promise = form.promise
        once(
            by=request.user, sent=request.POST, label=LABEL, at=at,
            make=lambda: make_commitment(customer=customer, promise=promise, by=request.user, at=at),
        )
        return f"已记下承诺，{promise.due_on:%m-%d} 前兑现。"

    return act(
        request, form=form, store=store, default=customer_url(customer),
        context={"heading": f"记下承诺 · {customer.name}", "submit": "保存"},
    )


@allow(Can.MANAGE_REMINDERS)
def commitment_keep(request: HttpRequest, pk: int) -> HttpResponse:
    """兑现, with what proves it."""
    at = timezone.now()
    found = _fetch(pk, request)
    form = KeepForm(request.POST or None, initial={"version": found.version, "on": business_date(at)})

    def store() -> str:
        data = form.cleaned_data
        kept = keep_commitment(
            commitment=_as_seen(found, form), on=data["on"], evidence=data["evidence"], by=request.user, at=at
        )
        return "已按时兑现。" if kept.kept_on_time else "已兑现，晚于承诺的日子。"

    return _change(request, found, form=form, store=store, heading="兑现承诺", submit="已兑现")


@allow(Can.MANAGE_REMINDERS)
def commitment_postpone(request: HttpRequest, pk: int) -> HttpResponse:
    """改期, with the reason and whether the other side agreed."""
    at = timezone.now()
    found = _fetch(pk, request)
    later = next_weekday(max(found.due_on, business_date(at)) + timedelta(days=1))
    form = PutOffForm(request.POST or None, initial={"version": found.version, "to": later})

    def store() -> str:
        data = form.cleaned_data
        postpone_commitment(
            commitment=_as_seen(found, form), to=data["to"], reason=data["reason"], agreed=data["agreed"],
            by=request.user, at=at,
        )
        return f"已改到 {data['to']:%m-%d}。"

    return _change(request, found, form=form, store=store, heading="承诺改期", submit="改期")


@allow(Can.MANAGE_REMINDERS)
def commitment_drop(request: HttpRequest, pk: int) -> HttpResponse:
    """作废, with the reason."""
    at = timezone.now()
    found = _fetch(pk, request)
    form = ReasonForm(request.POST or None, initial={"version": found.version})

    def store() -> str:
        drop_commitment(commitment=_as_seen(found, form), reason=form.cleaned_data["reason"], by=request.user, at=at)
        return "已作废。"

    return _change(request, found, form=form, store=store, heading="承诺作废", submit="作废")


def _change(request: HttpRequest, found: Commitment, *, form: Any, store: Any, heading: str, submit: str) -> HttpResponse:
    # the head of the form reads a customer's name, a text and a due day, as a reminder has them
    return act(
        request, form=form, store=store, default=reverse("followups:commitments"),
        context={"heading": heading, "submit": submit, "reminder": found},
    )


def _fetch(pk: int, request: HttpRequest) -> Commitment:
    return fetch(Commitment.objects.select_related("position__holder", "keeper", "made_by", "done_by", "contact"), pk, request)


def _as_seen(found: Commitment, form: Any) -> Commitment:
    """The promise in the version the form was opened with."""
    found.version = form.cleaned_data["version"]
    return found
