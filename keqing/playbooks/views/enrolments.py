"""Customers in plans: the list, one customer's plan with its steps, skipping a step, stopping."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from keqing.access.gate import allow, fetch
from keqing.followups.actions.reminders import ReminderRefused
from keqing.kit import pages
from keqing.kit.addresses import back
from keqing.kit.formats import business_date
from keqing.kit.lists import respond
from keqing.people.models import Organisation
from keqing.playbooks import queries
from keqing.playbooks.actions.enrolments import stop
from keqing.playbooks.actions.steps import StepRefused, skip_step
from keqing.playbooks.forms import SkipForm, StopForm
from keqing.playbooks.models import Enrolment
from keqing.playbooks.permissions import Can
from keqing.playbooks.tables import open_enrolments


@require_GET
@allow(Can.VIEW)
def enrolments(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Customers in one plan, or in all."""
    opened = open_enrolments(request, str(pk) if pk else "all")
    page = opened.spec.build(request=request, queryset=opened.rows, today=business_date(timezone.now()))
    opened.spec.dress(page.rows)  # type: ignore[attr-defined]
    return respond(request=request, page=page, context={"playbook_id": pk}, template="playbooks/enrolments.html")


@require_GET
@allow(Can.VIEW)
def enrolment(request: HttpRequest, pk: int) -> HttpResponse:
    """One customer in one plan: every step as it stands."""
    found = fetch(Enrolment.objects.select_related("playbook", "edition", "started_by", "stopped_by"), pk, request)
    lines = queries.run_lines(enrolment=found, today=business_date(timezone.now()))
    may = found.stopped_at is None and found.allows(request.user, Can.ENROL)
    context = {"enrolment": found, "lines": lines, "may_change": may}
    return pages.render(request=request, template="playbooks/enrolment.html", context=context)


@allow(Can.ENROL)
def enrolment_stop(request: HttpRequest, pk: int) -> HttpResponse:
    """The customer leaves the plan before its end, for a reason."""
    found = fetch(Enrolment.objects.select_related("playbook"), pk, request)
    form = StopForm(request.POST or None)
    if form.is_bound and form.is_valid():
        done = stop(
            enrolments=[found], end=Enrolment.End.HAND, note=form.cleaned_data["reason"], by=request.user, at=timezone.now()
        )
        messages.success(request, _("方案已停止。")) if done else messages.info(request, _("这个方案已经结束。"))
        return redirect("playbooks:enrolment", pk)
    context = {
        "form": form, "heading": _("停止方案：%(title)s") % {"title": found.playbook.title}, "submit_label": _("停止方案"),
        "cancel_url": reverse("playbooks:enrolment", args=[pk]), "enrolment": found,
    }  # fmt: skip
    status = 422 if form.is_bound else 200
    return pages.render(request=request, template="playbooks/enrolment_stop.html", context=context, status=status)


@allow(Can.ENROL)
def step_skip(request: HttpRequest, pk: int, run: int) -> HttpResponse:
    """Leave one step out, for a reason."""
    found = fetch(Enrolment.objects.select_related("playbook"), pk, request)
    lines = queries.run_lines(enrolment=found, today=business_date(timezone.now()))
    line = next((one for one in lines if one.run.pk == run), None)
    if line is None:
        raise Http404
    version = line.reminder.version if line.reminder else 0
    form = SkipForm(request.POST or None, initial={"version": version})
    status = 200
    if form.is_bound:
        status = 422
        if form.is_valid():
            try:
                skip_step(
                    run=line.run, seen_version=form.cleaned_data["version"], reason=form.cleaned_data["reason"], by=request.user,
                    at=timezone.now(),
                )
            except (StepRefused, ReminderRefused) as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, _("已跳过这一步。"))
                return redirect(back(request, reverse("playbooks:enrolment", args=[pk])))
    context = {
        "form": form, "heading": _("跳过：%(text)s") % {"text": line.text},
        "submit_label": _("跳过这一步"), "cancel_url": back(request, reverse("playbooks:enrolment", args=[pk])), "enrolment": found,
        "next": back(request),
    }  # fmt: skip
    return pages.render(request=request, template="playbooks/step_skip.html", context=context, status=status)


@require_GET
@allow(Can.VIEW)
def customer_plans(request: HttpRequest, pk: int) -> HttpResponse:
    """方案 of one customer: a panel of the customer's page."""
    customer = fetch(Organisation.objects.alive(), pk, request)
    rows = list(queries.enrolments_of(customer.pk))
    steps = queries.next_steps([row.pk for row in rows])
    for row in rows:
        row.steps = steps.get(row.pk, (0, 0, ""))
    context = {"customer": customer, "rows": rows, "may_enrol": customer.allows(request.user, Can.ENROL)}
    return pages.render(request=request, template="playbooks/customer_plans.html", context=context, partials=())
