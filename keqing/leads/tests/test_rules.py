"""Matching: pure, so that what a rule means can be read off its tests (R-186)."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keqing.leads.rules import Facts, Finding, Matcher, Names, Rule, covers, described, findings, why

TODAY = date(2026, 11, 21)
NAMES = Names(regions={"44": "广东省"}, kinds={"hospital": "医院"}, channels={"website": "网站"}, campaigns={3: "秋季学术周"})
GD_ONC = Rule(7, "广东肿瘤", prefixes=("44",), words=("肿瘤",), goes_to="GD-ONC")


def taken_by(rules, **facts):
    return [rule.id for rule in Matcher(rules, today=TODAY).matching(Facts(**facts))]


@pytest.mark.proves("R-186")
@pytest.mark.parametrize(
    ("facts", "taken"),
    [
        ({"region": "440106", "text": "咨询抗肿瘤产品"}, True),
        ({"region": "44", "text": "肿 瘤 科 用药"}, True),
        ({"region": "450100", "text": "肿瘤"}, False),
        ({"region": "440106", "text": "心血管"}, False),
        ({"region": "", "text": "肿瘤"}, False),
    ],
)
def test_a_rule_takes_what_meets_all_parts_of_its_condition(facts, taken):
    assert bool(taken_by([GD_ONC], **facts)) is taken


def test_every_part_of_a_condition_counts():
    rule = Rule(
        1, "全", kinds=frozenset({"hospital"}), channels=frozenset({"website"}), campaigns=frozenset({3}), least_score=60
    )
    facts = {"kind": "hospital", "channel": "website", "campaign": 3, "score": 60}
    assert taken_by([rule], **facts) == [1]
    for part in ({"kind": ""}, {"channel": "phone"}, {"campaign": None}, {"score": 59}):
        assert taken_by([rule], **{**facts, **part}) == []


def test_rules_count_only_within_their_validity_and_in_their_order():
    rules = [
        Rule(1, "过期", valid_to=date(2026, 11, 20)), Rule(2, "未到", valid_from=date(2026, 11, 22)),
        Rule(3, "今天起", valid_from=TODAY), Rule(4, "到今天", valid_to=TODAY),
    ]  # fmt: skip
    assert taken_by(rules) == [3, 4]


def test_the_reason_names_what_of_the_lead_met_the_condition():
    facts = Facts(region="440106", text="咨询抗肿瘤产品", kind="hospital", channel="website", campaign=3, score=70)
    assert why(GD_ONC, facts, NAMES) == "地区属于广东省，产品或需求含“肿瘤”"
    rest = Rule(
        1, "", kinds=frozenset({"hospital"}), channels=frozenset({"website"}), campaigns=frozenset({3}), least_score=60
    )
    assert why(rest, facts, NAMES) == "客户类型为医院，来源为网站，活动为“秋季学术周”，匹配分 70 不低于 60"
    assert why(Rule(2, ""), facts, NAMES) == "规则不设条件"
    assert described(rest, NAMES) == "客户类型：医院；来源：网站；活动：秋季学术周；匹配分不低于 60"
    assert described(Rule(2, ""), NAMES) == "全部线索"


def test_what_can_never_be_reached_or_contradicts_is_pointed_out():
    wide = Rule(1, "广东", prefixes=("44",), goes_to="甲")
    assert findings([wide, GD_ONC], today=TODAY) == [Finding(7, "被排在前面的“广东”盖住，只有它无人可接时才会用到。")]
    assert findings([GD_ONC, wide], today=TODAY) == []
    other = Rule(9, "又一条", prefixes=("44",), goes_to="乙")
    assert findings([wide, other], today=TODAY) == [Finding(9, "与排在前面的“广东”条件相同而去向不同，前面的先执行。")]
    assert findings([Rule(3, "旧", valid_to=date(2026, 1, 1))], today=TODAY) == [Finding(3, "已过有效期，不再起作用。")]


def test_a_rule_that_ends_sooner_hides_nothing_for_good():
    soon_over = Rule(1, "广东", prefixes=("44",), valid_to=date(2026, 12, 1))
    assert findings([soon_over, GD_ONC], today=TODAY) == []


conditions = st.builds(
    Rule, id=st.integers(1, 9), name=st.just("x"),
    prefixes=st.sets(st.sampled_from(["44", "4401", "11", "1101"]), max_size=2).map(tuple),
    words=st.sets(st.sampled_from(["肿瘤", "肿瘤科", "心血管", "抗肿瘤"]), max_size=2).map(tuple),
    kinds=st.frozensets(st.sampled_from(["hospital", "pharmacy"]), max_size=2),
    channels=st.frozensets(st.sampled_from(["website", "phone"]), max_size=2),
    campaigns=st.frozensets(st.sampled_from([1, 2]), max_size=2), least_score=st.sampled_from([None, 20, 60]),
)  # fmt: skip
some_facts = st.builds(
    Facts, region=st.sampled_from(["", "44", "440106", "110101", "1101"]),
    text=st.sampled_from(["", "肿瘤", "抗肿瘤科", "心 血管", "肿瘤科与心血管"]), kind=st.sampled_from(["", "hospital", "pharmacy"]),
    channel=st.sampled_from(["website", "phone"]), campaign=st.sampled_from([None, 1, 2]), score=st.sampled_from([0, 20, 60, 90]),
)  # fmt: skip


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(conditions, conditions, some_facts)
def test_what_a_covered_rule_takes_its_cover_takes_too(wide, narrow, facts):
    if covers(wide, narrow) and Matcher([narrow], today=TODAY).matching(facts):
        assert Matcher([wide], today=TODAY).matching(facts)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(conditions, some_facts)
def test_a_reason_can_be_given_for_whatever_matches(rule, facts):
    if Matcher([rule], today=TODAY).matching(facts):
        assert why(rule, facts, NAMES)
