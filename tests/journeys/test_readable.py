"""Pages as eyes, fingers and screen readers meet them (U39, U41, U52, U53)."""

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from keqing.access.tests.factories import make_cast
from keqing.followups.actions.reminders import create_reminder
from keqing.followups.models import ContactRecord
from keqing.followups.tests.factories import make_contact
from keqing.kit.formats import business_date
from keqing.people.tests.factories import make_organisation, make_person
from tests.journeys.people import DESK, PHONE, open_page, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TYPE = """() => {
  const seen = (one) => one.getClientRects().length && getComputedStyle(one).visibility !== "hidden"
  const words = (one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())
  const wrong = []
  for (const one of document.querySelectorAll("body *")) {
    if (!words(one) || !seen(one) || one.closest("svg, .sr-only, kbd, .badge")) continue
    const style = getComputedStyle(one), size = parseFloat(style.fontSize)
    if (size < 12) wrong.push(`${size}px ${one.textContent.trim().slice(0, 20)}`)
    if (style.fontStyle === "italic") wrong.push(`italic ${one.textContent.trim().slice(0, 20)}`)
  }
  const main = getComputedStyle(document.querySelector("main") || document.body)
  if (parseFloat(main.fontSize) < 14) wrong.push(`body ${main.fontSize}`)
  const line = parseFloat(main.lineHeight) / parseFloat(main.fontSize)
  if (line < 1.45 || line > 1.8) wrong.push(`line height ${line}`)
  return wrong
}"""
FIGURES = """() => [...document.querySelectorAll("main .figures, main td.num, main th.num")].flatMap((one) => {
  const style = getComputedStyle(one), wrong = []
  if (!style.fontVariantNumeric.includes("tabular-nums")) wrong.push(`not tabular: ${one.className}`)
  if (one.classList.contains("num") && !["right", "end"].includes(style.textAlign)) wrong.push(`not right: ${one.className}`)
  return wrong
})"""
INPUTS = """() => [...document.querySelectorAll("main input, main select, main textarea")]
  .filter((one) => one.getClientRects().length && !["checkbox", "radio", "hidden", "file"].includes(one.type))
  .filter((one) => parseFloat(getComputedStyle(one).fontSize) < 16).map((one) => one.name)"""


@pytest.fixture
def stage() -> Any:
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep, name="澜泊市人民医院", level="3a", beds=900)
    doctor = make_person(at_organisation=hospital, owner=cast.rep)
    contact = make_contact(customer=hospital, by=cast.rep)
    at = timezone.now()
    create_reminder(customer=hospital, text="送说明书", due_on=business_date(at), by=cast.rep, at=at)
    return cast, hospital, doctor, contact


def pages_of(stage: Any) -> list[str]:
    _, hospital, doctor, contact = stage
    return [
        reverse("desk:today"), reverse("desk:team"), reverse("people:organisations", args=["hospital"]),
        reverse("desk:customer", args=[hospital.pk]), reverse("people:organisation_edit", args=[hospital.pk]),
        reverse("people:people"), reverse("people:person", args=[doctor.pk]), reverse("followups:record", args=[hospital.pk]),
        reverse("followups:contacts"), reverse("followups:contact", args=[contact.pk]), reverse("followups:reminders"),
        f"{reverse('desk:search')}?q=rmyy", reverse("interchange:upload"), reverse("people:quality"), reverse("access:sign_in"),
    ]


@pytest.mark.proves("U52", "U53")
def test_text_is_large_enough_and_figures_line_up(page: Any, live_server: Any, stage: Any):
    fonts: list[str] = []
    page.on("request", lambda request: fonts.append(request.url) if request.resource_type == "font" else None)
    sign_in(page, live_server, stage[0].manager)
    wrong = []
    for url in pages_of(stage):
        page.goto(live_server.url + url)
        for size in (PHONE, DESK):
            page.set_viewport_size(size)
            checks = [TYPE, FIGURES, *([INPUTS] if size is PHONE else [])]
            wrong += [f"{url} {size['width']} {one}" for check in checks for one in page.evaluate(check)]
            if size is PHONE and page.evaluate("document.documentElement.scrollWidth") > PHONE["width"]:
                wrong.append(f"{url} scrolls sideways")
    assert not wrong, "\n".join(wrong)
    assert fonts == []


@pytest.mark.proves("U39", "U41")
def test_nothing_typed_is_lost_on_a_refusal_or_on_leaving(page: Any, live_server: Any, stage: Any):
    cast, hospital, _, _ = stage
    sign_in(page, live_server, cast.rep)
    open_page(page, live_server, "followups:record", hospital.pk)
    typed = {"textarea[name=description]": "谈到一半", "textarea[name=solution]": "下周再来", "input[name=callback_on]": "2020-01-01"}
    for field, text in typed.items():
        page.fill(field, text)
    page.click("text=完成并安排下次")
    page.wait_for_selector("[data-error-summary]")
    assert page.evaluate("document.activeElement.hasAttribute('data-error-summary')")
    assert {field: page.input_value(field) for field in typed} == typed
    assert ContactRecord.objects.count() == 1

    page.fill("textarea[name=description]", "谈到一半又多写一句")
    page.wait_for_function("(text) => Object.values(localStorage).some((one) => one.includes(text))", arg="谈到一半又多写一句", timeout=10_000)
    open_page(page, live_server, "desk:today")
    open_page(page, live_server, "followups:record", hospital.pk)
    assert page.input_value("textarea[name=description]") == "谈到一半又多写一句"
