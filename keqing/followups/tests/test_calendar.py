import json
from datetime import date, datetime, time, timedelta
from html import unescape

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from keqing.access.tests.factories import make_cast, position_of
from keqing.audit.models import Entry
from keqing.followups.actions.commitments import make_commitment
from keqing.followups.actions.feed import make_feed
from keqing.followups.actions.promising import Promise
from keqing.followups.actions.reminders import create_reminder, finish_reminder, move_reminder
from keqing.followups.actions.tasks import Booking, change_appointment, make_appointment
from keqing.followups.agenda import board
from keqing.followups.feed import calendar_of, items_of
from keqing.followups.models import CalendarFeed, Reminder
from keqing.followups.policy import FeedPolicy, policy
from keqing.kit.formats import SHANGHAI, business_date
from keqing.people.tests.factories import make_organisation, make_person

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def cast():
    cache.clear()
    return make_cast()


@pytest.fixture
def hospital(cast):
    return make_organisation(owner=cast.rep, name="示例市人民医院")


@pytest.fixture
def today():
    return business_date(timezone.now())


def signed_in(staff) -> Client:
    client = Client()
    client.force_login(staff)
    return client


def remind(cast, hospital, due_on, text="送资料", by=None) -> Reminder:
    return create_reminder(customer=hospital, text=text, due_on=due_on, by=by or cast.rep, at=timezone.now())


def appoint(cast, hospital, day, text="拜访药剂科 13800001111") -> Reminder:
    hours = [datetime.combine(day, time(hour), SHANGHAI) for hour in (14, 15)]
    return make_appointment(customer=hospital, text=text, booking=Booking(*hours), by=cast.rep, at=timezone.now())


def calendar(client, **rest):
    return client.get(reverse("followups:calendar"), rest)


def test_the_month_the_week_and_the_day_show_what_stands_on_them(cast, hospital, today):
    appoint(cast, hospital, today)
    remind(cast, hospital, today + timedelta(days=1), "明天送资料")
    make_commitment(customer=hospital, promise=Promise("寄报告", today), by=cast.rep, at=timezone.now())
    client = signed_in(cast.rep)
    for view, words in {"month": ("拜访药剂科", "寄报告"), "week": ("拜访药剂科", "寄报告", "14:00"), "day": ("拜访药剂科", "15:00")}.items():
        page = calendar(client, view=view).content.decode()
        assert all(word in page for word in words) and "<c-" not in page, view
    assert ("明天送资料" in calendar(client, view="day").content.decode()) is False
    assert "没有安排" in calendar(client, view="day", on=(today + timedelta(days=70)).isoformat()).content.decode()
    assert calendar(client, view="nonsense", on="2026-02-31", person="x").status_code == 200


def test_holidays_and_swapped_days_come_from_the_work_calendar(cast):
    days = {box.day: box for box in board(staff=cast.rep, view="month", on=date(2026, 10, 1), today=date(2026, 9, 1)).days}
    assert not days[date(2026, 10, 1)].is_workday and days[date(2026, 10, 1)].holiday
    assert days[date(2026, 10, 10)].is_workday  # a Saturday worked for the holiday
    unknown = board(staff=cast.rep, view="month", on=date(2039, 5, 1), today=date(2026, 9, 1))
    assert "未公布" in unknown.note and [b.is_workday for b in unknown.days[:7]] == [True] * 5 + [False] * 2


def test_a_busy_day_says_how_many_more_there_are(cast, hospital, today):
    for number in range(9):
        remind(cast, hospital, today, f"第{number}件")
    page = calendar(signed_in(cast.rep)).content.decode()
    assert "还有 5 条" in page
    assert "第8件" in calendar(signed_in(cast.rep), view="day").content.decode()


def test_a_manager_chooses_somebody_of_the_team_and_nobody_else(cast, hospital, today):
    remind(cast, hospital, today)
    manager = signed_in(cast.manager)
    assert "送资料" not in calendar(manager).content.decode()
    page = calendar(manager, person=cast.rep.pk).content.decode()
    assert "送资料" in page and f'value="{cast.rep.pk}" selected' in page
    assert calendar(manager, person=cast.stranger.pk).status_code == 404
    assert calendar(signed_in(cast.rep), person=cast.manager.pk).status_code == 404
    assert calendar(signed_in(cast.finance)).status_code == 403


