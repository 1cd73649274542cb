"""The session ends while somebody works: they sign in again on the page, and what was under way goes on (U57)."""

from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from keqing.access.tests.factories import PASSWORD, make_cast
from keqing.followups.models import ContactRecord
from keqing.followups.tests.factories import make_contact
from keqing.people.tests.factories import make_organisation
from tests.guards.stage import Cast
from tests.journeys.people import open_page, sign_in, sign_in_by_form

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.proves("U57")]

DIALOG = "#sign-in-again[open]"
WAIT = 10_000


@pytest.fixture
def cast(page: Any) -> Cast:
    page.set_default_timeout(WAIT)
    return make_cast()


def write_contact(page: Any, live_server: Any, customer: int, text: str) -> None:
    open_page(page, live_server, "followups:record", customer)
    page.fill("textarea[name=description]", text)
    page.fill("input[name=callback_on]", "")


def sign_in_again(page: Any, password: str = PASSWORD) -> None:
    page.fill(f"{DIALOG} input[type=password]", password)
    page.click(f"{DIALOG} .btn-primary")


def test_a_form_goes_on_after_signing_in_again_in_place(page: Any, live_server: Any, cast: Cast):
    hospital = make_organisation(owner=cast.rep, name="澜泊市人民医院")
    sign_in(page, live_server, cast.rep)
    write_contact(page, live_server, hospital.pk, "谈到一半，登录过期")
    Session.objects.all().delete()
    page.click("text=完成并安排下次")
    page.wait_for_selector(DIALOG)
    assert page.evaluate("document.activeElement.type") == "password"
    sign_in_again(page, "猜错的密码")
    page.wait_for_selector(f"{DIALOG} [data-again-error]:not([hidden])")
    assert page.input_value("textarea[name=description]") == "谈到一半，登录过期" and not ContactRecord.objects.exists()
    sign_in_again(page)
    page.wait_for_url(f"**{reverse('desk:customer', args=[hospital.pk])}")
    assert ContactRecord.objects.get().description == "谈到一半，登录过期"


def test_nothing_goes_out_in_the_name_of_another_who_signed_in_meanwhile(page: Any, live_server: Any, cast: Cast):
    hospital = make_organisation(owner=cast.rep, name="澜泊市人民医院")
    sign_in(page, live_server, cast.rep)
    write_contact(page, live_server, hospital.pk, "这是代表写的")
    other = page.context.new_page()
    other.set_default_timeout(WAIT)
    sign_in_by_form(other, live_server, cast.manager)
    page.click("text=完成并安排下次")
    page.wait_for_selector(DIALOG)
    assert "另一个人" in page.inner_text(DIALOG)
    assert not ContactRecord.objects.exists() and page.input_value("textarea[name=description]") == "这是代表写的"
    sign_in_again(page)
    page.wait_for_url(f"**{reverse('desk:customer', args=[hospital.pk])}")
    assert ContactRecord.objects.get().tracker == cast.rep


def test_a_part_of_a_page_loads_after_signing_in_again(page: Any, live_server: Any, cast: Cast):
    hospital = make_organisation(owner=cast.rep, name="澜泊市人民医院")
    make_contact(customer=hospital, by=cast.rep, description="上次谈过药事会")
    sign_in(page, live_server, cast.rep)
    open_page(page, live_server, "desk:customer", hospital.pk)
    Session.objects.all().delete()
    page.click("main [hx-get*='kind=visit']")
    page.wait_for_selector(DIALOG)
    sign_in_again(page)
    page.wait_for_selector(f"{DIALOG}", state="detached")
    page.wait_for_selector("main [hx-get*='kind=visit'][aria-current], main [hx-get*='kind=visit'].active")


def test_the_dialog_lets_nobody_else_in(live_server: Any, cast: Cast, page: Any):
    client = Client()
    sent = {"login_name": cast.manager.login_name, "password": PASSWORD, "person": cast.rep.pk}
    answer = client.post(reverse("access:sign_in"), sent, headers={"Accept": "application/json"})
    assert answer.status_code == 422 and "另一个人" in answer.json()["error"]
    assert client.get(reverse("access:session")).status_code == 401
    answer = client.post(reverse("access:sign_in"), {**sent, "person": cast.manager.pk}, headers={"Accept": "application/json"})
    assert answer.status_code == 200 and client.get(reverse("access:session")).json()["person"] == cast.manager.pk
