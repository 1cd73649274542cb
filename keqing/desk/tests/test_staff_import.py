"""Staff and positions from a file."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from keqing.access.actions.staff import reset_password
from keqing.access.models import Holding, Position, Staff
from keqing.access.tests.factories import make_cast, make_staff, position_of
from keqing.interchange.tests.factories import apply, make_applied, make_checked, undo, xlsx
from keqing.people.tests.factories import NOW, make_organisation

pytestmark = pytest.mark.django_db
HEAD = ["姓名", "工号", "登录名", "手机", "所属组织", "角色", "岗位编号", "岗位名称", "负责人岗位"]


@pytest.fixture
def cast():
    return make_cast()


def outcomes(batch):
    return [(row.name, row.outcome, row.reason) for row in batch.rows.order_by("number")]


def test_people_arrive_with_their_positions_and_vacant_positions_stay_empty(cast):
    rows = [
        HEAD,
        ["张新", "E100", "zhangxin", "13800001234", "广州地区", "医药代表", "GZ-01", "越秀代表", ""],
        ["待招-GZ-02", "", "", "", "华南大区/广州地区", "医药代表", "GZ-02", "", ""],
        ["李无岗", "E101", "", "", "", "", "", "", ""],
    ]
    batch = make_applied(by=cast.security, file=xlsx(rows), kind="staff")
    assert batch.counts["new"] == 3
    new = Staff.objects.get(login_name="zhangxin")
    position = Position.objects.get(code="GZ-01")
    assert (position.holder, position.unit, position.role, position.name) == (new, cast.guangzhou, "representative", "越秀代表")
    assert new.must_change_password and Holding.objects.get(staff=new).position == position
    assert Position.objects.get(code="GZ-02").holder is None
    assert Staff.objects.get(employee_no="E101").login_name == "E101"


def test_what_is_wrong_is_said_row_by_row(cast):
    make_staff(name="老员工", login_name="old", employee_no="E001")
    taken = position_of(cast.rep).code
    rows = [
        HEAD,
        ["", "E2", "", "", "", "", "", "", ""],
        ["无名号", "", "", "", "", "", "", "", ""],
        ["错组织", "E3", "", "", "月球地区", "医药代表", "", "", ""],
        ["错角色", "E4", "", "", "广州地区", "魔法师", "", "", ""],
        ["占岗位", "E5", "", "", "", "", taken, "", ""],
        ["老员工", "E001", "old", "", "", "", "", "", ""],
        ["重复甲", "E6", "", "", "", "", "", "", ""],
        ["重复乙", "E6", "", "", "", "", "", "", ""],
        ["错手机", "E7", "", "123", "", "", "", "", ""],
    ]
    batch = make_checked(by=cast.security, file=xlsx(rows), kind="staff")
    found = [(name, outcome, reason[:12]) for name, outcome, reason in outcomes(batch)]
    assert [f[1] for f in found] == ["error"] * 5 + ["duplicate", "new", "duplicate", "error"]
    assert found[2][2] == "没有组织“月球地区”，请"
    assert outcomes(batch)[4][2] == f"岗位 {taken} 已由李雯担任"


def test_known_people_are_updated_by_number_and_undo_restores_and_deactivates(cast):
    old = make_staff(name="老员工", login_name="old", employee_no="E001")
    rows = [HEAD, ["老员工", "E001", "old", "13800001234", "", "", "", "", ""], ["张新", "E100", "", "", "广州地区", "医药代表", "GZ-01", "", ""]]
    batch = make_applied(by=cast.security, file=xlsx(rows), kind="staff", update_by="employee_no")
    old.refresh_from_db()
    assert (old.mobile, batch.counts["update"], batch.counts["new"]) == ("13800001234", 1, 1)
    batch = undo(batch)
    old.refresh_from_db()
    assert (old.mobile, batch.counts["undone"]) == ("", 2)
    assert not Staff.objects.get(employee_no="E100").is_active
    assert Position.objects.get(code="GZ-01").closed_on is not None


def test_undo_keeps_a_person_who_has_customers_by_now(cast):
    rows = [HEAD, ["张新", "E100", "", "", "广州地区", "医药代表", "GZ-01", "", ""]]
    batch = make_applied(by=cast.security, file=xlsx(rows), kind="staff")
    make_organisation(owner=Position.objects.get(code="GZ-01"), by=cast.manager)
    batch = undo(batch)
    assert batch.counts["kept"] == 1 and Staff.objects.get(employee_no="E100").is_active
    assert "未移交的工作" in batch.rows.get().kept_because


def test_undo_keeps_accounts_that_are_in_use(cast):
    rows = [HEAD, *([name, f"E10{n}", "", "", "广州地区", "医药代表", f"GZ-{n}", "", ""] for n, name in enumerate("甲乙丙丁"))]
    batch = make_applied(by=cast.security, file=xlsx(rows), kind="staff")
    signed_in, issued, acted, unused = Staff.objects.filter(employee_no__startswith="E10").order_by("employee_no")
    Staff.objects.filter(pk=signed_in.pk).update(last_login=NOW)
    reset_password(staff=issued, by=cast.security, at=NOW)
    make_organisation(owner=cast.rep, by=acted)
    batch = undo(batch)
    assert (batch.counts["undone"], batch.counts["kept"]) == (1, 3)
    assert list(batch.rows.order_by("number").values_list("name", "kept_because")) == [
        ("甲", "账号已在使用"), ("乙", "导入后已发密码或被修改"), ("丙", "账号已在使用"), ("丁", ""),
    ]
    unused.refresh_from_db()
    assert not unused.is_active and Staff.objects.filter(is_active=True, employee_no__startswith="E10").count() == 3


@pytest.mark.proves("U38")
def test_a_row_of_staff_costs_at_most_a_twentieth_of_a_statement(cast):
    rows = [HEAD, *([f"员工{n}", f"E{n:05d}", "", "", "广州地区", "医药代表", f"X-{n}", "", ""] for n in range(1000))]
    batch = make_checked(by=cast.security, file=xlsx(rows), kind="staff")
    with CaptureQueriesContext(connection) as applying:
        batch = apply(batch)
    assert (batch.state, batch.counts["new"], len(applying) <= 50) == ("done", 1000, True)
    assert Position.objects.filter(code__startswith="X-", holder__isnull=False).count() == 1000
    with CaptureQueriesContext(connection) as undoing:
        batch = undo(batch)
    assert (batch.counts["undone"], len(undoing) <= 50) == (1000, True)


def test_only_who_manages_staff_is_offered_the_import(client, cast):
    for staff, expected in ((cast.security, ["staff"]), (cast.system, None)):
        client.force_login(staff)
        keys = [spec.key for spec in client.get(reverse("interchange:upload")).context["specs"]]
        assert keys == expected if expected else "staff" not in keys
