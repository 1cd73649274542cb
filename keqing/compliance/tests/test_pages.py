import pytest
from django.urls import reverse
from django.utils import timezone

from keqing.access.tests.factories import make_cast
from keqing.audit.models import Entry
from keqing.compliance.actions import log_refusal
from keqing.compliance.models import Refusal, RuleVersion
from keqing.compliance.rules import check_import, check_label

pytestmark = pytest.mark.django_db
RULES, REFUSALS = reverse("compliance:rules"), reverse("compliance:refusals")
RULE, EDIT = reverse("compliance:rule", args=["RX-05"]), reverse("compliance:rule_edit", args=["RX-05"])


@pytest.fixture
def cast():
    return make_cast()


def text(response):
    return response.content.decode()


@pytest.mark.parametrize(
    ("url", "readers"),
    [(RULES, {"compliance", "gm"}), (RULE, {"compliance", "gm"}), (EDIT, {"compliance"}), (REFUSALS, {"compliance", "audit"})],
)
def test_each_page_opens_to_its_roles_only(client, cast, url, readers):
    assert client.get(url).status_code == 302
    for role, person in cast.everyone.items():
        client.force_login(person)
        response = client.get(url)
        assert response.status_code == (200 if role in readers else 403), role
        assert "<c-" not in text(response)


def test_a_rule_shows_text_basis_parameters_and_versions(client, cast):
    client.force_login(cast.gm)
    page = text(client.get(RULE))
    assert "枪手" in page and "依据" in page and "随系统交付" in page and EDIT not in page
    assert "RX-01" in text(client.get(RULES))
    assert client.get(reverse("compliance:rule", args=["RX-99"])).status_code == 404


def form_of(rule, **changes):
    lists = {f"p_{name}": "\n".join(words) for name, words in rule.parameters.items()}
    return {**lists, "version": rule.version, "valid_from": timezone.localdate(), "reason": "公司新规", **changes}


def test_the_officer_adds_a_word_and_it_holds_at_once(client, cast):
    client.force_login(cast.compliance)
    rule = RuleVersion.objects.latest_of("RX-05")
    done = client.post(EDIT, form_of(rule, p_words="\n".join([*rule.parameters["words"], "", " 带金 ", "带金"])))
    assert done.status_code == 302 and check_label("带金销售").word == "带金"
    assert Entry.objects.get(action="compliance.rule_versioned", actor_id=cast.compliance.pk)
    assert "公司新规" in text(client.get(RULE))


def test_a_second_officer_with_the_old_version_sees_both(client, cast):
    client.force_login(cast.compliance)
    rule = RuleVersion.objects.latest_of("RX-05")
    old = form_of(rule, p_words="统方\n别的")
    client.post(EDIT, form_of(rule, p_words="\n".join([*rule.parameters["words"], "带金"])))
    stale = client.post(EDIT, old)
    assert stale.status_code == 409 and "别的" in text(stale) and "带金" in text(stale)
    assert RuleVersion.objects.filter(rule_id="RX-05").count() == 2


def test_mistakes_come_back_as_sentences(client, cast):
    client.force_login(cast.compliance)
    rule = RuleVersion.objects.latest_of("RX-05")
    for change, sentence in (
        ({"p_words": ""}, "不能全部删除"), ({"valid_from": "2020-01-01", "p_words": "甲"}, "不能早于今天"), ({}, "没有变化"),
        ({"reason": ""}, "请填写变更理由"),
    ):  # fmt: skip
        answer = client.post(EDIT, form_of(rule, **change))
        assert answer.status_code == 422 and sentence in text(answer)


@pytest.mark.proves("R-008")
def test_refusals_are_listed_and_searched_by_compliance(client, cast):
    client.force_login(cast.compliance)
    assert "还没有被规则拒绝的操作" in text(client.get(REFUSALS))
    at = timezone.now()
    log_refusal(hit=check_import(headers=["医生", "数量"]), by=cast.rep, at=at, where="导入 统计.xlsx")
    log_refusal(hit=check_label("枪手"), by=cast.manager, at=at, where="标签维度")
    assert Refusal.objects.count() == 2
    page = text(client.get(REFUSALS, {"rule_id": "rx-01"}))
    assert "统计.xlsx" in page and "标签维度" not in page
    assert "标签维度" in text(client.get(REFUSALS, {"actor_name": "陈立", "from_on": timezone.localdate()}))
    assert "没有符合条件" in text(client.get(REFUSALS, {"to_on": "2020-01-01"}))
