import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from keqing.access.models import Staff
from keqing.access.tests.factories import make_cast
from keqing.desk.context import shell
from keqing.desk.navigation import SECTIONS, create_links, destination, sections_for, tabs_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast():
    return make_cast()


def labels(staff, path="/"):
    return {item.label: [child.label for child in item.children] for item in sections_for(staff, path=path)}


def test_every_entry_leads_to_a_view_with_a_door():
    for section in SECTIONS:
        for entry in section.entries:
            place = destination(entry.view, entry.arguments)
            assert place and place[1], entry.view


def test_each_person_is_shown_what_they_may_open(cast):
    assert list(labels(cast.rep))[:3] == ["今日", "客户", "跟进"] and labels(cast.rep)["导入导出"] == ["下载中心"]
    assert "团队动态" not in labels(cast.rep)["跟进"] and "团队动态" in labels(cast.manager)["跟进"]
    assert "导入导出" in labels(cast.manager)
    assert "相似客户" in labels(cast.rep)["线索"] and "线索" not in labels(cast.warehouse)
    assert list(labels(cast.security)) == ["今日", "跟进", "导入导出", "设置"]  # proxies and transfers; staff files
    assert labels(cast.security)["设置"] == ["员工", "岗位", "组织", "辖区", "权限", "未用权限"]
    assert labels(cast.audit)["设置"] == ["审计"]
    assert labels(cast.compliance)["合规"] == ["合规规则", "拒绝记录"]


@pytest.mark.parametrize(
    ("who", "path", "section", "child"),
    [
        ("rep", "/", "今日", ""), ("rep", "/customers/hospital/", "客户", "医院"), ("rep", "/customers/12/", "客户", ""),
        ("rep", "/people/3/", "客户", "人员"), ("rep", "/followups/reminders/", "跟进", "待办"),
        ("rep", "/followups/customers/12/record/", "客户", ""), ("security", "/access/staff/7/edit/", "设置", "员工"),
        ("compliance", "/compliance/rules/RX-05/", "合规", "合规规则"), ("rep", "/access/account/", "", ""),
    ],
)  # fmt: skip
def test_the_place_one_is_at_is_marked(cast, who, path, section, child):
    items = sections_for(getattr(cast, who), path=path)
    assert [item.label for item in items if item.active] == ([section] if section else [])
    assert [c.label for item in items for c in item.children if c.active] == ([child] if child else [])


def test_a_phone_has_the_daily_tabs_and_more(cast):
    tabs = tabs_of(sections_for(cast.rep, path="/customers/all/"))
    assert [(tab.label, tab.active) for tab in tabs] == [("今日", False), ("客户", True), ("跟进", False), ("更多", False)]


def test_new_things_are_offered_by_what_one_may_enter(cast):
    assert "新建医院" in dict(create_links(cast.rep)) and "新建医院" not in dict(create_links(cast.commerce))
    assert "新建商业公司" in dict(create_links(cast.commerce))
    assert list(dict(create_links(cast.security))) == ["导入文件", "新建员工"]


def test_the_frame_of_a_page_costs_one_statement(cast):
    request = RequestFactory().get("/customers/all/")
    request.staff = Staff.objects.get(pk=cast.rep.pk)
    assert request.staff.standing.company_name == "示例药业"
    with CaptureQueriesContext(connection) as queries:
        frame = shell(request)["shell"]
        assert frame.company_name == "示例药业" and frame.sections
    assert len(queries) == 1


def test_a_fragment_costs_nothing(cast):
    request = RequestFactory().get("/")
    request.staff = cast.rep
    with CaptureQueriesContext(connection) as queries:
        shell(request)
    assert len(queries) == 0
