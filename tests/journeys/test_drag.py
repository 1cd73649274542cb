"""What is dragged on the board and in the calendar, and the menu beside it that does the same (R-181, R-203, U61)."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from keqing.access.tests.factories import make_cast
from keqing.followups.actions.reminders import create_reminder, move_reminder
from keqing.followups.actions.tasks import Booking, make_appointment
from keqing.followups.models import Reminder
from keqing.kit.formats import SHANGHAI, business_date
from keqing.lifecycle.tests.factories import make_need, put_in
from keqing.people.models import Organisation
from keqing.people.tests.factories import make_organisation
from tests.journeys.people import DESK, PHONE, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("patience")]


def stage_of(customer: Organisation) -> str:
    return Organisation.objects.get(pk=customer.pk).lifecycle


@pytest.mark.proves("R-181", "U61")
def test_a_card_is_dragged_to_the_next_stage_and_moved_on_by_its_menu(page: Any, live_server: Any):
    cast = make_cast()
    hospital = put_in(make_organisation(owner=cast.rep, name="示例第一医院"), "prospect")
    make_need(customer=hospital, by=cast.rep)
    at = timezone.now()
    create_reminder(customer=hospital, text="寄二期数据", due_on=business_date(at) + timedelta(days=3), by=cast.rep, at=at)
    page.set_viewport_size(DESK)
    sign_in(page, live_server, cast.rep)
    board = reverse("lifecycle:board")
    page.goto(live_server.url + board)
    card = page.locator("[data-card]", has_text="示例第一医院")

    # not into a stage it cannot reach from here: the board refuses the drop, nothing opens
    card.drag_to(page.locator("[data-stage=user]"))
    assert page.locator("[data-over]").count() == 0 and page.url == live_server.url + board

    card.drag_to(page.locator("[data-stage=opportunity]"))
    page.wait_for_url("**to=opportunity**")
    page.locator("h1", has_text="潜在客户 → 销售机会").wait_for()
    page.click("main form button.btn-primary")
    page.wait_for_url("**" + board)
    page.locator("[data-stage=opportunity] [data-card]", has_text="示例第一医院").wait_for()
    page.locator(".toast-note", has_text="示例第一医院：销售机会").wait_for()
    assert stage_of(hospital) == "opportunity"

    # the same without a pointer to drag with, on a phone, where one column is shown at a time
    page.set_viewport_size(PHONE)
    page.click("nav[aria-label=阶段] a:has-text('销售机会')")
    page.wait_for_url("**column=opportunity**")
    page.click("summary[aria-label='移动 示例第一医院']")
    page.click(".drop-item:has-text('移到 休眠')")
    page.wait_for_url("**to=dormant**")
    page.click("main form button.btn-primary")
    page.locator(".errors, .field-error").first.wait_for()
    assert stage_of(hospital) == "opportunity"
    page.fill("textarea[name=reason]", "半年没有进药计划")
    page.click("main form button.btn-primary")
    page.wait_for_url("**" + board + "**")
    page.locator(".toast-note", has_text="休眠").wait_for()
    assert stage_of(hospital) == "dormant"


def two_days() -> tuple[date, date]:
    """A day of next week and another one of the same week."""
    first = business_date(timezone.now()) + timedelta(days=7)
    return first, first + timedelta(days=1 if first.weekday() < 6 else -1)


@pytest.mark.proves("R-203", "R-053", "U61")
def test_an_appointment_is_dragged_to_another_day_with_its_hours_and_moved_on_by_its_menu(page: Any, live_server: Any):
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep, name="示例第一医院")
    first, other = two_days()
    hours = [datetime.combine(first, time(hour), SHANGHAI) for hour in (14, 15)]
    made = make_appointment(customer=hospital, text="拜访药剂科", booking=Booking(*hours), by=cast.rep, at=timezone.now())
    page.set_viewport_size(DESK)
    sign_in(page, live_server, cast.rep)
    page.goto(f"{live_server.url}{reverse('followups:calendar')}?view=week&on={first}")
    item = page.locator(f"[data-day='{first}'] [data-drag]", has_text="拜访药剂科")
    target = page.locator(f"[data-day='{other}']")
    begin, end = item.locator(".cal-text").bounding_box(), target.bounding_box()
    page.mouse.move(begin["x"] + 4, begin["y"] + 4)
    page.mouse.down()
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] / 2, steps=6)
    page.locator(f"[data-day='{other}'].cal-over").wait_for()
    with page.expect_response("**/drop/**"):
        page.mouse.up()
    page.locator(".toast-note", has_text=f"已改到 {other:%m-%d}").wait_for()
    page.locator(f"[data-day='{other}'] [data-drag]", has_text="14:00").wait_for()
    stored = Reminder.objects.get(pk=made.pk)
    assert stored.due_on == other and timezone.localtime(stored.starts_at, SHANGHAI) == datetime.combine(other, time(14), SHANGHAI)

    # taken back by the notice, and moved once more
    with page.expect_navigation():
        page.locator(".toast-note", has_text=f"已改到 {other:%m-%d}").locator("button.toast-undo").click()
    page.locator(".toast-note", has_text=f"回到 {first:%m-%d}").wait_for()
    page.locator(f"[data-day='{first}'] [data-drag]", has_text="14:00").wait_for()
    assert Reminder.objects.get(pk=made.pk).due_on == first
    move_reminder(reminder=Reminder.objects.get(pk=made.pk), to=other, by=cast.rep, at=timezone.now())

    # back again by the menu, on a phone
    page.set_viewport_size(PHONE)
    page.goto(f"{live_server.url}{reverse('followups:calendar')}?view=week&on={first}")
    page.click("a[aria-label='把“拜访药剂科”改到另一天']")
    page.fill("input[name=to]", first.isoformat())
    page.click("main form button.btn-primary")
    page.locator(f"[data-day='{first}'] [data-drag]", has_text="14:00").wait_for()
    assert Reminder.objects.get(pk=made.pk).due_on == first
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