@pytest.mark.parametrize("view", ["month", "week", "day"])
def test_the_statements_are_the_same_on_an_empty_and_a_busy_day(cast, hospital, today, view):
    counts = []
    for number in (0, 1, 50):
        while Reminder.objects.count() < number:
            remind(cast, hospital, today)
        for staff, most in ((cast.rep, 8), (cast.manager, 9)):
            client = signed_in(staff)
            calendar(client, view=view)  # the first page after signing in asks what is kept from then on
            with CaptureQueriesContext(connection) as captured:
                assert calendar(client, view=view).status_code == 200
            assert len(captured) <= most, [q["sql"][:90] for q in captured]
            counts.append(len(captured))
    assert counts[:2] == counts[2:4] == counts[4:]


@pytest.mark.proves("T04")
def test_a_line_dragged_to_another_day_moves_and_a_stale_one_does_not(cast, hospital, today):
    made = remind(cast, hospital, today)
    client = signed_in(cast.rep)
    url = reverse("followups:drop", args=[made.pk]) + f"?view=week&on={today}"
    later = (today + timedelta(days=1)).isoformat()
    answer = client.post(url, {"version": 1, "to": later}, headers=HTMX)
    page = answer.content.decode()
    assert answer.status_code == 200 and page.lstrip().startswith('<div id="calendar"') and "已改到" in json.loads(answer["HX-Trigger"])["toast"]["text"]
    stale = client.post(url, {"version": 1, "to": today.isoformat()}, headers=HTMX)
    assert stale.status_code == 409 and "别人处理过" in json.loads(stale["HX-Trigger"])["toast"]["text"]
    past = client.post(url, {"version": 2, "to": (today - timedelta(days=3)).isoformat()}, headers=HTMX)
    assert past.status_code == 422 and client.post(url, {"version": 2, "to": "x"}).status_code == 422
    made.refresh_from_db()
    assert made.due_on.isoformat() == later and made.version == 2
    assert signed_in(cast.stranger).post(url, {"version": 2, "to": later}).status_code == 404


def test_a_line_dragged_away_is_put_back_on_its_day_by_the_notice(cast, hospital, today):
    made = appoint(cast, hospital, today, text="拜访药剂科")
    long_ago, later = today - timedelta(days=3), today + timedelta(days=1)
    Reminder.objects.filter(pk=made.pk).update(due_on=long_ago, starts_at=made.starts_at - timedelta(days=3), ends_at=made.ends_at - timedelta(days=3))
    client = signed_in(cast.rep)
    toast = dropped(client, made, later, version=1)
    here = reverse("followups:calendar") + f"?view=week&on={today}"
    answer = client.post(toast["undo"])
    assert answer.url == here
    assert "已撤销" in client.get(answer.url).content.decode()
    stored = Reminder.objects.get(pk=made.pk)
    assert (stored.due_on, stored.version) == (long_ago, 3)  # also a day that is past, with its hours
    assert stored.starts_at == made.starts_at - timedelta(days=3)
    entries = Entry.objects.filter(action__startswith="reminder.moved", subject_id=made.pk).order_by("pk")
    assert [(one.action, one.changes["due_on"]) for one in entries] == [
        ("reminder.moved", [long_ago.isoformat(), later.isoformat()]), ("reminder.moved_back", [later.isoformat(), long_ago.isoformat()]),
    ]  # fmt: skip
    # a second click and a line that stayed where it was have nothing to take back
    client.post(toast["undo"])
    assert "没有撤销" in client.get(here).content.decode()
    assert Reminder.objects.get(pk=made.pk).version == 3
    Reminder.objects.filter(pk=made.pk).update(due_on=today)
    assert dropped(client, made, today, version=3)["undo"] == ""


def test_a_move_is_not_taken_back_over_what_happened_since_nor_by_strangers_nor_to_an_invented_day(cast, hospital, today):
    made, other = remind(cast, hospital, today), remind(cast, hospital, today, "别的事")
    client = signed_in(cast.rep)
    later = today + timedelta(days=1)
    undo = dropped(client, made, later, version=1)["undo"]
    assert signed_in(cast.stranger).post(undo).status_code == 404
    assert signed_in(cast.finance).post(undo).status_code == 403
    assert client.get(undo).status_code == 405
    wrong = [
        undo.replace(f"/{made.pk}/move-back", f"/{other.pk}/move-back"), undo.replace(today.isoformat(), "2020-01-01"), undo.split("?")[0],
    ]  # fmt: skip
    for address in wrong:
        page = client.post(address, follow=True).content.decode()
        assert "不能撤销" in page, address
    colleague = move_reminder(reminder=Reminder.objects.get(pk=made.pk), to=later + timedelta(days=1), by=cast.manager, at=timezone.now())
    assert "后来又改过" in client.post(undo, follow=True).content.decode()
    assert Reminder.objects.get(pk=made.pk).due_on == colleague.due_on
    finished = dropped(client, other, later, version=1)["undo"]
    finish_reminder(reminder=Reminder.objects.get(pk=other.pk), outcome="好", by=cast.rep, at=timezone.now())
    assert "没有撤销" in client.post(finished, follow=True).content.decode()
    assert Reminder.objects.get(pk=other.pk).due_on == later


