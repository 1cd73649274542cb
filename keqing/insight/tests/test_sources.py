"""来源报表 (R-184, R-289)."""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from keqing.access.tests.factories import make_cast
from keqing.insight import sources
from keqing.leads.choices import Judgement
from keqing.leads.models import Campaign, Channel, Lead
from keqing.leads.tests.factories import make_campaign, make_lead
from keqing.people.tests.factories import make_organisation

DAYS = (None, None)


def rows(staff, days=DAYS):
    found = Channel.objects.annotate(**sources.channel_figures(staff=staff, days=days))
    return {row.name: row for row in found}


def signed_in(staff):
    client = Client()
    client.force_login(staff)
    return client


def test_nothing_spent_or_nothing_come_has_no_cost_of_a_lead():
    assert sources.per_lead(Decimal(0), 40) is None and sources.per_lead(Decimal(10000), 0) is None
    assert sources.share(3, 0) is None and sources.expected_return(Decimal(5), Decimal(0)) is None
    assert sources.expected_return(Decimal(30000), Decimal(10000)) == 2


@pytest.mark.django_db
@pytest.mark.proves("R-289", "R-184")
def test_cost_10000_and_40_leads_are_250_per_lead_on_the_source_report():
    cast = make_cast()
    campaign = make_campaign(unit=cast.south, name="秋季学术沙龙", cost=10000)
    for _ in range(40):
        make_lead(by=cast.rep, mine=True, key="event", campaign=campaign)
    row = rows(cast.gm)["活动"]
    assert (row.lead_number, row.spent) == (40, Decimal(10000))
    assert sources.per_lead(row.spent, row.lead_number) == Decimal("250.00")
    for name in ("sources", "source_campaigns"):
        page = signed_in(cast.gm).get(reverse(f"insight:{name}")).content.decode()
        assert "¥250.00" in page and "待订单模块" in page


@pytest.mark.django_db
@pytest.mark.proves("R-184")
def test_five_sources_with_leads_won_share_cost_per_lead_and_return():
    cast = make_cast()
    keys = ("media", "website", "event", "referral", "own")
    for number, key in enumerate(keys, 1):
        make_campaign(unit=cast.south, name=f"计划{number}", key=key, cost=1000 * number)
        for at in range(4):
            lead = make_lead(by=cast.rep, mine=True, key=key)
            if at < 1:
                customer = make_organisation(owner=cast.rep, name=f"客户{number}", lifecycle="order_customer")
                Lead.objects.filter(pk=lead.pk).update(
                    customer_id=customer.pk, judgement=Judgement.OPPORTUNITY, estimate=Decimal(3000 * number)
                )
    found = rows(cast.gm)
    for number, name in enumerate(("媒介营销", "网站", "活动", "推荐", "业务员开发"), 1):
        row = found[name]
        assert (row.lead_number, row.chance_number, row.won_number) == (4, 1, 1)
        assert sources.share(row.won_number, row.lead_number) == Decimal("0.25")
        assert sources.per_lead(row.spent, row.lead_number) == Decimal(250 * number)
        assert sources.expected_return(row.expected, row.spent) == 2
    page = signed_in(cast.gm).get(reverse("insight:sources")).content.decode()
    assert page.count("25.0%") == 10 and "200.0%" in page  # 机会率 and 成交率 of five sources


@pytest.mark.django_db
def test_a_manager_counts_the_leads_and_costs_of_the_own_team_only():
    cast = make_cast()
    make_campaign(unit=cast.north, name="北方沙龙", cost=5000)
    make_campaign(unit=cast.guangzhou, name="广州沙龙", cost=800)
    make_lead(by=cast.rep, mine=True, key="event")
    make_lead(by=cast.stranger, mine=True, key="event")
    row = rows(cast.manager)["活动"]
    assert (row.lead_number, row.spent) == (1, Decimal(800))
    assert rows(cast.gm)["活动"].lead_number == 2
    assert signed_in(cast.rep).get(reverse("insight:sources")).status_code == 403


@pytest.mark.django_db
def test_days_narrow_leads_and_costs_and_the_order_can_be_chosen():
    cast = make_cast()
    make_campaign(unit=cast.south, name="去年沙龙", cost=9000, starts_on="2025-10-01", ends_on="2025-10-02")
    make_lead(by=cast.rep, mine=True, key="event")
    client = signed_in(cast.gm)
    page = client.get(reverse("insight:sources"), {"first": "2026-01-01", "last": "2026-12-31"}).content.decode()
    assert "¥9,000.00" not in page
    late = client.get(reverse("insight:sources"), {"first": "2027-01-01", "sort": "-spent"})
    assert late.status_code == 200
    campaigns = client.get(reverse("insight:source_campaigns"), {"first": "2026-01-01"}).content.decode()
    assert "去年沙龙" not in campaigns


@pytest.mark.django_db
def test_the_report_is_exported_with_its_figures():
    cast = make_cast()
    campaign = make_campaign(unit=cast.south, cost=1000)
    for _ in range(4):
        make_lead(by=cast.rep, mine=True, key="event", campaign=campaign)
    data = {"list": "sources", "query": "", "format": "csv", "columns": "shown", "encoding": "utf-8-sig"}
    answer = signed_in(cast.gm).post(reverse("exports:new"), data)
    text = (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode("utf-8-sig")
    assert "每条线索费用" in text and "250.00" in text, text[:500]


@pytest.mark.django_db
def test_the_cost_of_a_campaign_counts_for_those_who_hold_it_and_two_calls_of_a_customer_are_one_won():
    cast = make_cast()
    campaign = make_campaign(unit=cast.south, cost=10000)
    customer = make_organisation(owner=cast.rep, lifecycle="order_customer")
    for _ in range(2):
        lead = make_lead(by=cast.rep, mine=True, key="event", campaign=campaign)
        Lead.objects.filter(pk=lead.pk).update(customer_id=customer.pk)
    found = {
        who: Campaign.objects.annotate(**sources.campaign_figures(staff=who, days=DAYS)).get()
        for who in (cast.gm, cast.region_manager, cast.manager)
    }
    assert [(row.lead_number, row.won_number, row.spent) for row in found.values()] == [(2, 1, 10000), (2, 1, 10000), (2, 1, 0)]
