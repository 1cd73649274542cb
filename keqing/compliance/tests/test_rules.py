from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError, transaction

from keqing.access.tests.factories import make_cast
from keqing.audit.models import Entry
from keqing.compliance.actions import RuleRefused, StaleRule, load_rules, log_refusal, revise_rule
from keqing.compliance.models import Refusal, RuleVersion
from keqing.compliance.rules import check_import, check_label, check_labels, delivered_rules, rulebook

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
TODAY = NOW.date()


def words_of(rule):
    return {**rule.parameters, "words": [*rule.parameters["words"], "带金"]}


def test_delivered_rules_are_in_force_after_migration():
    assert set(RuleVersion.objects.in_force(TODAY).values_list("rule_id", flat=True)) == set(delivered_rules())
    assert check_label("枪手医生").word == "枪手"
    assert [hit.rule_id for hit in check_labels(["重点", "统方", "查量"])] == ["RX-05", "RX-05"]
    assert check_import(headers=["医生", "数量"]).rule_id == "RX-01"


def test_an_empty_rule_table_does_not_open_the_door():
    RuleVersion.objects.all().delete()
    assert check_label("统方").rule_id == "RX-05"


def test_a_check_of_many_labels_reads_the_rules_once(django_assert_num_queries):
    with django_assert_num_queries(1):
        check_labels(["甲", "乙", "丙"] * 50)


def test_a_new_version_holds_from_its_day_and_the_old_one_until_then():
    by = make_cast().compliance
    rule = RuleVersion.objects.latest_of("RX-05")
    made = revise_rule(
        rule=rule, parameters=words_of(rule), valid_from=TODAY + timedelta(days=3), reason="公司新规", by=by, at=NOW
    )
    rule.refresh_from_db()
    assert (made.version, rule.valid_to) == (2, made.valid_from)
    assert "带金" not in rulebook(today=TODAY)["RX-05"].parameters["words"]
    assert "带金" in rulebook(today=TODAY + timedelta(days=3))["RX-05"].parameters["words"]
    entry = Entry.objects.get(action="compliance.rule_versioned", actor_id=by.pk)
    assert entry.rule == "RX-05" and "带金" in entry.changes["words"][1] and entry.reason == "公司新规"


def test_a_rule_can_be_revised_twice_on_one_day():
    by = make_cast().compliance
    rule = RuleVersion.objects.latest_of("RX-05")
    second = revise_rule(rule=rule, parameters=words_of(rule), valid_from=TODAY, reason="一", by=by, at=NOW)
    revise_rule(rule=second, parameters=rule.parameters, valid_from=TODAY, reason="二", by=by, at=NOW)
    assert rulebook(today=TODAY)["RX-05"].version == 3


def test_a_rule_is_not_changed_backwards_emptied_or_over_somebody_elses_version():
    by = make_cast().compliance
    rule = RuleVersion.objects.latest_of("RX-05")
    for parameters, day in (
        (words_of(rule), TODAY - timedelta(days=1)),
        (rule.parameters, TODAY),
        ({**rule.parameters, "words": []}, TODAY),
    ):
        with pytest.raises(RuleRefused):
            revise_rule(rule=rule, parameters=parameters, valid_from=day, reason="", by=by, at=NOW)
    revise_rule(rule=rule, parameters=words_of(rule), valid_from=TODAY, reason="", by=by, at=NOW)
    with pytest.raises(StaleRule):
        revise_rule(rule=rule, parameters=words_of(rule), valid_from=TODAY, reason="", by=by, at=NOW)
    assert RuleVersion.objects.filter(rule_id="RX-05").count() == 2


def test_a_changed_file_becomes_a_new_version_and_keeps_the_companys_words(monkeypatch):
    by = make_cast().compliance
    rule = RuleVersion.objects.latest_of("RX-05")
    own = [w for w in words_of(rule)["words"] if w != "上量"]
    revise_rule(rule=rule, parameters={**rule.parameters, "words": own}, valid_from=TODAY, reason="", by=by, at=NOW)
    raw = delivered_rules()["RX-05"]
    file = {"RX-05": {**raw, "parameters": {**raw["parameters"], "words": [*raw["parameters"]["words"], "新词"]}}}
    monkeypatch.setattr("keqing.compliance.actions.delivered_rules", lambda: file)
    (made,) = load_rules(today=TODAY, at=NOW)
    assert made.version == 3
    assert {"新词", "带金"} <= set(made.parameters["words"]) and "上量" not in made.parameters["words"]
    assert load_rules(today=TODAY, at=NOW) == []


@pytest.mark.proves("R-008")
def test_a_refusal_is_kept_with_rule_person_and_place_and_cannot_be_changed():
    by = make_cast().rep
    hit = check_import(headers=["医生", "数量"])
    refusal = log_refusal(hit=hit, by=by, at=NOW, where="导入 医院用药统计表.xlsx")
    assert (refusal.rule_id, refusal.word, refusal.actor_name) == ("RX-01", "数量", by.name)
    assert Entry.objects.get(action="compliance.refused").rule == "RX-01"
    for change in (lambda: refusal.delete(), lambda: Refusal.objects.update(word="别的")):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_delivered_rules_start_before_any_business_day():
    assert set(RuleVersion.objects.values_list("valid_from", flat=True)) == {date(2026, 1, 1)}
