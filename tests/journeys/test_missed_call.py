"""From a missed call to an opportunity in the browser: the beginning of what ``test_kept_customer`` tells to its end."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from keqing.access.tests.factories import make_cast, position_of
from keqing.kit.formats import business_date
from keqing.leads.choices import State
from keqing.leads.models import Lead
from keqing.people.choices import Stage
from keqing.people.models import Organisation
from keqing.timeline.models import Entry
from tests.journeys.people import DESK, PHONE, open_page, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("patience")]


@pytest.mark.proves("R-185", "R-186", "R-187", "R-181")
def test_a_missed_call_is_judged_accepted_and_an_opportunity_on_the_customers_page(page: Any, live_server: Any):
    cast = make_cast()
    page.set_viewport_size(DESK)
    # a number on the display, nothing else: the manager writes it down and judges it worth a call
    sign_in(page, live_server, cast.manager)
    open_page(page, live_server, "leads:lead_new")
    page.locator(".choices label", has_text="电话").first.click()
    page.fill("input[name=phone]", "02081234567")
    page.click(".action-bar .btn-primary, main form button.btn-primary")
    page.locator(".toast-note").first.wait_for()
    lead = Lead.objects.get()
    assert lead.customer_id is None
    open_page(page, live_server, "leads:lead", lead.pk)
    page.click("a:has-text('判别')")
    page.locator("#lead-act label", has_text="销售机会").click()
    page.fill("#lead-act textarea[name=reason]", "回拨后说要进货")
    page.click("#lead-act button.btn-primary")
    page.locator(".toast-note", has_text="已判别为销售机会").wait_for()
    page.click("a.btn:has-text('分配')")
    page.select_option("#lead-act select[name=position]", str(position_of(cast.rep).pk))
    page.fill("#lead-act [name=reason]", "广州的客户")
    page.click("#lead-act button.btn-primary")
    page.locator(".toast-note", has_text="已分配给").wait_for()

    # the representative accepts, finds out who it was, and takes it up with a need and a next step, on the way
    page.set_viewport_size(PHONE)
    sign_in(page, live_server, cast.rep)
    open_page(page, live_server, "leads:lead", lead.pk)
    page.click("a.btn:has-text('接受')")
    page.click("#lead-act button.btn-primary")
    page.locator(".toast-note", has_text="已接受").wait_for()
    page.click("a.btn:has-text('识别客户')")
    page.select_option("select[name=kind]", "clinic")
    page.fill("input[name=name]", "庚汐门诊部")
    page.click("button:has-text('建立并关联')")
    page.locator(".toast-note", has_text="已建立客户").wait_for()
    page.click("a.btn:has-text('判别')")
    page.locator("#lead-act label", has_text="销售机会").click()
    page.fill("#lead-act textarea[name=need]", "要进货，问账期")
    page.fill("#lead-act input[name=next_step]", "寄报价单")
    page.fill("#lead-act input[name=next_step_on]", (business_date(timezone.now()) + timedelta(days=3)).isoformat())
    page.click("#lead-act button.btn-primary")
    page.locator(".toast-note", has_text="已判别为销售机会").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]

    customer = Organisation.objects.get(name="庚汐门诊部")
    assert customer.lifecycle == Stage.OPPORTUNITY and customer.owner_position == position_of(cast.rep)
    assert Lead.objects.get().state == State.QUALIFIED
    page.set_viewport_size(DESK)
    open_page(page, live_server, "desk:customer", customer.pk)
    stream = page.locator("#stream")
    stream.wait_for()
    lines = Entry.objects.filter(customer_id=customer.pk, kind__in=("lead", "stage")).order_by("at", "pk")
    came, became = lines.filter(kind="lead").first(), lines.filter(kind="stage").last()
    # the newest stands first: what it became, above where it came from
    story = stream.inner_text()
    assert "销售机会" in became.title + became.text and story.index(became.title) < story.rindex(came.title)
