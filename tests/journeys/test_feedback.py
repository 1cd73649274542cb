"""An action answers at once, and a page without content says what to do next."""

from typing import Any

import pytest
from django.urls import reverse

from keqing.access.tests.factories import make_cast
from keqing.people.tests.factories import make_organisation
from tests.journeys.people import DESK, open_page, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CLICK_TWICE_AND_TIME = """
() => new Promise((resolve) => {
  const button = document.querySelector("main form[method=post] button.btn-primary");
  const start = performance.now();
  new MutationObserver(() => resolve(performance.now() - start)).observe(button, {attributes: true});
  button.click();
  button.click();
})
"""


@pytest.mark.proves("U54")
def test_a_click_shows_at_once_that_it_was_taken_and_a_second_one_does_nothing(page: Any, live_server: Any):
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep)
    page.set_viewport_size(DESK)
    sign_in(page, live_server, cast.rep)
    open_page(page, live_server, "followups:record", hospital.pk)
    page.fill("textarea[name=description]", "说明书已送")
    sent: list[str] = []

    def note(route: Any) -> None:
        sent.append(route.request.method)
        route.fulfill(status=204)  # the page stays, so that it can still be asked

    page.route("**/record/**", note)
    assert page.evaluate(CLICK_TWICE_AND_TIME) < 100
    for _ in range(50):  # the page asks first whether its person is still signed in
        if not sent:
            page.wait_for_timeout(100)
    page.wait_for_timeout(300)
    assert sent == ["POST"]


@pytest.mark.proves("U54")
def test_a_slow_side_panel_draws_its_outline_while_it_waits(page: Any, live_server: Any):
    cast = make_cast()
    make_organisation(owner=cast.rep)
    page.set_viewport_size(DESK)
    sign_in(page, live_server, cast.rep)
    open_page(page, live_server, "people:organisations", "hospital")
    waiting: list[Any] = []
    page.route("**/panel/**", lambda route: waiting.append(route))
    with page.expect_request(lambda request: "/panel/" in request.url, timeout=10_000):
        page.click("tr[data-row] td.lead a")
    page.wait_for_function("getComputedStyle(document.getElementById('panel'), '::before').opacity === '1'", timeout=10_000)
    for route in waiting:
        route.fulfill(status=204)


@pytest.mark.proves("U58")
@pytest.mark.parametrize(
    ("person", "address", "next_step"),
    [
        ("rep", ("people:organisations", ["hospital"]), "新建医院"),
        ("rep", ("desk:today", []), "记录联系"),
        ("manager", ("interchange:imports", []), "导入文件"),
        ("rep", ("followups:contacts", []), "联系"),
    ],
)
def test_an_empty_page_says_what_to_do_next(page: Any, live_server: Any, person: str, address: Any, next_step: str):
    cast = make_cast()
    sign_in(page, live_server, getattr(cast, person))
    page.goto(live_server.url + reverse(address[0], args=address[1]))
    empty = page.locator("main [data-empty]").first
    assert next_step in empty.inner_text()
