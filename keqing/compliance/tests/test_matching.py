"""The tricky words, one by one, against the delivered rules; no database."""

import pytest

from keqing.compliance.matching import Rule, match_import, match_label
from keqing.compliance.rules import delivered_rules

RULES = {rule_id: Rule(rule_id, 1, raw["title"], raw["parameters"]) for rule_id, raw in delivered_rules().items()}


@pytest.mark.proves("R-025", "R-057")
@pytest.mark.parametrize(
    ("label", "word"),
    [
        ("统方", "统方"), ("商业统方表", "统方"), ("统 方", "统方"), ("统-方", "统方"), ("统\u200b方", "统方"), ("統方", "統方"),
        ("系统统方", "统方"), ("传统方法与统方", "统方"),
        ("查量", "查量"), ("查量、核量", "查量"), ("核量", "核量"), ("下午查量", "查量"), ("去药房核量", "核量"),
        ("处方量", "处方量"), ("月处方量", "处方量"), ("处方数", "处方数"), ("处方数量", "处方数"), ("每日处方数（张）", "处方数"),
        ("上量", "上量"), ("上量医生", "上量"), ("快速上量", "上量"), ("枪手", "枪手"), ("枪手医生", "枪手"), ("大处方", "大处方"),
        ("大处方医生", "大处方"), ("医生销量", "医生销量"), ("HIS导出", "his导出"), ("ＨＩＳ 导出", "his导出"), ("his_导出表", "his导出"),
    ],
)  # fmt: skip
def test_deny_words_are_found_in_labels_however_they_are_written(label, word):
    hit = match_label(label, rules=RULES)
    assert hit is not None and (hit.rule_id, hit.word) == ("RX-05", word)
    assert label.strip() in hit.sentence and "RX-05" in hit.sentence


@pytest.mark.parametrize(
    "label",
    [
        "传统方法", "传统方剂", "系统方案", "系统方面的问题", "总统方面", "检查量", "患者检查量", "日检查量", "调查量", "筛查量", "审核量", "考核量",
        "以上量", "以上量表", "90分以上量表", "线上量表", "处方药", "处方药目录", "非处方药", "处方权", "电子处方", "最大处方天数",
        "医生", "销量目标", "HIS系统厂商", "导出", "重点客户", "学科带头人", "跟踪日期", "定期跟踪", "流向核对", "库存核对", "",
    ],
)  # fmt: skip
def test_ordinary_words_are_left_alone(label):
    assert match_label(label, rules=RULES) is None


@pytest.mark.proves("R-008")
@pytest.mark.parametrize(
    ("headers", "rule"),
    [
        (["医生", "数量"], "RX-01"), (["医院", "科室", "医生姓名", "1月数量"], "RX-01"), (["医师", "用药金额"], "RX-01"),
        (["医生", "阿莫西林数量"], "RX-01"), (["医生", "数量（盒）"], "RX-01"), (["开方医生", "盒数"], "RX-01"),
        (["医生", "处方量"], "RX-01"), (["医生", "患者用量"], "RX-01"), (["医生", "门诊金额"], "RX-01"), (["医生", "Qty"], "RX-01"),
        (["科室", "用量"], "RX-02"), (["科室名称", "药品总数"], "RX-02"), (["病区", "品种", "消耗量"], "RX-02"),
        (["医院", "数量"], "RX-03"), (["终端名称", "纯销"], "RX-03"),
        (["医院", "统方"], "RX-05"), (["姓名", "大处方"], "RX-05"), (["姓名", "HIS导出时间"], "RX-05"),
    ],
)  # fmt: skip
def test_a_file_of_drug_quantities_by_doctor_department_or_hospital_is_refused(headers, rule):
    hit = match_import(headers, rules=RULES)
    assert hit is not None and hit.rule_id == rule


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        (["医院", "床位数量", "日门诊量", "科室数量"], "hospital"), (["医院", "月购药额", "门诊人数"], "hospital"),
        (["连锁总部", "门店数量", "店数"], None), (["医生", "患者数量", "论文数量", "日门诊量"], "doctor"),
        (["医生", "课题金额", "带教学生总数", "手术件数"], "doctor"), (["科室", "床位数量", "医生数量"], "department"),
        (["姓名", "医院", "科室", "职称", "专业方向", "适宜时间"], "doctor"), (["商品", "数量", "金额"], None),
        (["医院", "患者检查量"], "hospital"), ([], None),
    ],
)  # fmt: skip
def test_counts_of_other_things_pass(headers, key):
    assert match_import(headers, rules=RULES, keyed_by=key) is None


def test_what_the_importer_knows_of_its_rows_counts_as_well_as_the_headers():
    assert match_import(["姓名", "数量"], rules=RULES) is None
    assert match_import(["姓名", "数量"], rules=RULES, keyed_by="doctor").rule_id == "RX-01"
    assert match_import(["名称", "销量"], rules=RULES, keyed_by="hospital").rule_id == "RX-03"


def test_own_shipments_to_a_hospital_pass_with_source_and_contract_number():
    headers = ["医院", "数量"]
    assert match_import(headers, rules=RULES, data_source="HIS").rule_id == "RX-03"
    assert match_import(headers, rules=RULES, data_source="own_invoice").rule_id == "RX-04"
    assert match_import(headers, rules=RULES, data_source="经销合同", contract="HT-2026-018") is None
    assert match_import(["医生", *headers], rules=RULES, data_source="own_invoice", contract="X").rule_id == "RX-01"
