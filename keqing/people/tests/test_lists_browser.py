"""Lists as a person uses them: tools, columns, views, cells, selection, keys, a phone."""

import re

import pytest
from django.urls import reverse

from keqing.access.tests.factories import make_cast
from keqing.people.models import Organisation
from keqing.people.tests.factories import make_organisation
from tests.journeys.people import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WAIT = 10_000


def hospitals(cast, count=60):
    for number in range(count):
        make_organisation(
            owner=cast.rep, name=f"江湾第{number:03}示范人民医院", level="3a" if number % 2 else "2b", beds=100 + number,
            region_id="440106", completeness=50,
        )


def opened(page, live_server, staff, *, path="hospital", query="", size=(1440, 900)):
    page.set_default_timeout(WAIT)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    sign_in(page, live_server, staff)
    page.goto(f"{live_server.url}{reverse('people:organisations', args=[path])}{query}")
    page.locator("tr[data-row]").first.wait_for()


def heads(page):
    return [text.strip() for text in page.locator(".list-table th:not(.check)").all_inner_texts()]


def settled(page, query):
    page.wait_for_function("part => location.search.includes(part)", arg=query, timeout=WAIT)
    page.wait_for_function("() => !document.querySelector('.htmx-request')", timeout=WAIT)


@pytest.mark.proves("U25")
def test_three_filters_stand_open_and_the_tools_of_the_list_are_at_hand(page, live_server):
    cast = make_cast()
    hospitals(cast, 3)
    opened(page, live_server, cast.manager)
    form = page.locator("#list-filters")
    assert form.locator("span.text-muted:visible").count() == 3
    form.get_by_text("展开", exact=True).click()
    assert form.locator("span.text-muted:visible").count() > 3
    form.get_by_text("收起", exact=True).click()
    assert form.locator("span.text-muted:visible").count() == 3
    assert form.get_by_role("button", name="查询").is_visible()
    tools = page.get_by_role("toolbar", name="列表工具")
    for name in ("刷新", "密度", "列设置", "全屏"):
        assert tools.get_by_label(name).is_visible(), name
    assert tools.get_by_text("导出").first.is_visible()
    form.locator("[name=q]").fill("001")
    form.get_by_role("button", name="查询").click()
    settled(page, "q=001")
    assert page.locator("tr[data-row]").count() == 1
    assert page.locator("#list-count").inner_text().split() == ["共", "1", "家"]
    form.get_by_text("重置", exact=True).click()
    page.wait_for_function("() => document.querySelectorAll('tr[data-row]').length === 3", timeout=WAIT)
    tools.get_by_label("密度").click()
    assert page.locator("html").get_attribute("data-density") == "compact"
    tools.get_by_label("全屏").click()
    page.locator(".shell-nav").wait_for(state="hidden")
    tools.get_by_label("全屏").click()
    page.locator(".shell-nav").wait_for(state="visible")


@pytest.mark.proves("U26")
def test_columns_are_chosen_and_ordered_by_keys_or_dragging_and_the_address_says_so(page, live_server):
    cast = make_cast()
    hospitals(cast, 3)
    opened(page, live_server, cast.rep, query="?sort=-beds")
    assert heads(page)[:3] == ["名称", "医院等级", "床位"]
    page.get_by_role("button", name="列设置").click()
    dialog = page.locator("#list-columns")
    dialog.get_by_label("主任/联系人", exact=True).uncheck()
    dialog.get_by_label("业务状态", exact=True).check()
    dialog.get_by_label("床位上移").click()
    box = dialog.get_by_label("业务状态", exact=True)
    box.focus()
    for _ in range(20):
        page.keyboard.press("Alt+ArrowUp")
    dialog.get_by_role("button", name="应用").click()
    settled(page, "cols=state")
    assert heads(page)[:4] == ["名称", "业务状态", "床位", "医院等级"]
    assert "主任/联系人" not in heads(page)
    page.get_by_role("button", name="列设置").click()
    items = page.locator("#list-columns li")
    items.nth(2).drag_to(items.nth(0), target_position={"x": 20, "y": 2})
    page.locator("#list-columns").get_by_role("button", name="应用").click()
    settled(page, "cols=level&cols=state")
    address, seen = page.url, heads(page)
    # a colleague opens the same address and sees the same columns, within their rights
    page.context.clear_cookies()
    sign_in(page, live_server, cast.manager)
    page.goto(address)
    assert heads(page) == seen
    assert page.locator("th[aria-sort=descending]").inner_text().strip() == "床位"


