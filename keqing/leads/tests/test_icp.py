"""The ideal customer (R-093)."""

import pytest

from keqing.access.tests.factories import make_cast
from keqing.leads import icp
from keqing.leads.choices import Judgement, State
from keqing.leads.models import Lead
from keqing.leads.tests.factories import make_lead

RAW = {
    "mode": "soft", "base": 50,
    "criterion": [
        {"label": "类型", "field": "kind", "values": ["hospital"], "inside": 20, "outside": -30, "essential": True},
        {"label": "广东", "field": "region", "values": ["44"], "inside": 10},
        {"label": "金额", "field": "estimate", "at_least": 50000, "inside": 10, "outside": -10},
        {"label": "产品", "field": "products", "values": ["降压"], "inside": 5},
    ],
}


def test_every_criterion_moves_the_score_and_says_so():
    rating = icp.rate(facts={"kind": "hospital", "region": "440106", "estimate": 60000, "products": "降压片"}, by=icp.read(RAW))
    assert (rating.score, rating.rejected) == (95, False)
    assert rating.reasons[0] == ("类型", 20)


def test_what_is_not_said_is_neither_inside_nor_outside():
    assert icp.rate(facts={}, by=icp.read(RAW)) == icp.Rating(50, 50, (), (), False)


def test_a_hard_profile_rejects_what_lacks_something_essential():
    rating = icp.rate(facts={"kind": "chain"}, by=icp.read({**RAW, "mode": "hard"}))
    assert (rating.score, rating.outside, rating.rejected) == (20, ("类型",), True)


@pytest.mark.parametrize("raw", [
    {"mode": "weich"}, {"mode": "soft", "criterion": [{"label": "甲", "field": "fax", "filled": True}]},
    {"mode": "soft", "criterion": [{"label": "甲", "field": "kind"}]},
])
def test_a_policy_nobody_could_follow_is_refused_with_a_sentence(raw):
    with pytest.raises(icp.WrongPolicy, match=r"icp\.toml"):
        icp.read(raw)


@pytest.mark.django_db
@pytest.mark.proves("R-093")
def test_a_lead_outside_the_profile_gets_a_lower_score_and_is_not_deleted():
    cast = make_cast()
    inside = make_lead(by=cast.rep, kind="hospital", organisation_name="甲岑市人民医院")
    outside = make_lead(by=cast.rep, kind="consumer", caller_name="丁一")
    assert outside.score < inside.score
    assert Lead.objects.get(pk=outside.pk).state == State.NEW
    assert any(one["points"] < 0 for one in outside.score_reasons)


@pytest.mark.django_db
@pytest.mark.proves("R-093")
def test_with_a_hard_profile_it_is_kept_as_invalid_with_the_reason(monkeypatch):
    cast = make_cast()
    monkeypatch.setattr(icp, "profile", lambda: icp.read({**RAW, "mode": "hard"}))
    lead = make_lead(by=cast.rep, kind="consumer", caller_name="丁一")
    lead.refresh_from_db()
    assert (lead.state, lead.judgement) == (State.REJECTED, Judgement.INVALID)
    assert "类型" in lead.judge_reason and lead.steps.filter(kind="invalid").exists()
