"""What is dragged can be done with a button or a key too, and nothing to press is too small (U61)."""

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from keqing.access.tests.factories import make_cast
from keqing.people.tests.factories import make_organisation
from tests.journeys.people import DESK, PHONE, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WAIT = 10_000
PACKAGE = Path(__file__).resolve().parents[2] / "keqing"
NAMES = """() => [...document.querySelectorAll("#list-columns li label")].map((one) => one.textContent.trim())"""
# WCAG 2.5.8: 24 by 24 pixels, or nothing else to press within a circle of that size; a link in a sentence is free
SMALL = """(root) => {
  const shown = (one) => one.getClientRects().length && getComputedStyle(one).visibility !== "hidden" && !one.closest(".sr-only, .skip")
  const targets = [...document.querySelector(root).querySelectorAll("button, summary, select, input:not([type=hidden]), textarea, a[href]")].filter(shown)
  const box = (one) => (one.closest("label") || one).getBoundingClientRect()
  const middle = (one) => ({ x: box(one).x + box(one).width / 2, y: box(one).y + box(one).height / 2 })
  const near = (one, other) => {
    const at = middle(one), there = box(other)
    const x = Math.max(there.left, Math.min(at.x, there.right)), y = Math.max(there.top, Math.min(at.y, there.bottom))
    return other !== one && !other.contains(one) && !one.contains(other) && Math.hypot(at.x - x, at.y - y) < 12
  }
  return targets.filter((one) => Math.min(box(one).width, box(one).height) < 23.9 && targets.some((other) => near(one, other)))
    .map((one) => `${one.tagName}.${one.className} ${one.textContent.trim().slice(0, 12)} ${Math.round(box(one).width)}x${Math.round(box(one).height)}`)
}"""


@pytest.fixture
def hospitals(page: Any, live_server: Any) -> Any:
    page.set_default_timeout(WAIT)
    page.set_default_navigation_timeout(WAIT)
    cast = make_cast()
    for number in range(30):
        make_organisation(owner=cast.rep, name=f"示例第{number}人民医院", level="3a", beds=100 + number)
    page.set_viewport_size(DESK)
    sign_in(page, live_server, cast.manager)
    return live_server.url + reverse("people:organisations", args=["hospital"])


@pytest.mark.proves("U61")
def test_columns_are_put_in_order_with_buttons_by_the_keyboard_or_a_click(page: Any, hospitals: str):
    page.goto(hospitals)
    page.focus("#list-columns-open")
    page.keyboard.press("Enter")
    page.locator("#list-columns[open]").wait_for()
    before = page.evaluate(NAMES)
    second = page.get_by_role("button", name=f"{before[1]}上移", exact=True)
    second.focus()
    page.keyboard.press("Enter")
    assert page.evaluate(NAMES)[:2] == [before[1], before[0]]
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == f"{before[1]}上移"  # the next step is the same key
    page.get_by_role("button", name=f"{before[1]}下移", exact=True).click()
    assert page.evaluate(NAMES) == before


@pytest.mark.proves("U61")
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_nothing_to_press_on_a_list_is_smaller_than_24_pixels(page: Any, hospitals: str, size: dict[str, int]):
    page.set_viewport_size(size)
    page.goto(hospitals)
    small = page.evaluate(SMALL, "body")
    if size is DESK:
        page.click("#list-density")
        small += page.evaluate(SMALL, "body")
        page.click("#list-columns-open")
        small += page.evaluate(SMALL, "#list-columns")
    assert not small, "\n".join(small)


@pytest.mark.proves("U61")
def test_whatever_can_be_dragged_has_buttons_beside_it():
    dragged = [path for path in PACKAGE.rglob("templates/**/*.html") if 'draggable="true"' in path.read_text(encoding="utf-8")]
    assert dragged
    for path in dragged:
        text = path.read_text(encoding="utf-8")
        by_buttons = text.count("data-move=") == 2 * text.count('draggable="true"')
        by_menu = "data-ways=" in text and text.count("?to={{ to }}") == text.count('draggable="true"')
        assert by_buttons or by_menu, path.name