@pytest.mark.proves("U27")
def test_a_view_is_saved_for_the_team_and_applied_by_a_colleague_in_two_clicks(page, live_server):
    cast = make_cast()
    hospitals(cast, 4)
    opened(page, live_server, cast.manager, query="?level=3a&sort=-beds")
    page.locator("[data-list-views] summary").click()
    menu = page.locator("#list-views")
    menu.get_by_placeholder("名称").fill("三甲医院")
    menu.get_by_label("与团队共享").check()
    menu.get_by_role("button", name="保存视图").click()
    settled(page, "view=")
    assert "level=3a" in page.url
    page.wait_for_function("() => document.getElementById('view-name').textContent === '三甲医院'", timeout=WAIT)
    page.context.clear_cookies()
    opened(page, live_server, cast.rep)
    assert page.locator("tr[data-row]").count() == 4
    page.locator("[data-list-views] summary").click()
    page.locator("#list-views").get_by_role("link", name="三甲医院").click()
    settled(page, "level=3a")
    assert page.locator("tr[data-row]").count() == 2


@pytest.mark.proves("U28")
def test_twenty_rows_fit_a_small_screen_and_head_and_name_stay_in_sight(page, live_server):
    cast = make_cast()
    hospitals(cast)
    opened(page, live_server, cast.manager, size=(1366, 768))
    page.get_by_label("密度").click()
    inside = """() => {
      const area = document.getElementById('list-scroll').getBoundingClientRect();
      return [...document.querySelectorAll('tr[data-row]')].filter(row => row.getBoundingClientRect().bottom <= area.bottom + 1).length;
    }"""
    assert page.evaluate(inside) >= 20
    page.set_viewport_size({"width": 800, "height": 700})
    moved = """() => {
      const area = document.getElementById('list-scroll');
      area.scrollTo(300, 400);
      const box = area.getBoundingClientRect(), head = area.querySelector('th.lead').getBoundingClientRect();
      const name = [...area.querySelectorAll('td.lead')].map(one => one.getBoundingClientRect());
      return {scrolled: area.scrollTop > 0 && area.scrollLeft > 0, top: Math.abs(head.top - box.top), left: Math.abs(name[20].left - box.left)};
    }"""
    found = page.evaluate(moved)
    assert found["scrolled"] and found["top"] <= 2 and found["left"] <= 2


@pytest.mark.proves("U29")
def test_the_foot_tells_the_number_the_size_of_the_page_and_the_sum_and_leads_to_a_letter_or_day(page, live_server):
    cast = make_cast()
    hospitals(cast)
    opened(page, live_server, cast.rep)
    foot = page.locator(".list-foot")
    assert re.search(r"共\s*60\s*家", foot.inner_text())
    assert re.search(r"床位合计\s*7,770", foot.inner_text())
    foot.get_by_role("link", name="20", exact=True).click()
    settled(page, "size=20")
    assert page.locator("tr[data-row]").count() == 20
    page.locator(".list-foot a[rel=next]").click()
    settled(page, "after=")
    page.get_by_role("columnheader", name="名称").get_by_role("link").click()
    settled(page, "sort=name")
    page.get_by_role("link", name="Z", exact=True).click()
    settled(page, "letter=Z")
    page.get_by_text("回到开头").click()
    page.locator("tr[data-row]").first.wait_for()
    page.get_by_role("columnheader", name="最近联系").get_by_role("link").click()
    settled(page, "sort=recent")
    page.locator(".list-foot input[type=date]").fill("2020-01-01")
    settled(page, "at=2020-01-01")


@pytest.mark.proves("U30")
def test_the_page_or_all_of_the_list_is_selected_with_the_number_named(page, live_server):
    cast = make_cast()
    hospitals(cast)
    opened(page, live_server, cast.manager)
    page.locator("[data-select-page]").check()
    bar = page.locator("[data-bulk]")
    assert bar.locator("[data-selected-count]").inner_text() == "50"
    bar.get_by_role("button", name="选择全部 60 家").click()
    assert bar.locator("[data-selected-count]").inner_text() == "60"
    bar.get_by_role("button", name="取消选择").click()
    bar.wait_for(state="hidden")


