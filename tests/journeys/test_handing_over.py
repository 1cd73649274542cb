"""Somebody is on leave and a colleague stands in; somebody leaves and the work goes on: in the browser (R-189, R-190, T46)."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from keqing.access import handover
from keqing.access.models import Staff
from keqing.access.tests.factories import make_cast, position_of
from keqing.followups.actions.reminders import create_reminder
from keqing.followups.models import Reminder
from keqing.kit.formats import business_date
from keqing.kit.jobs import run_waiting
from keqing.people.models import Organisation
from keqing.people.orphans import unattended, unmanned
from keqing.people.tests.factories import make_organisation
from tests.journeys.people import DESK, PHONE, open_page, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("patience")]


def with_work(cast: Any, number: int) -> list[Organisation]:
    """So many customers of the representative, each with something to do today."""
    at = timezone.now()
    made = [make_organisation(owner=cast.rep, name=f"示例第{n}医院") for n in range(number)]
    for one in made:
        create_reminder(customer=one, text="送样品登记表", due_on=business_date(at), by=cast.rep, at=at)
    return made


@pytest.mark.proves("R-189")
def test_somebody_arranges_a_proxy_and_the_deputy_has_the_work_on_the_first_page(page: Any, live_server: Any):
    cast = make_cast()
    hospital, today = with_work(cast, 1)[0], business_date(timezone.now())
    page.set_viewport_size(DESK)
    sign_in(page, live_server, cast.rep)
    open_page(page, live_server, "access:proxies")
    page.click("main a:has-text('安排代理')")
    page.select_option("select[name=deputy]", label="罗佳")
    page.fill("input[name=starts_on]", today.isoformat())
    page.fill("input[name=ends_on]", (today + timedelta(days=4)).isoformat())
    page.fill("input[name=reason]", "年假")
    page.click(".action-bar .btn-primary, main form button.btn-primary")
    page.locator(".toast-note", has_text="罗佳").wait_for()

    page.set_viewport_size(PHONE)
    sign_in(page, live_server, cast.sibling)
    open_page(page, live_server, "desk:today")
    page.locator("text=代理 李雯").first.wait_for()
    due = page.locator("#due", has_text="送样品登记表")
    due.get_by_text("代 李雯", exact=True).wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    due.locator("a.btn", has_text="完成").click()
    page.fill("input[name=outcome]", "已代为送到")
    page.locator("#due button", has_text="完成").click()
    page.locator(".toast-note", has_text="已完成").wait_for()
    stored = Reminder.objects.get(customer_id=hospital.pk, done_at__isnull=False)
    assert stored.done_by == cast.sibling and stored.position == position_of(cast.rep)


@pytest.mark.proves("R-190", "T46")
def test_a_leavers_work_is_previewed_approved_and_gone_over_with_nothing_left_behind(page: Any, live_server: Any):
    cast = make_cast()
    customers = with_work(cast, 3)
    left, heir = position_of(cast.rep), position_of(cast.sibling)
    page.set_viewport_size(DESK)
    # whoever looks after accounts asks, and reads numbers, not names
    sign_in(page, live_server, cast.security)
    open_page(page, live_server, "access:transfers")
    page.click("main a:has-text('发起转移')")
    page.fill("input[name=q]", "李雯")
    page.click("main button:has-text('查找')")
    page.wait_for_url("**q=**")
    page.check(f"input[name=position][value='{left.pk}']")
    page.click("button:has-text('下一步')")
    page.wait_for_url(f"**position={left.pk}**")
    work = page.locator("section", has=page.locator("h2", has_text="会移交的工作"))
    for label in ("客户", "未完成的跟进"):
        assert work.locator("tr", has_text=label).first.locator(".num").inner_text() == "3"
    assert "示例第0医院" not in page.content()
    page.select_option("select[name=reason]", label="人员离职")
    page.check("input[name=closes_account]")
    page.select_option("select[name=rest_to]", str(heir.pk))
    page.fill("textarea[name=note]", "药事会在月底，样品登记表今天要送")
    page.click(".action-bar .btn-primary")
    page.locator(".toast-note", has_text="等待双方共同的上级批准").wait_for()
    address = page.url

    sign_in(page, live_server, cast.region_manager)
    page.goto(address)
    page.locator("button:has-text('批准')").first.click()
    page.locator("#progress", has_text="正在移交").wait_for()
    run_waiting()
    page.click("a:has-text('已结束，查看结果')")
    page.locator("text=为止可以撤销").wait_for()
    assert page.locator("tr", has_text="未完成的跟进").locator(".num").inner_text() == "3"
    page.locator("text=药事会在月底").wait_for()

    # nothing open is left where nobody works any more, and nobody is without a person
    assert not handover.open_work(positions=[left]) and not Staff.objects.get(pk=cast.rep.pk).is_active
    today = business_date(timezone.now())
    assert not Organisation.objects.alive().filter(unattended(without=unmanned(), today=today)).exists()
    assert set(Organisation.objects.filter(pk__in=[one.pk for one in customers]).values_list("owner_position", flat=True)) == {heir.pk}
    page.set_viewport_size(PHONE)
    sign_in(page, live_server, cast.sibling)
    open_page(page, live_server, "desk:today")
    page.locator("#due", has_text="示例第0医院").wait_for()
    page.goto(address)
    page.locator("text=药事会在月底").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
