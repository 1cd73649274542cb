"""An area manager finds, keeps, assigns, and takes part of it back, in the browser (U26, U27, U30)."""

from datetime import timedelta
from typing import Any

import pytest

from keqing.access.tests.factories import make_cast, position_of
from keqing.desk.models import SavedView
from keqing.people.models import Organisation
from keqing.people.tests.factories import NOW, make_organisation
from keqing.reference.models import Division
from tests.journeys.people import DESK, open_page, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
GUANGZHOU, SHENZHEN, ZHUHAI = "440106", "440304", "440402"


def hospital(cast: Any, number: int, region: str, **values: Any) -> Organisation:
    made = make_organisation(
        owner=cast.rep, name=f"示例第{number}医院", region=Division.objects.get(code=region), at=NOW - timedelta(days=60), **values
    )
    return made


@pytest.mark.proves("U26", "U27", "U30")
def test_a_manager_filters_two_cities_saves_it_for_the_team_assigns_twelve_and_takes_back_two(page: Any, live_server: Any):
    cast = make_cast()
    wanted = [hospital(cast, n, (GUANGZHOU, SHENZHEN)[n % 2], level="2a") for n in range(12)]
    others = [hospital(cast, 90, ZHUHAI, level="2a"), hospital(cast, 91, GUANGZHOU, level="3a")]
    page.set_viewport_size(DESK)
    sign_in(page, live_server, cast.manager)
    open_page(page, live_server, "people:organisations", "hospital")
    page.select_option("select[name=province]", "440000")
    page.wait_for_url("**province=440000**")
    page.click("summary:has-text('展开')")
    for name, labels in (("city", ("广州市", "深圳市")), ("level", ("二级甲等",))):
        menu = page.locator("details.several", has=page.locator(f"input[name={name}]"))
        menu.locator("summary").click()
        for label in labels:
            menu.get_by_label(label, exact=True).check()
        menu.locator("summary").click()
        page.wait_for_url(f"**{name}=**")
    page.click("nav.chip-row a:has-text('30 天未联系')")
    page.wait_for_url("**preset=quiet**")
    page.locator("[data-row]").nth(11).wait_for()
    assert page.locator("[data-row]").count() == 12

    page.click("[data-list-views] > summary")
    page.fill("#list-views input[name=name]", "两市二甲久未联系")
    page.check("#list-views input[name=team]")
    page.click("#list-views button:has-text('保存')")
    page.wait_for_url("**view=**")
    assert SavedView.objects.get().unit == cast.guangzhou
    assert page.locator("[data-row]").count() == 12

    page.check("[data-select-page]")
    page.click("#bulk button:has-text('分配负责人')")
    page.select_option("select[name=position]", str(position_of(cast.sibling).pk))
    page.click(".action-bar button.btn-primary")
    page.locator(".toast-note", has_text="12 家").wait_for()
    owners = Organisation.objects.filter(pk__in=[one.pk for one in wanted]).values_list("owner_position", flat=True)
    assert set(owners) == {position_of(cast.sibling).pk}
    assert {one.owner_position_id for one in Organisation.objects.filter(pk__in=[one.pk for one in others])} == {position_of(cast.rep).pk}

    open_page(page, live_server, "batches:batches")
    page.click("td.lead a")
    for number in (0, 1):
        page.locator("main input[name=selected]").nth(number).check()
    page.click("button:has-text('撤销勾选的')")
    page.locator(".toast-note", has_text="已撤销 2 家").wait_for()
    assert sorted(Organisation.objects.filter(pk__in=[one.pk for one in wanted]).values_list("owner_position", flat=True)) == sorted(
        [position_of(cast.rep).pk] * 2 + [position_of(cast.sibling).pk] * 10
    )
