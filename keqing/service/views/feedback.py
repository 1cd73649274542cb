"""客户反馈: list, detail, take down, acknowledge, answer, report."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from keqing.access.actions.once import once
from keqing.access.gate import allow, fetch
from keqing.kit import lists, pages
from keqing.kit.formats import business_date
from keqing.kit.forms import VersionedForm
from keqing.people.models import Organisation, Person
from keqing.service.actions import feedback as actions
from keqing.service.forms import AcknowledgeForm, AnswerForm, FeedbackForm, ReportForm
from keqing.service.models import Feedback
from keqing.service.permissions import Can
from keqing.service.policy import policy
from keqing.service.queries import feedback_of, feedback_page
from keqing.service.tables import open_feedback


@require_GET
@allow(Can.VIEW)
def feedback_list(request: HttpRequest) -> HttpResponse:
    """All feedback within reach."""
    opened = open_feedback(request)
    page = opened.spec.build(request=request, queryset=opened.rows, today=business_date(timezone.now()))
    return lists.respond(request=request, page=page)


@require_GET
@allow(Can.VIEW)
def feedback(request: HttpRequest, pk: int) -> HttpResponse:
    """What was said, the terms, what was answered."""
    found = fetch(Feedback.objects.select_related("position__holder", "unit", "taken_by", "answered_by"), pk, request)
    page = feedback_page(feedback=found, staff=request.user, at=timezone.now())
    return pages.render(request=request, template="service/feedback.html", context={"page": page, "feedback": found})


@require_GET
@allow(Can.VIEW)
def customer_feedback(request: HttpRequest, pk: int) -> HttpResponse:
    """The panel of a customer's page."""
    customer = fetch_customer(pk, request)
    context = {
        "customer": customer, "rows": feedback_of(customer_id=customer.pk), "at": timezone.now(),
        "may_handle": customer.allows(request.user, Can.HANDLE),
    }
    whole = request.headers.get("HX-Request") != "true"
    template = "service/customer_feedback.html" if whole else "service/_customer_feedback.html"
    return pages.render(request=request, template=template, context=context)


@require_http_methods(["GET", "POST"])
@allow(Can.HANDLE)
def feedback_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Take it down at a customer."""
    at = timezone.now()
    customer = fetch_customer(pk, request)
    form = FeedbackForm(request.POST or None, at=at, initial={"received_at": timezone.localtime(at)})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made, _new = once(
                    by=request.user, sent=request.POST, label=actions.LABEL, at=at,
                    make=lambda: actions.record_feedback(
                        customer=customer, fields=form.cleaned_data, received_at=form.cleaned_data["received_at"],
                        by=request.user, at=at,
                    ),
                )
            except actions.FeedbackRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, _("已登记反馈。"))
                return redirect("service:feedback", made)
    context = {
        "form": form, "heading": _("登记反馈：%s") % customer.name, "submit_label": _("登记"), "customer": customer,
        "cancel_url": reverse("desk:customer", args=[customer.pk]), "policy": policy(),
    }
    return pages.render(request=request, template="service/feedback_new.html", context=context, status=status)


@require_http_methods(["GET", "POST"])
@allow(Can.HANDLE)
def acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    """Received, with thanks."""

    def store(found: Feedback, data: dict[str, Any]) -> str:
        actions.acknowledge(feedback=found, note=data["note"], by=request.user, at=timezone.now())
        return str(_("已确认。"))

    return _step(request, pk, form=AcknowledgeForm, heading=_("确认收到并致谢"), submit=_("确认收到"), store=store)


@require_http_methods(["GET", "POST"])
@allow(Can.HANDLE)
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """What we say to it."""

    def store(found: Feedback, data: dict[str, Any]) -> str:
        actions.answer(feedback=found, text=data["text"], by=request.user, at=timezone.now())
        return str(_("已记下答复。"))

    return _step(request, pk, form=AnswerForm, heading=_("答复"), submit=_("保存答复"), store=store)


@require_http_methods(["GET", "POST"])
@allow(Can.HANDLE)
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """The adverse event was reported."""

    def store(found: Feedback, data: dict[str, Any]) -> str:
        actions.report_event(feedback=found, number=data["number"], by=request.user, at=timezone.now())
        return str(_("已记下上报。"))

    return _step(request, pk, form=ReportForm, heading=_("不良反应已上报"), submit=_("保存"), store=store)


def fetch_customer(pk: int, request: HttpRequest) -> Organisation | Person:
    """The customer behind the gate, an organisation or a person who belongs to none."""
    try:
        return fetch(Organisation, pk, request)
    except Http404:
        return fetch(Person.objects.unaffiliated(), pk, request)


def _step(
    request: HttpRequest, pk: int, *, form: type[VersionedForm], heading: str, submit: str,
    store: Callable[[Feedback, dict[str, Any]], str],
) -> HttpResponse:
    """One step of a feedback's life: form → action → its page."""
    found = fetch(Feedback, pk, request)
    filled = form(request.POST or None, initial={"version": found.version})
    status = 200
    if request.method == "POST":
        status = 422
        if filled.is_valid():
            found.version = filled.cleaned_data["version"]
            try:
                said = store(found, filled.cleaned_data)
            except actions.StaleFeedback as stale:
                filled.show_conflict(current={}, version=stale.current.version)
                filled.add_error(None, str(stale))
                status = 409
            except actions.FeedbackRefused as refusal:
                filled.add_error(None, str(refusal))
            else:
                messages.success(request, said)
                return redirect("service:feedback", pk)
    context = {
        "form": filled, "heading": f"{heading}：{found}", "submit_label": submit, "feedback": found,
        "cancel_url": reverse("service:feedback", args=[pk]),
    }
    return pages.render(request=request, template="service/step.html", context=context, status=status)
