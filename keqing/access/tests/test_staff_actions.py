from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from keqing.access.actions.common import AdminRefused, Stale
from keqing.access.actions.positions import (
    appoint,
    close_position,
    create_position,
    edit_position,
    manager_of,
    vacate,
)
from keqing.access.actions.staff import (
    OpenWorkLeft,
    create_staff,
    deactivate_staff,
    edit_staff,
    reactivate_staff,
    reset_password,
)
from keqing.access.models import Holding, Position, Staff
from keqing.access.standing import standing_of
from keqing.access.tests.factories import make_cast, make_staff, position_of
from keqing.audit.models import Entry
from keqing.people.models import Organisation
from keqing.people.tests.factories import make_organisation

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
TODAY = NOW.date()


def test_a_new_person_gets_a_one_time_password_that_must_be_changed():
    cast = make_cast()
    staff, password = create_staff(values={"login_name": "xin", "name": "辛一"}, by=cast.security, at=NOW)
    assert staff.check_password(password) and staff.must_change_password
    assert len(password) == 14 and staff.initials == "xy"
    entry = Entry.objects.get(action="staff.created")
    assert entry.actor_id == cast.security.pk and password not in str(entry.changes)


@pytest.mark.parametrize(
    ("values", "sentence"), [({"login_name": "REP"}, "登录名"), ({"login_name": "x", "employee_no": "A1"}, "工号")]
)
def test_login_names_and_employee_numbers_are_used_once(values, sentence):
    cast = make_cast()
    make_staff(employee_no="A1")
    with pytest.raises(AdminRefused, match=sentence):
        create_staff(values={"name": "某人", **values}, by=cast.security, at=NOW)


def test_editing_records_before_and_after_and_refuses_a_stale_form():
    cast = make_cast()
    seen = Staff.objects.get(pk=cast.rep.pk)
    edit_staff(staff=cast.rep, values={"name": "李雯雯"}, by=cast.security, at=NOW)
    assert Entry.objects.get(action="staff.edited").changes == {"name": ["李雯", "李雯雯"]}
    with pytest.raises(Stale):
        edit_staff(staff=seen, values={"name": "别名"}, by=cast.security, at=NOW)


def test_a_leaver_without_open_work_leaves_positions_vacant():
    cast = make_cast()
    position = position_of(cast.rep)
    left = deactivate_staff(staff=cast.rep, by=cast.security, at=NOW)
    position.refresh_from_db()
    assert (left.is_active, left.left_on, position.holder) == (False, TODAY, None)
    assert Holding.objects.get(position=position).to_on == TODAY
    assert not standing_of(left).may("organisation.view")


def test_a_leaver_with_customers_is_refused_until_somebody_takes_over():
    cast = make_cast()
    make_organisation(owner=cast.rep)
    with pytest.raises(OpenWorkLeft, match="客户 1"):
        deactivate_staff(staff=cast.rep, by=cast.security, at=NOW)
    assert Staff.objects.get(pk=cast.rep.pk).is_active


def test_a_successor_takes_the_position_with_its_customers():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep)
    deactivate_staff(staff=cast.rep, by=cast.security, at=NOW, successor=cast.sibling)
    sibling = Staff.objects.get(pk=cast.sibling.pk)
    assert hospital.allows(sibling, "organisation.edit") and len(sibling.standing.positions) == 2


def test_the_manager_takes_over_and_for_a_manager_the_one_above():
    cast = make_cast()
    make_organisation(owner=cast.rep)
    make_organisation(owner=cast.manager, name="另一家医院")
    assert manager_of(position_of(cast.rep)) == cast.manager
    assert manager_of(position_of(cast.manager)) == cast.region_manager
    deactivate_staff(staff=cast.rep, by=cast.security, at=NOW, manager_takes_over=True)
    assert Position.objects.filter(holder=cast.manager).count() == 2


def test_where_nobody_is_above_the_manager_cannot_take_over():
    cast = make_cast()
    make_organisation(owner=cast.gm)
    with pytest.raises(AdminRefused, match="没有在任的负责人"):
        deactivate_staff(staff=cast.gm, by=cast.security, at=NOW, manager_takes_over=True)


