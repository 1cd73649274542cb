"""日历: month, week and day with drag, and the feed for calendars elsewhere."""

import json
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST, require_safe

from keqing.access.gate import allow, fetch, public
from keqing.followups import agenda
from keqing.followups.actions.feed import count_read, make_feed, revoke_feed
from keqing.followups.actions.reminders import ReminderRefused, StaleReminder, move_reminder
from keqing.followups.feed import calendar_of, feed_of, find_feed, items_of, mark_of, organisations_among
from keqing.followups.models import Reminder
from keqing.followups.moving import address_to_undo
from keqing.followups.permissions import Can
from keqing.followups.policy import policy
from keqing.kit.addresses import whole_number
from keqing.kit.formats import business_date
from keqing.kit.pages import answer

WAIT = "3600"


@require_GET
@allow(Can.VIEW_REMINDERS)
def calendar(request: HttpRequest) -> HttpResponse:
    """One's own days, or those of somebody of the team."""
    return _board(request)


@require_POST
@allow(Can.MANAGE_REMINDERS)
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """A line dragged to another day; the calendar comes back as it is now, whatever happened."""
    found = fetch(Reminder, pk, request)
    found.version = whole_number(request.POST.get("version")) or 0
    to = _day(request.POST.get("to", ""))
    if to is None:
        return _board(request, status=422, said="请选择日期。", level="error")
    former = found.due_on
    try:
        moved = move_reminder(reminder=found, to=to, by=request.user, at=timezone.now())
    except StaleReminder as stale:
        return _board(request, status=409, said=str(stale), level="error")
    except ReminderRefused as refusal:
        return _board(request, status=422, said=str(refusal), level="error")
    undo = partial(address_to_undo, moved=moved, former=former)
    return _board(request, said=f"“{moved.text}”已改到 {to:%m-%d}。", level="success", undo=undo)


@allow(Can.VIEW_REMINDERS)
def feed(request: HttpRequest) -> HttpResponse:
    """The address for one's telephone or computer: made here, shown once."""
    address = ""
    if request.method == "POST":
        token = make_feed(staff=request.user, at=timezone.now())
        address = request.build_absolute_uri(reverse("followups:ics", args=[token]))
    context = {"address": address, "feed": feed_of(request.user), "policy": policy().feed}
    response = render(request, "followups/calendar_feed.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


@require_POST
@allow(Can.VIEW_REMINDERS)
def feed_revoke(request: HttpRequest) -> HttpResponse:
    revoke_feed(staff=request.user, at=timezone.now())
    return redirect("followups:feed")


@require_safe
@public("calendar programs cannot sign in: the secret in the address stands for the person")
def ics(request: HttpRequest, token: str) -> HttpResponse:
    """A person's own items as iCalendar; 404 for an address that was taken back or whose person has left."""
    at = timezone.now()
    found = find_feed(token)
    if found is None:
        raise Http404
    rules = policy().feed
    if not count_read(feed=found, at=at, policy=rules):
        return HttpResponse("读取太频繁，请稍后再试。", status=429, headers={"Retry-After": WAIT}, content_type="text/plain; charset=utf-8")
    items = items_of(staff=found.staff, today=business_date(at), policy=rules)
    mark = mark_of(staff=found.staff, items=items, policy=rules)
    headers = {"ETag": mark, "Cache-Control": "private, no-cache", "Referrer-Policy": "no-referrer"}
    if mark in [one.strip().removeprefix("W/") for one in request.headers.get("If-None-Match", "").split(",")]:
        return HttpResponse(status=304, headers=headers)
    body = calendar_of(
        staff=found.staff, items=items, organisations=organisations_among(items), policy=rules, host=request.get_host().split(":")[0]
    )
    headers["Content-Disposition"] = 'inline; filename="keqing.ics"'
    return HttpResponse(body, headers=headers, content_type="text/calendar; charset=utf-8")


def _board(
    request: HttpRequest, *, status: int = 200, said: str = "", level: str = "", undo: Callable[..., str] | None = None
) -> HttpResponse:
    """The calendar as it is now, and what is ``said``; ``undo`` makes the address of 撤销, given where to go back to."""
    today = business_date(timezone.now())
    get = request.GET
    view = get.get("view", "")
    chosen: dict[str, Any] = {
        "view": view if view in agenda.VIEWS else agenda.MONTH, "on": _day(get.get("on", "")) or today,
        "person_id": whole_number(get.get("person")),
    }
    try:
        board = agenda.board(staff=request.user, today=today, **chosen)
    except agenda.NobodyOfTheTeam as error:
        if not said:
            raise Http404 from error
        # the line was dropped on the calendar of somebody who left the team meanwhile: what became of it is told
        board = agenda.board(staff=request.user, today=today, **(chosen | {"person_id": None}))
        said = f"{said}此人已不在您的团队，现在显示您自己的日历。"
    keep = f"&person={board.person_id}" if board.person_id else ""
    context = {
        "board": board, "today": today, "keep": keep,
        "views": [(label, f"?view={key}&on={board.on}{keep}", None, key == board.view) for key, label in agenda.VIEWS.items()],
    }
    page = "followups/calendar.html"
    response = answer(request, page=page, fragment=f"{page}#calendar", context=context, status=status)
    if said:
        here = f"{reverse('followups:calendar')}?view={board.view}&on={board.on}{keep}"
        toast = {"text": said, "level": level, "undo": undo(back_to=here) if undo else ""}
        response.headers["HX-Trigger"] = json.dumps({"toast": toast})
    return response


def _day(text: str) -> date | None:
    """A day as the address has it; months around it must exist, too."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1900 < day.year < 2200 else None