@pytest.mark.proves("U31")
def test_a_cell_is_edited_in_place_put_back_by_escape_and_a_conflict_shows_mine_and_theirs(page, live_server):
    cast = make_cast()
    hospitals(cast, 2)
    hospital = Organisation.objects.get(beds=101)
    opened(page, live_server, cast.rep, query="?sort=-beds")
    cell = page.locator(f"tr[data-id='{hospital.pk}'] td[data-edit=beds]")
    cell.click()
    field = cell.locator("input[name=beds]")
    field.fill("999")
    field.press("Escape")
    assert cell.inner_text() == "101"
    page.keyboard.press("F2")  # the cell has the focus again
    field.fill("abc")
    field.press("Enter")
    cell.locator("[role=alert]").wait_for()
    field.fill("640")
    field.press("Enter")
    cell.get_by_text("640", exact=True).wait_for()
    hospital.refresh_from_db()
    assert hospital.beds == 640
    page.locator(".toast-note").get_by_text("撤销").wait_for()
    assert not page.locator("#panel").inner_text().strip()
    # somebody else saves while I type
    cell.click()
    field.fill("650")
    Organisation.objects.filter(pk=hospital.pk).update(beds=700, version=hospital.version + 1)
    field.press("Enter")
    dialog = page.locator("dialog[data-show]")
    dialog.get_by_text("650").wait_for()
    assert "700" in dialog.inner_text()
    dialog.get_by_role("button", name="用我的").click()
    dialog.wait_for(state="detached")
    cell.get_by_text("650", exact=True).wait_for()
    hospital.refresh_from_db()
    assert hospital.beds == 650
    # a choice
    level = page.locator(f"tr[data-id='{hospital.pk}'] td[data-edit=level]")
    level.click()
    level.locator("select:focus").select_option("2a")
    level.get_by_text("二级甲等").wait_for()


@pytest.mark.proves("U32", "U14", "U35")
def test_j_and_k_walk_the_list_then_the_pages_of_its_records_and_back_returns_to_the_list(page, live_server):
    cast = make_cast()
    hospitals(cast)
    opened(page, live_server, cast.rep, query="?sort=-beds")
    page.keyboard.press("j")
    page.locator("#panel h2").get_by_text("第059").wait_for()
    page.keyboard.press("j")
    page.locator("#panel h2").get_by_text("第058").wait_for()
    assert page.locator("tr.row-on").count() == 1
    page.locator("#panel").get_by_role("link", name="打开").click()
    page.locator("h1").get_by_text("第058").wait_for()
    assert page.locator(".facts-grid").first.locator("dt").count() == 5
    page.locator("[data-neighbour=next]").wait_for()
    page.keyboard.press("j")
    page.locator("h1").get_by_text("第057").wait_for()
    page.locator("[data-neighbour=prev]").wait_for()
    page.keyboard.press("k")
    page.locator("h1").get_by_text("第058").wait_for()
    page.locator("[data-back-to-list]").click()
    page.locator("tr[data-row]").first.wait_for()
    assert "sort=-beds" in page.url
    page.evaluate("document.getElementById('list-scroll').scrollTo(0, 300)")
    page.locator("tr[data-row]").nth(15).locator("td.lead a").click()
    page.locator("#panel").get_by_role("link", name="打开").click()
    page.locator("h1").wait_for()
    page.go_back()
    page.locator("tr[data-row]").first.wait_for()
    assert "sort=-beds" in page.url
    assert page.evaluate("document.getElementById('list-scroll').scrollTop") > 100


def test_on_a_phone_rows_are_cards_and_nothing_scrolls_sideways(page, live_server):
    cast = make_cast()
    hospitals(cast, 5)
    opened(page, live_server, cast.rep, size=(390, 844))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator(".list-table thead").is_hidden()
    page.locator("tr[data-row]").first.click()
    page.locator("h1").get_by_text("江湾第").wait_for()
