"""跟进: list, create, finish, postpone, hand over. Every form also opens inside a row."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from keqing.access.actions.once import once
from keqing.access.gate import allow, fetch
from keqing.compliance.actions import log_refusal
from keqing.followups.actions.reminders import (
    LABEL,
    LabelRefused,
    Next,
    ReminderRefused,
    StaleReminder,
    create_reminder,
    finish_reminder,
    hand_over_reminder,
    postpone_reminder,
)
from keqing.followups.forms import DoneForm, HandOverForm, PostponeForm, ReminderForm
from keqing.followups.models import Reminder
from keqing.followups.permissions import Can
from keqing.followups.queries import positions_to_take_over
from keqing.followups.schedule import next_weekday, propose_next
from keqing.followups.tables import open_reminders
from keqing.followups.views.common import answer, customer_url, fetch_customer
from keqing.kit.addresses import back
from keqing.kit.formats import business_date
from keqing.kit.lists import respond


@allow(Can.VIEW_REMINDERS)
def reminder_list(request: HttpRequest) -> HttpResponse:
    """Reminders of the customers within reach, and those at my positions; the done ones on a tab of their own."""
    done = request.GET.get("done") == "1"
    opened = open_reminders(request, "done" if done else "")
    page = opened.spec.build(request=request, queryset=opened.rows, today=business_date(timezone.now()))
    tabs = [("未完成", "?", None, not done), ("已完成", "?done=1", None, done)]
    return respond(request=request, page=page, context={"tabs": tabs}, template="followups/reminders.html")


@allow(Can.VIEW_REMINDERS)
def reminder(request: HttpRequest, pk: int) -> HttpResponse:
    """One reminder with what can be done with it."""
    found = fetch(Reminder.objects.select_related("position__holder", "contact__tracker", "done_by", "created_by"), pk, request)
    may_manage = request.user.may(Can.MANAGE_REMINDERS) and found.allows(request.user, Can.MANAGE_REMINDERS)
    context = {"reminder": found, "may_manage": may_manage and found.done_at is None}
    return answer(request, page="followups/reminder.html", fragment="followups/_reminder_panel.html", context=context)


@allow(Can.MANAGE_REMINDERS)
def reminder_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Something to do at this customer on a day."""
    at = timezone.now()
    today = business_date(at)
    customer = fetch_customer(pk, request)
    proposed = propose_next(today=today, business_state=getattr(customer, "business_state", ""))
    form = ReminderForm(request.POST or None, initial={"due_on": proposed})

    def store() -> str:
        data = form.cleaned_data
        once(
            by=request.user, sent=request.POST, label=LABEL, at=at,
            make=lambda: create_reminder(
                customer=customer, text=data["text"], due_on=data["due_on"], by=request.user, at=at
            ),
        )
        return f"已安排 {data['due_on']:%m-%d} 的跟进。"

    return _act(
        request, form=form, store=store, default=customer_url(customer),
        context={"heading": f"安排跟进 · {customer.name}", "submit": "保存"},
    )


@allow(Can.MANAGE_REMINDERS)
def reminder_done(request: HttpRequest, pk: int) -> HttpResponse:
    """完成并安排下次: the next date is proposed, not forced."""
    at = timezone.now()
    found = _fetch(pk, request)
    proposed = propose_next(today=business_date(at))
    form = DoneForm(
        request.POST or None,
        initial={"version": found.version, "next_on": proposed, "next_text": _next_text(found)},
    )

    def store() -> str:
        data = form.cleaned_data
        following = Next(data["next_on"], data["next_text"]) if data["next_on"] else None
        finish_reminder(
            reminder=_as_seen(found, form), outcome=data["outcome"], next_one=following, by=request.user, at=at
        )
        return f"已完成。下次 {following.due_on:%m-%d}。" if following else "已完成。"

    return _act(
        request, form=form, store=store, default=reverse("followups:reminders"),
        context={"heading": "完成并安排下次", "submit": "完成", "reminder": found},
    )


@allow(Can.MANAGE_REMINDERS)
def reminder_postpone(request: HttpRequest, pk: int) -> HttpResponse:
    at = timezone.now()
    found = _fetch(pk, request)
    later = next_weekday(max(found.due_on, business_date(at)) + timedelta(days=1))
    form = PostponeForm(request.POST or None, initial={"version": found.version, "to": later})

    def store() -> str:
        data = form.cleaned_data
        postpone_reminder(reminder=_as_seen(found, form), to=data["to"], reason=data["reason"], by=request.user, at=at)
        return f"已延后到 {data['to']:%m-%d}。"

    return _act(
        request, form=form, store=store, default=reverse("followups:reminders"),
        context={"heading": "延后", "submit": "延后", "reminder": found},
    )


@allow(Can.MANAGE_REMINDERS)
def reminder_hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    at = timezone.now()
    found = _fetch(pk, request)
    positions = positions_to_take_over(staff=request.user, customer=found.customer()).exclude(pk=found.position_id)
    form = HandOverForm(request.POST or None, initial={"version": found.version}, positions=positions)

    def store() -> str:
        data = form.cleaned_data
        to = data["position"]
        hand_over_reminder(reminder=_as_seen(found, form), to=to, reason=data["reason"], by=request.user, at=at)
        return f"已转交给 {to.label}。"

    return _act(
        request, form=form, store=store, default=reverse("followups:reminders"),
        context={"heading": "转交", "submit": "转交", "reminder": found},
    )


def _fetch(pk: int, request: HttpRequest) -> Reminder:
    return fetch(Reminder.objects.select_related("position__holder", "contact"), pk, request)


def _as_seen(found: Reminder, form: Any) -> Reminder:
    """The reminder in the version the form was opened with."""
    found.version = form.cleaned_data["version"]
    return found


def _next_text(found: Reminder) -> str:
    return "再次回访" if found.origin == Reminder.Origin.CALLBACK else found.text


def _act(
    request: HttpRequest, *, form: Any, store: Callable[[], str], default: str, context: dict[str, Any]
) -> HttpResponse:
    """Form → one action → back to where the person was; refused forms come back whole."""
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                said = store()
            except LabelRefused as refusal:
                log_refusal(hit=refusal.hit, by=request.user, at=timezone.now(), where=f"跟进事项 {request.path}")
                form.add_error("next_text" if "next_text" in form.fields else "text", str(refusal))
            except StaleReminder as stale:
                status = 409
                context["stale"] = stale.theirs
                form.add_error(None, str(stale))
                form.data = {**form.data.dict(), "version": str(stale.theirs.version)}
            except ReminderRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, said)
                return redirect(back(request, default))
    context |= {"form": form, "next": back(request, ""), "cancel_url": back(request, default), "action": request.path}
    return answer(request, page="followups/act.html", fragment="followups/_act.html", context=context, status=status)