def test_nobody_deactivates_themselves_and_the_last_security_admin_stays():
    cast = make_cast()
    with pytest.raises(AdminRefused, match="自己"):
        deactivate_staff(staff=cast.security, by=cast.security, at=NOW)
    with pytest.raises(AdminRefused, match="安全管理员"):
        deactivate_staff(staff=cast.security, by=cast.system, at=NOW)
    with pytest.raises(AdminRefused, match="安全管理员"):
        vacate(position=position_of(cast.security), on=TODAY, by=cast.security, at=NOW)
    with pytest.raises(AdminRefused, match="安全管理员"):
        edit_position(
            position=position_of(cast.security), values={"role": "finance"}, by=cast.system, at=NOW
        )
    assert Staff.objects.get(pk=cast.security.pk).is_active


def test_somebody_who_comes_back_has_a_new_password_and_no_positions():
    cast = make_cast()
    left = deactivate_staff(staff=cast.rep, by=cast.security, at=NOW)
    password = reactivate_staff(staff=left, by=cast.security, at=NOW)
    back = Staff.objects.get(pk=left.pk)
    assert back.check_password(password) and back.is_active and back.must_change_password
    assert not back.positions.exists()


def test_a_reset_password_works_once_and_is_not_kept_in_the_audit():
    cast = make_cast()
    password = reset_password(staff=cast.rep, by=cast.security, at=NOW)
    rep = Staff.objects.get(pk=cast.rep.pk)
    assert rep.check_password(password) and rep.must_change_password
    assert Entry.objects.filter(action="staff.password_reset").exists()


def test_positions_get_a_code_and_one_head_per_unit():
    cast = make_cast()
    made = create_position(
        values={"name": "广州二岗", "unit": cast.guangzhou, "role": "representative"}, by=cast.security, at=NOW
    )
    assert made.code.startswith("P") and made.opened_on == TODAY
    with pytest.raises(AdminRefused, match="已有负责人岗位"):
        create_position(
            values={"name": "副经理", "unit": cast.guangzhou, "role": "area_manager", "is_head": True},
            by=cast.security, at=NOW,
        )  # fmt: skip
    with pytest.raises(AdminRefused, match="岗位编号"):
        create_position(
            values={"name": "重复", "unit": cast.guangzhou, "role": "representative", "code": made.code},
            by=cast.security, at=NOW,
        )  # fmt: skip


def test_appointing_ends_the_holding_before_and_keeps_history():
    cast = make_cast()
    position = position_of(cast.rep)
    appoint(position=position, staff=cast.sibling, on=TODAY - timedelta(days=1), by=cast.security, at=NOW)
    assert list(Holding.objects.filter(position=position).values_list("staff", "to_on")) == [
        (cast.sibling.pk, None),
        (cast.rep.pk, TODAY - timedelta(days=1)),
    ]
    assert Entry.objects.get(action="position.appointed").changes["holder"] == ["李雯", "罗佳"]


@pytest.mark.parametrize(
    ("shift", "who", "sentence"), [(1, "sibling", "今天之后"), (-400, "sibling", "不能早于"), (0, "rep", "已经在")]
)
def test_impossible_appointments_are_refused(shift, who, sentence):
    cast = make_cast()
    with pytest.raises(AdminRefused, match=sentence):
        appoint(
            position=position_of(cast.rep), staff=getattr(cast, who), on=TODAY + timedelta(days=shift),
            by=cast.security, at=NOW,
        )  # fmt: skip


def test_a_position_moved_to_another_unit_takes_its_customers_along():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep)
    edit_position(position=position_of(cast.rep), values={"unit": cast.shenzhen}, by=cast.security, at=NOW)
    assert Organisation.objects.get(pk=hospital.pk).unit == cast.shenzhen


def test_a_position_closes_only_vacant_and_without_work():
    cast = make_cast()
    make_organisation(owner=cast.rep)
    position = position_of(cast.rep)
    with pytest.raises(AdminRefused, match="还有人"):
        close_position(position=position, by=cast.security, at=NOW)
    position = vacate(position=position, on=TODAY, by=cast.security, at=NOW)
    with pytest.raises(AdminRefused, match="客户 1"):
        close_position(position=position, by=cast.security, at=NOW)
    Organisation.objects.update(owner_position=None)
    closed = close_position(position=position, by=cast.security, at=NOW)
    with pytest.raises(AdminRefused, match="已撤销"):
        appoint(position=closed, staff=cast.sibling, on=TODAY, by=cast.security, at=NOW)
