"""The five key pages on a phone with 4G and a processor four times slower (U66), from the server of production.

Times depend on what else the machine does, so they are printed and decide nothing. What makes a page fast does not:
how much is fetched before something is painted, that nothing moves afterwards, that acting asks the server nothing.
"""

import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from bench.browser import LIMITS, WAIT, Scene, Visit, median_of, report, scenes, visits_to
from keqing.kit.formats import business_date
from tests.faults.installation import Installation, installed
from tests.journeys.people import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db, pytest.mark.timeout(1200)]

ROWS = 60  # a full page of the list and a second one
FILES = 3  # the page, the style sheet, the script; opening a menu asks for nothing
MORE = {"记录联系": 1}  # what is known before a call comes by itself afterwards
ELEMENTS = 3_000
WORK = 5.0  # seconds of the processor's own time, slowed down: three times what the heaviest page takes
NAMES = {"今日", "客户列表", "客户页", "记录联系", "搜索"}


@pytest.fixture
def place(tmp_path_factory: Any) -> Iterator[Installation]:
    """One representative with a full list; their last customer has contacts, and something is due with it each day."""
    with installed(tmp_path_factory.mktemp("speed"), people=1, customers=ROWS) as made:
        today = business_date(timezone.now())
        for number in range(12):
            assert made.record(who=0, customer=made.customers[-1], text=f"谈到第 {number} 件事").status == 302
        for number, customer in enumerate(made.customers[:12]):
            sent = {"text": f"送第 {number} 份资料", "due_on": (today + timedelta(days=number % 4)).isoformat()}
            assert made.post(f"/followups/customers/{customer}/remind/", sent).status == 302
        yield made


def seen_by(browser: Any, place: Installation) -> list[tuple[Scene, list[Visit]]]:
    base = "http://{}:{}".format(*place.address)
    context = browser.new_context(viewport=PHONE)
    try:
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": place.sessions[0], "url": base}])
        page = context.new_page()
        page.set_default_timeout(WAIT)
        every, state = scenes(page, base), context.storage_state()
    finally:
        context.close()
    return [(scene, visits_to(browser, state, scene)) for scene in every]


def complaints(name: str, visit: Visit) -> Iterator[str]:
    """What would make this page slow on any machine."""
    files = [f"{one.url} {one.bytes:.0f}" for one in visit.loaded]
    if len(files) > FILES + MORE.get(name, 0):
        yield f"{len(files)} files: {', '.join(files)}"
    blocking = [one.url for one in visit.loaded if one.blocks and not one.url.endswith(".css")]
    if blocking or sum(one.blocks for one in visit.loaded) > 1:
        yield f"more than the style sheet blocks the first paint: {', '.join(files)}"
    # the other half is for the server, the processor and the painting
    if visit.on_the_way > LIMITS["lcp"] / 2:
        yield f"{visit.on_the_way:.0f} ms on the way before anything can be painted: {', '.join(files)}"
    if not visit.figures.lcp or visit.picture:
        yield f"the largest thing painted is not text of the page: {visit.picture or 'nothing'}"
    for figure in ("cls", "first_bytes", "again_bytes"):
        if getattr(visit.figures, figure) > LIMITS[figure]:
            yield f"{figure} {getattr(visit.figures, figure):.3f} > {LIMITS[figure]}"
    if visit.elements > ELEMENTS:
        yield f"{visit.elements} elements"
    if visit.work > WORK:
        yield f"{visit.work:.1f} s of the processor"


@pytest.mark.proves("U66")
def test_five_key_pages_need_little_before_they_are_painted_and_then_stay_where_they_are(browser: Any, place: Installation, capsys: Any):
    found = seen_by(browser, place)
    facts = [
        f"{scene.name}: {len(one.loaded)} files, {one.on_the_way:.0f} ms on the way, {one.elements} elements, "
        f"{one.work:.2f} s of work, largest {one.element or 'gone'}"
        for scene, visits in found for one in visits[:1]
    ]  # fmt: skip
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join([report([(scene, median_of(visits)) for scene, visits in found]), *facts]) + "\n")
    assert {scene.name for scene, _visits in found} == NAMES
    wrong = [f"{scene.name}: {said}" for scene, visits in found for one in visits for said in complaints(scene.name, one)]
    assert not wrong, "\n".join(dict.fromkeys(wrong))
