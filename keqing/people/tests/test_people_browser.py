"""What only a browser can show: the card on one sheet of paper, the warning while typing."""

import re

import pytest
from django.urls import reverse

from keqing.access.tests.factories import PASSWORD, make_cast
from keqing.people.tests.factories import make_organisation, make_person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def sign_in(page, live_server, staff):
    page.goto(live_server.url + reverse("access:sign_in"))
    page.fill("input[name=login_name]", staff.login_name)
    page.fill("input[type=password]", PASSWORD)
    page.click("main button.btn-primary")
    page.wait_for_load_state("networkidle")


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
