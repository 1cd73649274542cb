"""Leads and prospect cards from workbooks."""

from datetime import timedelta
from decimal import Decimal

import pytest

from keqing.access.tests.factories import make_cast
from keqing.interchange.tests.factories import csv_file, make_applied, make_checked, undo, xlsx
from keqing.leads.actions.intake import edit_lead
from keqing.leads.models import Lead
from keqing.leads.tests.factories import make_campaign, make_lead
from keqing.people.tests.factories import NOW

pytestmark = pytest.mark.django_db
CARD = ["客户名称", "类型", "需求", "现供应商", "决策人", "预算", "来源", "预计金额", "下一步"]


def outcomes(batch):
    return [(row.name, row.outcome, row.reason) for row in batch.rows.order_by("number")]


@pytest.mark.proves("R-125")
def test_a_prospect_card_imports_from_excel():
    cast = make_cast()
    row = ["庚汐大药房连锁有限公司", "连锁总部", "想了解账期", "戊沐医药有限公司", "采购部林经理", "5万", "推荐", "35000", "寄资料后回访"]
    batch = make_applied(by=cast.manager, file=xlsx([CARD, row], name="潜在客户资料卡.xlsx"), kind="prospect")
    assert batch.counts["new"] == 1
    lead = Lead.objects.select_related("source_channel").get()
    assert (lead.organisation_name, lead.kind, lead.need) == (row[0], "chain", "想了解账期")
    assert (lead.current_supplier, lead.decision_maker, lead.next_step) == ("戊沐医药有限公司", "采购部林经理", "寄资料后回访")
    assert (lead.budget, lead.estimate, lead.source_channel.name) == (Decimal("50000.00"), Decimal("35000.00"), "推荐")
    assert lead.unit == cast.guangzhou and lead.is_prospect_card


@pytest.mark.proves("R-184")
def test_leads_import_with_channel_campaign_and_first_touch():
    cast = make_cast()
    make_campaign(unit=cast.south, name="秋季学术沙龙")
    heads = ["机构名称", "联系人", "电话", "活动名称", "接触日期", "地区"]
    rows = [heads, ["甲岑市人民医院", "林晓", "020-81237788", "秋季学术沙龙", "2026-11-18", "广东省广州市"]]
    make_applied(by=cast.manager, file=xlsx(rows), kind="lead")
    lead = Lead.objects.select_related("source_channel", "campaign").get()
    assert (lead.source_channel.name, lead.campaign.name, lead.region_id) == ("活动", "秋季学术沙龙", "440100")
    assert lead.first_touch_at.date() == (NOW - timedelta(days=3)).date() and lead.phone == "020-81237788"


def test_rows_without_anything_to_go_by_and_repeated_ones_come_back():
    cast = make_cast()
    make_lead(by=cast.stranger, mine=True, organisation_name="丙浦市中医院")
    rows = [
        ["机构名称", "联系人", "电话", "预算"], ["", "", "", "5万"], ["甲岑市人民医院", "", "", "五万左右"], ["乙墅县人民医院", "", "020-81237788", ""],
        ["乙墅医院", "", "020-81237788", ""], ["丙浦市中医院", "", "", ""],
    ]
    found = {(name, outcome): reason for name, outcome, reason in outcomes(make_checked(by=cast.manager, file=csv_file(rows), kind="lead"))}
    assert "至少填一个" in found["未识别", "error"] and "不是金额" in found["甲岑市人民医院", "error"]
    assert "重复" in found["乙墅医院", "duplicate"]
    assert found["丙浦市中医院", "duplicate"] == "已有未处理完的线索，负责人 唐*"


def test_what_nobody_touched_is_taken_back_and_the_rest_stays():
    cast = make_cast()
    rows = [["机构名称", "电话"], ["甲岑市人民医院", "020-81237788"], ["乙墅县人民医院", "020-81237799"]]
    batch = make_applied(by=cast.manager, file=xlsx(rows), kind="lead")
    touched = Lead.objects.get(organisation_name="乙墅县人民医院")
    edit_lead(lead=touched, values={"need": "要货"}, by=cast.manager, at=NOW)
    batch = undo(batch)
    assert list(Lead.objects.all()) == [touched]
    assert list(batch.rows.exclude(kept_because="").values_list("kept_because", flat=True)) == ["导入后已有人处理"]


def test_many_rows_cost_few_statements(django_assert_max_num_queries):
    cast = make_cast()
    rows = [["机构名称", "电话"], *([f"第{n}人民医院", f"020-8{n:07d}"] for n in range(300))]
    with django_assert_max_num_queries(90):
        make_applied(by=cast.manager, file=xlsx(rows), kind="lead")
    assert Lead.objects.count() == 300
