"""The pages of rules, of answers to leads, and of 公海."""

import pytest
from django.urls import reverse
from django.utils import timezone

from keqing.access.tests.factories import make_cast, position_of
from keqing.audit.models import Entry
from keqing.leads.choices import State, StepKind
from keqing.leads.models import Lead, LeadRule, RuleCount, Step
from keqing.leads.tests.factories import channel, make_lead, make_rule
from keqing.people.tests.factories import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast():
    return make_cast()


@pytest.fixture
def sign_in(client):
    def go(staff):
        client.force_login(staff)
        return client

    return go


def filled(**values):
    return {"name": "广东肿瘤", "valid_from": "2026-01-01", "regions": "广东省", "words": "肿瘤\n抗癌", "target": "queue", **values}


def test_a_rule_is_written_by_whoever_manages_leads_and_takes_the_next_lead(cast, sign_in):
    client = sign_in(cast.system)
    response = client.post(reverse("leads:rule_new"), filled(unit=cast.south.pk, kinds=["hospital"]))
    assert response.status_code == 302
    rule = LeadRule.objects.get()
    assert (rule.regions, rule.words, rule.kinds, rule.unit) == (["440000"], ["肿瘤", "抗癌"], ["hospital"], cast.south)
    assert Entry.objects.get(action="leadrule.created").subject_id == rule.pk
    lead = make_lead(by=cast.care, region_id="440106", kind="hospital", need="抗癌药")
    assert Lead.objects.get(pk=lead.pk).rule_id == rule.pk
    page = client.get(reverse("leads:rules")).content.decode()
    assert "地区：广东省；产品或需求含：肿瘤、抗癌；客户类型：医院" in page and "命中 1 条" in page


def test_a_form_that_makes_no_sense_comes_back_with_the_reason(cast, sign_in):
    client = sign_in(cast.system)
    for wrong, said in (
        ({"regions": "不存在省"}, "没有地区“不存在省”"), ({"target": "position"}, "请选择分配给哪个岗位"),
        ({"target": "turn"}, "请至少选择一个参与的岗位"), ({"valid_to": "2025-01-01"}, "停用日期不能早于启用日期"),
        ({"words": "统方"}, "统方"), ({"words": "字" * 41}, "最多 40 个词"),
    ):  # fmt: skip
        response = client.post(reverse("leads:rule_new"), filled(unit=cast.south.pk, **wrong))
        assert response.status_code == 422 and said in response.content.decode(), wrong
    assert not LeadRule.objects.exists()


def test_a_change_makes_the_next_version_and_a_stale_one_shows_both(cast, sign_in):
    rule = make_rule(unit=cast.south, words=["肿瘤"], name="旧名")
    client = sign_in(cast.system)
    url = reverse("leads:rule_edit", args=[rule.pk])
    assert client.get(url).status_code == 200
    assert client.post(url, filled(unit=cast.south.pk, version=1)).status_code == 302
    rule.refresh_from_db()
    assert (rule.version, rule.name) == (2, "广东肿瘤")
    response = client.post(url, filled(unit=cast.south.pk, version=1, name="我的名"))
    assert response.status_code == 409 and "我的名" in response.content.decode()


def test_a_region_manager_changes_rules_of_the_region_only(cast, sign_in):
    mine, other = make_rule(unit=cast.guangzhou), make_rule(unit=cast.north)
    client = sign_in(cast.region_manager)
    assert client.get(reverse("leads:rule_edit", args=[mine.pk])).status_code == 200
    assert client.get(reverse("leads:rule_edit", args=[other.pk])).status_code == 403
    response = client.post(reverse("leads:rule_new"), filled(unit=cast.north.pk))
    assert response.status_code == 422


def test_rules_move_and_end_without_dragging(cast, sign_in):
    first, second = make_rule(unit=cast.south, name="甲"), make_rule(unit=cast.north, name="乙")
    client = sign_in(cast.system)
    client.post(reverse("leads:rule_move", args=[second.pk]), {"up": ""})
    assert list(LeadRule.objects.in_order()) == [second, first]
    page = client.get(reverse("leads:rules")).content.decode()
    assert "与排在前面的“乙”条件相同而去向不同" in page
    client.post(reverse("leads:rule_end", args=[second.pk]))
    assert Lead.objects.get(pk=make_lead(by=cast.care, at=timezone.now()).pk).rule_id == first.pk
    assert "已停用" in client.get(reverse("leads:rules")).content.decode()


@pytest.mark.proves("R-186")
def test_a_trial_tells_which_rule_would_take_a_lead_and_changes_nothing(cast, sign_in):
    rule = make_rule(name="轮流", unit=cast.guangzhou, target="turn", members=[position_of(cast.rep), position_of(cast.sibling)], words=["肿瘤"])
    client = sign_in(cast.system)
    url = reverse("leads:rule_try")
    assert client.get(url).status_code == 200
    asked = {"text": "肿瘤产品", "channel": channel().pk, "region": "440106"}
    for _ in range(2):
        page = client.get(url, asked).content.decode()
        assert "李雯" in page and f"规则 {rule.pk}“轮流”第 1 版：产品或需求含“肿瘤”" in page and "由它决定" in page
    assert not RuleCount.objects.exists() and not Lead.objects.exists()
    assert client.get(url, {"channel": "999"}).status_code == 422


