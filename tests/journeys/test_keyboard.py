"""Core work with the keyboard alone: every stop is seen and not under a bar (U60), less motion is less (U63)."""

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from keqing.access.tests.factories import PASSWORD, make_cast
from keqing.followups.actions.reminders import create_reminder
from keqing.followups.models import ContactRecord, Reminder
from keqing.kit.formats import business_date
from keqing.people.tests.factories import make_organisation
from tests.journeys.people import open_page, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WAIT, STOPS = 10_000, 80
# the outline of the stop, its contrast to what is behind, and whether something lies over it
STOP = """(wanted) => {
  const one = document.activeElement
  if (!one || one === document.body) return { there: false, wrong: [] }
  const wrong = [], name = `${one.tagName}.${one.className} ${(one.innerText || one.name || "").slice(0, 20)}`
  const marks = [one, one.closest("label, .input, .select, .choices label")].filter(Boolean)
  const seen = marks.some((part) => { const style = getComputedStyle(part); return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1 })
  if (!seen && !one.matches("main")) wrong.push(`no outline: ${name}`)
  const box = one.getBoundingClientRect()
  const x = Math.min(Math.max(box.left + box.width / 2, 1), innerWidth - 2), y = Math.min(Math.max(box.top + Math.min(box.height / 2, 20), 1), innerHeight - 2)
  const over = document.elementFromPoint(x, y)
  const apart = over && !one.contains(over) && !over.contains(one) && !over.closest("label")?.contains(one)
  if (box.width > 2 && apart) wrong.push(`${over.tagName}.${over.className} over ${name}`)
  return { there: one.matches(wanted), wrong }
}"""


@pytest.fixture
def stage(page: Any) -> Any:
    page.set_default_timeout(WAIT)
    page.set_default_navigation_timeout(WAIT)
    page.emulate_media(reduced_motion="reduce")
    cast = make_cast()
    return cast, make_organisation(owner=cast.rep, name="澜泊市人民医院")


def tab_to(page: Any, wanted: str) -> None:
    """Press Tab until the wanted element has the focus; each stop on the way must be seen."""
    for _ in range(STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP, wanted)
        assert not stop["wrong"], stop["wrong"]
        if stop["there"]:
            return
    pytest.fail(f"{wanted} is not reached by Tab")


@pytest.mark.proves("U60")
def test_signing_in(page: Any, live_server: Any, stage: Any):
    page.goto(live_server.url + reverse("access:sign_in"))
    page.keyboard.type(stage[0].rep.login_name)
    tab_to(page, "input[type=password]")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "sign-in" not in url)


@pytest.mark.proves("U60")
def test_finding_a_customer_and_recording_a_contact(page: Any, live_server: Any, stage: Any):
    cast, hospital = stage
    sign_in(page, live_server, cast.rep)
    open_page(page, live_server, "followups:record", hospital.pk)
    tab_to(page, "textarea[name=description]")
    page.keyboard.type("只用键盘记下的一次")
    tab_to(page, "main .action-bar .btn-primary, .action-bar .btn-primary")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{reverse('desk:customer', args=[hospital.pk])}")
    assert ContactRecord.objects.get().description == "只用键盘记下的一次"


@pytest.mark.proves("U60", "U64")
def test_walking_a_list_and_opening_a_customer(page: Any, live_server: Any, stage: Any):
    cast, hospital = stage
    sign_in(page, live_server, cast.rep)
    open_page(page, live_server, "people:organisations", "hospital")
    listed = page.title()
    page.keyboard.press("j")
    page.wait_for_selector("#panel :text('澜泊市人民医院')")
    assert page.get_attribute("#panel", "aria-live") == "polite"
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{reverse('desk:customer', args=[hospital.pk])}*")
    assert "澜泊市人民医院" in page.title() and page.title() != listed


@pytest.mark.proves("U60")
def test_finishing_a_reminder(page: Any, live_server: Any, stage: Any):
    cast, hospital = stage
    at = timezone.now()
    reminder = create_reminder(customer=hospital, text="送说明书", due_on=business_date(at), by=cast.rep, at=at)
    sign_in(page, live_server, cast.rep)
    open_page(page, live_server, "followups:reminder_done", reminder.pk)
    tab_to(page, "main form button.btn-primary, .action-bar .btn-primary")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/done/" not in url)
    assert Reminder.objects.get(pk=reminder.pk).done_at


@pytest.mark.proves("U60")
def test_editing_the_file_of_a_customer(page: Any, live_server: Any, stage: Any):
    cast, hospital = stage
    sign_in(page, live_server, cast.rep)
    open_page(page, live_server, "people:organisation_edit", hospital.pk)
    tab_to(page, "input[name=beds]")
    page.keyboard.type("880")
    tab_to(page, ".action-bar .btn-primary, main form button.btn-primary")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{reverse('desk:customer', args=[hospital.pk])}")
    hospital.refresh_from_db()
    assert hospital.beds == 880


@pytest.mark.proves("U63")
def test_less_motion_is_no_motion(page: Any, live_server: Any, stage: Any):
    sign_in(page, live_server, stage[0].rep)
    open_page(page, live_server, "desk:today")
    moving = """() => [...document.querySelectorAll("body *")].filter((one) => {
      const style = getComputedStyle(one)
      return [style.transitionDuration, style.animationDuration].some((all) => all.split(", ").some((time) => parseFloat(time) > 0.01))
    }).map((one) => one.className)"""
    assert page.evaluate(moving) == []
