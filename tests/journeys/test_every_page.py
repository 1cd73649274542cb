"""Every page for everybody: no axe violation in any width and theme, large text, narrow screens (U59, U61 … U63)."""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import axe_playwright_python
import pytest

from tests.guards.doors import DOORS
from tests.guards.stage import Stage, set_stage
from tests.journeys.every_page import Page, pages, some_of_each_sort, visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
DESK, LAPTOP, PHONE = (1440, 900), (1366, 768), (390, 844)
# what the structure of a page has no part in: looked at again in every other width and theme
SEEN = ["color-contrast", "target-size", "link-in-text-block", "scrollable-region-focusable", "aria-hidden-focus"]
HALVES, PARTS = 2, 6
MOST_USED = {
    "desk:today", "desk:customer", "desk:search", "people:organisations", "people:people", "followups:record", "interchange:imports",
    "interchange:upload", "desk:gallery",
}  # fmt: skip
RUN = """async ([type, values]) => {
  const found = await axe.run(document, { runOnly: { type, values }, resultTypes: ["violations"] })
  const told = (node) => `${node.target} ${(node.failureSummary || "").slice(0, 200)}`
  return found.violations.map((one) => `${one.id}: ` + one.nodes.slice(0, 3).map(told).join("; "))
}"""
SIDEWAYS = """() => {
  const limit = document.documentElement.clientWidth
  if (document.documentElement.scrollWidth <= limit + 1) return []
  const scrolls = (one) => ["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(one).overflowX)
  const boxed = (one) => { for (let up = one.parentElement; up; up = up.parentElement) if (scrolls(up)) return true }
  const over = [...document.querySelectorAll("body *")].filter((one) => {
    const box = one.getBoundingClientRect()
    return box.width && box.right > limit + 1 && !boxed(one) && ![...one.children].some((child) => child.getBoundingClientRect().right > limit + 1)
  })
  return [`${document.documentElement.scrollWidth} > ${limit}: ` + over.slice(0, 4).map((one) => `${one.tagName}.${one.className}`).join(", ").slice(0, 160)]
}"""


# two frames later the colours of the other theme have arrived everywhere
WEAR = """(size) => new Promise((done) => {
  document.documentElement.style.fontSize = size
  requestAnimationFrame(() => requestAnimationFrame(done))
})"""
# what lies under a bar of the screen's edge can be scrolled out from there: it is not covered for good
UNPIN = """() => { for (const bar of document.querySelectorAll(".shell-top, .shell-tabs, .action-bar")) bar.style.position = "static" }"""


class Look(NamedTuple):
    """How somebody has set up their screen; ``large`` is everything at 200 %: zoomed on a desktop, large text on a phone."""

    size: tuple[int, int]
    scheme: str
    large: bool = False


SLIM, LARGE = Look((320, 720), "light"), Look(PHONE, "light", True)
FULL = [Look(size, scheme, large) for size, scheme, large in product((DESK, LAPTOP, PHONE), ("light", "dark"), (False, True))]


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def looks_for(number: int, name: str) -> list[Look]:
    """What a push can afford: four looks at the most used pages, one at each other, so that neighbours differ."""
    if name in MOST_USED:
        return [Look(DESK, "dark"), Look(PHONE, "light"), Look(PHONE, "dark", True), Look(LAPTOP, "light", True)]
    return [FULL[number * 5 % len(FULL)]]


@cache
def _axe() -> str:
    return next(Path(axe_playwright_python.__file__).parent.glob("axe*.js")).read_text(encoding="utf-8")


def put_on(page: Any, look: Look) -> None:
    zoomed = 2 if look.large and look.size != PHONE else 1
    page.set_viewport_size({"width": look.size[0] // zoomed, "height": look.size[1] // zoomed})
    page.emulate_media(color_scheme=look.scheme, reduced_motion="reduce")
    text = "200%" if look.large and zoomed == 1 else ""
    page.evaluate(WEAR, text)


def complaints(page: Any, looks: Sequence[Look], whole: bool = False) -> Iterator[str]:
    """All rules in the first look and, unless ``whole``, those of the eye in the others."""
    page.evaluate(_axe())
    page.evaluate(UNPIN)
    for look in looks:
        put_on(page, look)
        for found in page.evaluate(RUN, ["tag", TAGS] if whole or look is looks[0] else ["rule", SEEN]):
            yield f"{look.size[0]} {look.scheme}{' 200 %' if look.large else ''}: {found}"


def sideways(page: Any, *looks: Look) -> Iterator[str]:
    """What makes the page scroll sideways in these looks."""
    for look in looks:
        put_on(page, look)
        yield from (f"{look.size[0]}{' 200 %' if look.large else ''}: {said}" for said in page.evaluate(SIDEWAYS))


def part_of(stage: Stage, part: int, parts: int, *, whole: bool) -> list[tuple[int, Page]]:
    found = pages(stage)
    assert len(found) > len(DOORS) / 3
    assert {page.name for page in found} >= MOST_USED
    return list(enumerate(found if whole else some_of_each_sort(found, always=MOST_USED)))[part::parts]


@pytest.mark.timeout(300)
@pytest.mark.proves("U59", "U61", "U62", "U63")
@pytest.mark.parametrize("part", range(HALVES))
def test_axe_finds_nothing_on_any_page_and_none_scrolls_sideways(page: Any, live_server: Any, stage: Stage, part: int):
    found = []
    wanted = part_of(stage, part, HALVES, whole=False)
    for (number, _), one in zip(wanted, visit(page, stage, live_server, [one for _, one in wanted]), strict=True):
        # both on the most used pages, one of the two on each other
        narrow = (SLIM, LARGE) if one.name in MOST_USED else (SLIM, LARGE)[number // HALVES % 2 :][:1]
        found += [f"{one.name} {one.url} {said}" for said in (*complaints(page, looks_for(number, one.name)), *sideways(page, *narrow))]
    assert not found, "\n".join(found)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.proves("U59", "U62", "U63")
@pytest.mark.parametrize("part", range(PARTS))
def test_axe_finds_nothing_on_any_page_at_any_width_theme_and_size_of_text(page: Any, live_server: Any, stage: Stage, part: int):
    found = []
    for one in visit(page, stage, live_server, [one for _, one in part_of(stage, part, PARTS, whole=True)]):
        zoomed = sideways(page, SLIM, LARGE, Look(DESK, "light", True))
        found += [f"{one.name} {one.url} {said}" for said in (*complaints(page, FULL, whole=True), *zoomed)]
    assert not found, "\n".join(found)