def dropped(client, reminder, to, *, version) -> dict:
    url = reverse("followups:drop", args=[reminder.pk]) + f"?view=week&on={business_date(timezone.now())}"
    answer = client.post(url, {"version": version, "to": to.isoformat()}, headers=HTMX)
    assert answer.status_code == 200
    return json.loads(answer["HX-Trigger"])["toast"]


def test_a_line_dropped_on_somebody_who_left_the_team_is_told_about_on_ones_own_calendar(cast, hospital, today):
    made = remind(cast, hospital, today)
    client = signed_in(cast.manager)
    assert calendar(client, person=cast.rep.pk).status_code == 200
    position = position_of(cast.rep)
    position.unit = cast.shenzhen  # a re-organisation while the calendar is open; the customer stays with the unit
    position.save(update_fields=["unit"])
    later = today + timedelta(days=1)
    url = reverse("followups:drop", args=[made.pk]) + f"?view=week&on={today}&person={cast.rep.pk}"
    answer = client.post(url, {"version": 1, "to": later.isoformat()}, headers=HTMX)
    said = json.loads(answer["HX-Trigger"])["toast"]["text"]
    assert answer.status_code == 200 and "已改到" in said and "已不在您的团队" in said
    assert "person" not in json.loads(answer["HX-Trigger"])["toast"]["undo"]  # 撤销 leads to the calendar shown now
    made.refresh_from_db()
    assert made.due_on == later
    assert client.post(url, {"version": 1, "to": today.isoformat()}, headers=HTMX).status_code == 409
    assert calendar(client, person=cast.rep.pk).status_code == 404


def test_the_menu_moves_without_a_pointer_and_a_promise_asks_for_its_reason(cast, hospital, today):
    made = remind(cast, hospital, today)
    promise = make_commitment(customer=hospital, promise=Promise("寄报告", today), by=cast.rep, at=timezone.now())
    client = signed_in(cast.rep)
    page = calendar(client).content.decode()
    url = reverse("followups:reminder_move", args=[made.pk])
    assert f'href="{url}?next=' in page
    to = (today + timedelta(days=2)).isoformat()
    assert client.post(url, {"version": 1, "to": to, "next": "/"}).url == "/"
    made.refresh_from_db()
    assert made.due_on.isoformat() == to
    undo = unescape(client.get("/").content.decode().split('<form method="post" action="/followups/')[1].split('"')[0])
    assert client.post(f"/followups/{undo}").url == "/"
    made.refresh_from_db()
    assert made.due_on == today
    theirs = promise.reminders.get()
    assert f'data-drop-url="{reverse("followups:drop", args=[theirs.pk])}' not in page
    answer = client.get(reverse("followups:reminder_move", args=[theirs.pk]), {"next": "/"})
    assert answer.url == reverse("followups:commitment_postpone", args=[promise.pk]) + "?next=%2F"


# --- the feed ---


def read(token: str, **headers):
    return Client().get(reverse("followups:ics", args=[token]), headers=headers)


def test_the_address_is_shown_once_and_only_its_hash_is_kept(cast):
    client = signed_in(cast.rep)
    url = reverse("followups:feed")
    assert ".ics" not in client.get(url).content.decode()
    page = client.post(url).content.decode()
    token = page.split("/calendar/feed/")[1].split(".ics")[0]
    assert len(token) >= 40 and ".ics" not in client.get(url).content.decode()
    assert token not in str(CalendarFeed.objects.values().get()) and read(token).status_code == 200
    client.post(url)
    assert read(token).status_code == 404 and CalendarFeed.objects.count() == 1
    client.post(reverse("followups:feed_revoke"))
    assert "未启用" in client.get(url).content.decode()
    actions = list(Entry.objects.filter(action__startswith="feed.").order_by("pk").values_list("action", flat=True))
    assert actions == ["feed.made", "feed.made", "feed.revoked"]


