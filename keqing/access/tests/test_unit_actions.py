from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from keqing.access.actions.common import AdminRefused
from keqing.access.actions.territories import create_territory, end_territory
from keqing.access.actions.units import close_unit, create_unit, move_unit, rename_unit
from keqing.access.models import OrgUnit, Staff
from keqing.access.territories import TerritoryMap
from keqing.access.tests.factories import make_cast, position_of
from keqing.audit.models import Entry
from keqing.people.tests.factories import make_organisation
from keqing.reference.models import Division

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
TODAY = NOW.date()


@pytest.fixture
def place():
    return Division.objects.get_or_create(
        code="440100", defaults={"name": "广州市", "level": 2, "full_name": "广东省广州市", "valid_from": TODAY}
    )[0]


def test_units_have_a_path_from_the_root_and_a_fitting_parent():
    cast = make_cast()
    unit = create_unit(name="佛山地区", kind="area", parent=cast.south, by=cast.security, at=NOW)
    assert unit.path == f"{cast.south.path}{unit.pk}/" and unit.depth == 2
    for name, kind, parent in (
        ("第二公司", "company", None), ("大区", "region", cast.south), ("地区", "area", cast.guangzhou), ("悬空", "area", None),
        ("佛山地区", "area", cast.south),
    ):  # fmt: skip
        with pytest.raises(AdminRefused):
            create_unit(name=name, kind=kind, parent=parent, by=cast.security, at=NOW)


def test_moving_a_unit_moves_its_paths_and_with_them_everybodys_reach():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep)
    assert hospital.allows(Staff.objects.get(pk=cast.region_manager.pk), "organisation.edit")
    moved = move_unit(unit=cast.guangzhou, parent=cast.north, by=cast.security, at=NOW)
    assert moved.path == f"{cast.north.path}{moved.pk}/"
    assert not hospital.allows(Staff.objects.get(pk=cast.region_manager.pk), "organisation.edit")
    assert Entry.objects.get(action="unit.moved").changes == {"parent": ["华南大区", "华北大区"]}


def test_a_subtree_moves_with_its_top():
    cast = make_cast()
    parent = create_unit(name="东区", kind="region", parent=cast.company, by=cast.security, at=NOW)
    area = create_unit(name="上海地区", kind="area", parent=parent, by=cast.security, at=NOW)
    with pytest.raises(AdminRefused):
        move_unit(unit=parent, parent=cast.south, by=cast.security, at=NOW)
    moved = move_unit(unit=area, parent=cast.company, by=cast.security, at=NOW)
    assert moved.path == f"{cast.company.path}{area.pk}/"


def test_the_company_neither_moves_nor_closes_and_nothing_moves_under_itself():
    cast = make_cast()
    with pytest.raises(AdminRefused):
        move_unit(unit=cast.company, parent=cast.south, by=cast.security, at=NOW)
    with pytest.raises(AdminRefused):
        close_unit(unit=cast.company, by=cast.security, at=NOW)
    with pytest.raises(AdminRefused, match="自己之下"):
        move_unit(unit=cast.south, parent=cast.guangzhou, by=cast.security, at=NOW)


def test_a_unit_closes_only_when_empty():
    cast = make_cast()
    unit = create_unit(name="佛山地区", kind="area", parent=cast.south, by=cast.security, at=NOW)
    waiting = make_organisation(unit=unit, by=cast.manager)
    with pytest.raises(AdminRefused, match="待分配客户 1"):
        close_unit(unit=unit, by=cast.security, at=NOW)
    waiting.unit = cast.south
    waiting.save()
    assert close_unit(unit=unit, by=cast.security, at=NOW).valid_to == TODAY
    with pytest.raises(AdminRefused, match="岗位"):
        close_unit(unit=cast.guangzhou, by=cast.security, at=NOW)
    with pytest.raises(AdminRefused, match="下级"):
        close_unit(unit=cast.south, by=cast.security, at=NOW)


def test_renaming_keeps_names_apart():
    cast = make_cast()
    rename_unit(unit=cast.guangzhou, name="穗城地区", by=cast.security, at=NOW)
    assert OrgUnit.objects.filter(name="穗城地区").exists()
    with pytest.raises(AdminRefused):
        rename_unit(unit=cast.shenzhen, name="穗城地区", by=cast.security, at=NOW)


def test_a_territory_sends_new_customers_to_its_position_until_it_ends(place):
    cast = make_cast()
    position = position_of(cast.rep)
    rule = create_territory(
        position=position, division=place, kinds=["hospital"], valid_from=TODAY, by=cast.security, at=NOW
    )
    assert TerritoryMap(today=TODAY).position_for(kind="hospital", division="440106") == position
    end_territory(rule=rule, on=TODAY, by=cast.security, at=NOW)
    assert TerritoryMap(today=TODAY + timedelta(days=1)).position_for(kind="hospital", division="440106") is None
    assert Entry.objects.filter(action__startswith="territory.").count() == 2


def test_two_rules_for_the_same_place_kind_and_days_are_refused(place):
    cast = make_cast()

    def rule(kinds, first, last=None, who=cast.sibling):
        return create_territory(
            position=position_of(who), division=place, kinds=kinds, valid_from=first, valid_to=last,
            by=cast.security, at=NOW,
        )  # fmt: skip

    rule(["hospital"], TODAY, TODAY + timedelta(days=30), cast.rep)
    rule([], TODAY)
    rule(["hospital"], TODAY + timedelta(days=31))
    for again in (
        lambda: rule(["hospital", "clinic"], TODAY), lambda: rule([], TODAY + timedelta(days=5)),
        lambda: rule(["chain"], TODAY, TODAY - timedelta(days=1)),
    ):  # fmt: skip
        with pytest.raises(AdminRefused):
            again()
