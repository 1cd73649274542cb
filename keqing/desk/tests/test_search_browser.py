"""The palette in a real browser: opened by keys, walked by arrows, within the time people notice; duplicates as one types."""

import re

import pytest
from django.urls import reverse

from keqing.access.tests.factories import make_cast
from keqing.followups.tests.factories import make_contact
from keqing.people.tests.factories import make_organisation, make_person
from tests.journeys.people import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BOX = "[data-palette-input]"


@pytest.fixture
def stage():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep, name="江湾示范医院")
    doctor = make_person(at_organisation=hospital, owner=cast.rep, name="曾卫东", mobile="18612341402")
    make_contact(customer=hospital, by=cast.rep, description="主任要求降价")
    return cast, hospital, doctor


@pytest.mark.proves("U32", "U33")
def test_a_doctor_is_opened_by_the_last_four_digits_with_keys_alone(page, live_server, stage):
    cast, _, doctor = stage
    sign_in(page, live_server, cast.rep)
    page.goto(live_server.url + reverse("desk:today"))
    page.keyboard.press("Control+k")
    page.wait_for_selector("#palette[open]")
    box = page.locator(BOX)
    assert box.get_attribute("role") == "combobox" and box.get_attribute("aria-controls") == "palette-results"
    page.keyboard.type("1402")
    page.wait_for_selector("#hit-people-1[aria-selected=true]")
    assert box.get_attribute("aria-activedescendant") == "hit-people-1"
    assert "186 **** 1402" in page.locator("#hit-people-1").inner_text()
    page.keyboard.press("ArrowDown")
    assert box.get_attribute("aria-activedescendant") == "hit-all"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(rf"/people/{doctor.pk}/$"))


@pytest.mark.proves("U32")
def test_what_was_opened_and_asked_last_is_there_at_once(page, live_server, stage):
    cast, hospital, _ = stage
    sign_in(page, live_server, cast.rep)
    page.goto(live_server.url + reverse("desk:customer", args=[hospital.pk]))
    page.goto(live_server.url + reverse("desk:today"))
    page.keyboard.press("/")
    page.get_by_role("option", name="江湾示范医院").wait_for()
    page.get_by_role("option", name="新建医院").wait_for()
    page.fill(BOX, "降价")
    page.locator("#hit-contacts-1 mark", has_text="降价").wait_for()
    page.locator("#hit-contacts-1").click()
    page.wait_for_url(re.compile(r"/followups/contacts/\d+/$"))
    page.keyboard.press("Control+k")
    page.locator(".palette-group", has_text="最近搜索").wait_for()
    page.keyboard.press("Escape")
    assert not page.locator("#palette").is_visible()


@pytest.mark.proves("U32")
def test_the_palette_opens_within_a_tenth_of_a_second(page, live_server, stage):
    cast, *_ = stage
    sign_in(page, live_server, cast.rep)
    page.goto(live_server.url + reverse("desk:today"))
    taken = page.evaluate(
        """() => {
          const start = performance.now();
          document.dispatchEvent(new KeyboardEvent("keydown", { key: "k", ctrlKey: true, bubbles: true }));
          return document.getElementById("palette").open ? performance.now() - start : 9999;
        }"""
    )
    assert taken <= 100


@pytest.mark.proves("U32", "U05")
def test_on_a_phone_the_search_fills_the_screen(page, live_server, stage):
    cast, *_ = stage
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page, live_server, cast.rep)
    page.goto(live_server.url + reverse("desk:today"))
    page.locator("[data-search]").click()
    page.fill(BOX, "jwsf")
    page.wait_for_selector("#hit-organisations-1")
    place = page.locator("#palette").bounding_box()
    assert place == {"x": 0, "y": 0, "width": 390, "height": 844}
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.proves("U34")
def test_a_person_is_known_by_phone_and_by_name_and_hospital_while_typing(page, live_server, stage):
    cast, hospital, _ = stage
    sign_in(page, live_server, cast.rep)
    page.goto(live_server.url + reverse("people:person_new"))
    page.fill("#id_organisation", hospital.name)
    page.fill("#id_name", "曾卫东")
    page.get_by_text("同一机构的同名人员").wait_for()
    page.fill("#id_name", "别人")
    page.get_by_text("同一机构的同名人员").wait_for(state="detached")
    page.fill("#id_mobile", "186 1234 1402")
    page.get_by_text("手机号相同").wait_for()
    assert page.locator("#duplicates").get_attribute("aria-live") == "polite"
