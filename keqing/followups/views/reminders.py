"""跟进: list, create, finish, postpone, hand over. Every form also opens inside a row."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from keqing.access.actions.once import once
from keqing.access.gate import allow, fetch
from keqing.followups.actions.reminders import (
    LABEL,
    Next,
    ReminderRefused,
    StaleReminder,
    create_reminder,
    finish_reminder,
    hand_over_reminder,
    move_back,
    move_reminder,
    postpone_reminder,
)
from keqing.followups.forms import DoneForm, HandOverForm, MoveForm, PostponeForm, ReminderForm
from keqing.followups.models import Reminder
from keqing.followups.moving import NotAMove, address_to_undo, read_move
from keqing.followups.permissions import Can
from keqing.followups.policy import policy
from keqing.followups.progress import progress_over
from keqing.followups.queries import positions_to_take_over
from keqing.followups.schedule import next_weekday, propose_next
from keqing.followups.tables import open_reminders
from keqing.followups.views.common import act, customer_url, fetch_customer
from keqing.kit.addresses import back
from keqing.kit.form_action import Told
from keqing.kit.formats import business_date
from keqing.kit.lists import respond
from keqing.kit.pages import answer


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
    """One reminder with what can be done with it; a task with its parts, an appointment with its checklist."""
    found = fetch(
        Reminder.objects.select_related("position__holder", "contact__tracker", "done_by", "created_by", "parent"), pk, request
    )
    may_manage = request.user.may(Can.MANAGE_REMINDERS) and found.allows(request.user, Can.MANAGE_REMINDERS)
    is_task, is_appointment = (found.origin == one for one in (Reminder.Origin.TASK, Reminder.Origin.APPOINTMENT))
    parts = list(found.children.select_related("position__holder", "done_by").order_by("due_on", "pk")) if is_task else []
    context = {
        "reminder": found, "may_manage": may_manage and found.done_at is None, "is_task": is_task, "parts": parts,
        "progress": progress_over(parts) if parts else None, "is_appointment": is_appointment,
        "checklist": policy().checklist("visit") if is_appointment else (),
        "unticked": policy().missing(method="visit", checked=found.checked) if is_appointment else (),
    }
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

    return act(
        request, form=form, store=store, default=customer_url(customer),
        context={"heading": f"安排跟进 · {customer.name}", "submit": "保存"},
    )


@allow(Can.MANAGE_REMINDERS)
def reminder_done(request: HttpRequest, pk: int) -> HttpResponse:
    """完成并安排下次: the next date is proposed, not forced."""
    at = timezone.now()
    found = _fetch(pk, request)
    if found.commitment_id:
        return _to_promise(request, found, "followups:commitment_keep")
    proposed = propose_next(today=business_date(at))
    form = DoneForm(
        request.POST or None,
        initial={"version": found.version, "next_on": proposed, "next_text": _next_text(found)},
        is_alarm=found.origin == Reminder.Origin.ALARM,
    )

    def store() -> str:
        data = form.cleaned_data
        following = Next(data["next_on"], data["next_text"]) if data["next_on"] else None
        finish_reminder(
            reminder=_as_seen(found, form), outcome=data["outcome"], outcome_code=data.get("outcome_code", ""),
            next_one=following, by=request.user, at=at,
        )
        return f"已完成。下次 {following.due_on:%m-%d}。" if following else "已完成。"

    return act(
        request, form=form, store=store, default=reverse("followups:reminders"),
        context={"heading": "完成并安排下次", "submit": "完成", "reminder": found},
    )


@allow(Can.MANAGE_REMINDERS)
def reminder_postpone(request: HttpRequest, pk: int) -> HttpResponse:
    at = timezone.now()
    found = _fetch(pk, request)
    if found.commitment_id:
        return _to_promise(request, found, "followups:commitment_postpone")
    later = next_weekday(max(found.due_on, business_date(at)) + timedelta(days=1))
    form = PostponeForm(request.POST or None, initial={"version": found.version, "to": later})

    def store() -> str:
        data = form.cleaned_data
        postpone_reminder(reminder=_as_seen(found, form), to=data["to"], reason=data["reason"], by=request.user, at=at)
        return f"已延后到 {data['to']:%m-%d}。"

    return act(
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

    return act(
        request, form=form, store=store, default=reverse("followups:reminders"),
        context={"heading": "转交", "submit": "转交", "reminder": found},
    )


@allow(Can.MANAGE_REMINDERS)
def reminder_move(request: HttpRequest, pk: int) -> HttpResponse:
    """改到…: the way of keyboard and phone for what a pointer drags in the calendar."""
    at = timezone.now()
    found = _fetch(pk, request)
    if found.commitment_id:
        return _to_promise(request, found, "followups:commitment_postpone")
    default = reverse("followups:calendar")
    form = MoveForm(request.POST or None, initial={"version": found.version, "to": found.due_on})

    def store() -> str:
        to, former = form.cleaned_data["to"], found.due_on
        moved = move_reminder(reminder=_as_seen(found, form), to=to, by=request.user, at=at)
        return Told(f"已改到 {to:%m-%d}。", undo=address_to_undo(moved=moved, former=former, back_to=back(request, default)))

    return act(
        request, form=form, store=store, default=default,
        context={"heading": "改到另一天", "submit": "改到这一天", "reminder": found},
    )


@require_POST
@allow(Can.MANAGE_REMINDERS)
def reminder_move_back(request: HttpRequest, pk: int) -> HttpResponse:
    """撤销 of the notice after a move, from the calendar or from 改到…."""
    found = _fetch(pk, request)
    try:
        version, former = read_move(reminder=found, signed=request.GET.get("move", ""))
        found.version = version
        stored = move_back(reminder=found, to=former, by=request.user, at=timezone.now())
    except NotAMove:
        messages.error(request, "没有撤销：这次改期已不能撤销，请用“改到…”。")
    except StaleReminder:
        messages.error(request, f"没有撤销：“{found.text}”后来又改过了。")
    except ReminderRefused as refusal:
        messages.error(request, f"没有撤销：{refusal}")
    else:
        messages.success(request, f"已撤销：“{stored.text}”回到 {former:%m-%d}。")
    return redirect(back(request, reverse("followups:calendar")))


def _to_promise(request: HttpRequest, found: Reminder, view: str) -> HttpResponse:
    """A promise is kept with evidence and moves with a reason, on its own forms."""
    return redirect(f"{reverse(view, args=[found.commitment_id])}?{request.GET.urlencode()}")


def _fetch(pk: int, request: HttpRequest) -> Reminder:
    return fetch(Reminder.objects.select_related("position__holder", "contact"), pk, request)


def _as_seen(found: Reminder, form: Any) -> Reminder:
    """The reminder in the version the form was opened with."""
    found.version = form.cleaned_data["version"]
    return found


def _next_text(found: Reminder) -> str:
    return "再次回访" if found.origin == Reminder.Origin.CALLBACK else found.text
