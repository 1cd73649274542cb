"""计划与达成 and 商机覆盖 leave by the one exporter: what the page shows, for the period of its address, with the reader's rights."""

import csv
import io

import pytest
from django.urls import reverse
from django.utils import timezone

from keqing.access import standing
from keqing.access.tests.factories import make_cast, position_of
from keqing.audit.models import Entry
from keqing.followups.tests.factories import make_contact
from keqing.kit.formats import business_date
from keqing.lifecycle.actions.goals import set_goal
from keqing.lifecycle.actions.targets import reach_target
from keqing.lifecycle.models import Target
from keqing.lifecycle.months import month_of, shifted
from keqing.lifecycle.quarters import quarter_of
from keqing.lifecycle.queries import reports
from keqing.lifecycle.tests.factories import make_target, put_in, signed_in
from keqing.people.tests.factories import make_organisation

pytestmark = [pytest.mark.django_db, pytest.mark.proves("U36", "T45")]


def today():
    return business_date(timezone.now())


def quarter():
    return quarter_of(today())


def taken(staff, key, query="", form="csv"):
    sent = {"list": key, "query": query, "format": form, "columns": "shown", "encoding": "utf-8-sig"}
    return signed_in(staff).post(reverse("exports:new"), sent)


def lines_taken(staff, key, query=""):
    answer = taken(staff, key, query)
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


def printed(staff, key, query=""):
    answer = signed_in(staff).post(reverse("exports:print"), {"list": key, "query": query})
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def planned():
    """Four targets due this quarter, one of them in another area and one reached; one more due in the next quarter."""
    cast, at = make_cast(), timezone.now()
    owners = {"甲岑市人民医院": cast.rep, "乙墅县人民医院": cast.rep, "丙垣医院": cast.sibling, "别区医院": cast.stranger}
    for name, owner in owners.items():
        target = make_target(customer=make_organisation(owner=owner, name=name, at=at), by=owner, due_on=quarter().last, at=at)
        if name == "丙垣医院":
            reach_target(target=target, evidence="评级 A", by=owner, at=at)
    later = make_organisation(owner=cast.rep, name="下季医院", at=at)
    make_target(customer=later, by=cast.rep, due_on=quarter().shifted(1).last, at=at)
    return cast


@pytest.mark.proves("R-285")
def test_the_result_leaves_with_its_sums_and_every_target_not_reached(planned, monkeypatch):
    monkeypatch.setattr(reports, "MOST", 1)
    contact = make_contact(customer=Target.objects.get(customer_name="乙墅县人民医院").customer(), by=planned.rep)
    heads, *rows = lines_taken(planned.manager, "report-result", f"quarter={quarter().key}")
    assert heads == ["分类", "名称", "目标", "达成", "达成率", "提升什么", "目标日期", "负责", "最近一次行动", "方式", "跟踪人", "业务描述"]
    sums = [row[:5] for row in rows if row[0] != "还没有达成"]
    mine, sibling = position_of(planned.rep).label, position_of(planned.sibling).label
    assert sums == [
        ["按类别", "客户等级", "3", "1", "33%"], ["按负责人", mine, "2", "0", "0%"], ["按负责人", sibling, "1", "1", "100%"],
        ["合计", "", "3", "1", "33%"],
    ]  # fmt: skip
    missed = {row[1]: row for row in rows if row[0] == "还没有达成"}
    due = quarter().last.isoformat()
    assert missed["甲岑市人民医院"][2:] == ["1", "0", "", "客户等级：C → A", due, mine, "", "", "", ""]
    said = [contact.track_on.isoformat(), contact.get_method_display(), planned.rep.name, contact.description]
    assert missed["乙墅县人民医院"][8:] == said and len(missed) == 2
    record = Entry.objects.get(action="export.begun")
    assert (record.subject_name, record.changes["wording"], record.changes["rows"]) == ("计划与达成", quarter().label, len(rows))


