"""What only a browser can show: the card on one sheet of paper, the warning while typing."""

import re

import pytest
from django.urls import reverse

from keqing.access.tests.factories import make_cast
from keqing.followups.actions.comments import comment_on
from keqing.followups.tests.factories import make_contact
from keqing.people.tests.factories import NOW, make_organisation, make_person
from tests.journeys.people import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.proves("R-009")
def test_the_doctors_card_prints_on_one_a4_page(page, live_server):
    cast = make_cast()
    hospitals = [make_organisation(owner=cast.rep, name=f"江湾示范医院{number}院区") for number in range(3)]
    doctor = make_person(
        at_organisation=hospitals[0], owner=cast.rep, title="chief", specialty="实体瘤内科治疗" * 60, academic_posts="省学会委员" * 50,
        publications="论文题目" * 140, topics="安全性" * 60, best_times=["1am", "2pm", "3am"], profile="公开简介。" * 400,
    )
    sign_in(page, live_server, cast.rep)
    page.goto(live_server.url + reverse("people:person_card", args=[doctor.pk]))
    printed = page.pdf(format="A4")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1


@pytest.mark.proves("U39")
def test_typing_a_known_name_warns_and_a_refused_form_keeps_everything(page, live_server):
    cast = make_cast()
    make_organisation(owner=cast.stranger, name="江湾示范医院")
    sign_in(page, live_server, cast.rep)
    page.goto(live_server.url + reverse("people:organisation_new", args=["hospital"]))
    page.locator("#id_name").press_sequentially("江湾示范")
    page.get_by_text("已存在，负责人 唐敏").wait_for()
    page.locator("#id_region").press_sequentially("thq")
    page.wait_for_selector("#region-options option[value='广东省广州市天河区']", state="attached")
    page.fill("#id_phone", "123")
    page.fill("#id_beds", "800")
    page.click(".action-bar .btn-primary")
    page.wait_for_selector("[data-error-summary]")
    assert page.evaluate("document.activeElement.hasAttribute('data-error-summary')")
    assert page.input_value("#id_beds") == "800" and page.input_value("#id_name") == "江湾示范"


FITS = """(input) => {
  const style = getComputedStyle(input), pen = document.createElement("canvas").getContext("2d");
  pen.font = style.font;
  return pen.measureText(input.placeholder).width <= input.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
}"""


def test_hints_of_what_can_be_typed_and_the_number_of_notices_are_not_cut_off(page, live_server):
    cast = make_cast()
    contact = make_contact(customer=make_organisation(owner=cast.rep), by=cast.rep)
    comment_on(contact=contact, text="请跟进", by=cast.manager, at=NOW)
    sign_in(page, live_server, cast.rep)
    for name, arguments in (("organisations", ["all"]), ("people", [])):
        page.goto(live_server.url + reverse(f"people:{name}", args=arguments))
        assert page.locator("#list-filters input[name=q]").evaluate(FITS), name
    page.set_viewport_size({"width": 390, "height": 844})
    badge, search = page.locator(".shell-top .badge").bounding_box(), page.locator(".shell-top [role=search]")
    assert badge["y"] >= 0 and badge["x"] + badge["width"] <= 390
    assert search.get_by_text("搜索", exact=True).last.is_visible()
    search.locator("input").fill("江")
    assert not search.get_by_text("搜索", exact=True).last.is_visible()