@pytest.mark.proves("R-187", "R-188")
def test_whoever_was_given_a_lead_accepts_or_returns_it_with_a_reason(cast, sign_in):
    make_rule(unit=cast.guangzhou, target="position", position=position_of(cast.rep))
    lead = Lead.objects.get(pk=make_lead(by=cast.care).pk)
    client = sign_in(cast.rep)
    page = client.get(reverse("leads:lead", args=[lead.pk])).content.decode()
    assert "接受" in page and "退回" in page and "规则" in page
    assert client.post(reverse("leads:lead_accept", args=[lead.pk]), {"version": lead.version}).status_code == 302
    lead.refresh_from_db()
    assert lead.state == State.ACCEPTED
    url = reverse("leads:lead_return", args=[lead.pk])
    assert client.post(url, {"version": lead.version, "reason": ""}).status_code == 422
    assert client.post(url, {"version": lead.version - 1, "reason": "没有预算"}).status_code == 409
    assert client.post(url, {"version": lead.version, "reason": "没有预算"}).status_code == 302
    lead.refresh_from_db()
    assert lead.state == State.RETURNED and lead.return_reason == "没有预算"
    assert Step.objects.filter(lead=lead, kind=StepKind.RETURNED).get().reason == "没有预算"


def test_a_manager_assigns_by_hand_by_rules_and_into_the_pool(cast, sign_in):
    lead = Lead.objects.get(pk=make_lead(by=cast.rep).pk)
    client = sign_in(cast.manager)
    position = position_of(cast.sibling)
    url = reverse("leads:lead_assign", args=[lead.pk])
    assert "广州地区" in client.get(url).content.decode()
    assert client.post(url, {"version": lead.version, "position": position.pk, "reason": "熟悉"}).status_code == 302
    lead.refresh_from_db()
    assert lead.position == position
    assert client.post(url, {"version": lead.version, "position": position_of(cast.stranger).pk}).status_code == 422
    assert client.post(reverse("leads:lead_rules", args=[lead.pk])).status_code == 302
    assert client.post(reverse("leads:lead_pool", args=[lead.pk]), {"version": lead.version, "reason": "没有人手"}).status_code == 302
    lead.refresh_from_db()
    assert lead.pooled_at is not None


def test_the_pool_shows_what_may_be_picked_without_a_phone(cast, sign_in):
    from keqing.leads.actions.pool import pool_leads

    lead = make_lead(by=cast.rep, organisation_name="示例公海医院", phone="13912345678")
    pool_leads(leads=[lead], reason="没有人手", by=cast.manager, at=NOW)
    page = sign_in(cast.stranger).get(reverse("leads:pool")).content.decode()
    assert "示例公海医院" not in page
    assert sign_in(cast.stranger).post(reverse("leads:lead_pick", args=[lead.pk])).status_code == 404
    client = sign_in(cast.other_area_rep)
    page = client.get(reverse("leads:pool")).content.decode()
    assert "示例公海医院" in page and "5678" not in page and "领取" in page
    assert client.post(reverse("leads:lead_pick", args=[lead.pk])).url == reverse("leads:lead", args=[lead.pk])
    second = sign_in(cast.rep).post(reverse("leads:lead_pick", args=[lead.pk]), follow=True)
    assert "刚被别人领走" in second.content.decode()


@pytest.mark.proves("U45")
def test_a_deadline_in_a_year_without_holidays_says_so(cast, sign_in):
    lead = Lead.objects.get(pk=make_lead(by=cast.rep, mine=False).pk)
    Lead.objects.filter(pk=lead.pk).update(due_at=NOW.replace(year=2027, month=1, day=4))
    page = sign_in(cast.manager).get(reverse("leads:lead", args=[lead.pk])).content.decode()
    assert "2027 年节假日未公布" in page


@pytest.mark.proves("R-187")
def test_today_shows_the_manager_what_was_not_handled_in_time(cast, sign_in):
    from datetime import timedelta

    from keqing.leads.actions.deadlines import escalate_overdue

    make_rule(unit=cast.guangzhou, target="turn", members=[position_of(cast.rep), position_of(cast.sibling)])
    lead = Lead.objects.get(pk=make_lead(by=cast.care).pk)
    page = sign_in(lead.position.holder).get(reverse("desk:today")).content.decode()
    assert "待接受的线索" in page
    escalate_overdue(at=lead.due_at + timedelta(hours=1))
    client = sign_in(cast.manager)
    assert "线索超时" in client.get(reverse("desk:today")).content.decode()
    assert f"/leads/{lead.pk}/" in client.get(reverse("leads:leads"), {"preset": "escalated"}).content.decode()
