"""Writing contacts in a real browser, at a desk and on a phone."""

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from keqing.followups.actions.reminders import create_reminder
from keqing.followups.models import Comment, ContactRecord, Reminder
from keqing.followups.tests.factories import make_contact
from keqing.kit.formats import business_date
from keqing.people.tests.factories import make_organisation, make_person
from tests.journeys.people import PHONE, sign_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not (settings.ROOT / "static" / "dist" / "app.js").exists(), reason="先运行 make assets"),
]
TARGETS = """() => [...document.querySelectorAll("main .btn, main .input, main .select, main .choices label, .action-bar .btn")]
  .map((one) => [one.textContent.trim().slice(0, 20), one.getBoundingClientRect()])
  .filter(([, box]) => box.width && box.height < 43.5).map(([text, box]) => `${text} ${box.height}`)"""


@pytest.fixture
def hospital(cast):
    hospital = make_organisation(owner=cast.rep)
    make_person(at_organisation=hospital)
    return hospital


@pytest.mark.proves("R-195", "R-198")
def test_a_note_in_the_stream_a_comment_from_the_feed_and_the_reading_of_it(cast, hospital, page, live_server):
    sign_in(page, live_server, cast.rep)
    page.goto(live_server.url + reverse("followups:stream", args=[hospital.pk]))
    page.fill("#composer-text", "药事会定在十二月")
    page.select_option("select[name=participants]", label="张卫东（医生）")
    page.fill("input[name=solution]", "补二期数据")
    page.click("text=完成并安排下次")
    page.wait_for_url("**" + reverse("desk:customer", args=[hospital.pk]))
    contact = ContactRecord.objects.get()
    assert contact.participants.get().name == "张卫东" and Reminder.objects.get().due_on == contact.callback_on

    sign_in(page, live_server, cast.manager)
    page.goto(live_server.url + reverse("desk:team"))
    entry = page.locator(f"#contact-{contact.pk}")
    entry.locator("a.btn", has_text="批注").click()
    entry.locator("textarea").fill("下次带上医学部")
    assert "药事会定在十二月" in entry.locator("details").inner_text()
    entry.locator("button", has_text="发出批注").click()
    page.wait_for_selector("text=批注已发出")
    assert "下次带上医学部" in page.locator(f"#contact-{contact.pk}").inner_text()

    sign_in(page, live_server, cast.rep)
    with page.expect_response("**/read/"):  # opening the record is reading it
        page.goto(live_server.url + reverse("followups:contact", args=[contact.pk]))
    assert Comment.objects.get().read_at is not None


def test_on_a_phone_everything_is_in_reach_of_a_thumb_and_nothing_is_lost(cast, hospital, page, live_server):
    page.set_viewport_size(PHONE)
    make_contact(customer=hospital, by=cast.rep)
    sign_in(page, live_server, cast.rep)
    url = live_server.url + reverse("followups:record", args=[hospital.pk])
    page.goto(url)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert page.evaluate(TARGETS) == []
    send = page.locator(".action-bar .btn-primary").bounding_box()
    assert send["y"] > PHONE["height"] / 2
    page.fill("textarea[name=description]", "写到一半")
    page.wait_for_function("() => Object.values(localStorage).some((kept) => kept.includes('写到一半'))")
    page.goto("about:blank")
    page.goto(url)
    assert page.input_value("textarea[name=description]") == "写到一半"
    page.fill("input[name=callback_on]", "2020-01-01")
    page.click("text=完成并安排下次")
    page.wait_for_selector("text=没有保存，请改正下面的内容")
    assert page.input_value("textarea[name=description]") == "写到一半"
    assert ContactRecord.objects.count() == 1
    page.click("text=只记录")
    page.wait_for_url("**" + reverse("desk:customer", args=[hospital.pk]))
    assert ContactRecord.objects.count() == 2 and not Reminder.objects.exists()


def test_a_follow_up_is_finished_in_its_place(cast, hospital, page, live_server):
    at = timezone.now()
    create_reminder(customer=hospital, text="送资料", due_on=business_date(at), by=cast.rep, at=at)
    page.set_viewport_size(PHONE)
    sign_in(page, live_server, cast.rep)
    page.goto(live_server.url + reverse("desk:today"))
    assert page.evaluate(TARGETS) == []
    page.locator("#due a.btn", has_text="完成").click()
    page.fill("input[name=outcome]", "已送到")
    page.locator("#due button", has_text="完成").click()
    page.wait_for_selector("text=已完成")
    assert page.url.rstrip("/") == live_server.url
    assert Reminder.objects.filter(outcome="已送到").count() == Reminder.objects.open().count() == 1