def test_a_real_calendar_client_can_read_it(cast, hospital, today):
    plain = remind(cast, hospital, today + timedelta(days=1))
    booked = appoint(cast, hospital, today + timedelta(days=2))
    answer = read(make_feed(staff=cast.rep, at=timezone.now()))
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    body = answer.content
    assert body.startswith(b"BEGIN:VCALENDAR\r\n") and body.endswith(b"END:VCALENDAR\r\n")
    assert b"\n" not in body.replace(b"\r\n", b"") and max(len(line) for line in body.split(b"\r\n")) <= 75
    found = Calendar.from_ical(body)
    assert found["version"] == "2.0" and found["prodid"] and not found.errors
    events = {str(event["uid"]).split("@")[0]: event for event in found.walk("VEVENT")}
    assert set(events) == {f"reminder-{plain.pk}", f"reminder-{booked.pk}"}
    for event in events.values():
        assert not event.errors and event["dtstamp"].dt.tzinfo is not None and int(event["sequence"]) == 0
        assert b"Z" in event["dtstamp"].to_ical()
    whole_day, timed = events[f"reminder-{plain.pk}"], events[f"reminder-{booked.pk}"]
    assert whole_day["dtstart"].dt == plain.due_on and whole_day["dtend"].dt == plain.due_on + timedelta(days=1)
    assert timed["dtstart"].dt == booked.starts_at and timed["dtstart"].to_ical().endswith(b"Z") and timed["status"] == "TENTATIVE"
    # a later version of the same line keeps its name and counts up; what was called off says so
    change_appointment(
        reminder=booked, booking=Booking(booked.starts_at, booked.ends_at, "cancelled"), by=cast.rep, at=timezone.now()
    )
    finish_reminder(reminder=plain, outcome="好了", by=cast.rep, at=timezone.now())
    again = {str(e["uid"]): e for e in Calendar.from_ical(read(make_feed(staff=cast.rep, at=timezone.now())).content).walk("VEVENT")}
    assert set(again) == {str(event["uid"]) for event in events.values()}
    off = again[str(timed["uid"])]
    assert off["status"] == "CANCELLED" and int(off["sequence"]) == 1
    assert str(again[str(whole_day["uid"])]["summary"]).startswith("✓")


def test_only_own_items_leave_and_nothing_one_could_call_or_name(cast, hospital, today):
    appoint(cast, hospital, today, text="拜访，联系 020-8123 0001 或 13800001111")
    remind(cast, hospital, today, text="经理的事", by=cast.manager)
    Reminder.objects.filter(text="经理的事").update(position=position_of(cast.manager))
    make_person(owner=cast.rep, kind="consumer", name="周女士")
    body = read(make_feed(staff=cast.rep, at=timezone.now())).content.decode()
    assert "示例市人民医院" in body and "13800001111" not in body and "拜访，联系" not in body and "经理的事" not in body
    rows = items_of(staff=cast.rep, today=today, policy=policy().feed)
    assert len(rows) == 1
    told = calendar_of(
        staff=cast.rep, items=rows, organisations={hospital.pk}, policy=FeedPolicy(True, 30, 180, 60), host="keqing.example"
    ).decode()
    assert "拜访" in told and "8123" not in told and "1380000" not in told
    private = calendar_of(staff=cast.rep, items=rows, organisations=(), policy=FeedPolicy(True, 30, 180, 60), host="h").decode()
    assert "个人客户" in private and "示例市" not in private


def test_an_unchanged_calendar_answers_304_and_a_changed_one_does_not(cast, hospital, today):
    token = make_feed(staff=cast.rep, at=timezone.now())
    first = read(token)
    mark = first["ETag"]
    assert read(token, **{"If-None-Match": mark}).status_code == 304
    assert read(token, **{"If-None-Match": f'"x", W/{mark}'}).status_code == 304
    remind(cast, hospital, today)
    assert read(token, **{"If-None-Match": mark}).status_code == 200


def test_the_feed_has_a_limit_per_person(cast, monkeypatch):
    token = make_feed(staff=cast.rep, at=timezone.now())
    CalendarFeed.objects.update(window_at=timezone.now(), window_reads=policy().feed.reads_per_hour)
    refused = read(token)
    assert refused.status_code == 429 and refused["Retry-After"]
    CalendarFeed.objects.update(window_at=timezone.now() - timedelta(hours=2))
    assert read(token).status_code == 200 and CalendarFeed.objects.get().window_reads == 1


def test_who_left_and_who_invents_an_address_gets_nothing(cast):
    token = make_feed(staff=cast.rep, at=timezone.now())
    assert read("x" * 43).status_code == 404 and Client().post(reverse("followups:ics", args=[token])).status_code == 405
    cast.rep.is_active, cast.rep.left_on = False, date(2026, 1, 1)
    cast.rep.save()
    assert read(token).status_code == 404
