"""Likeness to won customers: few features, explained, never deciding (R-199, X-23)."""

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keqing.access.tests.factories import make_cast
from keqing.audit.models import Entry
from keqing.kit.jobs import run_waiting
from keqing.leads.actions.alike import compute_likeness, judge_likeness
from keqing.leads.alike import traits_of
from keqing.leads.likeness import FEATURES, Group, TooFew, band, learn, rate
from keqing.leads.models import LikenessModel, LikenessOpinion
from keqing.people.models import Organisation
from keqing.people.tests.factories import NOW, make_organisation

A, B = {"kind": "hospital", "level": "3a", "region": "44", "beds": "500–999 张"}, {"kind": "clinic", "region": "11"}
MANY = [Group(A, 30, 10), Group(B, 2, 60)]


@pytest.fixture
def cast():
    return make_cast()


def won(cast, number, **values):
    for at in range(number):
        make_organisation(owner=cast.rep, name=f"示例{values}{at}", **values)


@pytest.mark.proves("R-199")
def test_the_score_lists_its_top_three_reasons():
    weights, number, others = learn(MANY, least_won=20)
    assert (number, others) == (32, 70)
    like, unlike = rate(A, weights), rate(B, weights)
    assert like.score > 90 and unlike.score < 10
    assert len(like.reasons) == 2 and {one.feature for one in like.reasons} == {"kind", "region"} and all(one.points > 0 for one in like.reasons)
    assert {one.value for one in unlike.reasons} == {"clinic", "11"} and all(one.points < 0 for one in unlike.reasons)
    full, *_ = learn([*MANY, Group({"level": "1", "beds": "100 张以下", "channel": "media", "departments": "1–4 个"}, 1, 50)], least_won=20)
    assert len(rate(A, full).reasons) == 3


def test_too_few_won_customers_are_no_ground_to_judge():
    with pytest.raises(TooFew, match="只有 3 家，至少要 20 家"):
        learn([Group(A, 3, 50)], least_won=20)
    with pytest.raises(TooFew, match="没有未成交"):
        learn([Group(A, 30, 0)], least_won=20)


def test_bands_and_unknown_values():
    assert [band("beds", one) for one in (None, 0, 99, 100, 999, 1000)] == ["", "", "100 张以下", "100–499 张", "500–999 张", "1000 张以上"]
    weights, *_ = learn(MANY, least_won=20)
    assert rate({}, weights).score == 50 and rate({"kind": "never seen"}, weights).reasons == ()


values = st.dictionaries(st.sampled_from(FEATURES), st.sampled_from(["甲", "乙", "丙"]))
groups = st.lists(st.builds(Group, values, st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=8)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(groups, values)
def test_a_score_is_between_none_and_all_and_its_reasons_weigh_most(given_groups, traits):
    try:
        weights, *_ = learn(given_groups, least_won=1)
    except TooFew:
        return
    result = rate(traits, weights)
    assert 0 <= result.score <= 100 and len(result.reasons) <= 3
    sizes = [abs(one.points) for one in result.reasons]
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.django_db
def test_the_weights_come_from_ordered_customers_and_those_we_work_with(cast):
    won(cast, 15, kind="hospital", level="3a", beds=800, region_id="440106", business_state="working")
    won(cast, 6, kind="hospital", level="3a", beds=800, region_id="440106")
    Organisation.objects.filter(business_state="first").update(business_state="needs")
    won(cast, 12, kind="clinic", region_id="110101")
    with pytest.raises(TooFew, match="只有 15 家"):
        compute_likeness(by=cast.region_manager, at=NOW)
    Organisation.objects.filter(business_state="needs").update(business_state="working")
    model = compute_likeness(by=cast.region_manager, at=NOW)
    assert (model.won, model.others) == (21, 12)
    one = Organisation.objects.filter(kind="hospital")[:1]
    like = rate(traits_of(organisations=one)[one[0].pk], model.weights)
    assert like.score > 80 and {reason.value for reason in like.reasons} <= {"hospital", "44", "3a", "500–999 张"}
    assert Entry.objects.filter(action="likeness.computed").count() == 1


@pytest.mark.django_db
@pytest.mark.proves("R-199", "X-23")
def test_the_page_says_it_is_only_a_hint_and_logs_what_a_person_made_of_it(cast, client):
    client.force_login(cast.rep)
    url = reverse("leads:likeness")
    assert "还没有计算" in client.get(url).content.decode()
    won(cast, 22, kind="hospital", level="3a", beds=800, region_id="440106", business_state="working")
    won(cast, 10, kind="hospital", level="1", beds=50, region_id="110101")
    target = make_organisation(owner=cast.rep, name="示例相似医院", level="3a", beds=700, region_id="440300")
    hidden = make_organisation(owner=cast.stranger, name="示例别家医院", level="3a", beds=700, region_id="440300")
    model = compute_likeness(by=cast.region_manager, at=NOW)
    page = client.get(url).content.decode()
    assert "仅供参考，须人工确认" in page and "示例相似医院" in page and "三级甲等" in page and "示例别家医院" not in page
    judge = reverse("leads:likeness_judge", args=[target.pk])
    assert client.post(judge, {"verdict": "agreed", "note": "规模相当"}).status_code == 302
    opinion = LikenessOpinion.objects.get()
    assert (opinion.customer_id, opinion.verdict, opinion.by, opinion.model) == (target.pk, "agreed", cast.rep, model)
    assert len(opinion.reasons) == 3 and Entry.objects.get(action="likeness.judged").customer_id == target.pk
    stage = target.lifecycle
    target.refresh_from_db()
    assert (target.lifecycle, target.business_state, target.version) == (stage, "first", 1)  # a hint changes nothing
    assert client.post(reverse("leads:likeness_judge", args=[hidden.pk]), {"verdict": "agreed"}).status_code == 404
    assert client.post(judge, {"verdict": "x"}).status_code == 302 and LikenessOpinion.objects.count() == 1


@pytest.mark.django_db
def test_who_manages_leads_computes_and_is_told_when_there_are_too_few(cast, client):
    client.force_login(cast.region_manager)
    page = client.post(reverse("leads:likeness_compute"), follow=True).content.decode()
    assert "至少要 20 家" in page and not LikenessModel.objects.exists()
    won(cast, 20, kind="hospital", business_state="working")
    won(cast, 2, kind="clinic")
    assert "已开始计算" in client.post(reverse("leads:likeness_compute"), follow=True).content.decode()
    run_waiting()
    assert LikenessModel.objects.get().made_by == cast.region_manager


@pytest.mark.django_db
def test_an_opinion_without_weights_is_refused(cast):
    with pytest.raises(TooFew):
        judge_likeness(organisation=make_organisation(owner=cast.rep), verdict="agreed", note="", by=cast.rep, at=NOW)
