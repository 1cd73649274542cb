"""Tasks and their parts, appointments, the checklist before leaving."""

from datetime import time
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from keqing.access.actions.once import once
from keqing.access.gate import allow, fetch
from keqing.followups.actions.reminders import LABEL, ReminderRefused
from keqing.followups.actions.tasks import (
    attach_task,
    change_appointment,
    create_task,
    make_appointment,
    tick_checklist,
)
from keqing.followups.forms import AppointmentForm, AttachForm, RebookForm, TaskForm
from keqing.followups.models import Reminder
from keqing.followups.permissions import Can
from keqing.followups.policy import policy
from keqing.followups.queries import positions_to_take_over
from keqing.followups.schedule import propose_next
from keqing.followups.views.common import act, customer_url, fetch_customer
from keqing.kit.addresses import back
from keqing.kit.formats import business_date


@allow(Can.MANAGE_REMINDERS)
def task_new(request: HttpRequest, pk: int) -> HttpResponse:
    """A task at this customer, to be broken down on its page."""
    customer = fetch_customer(pk, request)
    return _task(request, customer=customer, parent=None, default=customer_url(customer), heading=f"新任务 · {customer.name}")


@allow(Can.MANAGE_REMINDERS)
def task_part(request: HttpRequest, pk: int) -> HttpResponse:
    """One more part of a task, for somebody, until a day (R-292)."""
    parent = fetch(Reminder.objects.select_related("position__holder"), pk, request)
    customer = parent.customer()
    return _task(
        request, customer=customer, parent=parent, default=reverse("followups:reminder", args=[pk]),
        heading=f"子任务 · {parent.text}",
    )


@allow(Can.MANAGE_REMINDERS)
def task_attach(request: HttpRequest, pk: int) -> HttpResponse:
    """归入任务: make it a part of another open task at the same customer, or free it."""
    at = timezone.now()
    found = fetch(Reminder.objects.select_related("position__holder"), pk, request)
    tasks = Reminder.objects.visible_to(request.user).open().filter(customer_id=found.customer_id, origin=Reminder.Origin.TASK)
    form = AttachForm(
        request.POST or None, parents=tasks.exclude(pk=found.pk).order_by("due_on", "pk"),
        initial={"version": found.version, "parent": found.parent_id},
    )

    def store() -> str:
        found.version = form.cleaned_data["version"]
        parent = form.cleaned_data["parent"]
        attach_task(task=found, parent=parent, by=request.user, at=at)
        return f"已归入“{parent.text}”。" if parent else "不再是子任务。"

    return act(
        request, form=form, store=store, default=reverse("followups:reminder", args=[pk]),
        context={"heading": "归入任务", "submit": "保存", "reminder": found},
    )


@allow(Can.MANAGE_REMINDERS)
def appointment_new(request: HttpRequest, pk: int) -> HttpResponse:
    """约访 at this customer (R-053)."""
    at = timezone.now()
    customer = fetch_customer(pk, request)
    day = propose_next(today=business_date(at), business_state=getattr(customer, "business_state", ""))
    initial = {"day": day, "begins": time(9), "ends": time(10), "status": Reminder.Appointment.ASKED, "text": "拜访"}
    form = AppointmentForm(request.POST or None, initial=initial)

    def store() -> str:
        booking = form.booking
        once(
            by=request.user, sent=request.POST, label=LABEL, at=at,
            make=lambda: make_appointment(
                customer=customer, text=form.cleaned_data["text"], booking=booking, by=request.user, at=at
            ),
        )
        return f"已约 {timezone.localtime(booking.starts_at):%m-%d %H:%M}。"

    return act(
        request, form=form, store=store, default=customer_url(customer),
        context={"heading": f"约访 · {customer.name}", "submit": "保存"},
    )


@allow(Can.MANAGE_REMINDERS)
def appointment_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Other hours, confirmed, called off, the number the hospital gave."""
    at = timezone.now()
    found = fetch(Reminder.objects.select_related("position__holder"), pk, request)
    form = RebookForm(request.POST or None, initial={"version": found.version, **_hours(found)})

    def store() -> str:
        found.version = form.cleaned_data["version"]
        changed = change_appointment(reminder=found, booking=form.booking, by=request.user, at=at)
        return f"约访{changed.get_appointment_display()}。"

    return act(
        request, form=form, store=store, default=reverse("followups:reminder", args=[pk]),
        context={"heading": "修改约访", "submit": "保存", "reminder": found},
    )


@require_POST
@allow(Can.MANAGE_REMINDERS)
def checklist(request: HttpRequest, pk: int) -> HttpResponse:
    """出发前检核: what is missing is said, and never stands in the way (R-128)."""
    found = fetch(Reminder, pk, request)
    try:
        found = tick_checklist(reminder=found, checked=request.POST.getlist("checked"), by=request.user, at=timezone.now())
    except ReminderRefused as refusal:
        messages.error(request, str(refusal))
    else:
        missing = policy().missing(method="visit", checked=found.checked)
        if missing:
            messages.warning(request, f"出发前检核还缺：{'、'.join(item.text for item in missing)}。")
        else:
            messages.success(request, "出发前检核已齐。")
    return redirect(back(request, reverse("followups:reminder", args=[pk])))


def _task(request: HttpRequest, *, customer: Any, parent: Reminder | None, default: str, heading: str) -> HttpResponse:
    at = timezone.now()
    proposed = parent.due_on if parent else propose_next(today=business_date(at))
    form = TaskForm(
        request.POST or None, initial={"due_on": proposed}, positions=positions_to_take_over(staff=request.user, customer=customer)
    )

    def store() -> str:
        data = form.cleaned_data
        once(
            by=request.user, sent=request.POST, label=LABEL, at=at,
            make=lambda: create_task(
                customer=customer, text=data["text"], due_on=data["due_on"], by=request.user, at=at,
                position=data["position"], parent=parent,
            ),
        )
        return f"已安排，{data['due_on']:%m-%d} 前完成。"

    return act(request, form=form, store=store, default=default, context={"heading": heading, "submit": "保存"})


def _hours(found: Reminder) -> dict[str, Any]:
    if found.starts_at is None or found.ends_at is None:
        return {"day": found.due_on, "begins": time(9), "ends": time(10), "status": found.appointment}
    first, last = timezone.localtime(found.starts_at), timezone.localtime(found.ends_at)
    return {
        "day": first.date(), "begins": first.time(), "ends": last.time(), "status": found.appointment,
        "booking_no": found.booking_no,
    }