def test_the_quarter_of_the_address_goes_into_the_file_and_onto_paper(planned):
    ahead = quarter().shifted(1)
    page = signed_in(planned.manager).get(reverse("lifecycle:result"), {"quarter": ahead.key}).content.decode()
    assert f"list=report-result&amp;query=quarter%3D{ahead.key}" in page
    names = {row[1] for row in lines_taken(planned.manager, "report-result", f"quarter={ahead.key}")[1:]}
    assert "下季医院" in names and "甲岑市人民医院" not in names
    paper = printed(planned.manager, "report-result", f"quarter={ahead.key}")
    assert ahead.label in paper and "下季医院" in paper and "甲岑市人民医院" not in paper
    assert taken(planned.manager, "report-result", form="xlsx").getvalue()[:2] == b"PK"
    empty = quarter().shifted(-8).key
    assert len(lines_taken(planned.manager, "report-result", f"quarter={empty}")) == 1
    assert "report-result" not in signed_in(planned.manager).get(reverse("lifecycle:result"), {"quarter": empty}).content.decode()


def test_a_file_of_the_result_names_no_customer_beyond_the_reach_of_exporting(planned, settings):
    assert {row[1] for row in lines_taken(planned.rep, "report-result") if row[0] == "还没有达成"} == {"甲岑市人民医院", "乙墅县人民医院"}
    assert taken(planned.warehouse, "report-result").status_code == 403
    words = settings.ROLES["area_manager"]["words"]
    settings.ROLES = {**settings.ROLES, "area_manager": {**settings.ROLES["area_manager"], "words": {**words, "export.run": "own"}}}
    standing.roles.cache_clear()
    try:
        narrow = lines_taken(planned.manager, "report-result")
    finally:
        standing.roles.cache_clear()
    assert not [row for row in narrow if row[0] == "还没有达成"] and ["合计", "", "3", "1", "33%"] in [row[:5] for row in narrow]


@pytest.mark.proves("R-126")
def test_coverage_leaves_with_the_month_of_its_address():
    cast, at = make_cast(), timezone.now()
    for number in range(6):
        put_in(make_organisation(owner=cast.rep, name=f"机会{number}", at=at), "opportunity")
    month, ahead = today().replace(day=1), shifted(today().replace(day=1), 1)
    set_goal(position=position_of(cast.manager), month=month, wanted=2, by=cast.region_manager, at=at)
    set_goal(position=position_of(cast.manager), month=ahead, wanted=5, by=cast.region_manager, at=at)
    client, url = signed_in(cast.region_manager), reverse("lifecycle:coverage")
    line = client.get(url).context["lines"][0]
    heads, row = lines_taken(cast.region_manager, "report-coverage")
    assert heads == ["团队", "负责", "目标新增", "已成交", "缺口", "加权商机", "覆盖率", "判断"]
    assert row == [line.goal.position.unit.name, line.goal.position.label, "2", "0", "2", str(line.result.weighted), "1.5", "偏少"]
    assert f"list=report-coverage&amp;query=month%3D{ahead:%Y-%m}" in client.get(url, {"month": f"{ahead:%Y-%m}"}).content.decode()
    assert lines_taken(cast.region_manager, "report-coverage", f"month={ahead:%Y-%m}")[1][2] == "5"
    paper = printed(cast.region_manager, "report-coverage", f"month={ahead:%Y-%m}")
    assert f"{ahead:%Y-%m}" in paper and line.goal.position.label in paper
    assert taken(cast.region_manager, "report-coverage", form="xlsx").getvalue()[:2] == b"PK"
    record = Entry.objects.filter(action="export.begun").earliest("pk")
    assert (record.subject_name, record.changes["wording"]) == ("商机覆盖", f"{month:%Y-%m}")


def test_coverage_is_for_those_who_plan_and_a_month_without_goals_has_nothing_to_take_out():
    cast = make_cast()
    assert taken(cast.rep, "report-coverage").status_code == 403
    page = signed_in(cast.region_manager).get(reverse("lifecycle:coverage")).content.decode()
    assert "report-coverage" not in page and "data-print" not in page
    assert len(lines_taken(cast.region_manager, "report-coverage", "month=9999-12")) == 1


@pytest.mark.parametrize(("text", "first"), [("2026-11", "2026-11-01"), ("9999-12", ""), ("x", "")])
def test_a_month_is_read_or_is_the_running_one(text, first):
    assert month_of(text, today=today()).isoformat() == (first or today().replace(day=1).isoformat())
    assert shifted(month_of("2026-01", today=today()), -1) == month_of("2025-12", today=today())
