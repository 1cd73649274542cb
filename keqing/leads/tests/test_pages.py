"""The pages of leads and campaigns, as people use them."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from keqing.access.tests.factories import make_cast, position_of
from keqing.audit.models import Entry as AuditEntry
from keqing.kit.formats import business_date
from keqing.leads.actions.judging import identify_lead
from keqing.leads.choices import State
from keqing.leads.models import Campaign, Channel, Lead
from keqing.leads.tests.factories import channel, make_campaign, make_lead
from keqing.people.actions.sharing import share_customer
from keqing.people.models import Organisation
from keqing.people.tests.factories import NOW, make_organisation

pytestmark = pytest.mark.django_db


def signed_in(staff):
    client = Client()
    client.force_login(staff)
    return client


def moment(at=None):
    return timezone.localtime(at or timezone.now()).strftime("%Y-%m-%dT%H:%M")


def call(**values):
    """The least a call needs."""
    return {"version": 0, "form_key": "k1", "source_channel": channel().pk, "first_touch_at": moment(), **values}


@pytest.mark.proves("R-185")
def test_a_missed_call_is_recorded_with_a_time_and_a_channel_alone():
    cast = make_cast()
    client = signed_in(cast.manager)
    assert client.get(reverse("leads:lead_new")).status_code == 200
    answer = client.post(reverse("leads:lead_new"), call())
    lead = Lead.objects.get()
    assert answer.status_code == 302 and lead.customer_id is None and lead.created_by == cast.manager
    again = client.post(reverse("leads:lead_new"), call())
    assert again.status_code == 302 and Lead.objects.count() == 1
    page = client.get(reverse("leads:leads"), {"preset": "unknown"}).content.decode()
    assert "未识别电话" in page or "未识别" in page


def test_without_a_channel_the_form_comes_back_and_says_so():
    cast = make_cast()
    answer = signed_in(cast.rep).post(reverse("leads:lead_new"), {"version": 0, "first_touch_at": moment(), "source_channel": ""})
    assert answer.status_code == 422 and "请选择来源渠道" in answer.content.decode()


def test_a_lead_of_ones_own_is_opened_at_once():
    cast = make_cast()
    answer = signed_in(cast.rep).post(reverse("leads:lead_new"), call(mine="on", organisation_name="甲岑市人民医院"))
    lead = Lead.objects.get()
    assert answer["Location"] == reverse("leads:lead", args=[lead.pk]) and lead.position == position_of(cast.rep)


def test_a_campaign_of_another_channel_is_pointed_out():
    cast = make_cast()
    campaign = make_campaign(unit=cast.south, key="event")
    answer = signed_in(cast.rep).post(reverse("leads:lead_new"), call(source_channel=channel("website").pk, campaign=campaign.pk))
    assert answer.status_code == 422 and "这次活动的来源渠道是" in answer.content.decode()


def test_customers_and_leads_that_may_be_the_caller_are_shown_while_typing():
    cast = make_cast()
    make_organisation(owner=cast.rep, name="甲岑市人民医院", phone="020-81237788")
    make_organisation(owner=cast.stranger, name="甲岑市人民医院分院", phone="020-81237788")
    make_lead(by=cast.stranger, mine=True, caller_name="林晓", phone="020-81237788")
    page = signed_in(cast.rep).post(reverse("leads:lead_duplicates"), {"phone": "020-81237788"}).content.decode()
    assert "甲岑市人民医院</a>" in page and "分院" not in page and "林晓" not in page
    assert "林*" in page and AuditEntry.objects.filter(action="duplicate.checked").count() == 2


def test_a_lead_shows_every_decision_with_its_reason():
    cast = make_cast()
    lead = make_lead(by=cast.rep, mine=True, kind="hospital", organisation_name="甲岑市人民医院", current_supplier="戊沐医药有限公司")
    page = signed_in(cast.rep).get(reverse("leads:lead", args=[lead.pk])).content.decode()
    for text in ("电话登记，由登记人跟进", "客户类型", "+20", "戊沐医药有限公司", "识别客户"):
        assert text in page, text
    panel = signed_in(cast.rep).get(reverse("leads:lead", args=[lead.pk]), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in panel and "甲岑市人民医院" in panel


def test_strangers_do_not_know_a_lead_and_readers_do_not_touch_it():
    cast = make_cast()
    lead = make_lead(by=cast.rep, mine=True)
    for name in ("lead_edit", "lead_judge", "lead_identify", "lead_reject"):
        url = reverse(f"leads:{name}", args=[lead.pk])
        assert signed_in(cast.stranger).get(url).status_code == 404
        assert signed_in(cast.gm).get(url).status_code == 403


def test_a_lead_is_changed_and_a_late_save_sees_both_versions():
    cast = make_cast()
    lead = make_lead(by=cast.rep, mine=True)
    url = reverse("leads:lead_edit", args=[lead.pk])
    values = {"source_channel": lead.source_channel_id, "first_touch_at": moment(lead.first_touch_at), "version": lead.version}
    client = signed_in(cast.rep)
    assert client.post(url, {**values, "need": "问价格"}).status_code == 302
    late = client.post(url, {**values, "need": "要样品"})
    assert late.status_code == 409 and "问价格" in late.content.decode()


def test_who_called_is_found_linked_and_judged():
    cast = make_cast()
    customer = make_organisation(owner=cast.rep, name="甲岑市人民医院", phone="020-81237788")
    lead = make_lead(by=cast.rep, mine=True, phone="020-81237788")
    client = signed_in(cast.rep)
    page = client.get(reverse("leads:lead_identify", args=[lead.pk])).content.decode()
    assert "甲岑市人民医院" in page and "电话相同" in page
    client.post(reverse("leads:lead_link", args=[lead.pk]), {"customer": customer.pk, "version": lead.version})
    lead.refresh_from_db()
    answer = client.post(
        reverse("leads:lead_judge", args=[lead.pk]), {"judgement": "prospect", "reason": "先培育", "version": lead.version}
    )
    lead.refresh_from_db()
    assert answer.status_code == 302 and (lead.state, lead.customer_id) == (State.QUALIFIED, customer.pk)


def test_a_customer_out_of_reach_cannot_be_linked():
    cast = make_cast()
    customer = make_organisation(owner=cast.stranger, name="丙浦市中医院")
    lead = make_lead(by=cast.rep, mine=True)
    url = reverse("leads:lead_link", args=[lead.pk])
    assert signed_in(cast.rep).post(url, {"customer": customer.pk, "version": lead.version}).status_code == 404


def test_a_customer_shared_to_read_cannot_be_linked_and_so_moved():
    cast, at = make_cast(), timezone.now()
    customer = make_organisation(owner=cast.sibling, name="丙浦市中医院")
    share_customer(
        customer=customer, position=position_of(cast.rep), from_on=business_date(at), to_on=business_date(at) + timedelta(days=30),
        may_write=False, by=cast.manager, at=at,
    )
    lead = make_lead(by=cast.rep, mine=True, organisation_name="丙浦市中医院")
    client = signed_in(cast.rep)
    page = client.get(reverse("leads:lead_identify", args=[lead.pk])).content.decode()
    assert "丙浦市中医院" in page and "只能查看" in page and "就是这家" not in page
    answer = client.post(reverse("leads:lead_link", args=[lead.pk]), {"customer": customer.pk, "version": lead.version})
    assert answer.status_code == 403 and Lead.objects.get(pk=lead.pk).customer_id is None


def test_looking_for_the_caller_among_all_customers_is_limited_as_every_check(monkeypatch):
    cast = make_cast()
    make_organisation(owner=cast.stranger, name="丙浦市中医院")
    lead = make_lead(by=cast.rep, mine=True, organisation_name="丙浦市中医院")
    client, url = signed_in(cast.rep), reverse("leads:lead_identify", args=[lead.pk])
    assert "不在您的范围内" in client.get(url).content.decode()
    monkeypatch.setattr("keqing.people.actions.checks.PER_MINUTE", 0)
    page = client.get(url).content.decode()
    assert "不在您的范围内" not in page and "查重太频繁了" in page


def test_a_campaign_is_changed_by_its_own_region_only():
    cast = make_cast()
    campaign = make_campaign(unit=cast.north, name="北方沙龙")
    client = signed_in(cast.region_manager)
    page = client.get(reverse("leads:campaign", args=[campaign.pk]))
    assert page.status_code == 200 and reverse("leads:campaign_edit", args=[campaign.pk]) not in page.content.decode()
    assert client.get(reverse("leads:campaign_edit", args=[campaign.pk])).status_code == 403


def test_a_new_customer_comes_out_of_a_lead():
    cast = make_cast()
    lead = make_lead(by=cast.rep, mine=True, organisation_name="庚汐市人民医院", kind="hospital")
    data = {"kind": "hospital", "name": "庚汐市人民医院", "region": "广东省广州市", "phone": "", "role": "", "version": lead.version}
    answer = signed_in(cast.rep).post(reverse("leads:lead_identify", args=[lead.pk]), data)
    customer = Organisation.objects.get(name="庚汐市人民医院")
    assert answer.status_code == 302 and customer.owner_position == position_of(cast.rep)


def test_a_new_customer_is_not_entered_for_somebody_elses_place():
    cast = make_cast()
    lead = make_lead(by=cast.care, mine=True, caller_name="庚汐医院")
    data = {"kind": "hospital", "name": "庚汐市人民医院", "version": lead.version}
    assert signed_in(cast.care).post(reverse("leads:lead_identify", args=[lead.pk]), data).status_code == 422
    assert not Organisation.objects.filter(name="庚汐市人民医院").exists()


def test_an_invalid_lead_needs_its_reason():
    cast = make_cast()
    lead = make_lead(by=cast.rep, mine=True)
    client, url = signed_in(cast.rep), reverse("leads:lead_reject", args=[lead.pk])
    assert client.post(url, {"reason": "", "version": lead.version}).status_code == 422
    assert client.post(url, {"reason": "打错电话", "version": lead.version}).status_code == 302
    assert "打错电话" in client.get(reverse("leads:lead", args=[lead.pk])).content.decode()


def test_a_masked_phone_is_shown_for_a_reason_and_on_record():
    cast = make_cast()
    lead = make_lead(by=cast.rep, mine=True, phone="18612341402")
    client, url = signed_in(cast.manager), reverse("leads:lead_phone", args=[lead.pk])
    assert "18612341402" not in client.get(reverse("leads:lead", args=[lead.pk])).content.decode()
    assert client.post(url, {"reason": "急"}).status_code == 422
    assert "18612341402" in client.post(url, {"reason": "客户投诉要回电"}).content.decode()
    assert AuditEntry.objects.filter(action="lead.phone_revealed", subject_id=lead.pk).exists()


def test_the_customers_page_has_a_panel_with_what_brought_it():
    cast = make_cast()
    customer = make_organisation(owner=cast.rep)
    lead = make_lead(by=cast.rep, mine=True, key="referral", need="要进院", referrer="乙墅县人民医院")
    identify_lead(lead=lead, customer=customer, by=cast.rep, at=NOW)
    page = signed_in(cast.rep).get(reverse("leads:customer_leads", args=[customer.pk])).content.decode()
    assert "推荐" in page and "要进院" in page and "乙墅县人民医院" in page
    assert signed_in(cast.stranger).get(reverse("leads:customer_leads", args=[customer.pk])).status_code == 404


@pytest.mark.proves("R-289")
def test_a_campaign_has_plan_period_cost_channel_expectation_and_results():
    cast = make_cast()
    client = signed_in(cast.region_manager)
    data = {
        "version": 0, "form_key": "c1", "name": "秋季学术沙龙", "channel": channel("event").pk, "starts_on": "2026-10-01",
        "ends_on": "2026-10-02", "cost": "10000", "expected_leads": "50", "plan": "两场，各四十人",
    }
    assert client.post(reverse("leads:campaign_new"), data).status_code == 302
    campaign = Campaign.objects.get()
    edit = {**data, "version": campaign.version, "attendance": "76", "results": "收集意向四十份"}
    assert client.post(reverse("leads:campaign_edit", args=[campaign.pk]), edit).status_code == 302
    for _ in range(40):
        make_lead(by=cast.rep, mine=True, key="event", campaign=campaign)
    page = client.get(reverse("leads:campaign", args=[campaign.pk])).content.decode()
    for text in ("两场，各四十人", "收集意向四十份", "76", "¥250.00"):
        assert text in page, text
    assert "秋季学术沙龙" in client.get(reverse("leads:campaigns")).content.decode()


def test_a_campaign_does_not_end_before_it_begins_and_its_name_is_its_own():
    cast = make_cast()
    make_campaign(unit=cast.south, name="秋季学术沙龙")
    data = {"version": 0, "name": "秋季学术沙龙", "channel": channel().pk, "starts_on": "2026-10-02", "ends_on": "2026-10-01", "cost": "0"}
    client, url = signed_in(cast.region_manager), reverse("leads:campaign_new")
    assert "结束日期不能早于开始日期" in client.post(url, data).content.decode()
    assert "已经有了" in client.post(url, {**data, "ends_on": "2026-10-03"}).content.decode()


def test_channels_are_named_closed_and_opened_by_who_manages_leads():
    cast = make_cast()
    client = signed_in(cast.system)
    assert client.post(reverse("leads:channel_new"), {"version": 0, "name": "学术会展", "group": "marketing"}).status_code == 302
    made = Channel.objects.get(name="学术会展")
    client.post(reverse("leads:channel_close", args=[made.pk]))
    made.refresh_from_db()
    assert made.closed_on is not None
    form = signed_in(cast.rep).get(reverse("leads:lead_new")).content.decode()
    assert "学术会展" not in form and "媒介营销" in form
    assert signed_in(cast.rep).get(reverse("leads:channels")).status_code == 403


def test_a_list_costs_the_same_for_one_lead_and_for_fifty(django_assert_max_num_queries):
    cast = make_cast()
    make_lead(by=cast.rep, mine=True, kind="hospital")
    client = signed_in(cast.rep)
    client.get(reverse("leads:leads"))
    with django_assert_max_num_queries(10):
        client.get(reverse("leads:leads"), {"q": "人民医院", "preset": "mine"})
    for number in range(49):
        make_lead(by=cast.rep, mine=True, organisation_name=f"第{number}人民医院", at=NOW - timedelta(hours=number))
    with django_assert_max_num_queries(10):
        page = client.get(reverse("leads:leads"), {"q": "人民医院", "preset": "mine"})
    assert page.status_code == 200


def test_the_profile_says_by_what_leads_are_rated():
    cast = make_cast()
    page = signed_in(cast.rep).get(reverse("leads:profile")).content.decode()
    assert "目标客户画像" in page and "推荐、活动、业务员开发" in page


def test_a_masked_phone_is_in_no_field_and_still_goes_along():
    cast = make_cast()
    lead = make_lead(by=cast.rep, mine=True, phone="18612341402", organisation_name="庚汐市人民医院", kind="hospital")
    client = signed_in(cast.manager)
    for name in ("lead_edit", "lead_identify"):
        assert "18612341402" not in client.get(reverse(f"leads:{name}", args=[lead.pk])).content.decode(), name
    values = {"source_channel": lead.source_channel_id, "first_touch_at": moment(lead.first_touch_at), "version": lead.version}
    assert client.post(reverse("leads:lead_edit", args=[lead.pk]), {**values, "organisation_name": "庚汐市人民医院"}).status_code == 302
    lead.refresh_from_db()
    assert lead.phone == "18612341402"
    data = {"kind": "hospital", "name": "庚汐市人民医院", "version": lead.version}
    assert client.post(reverse("leads:lead_identify", args=[lead.pk]), data).status_code == 302
    assert Organisation.objects.get(name="庚汐市人民医院").phone == "18612341402"


def test_who_learns_of_a_customer_elsewhere_while_identifying_is_on_record():
    cast = make_cast()
    make_organisation(owner=cast.stranger, name="丙浦市中医院", phone="020-81237788")
    lead = make_lead(by=cast.rep, mine=True, phone="020-81237788")
    page = signed_in(cast.rep).get(reverse("leads:lead_identify", args=[lead.pk])).content.decode()
    assert "丙浦市中医院" not in page and "丙****院" in page
    assert AuditEntry.objects.filter(action="duplicate.checked", actor_id=cast.rep.pk).count() == 1
