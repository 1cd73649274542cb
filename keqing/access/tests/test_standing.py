import pytest

from keqing.access.models import Position
from keqing.access.tests.factories import make_cast, make_position, position_of

pytestmark = pytest.mark.django_db


def test_a_person_with_two_positions_reaches_the_rows_of_both():
    cast = make_cast()
    make_position(unit=cast.shenzhen, role="area_manager", holder=cast.rep, is_head=True)
    standing = cast.rep.standing
    own = position_of_first(cast.rep)
    reach = {"kind": "hospital", "owner_position_id": None}
    assert standing.reaches("organisation.edit", kind="hospital", owner_position_id=own.pk, unit_id=cast.guangzhou.pk)
    assert standing.reaches("organisation.edit", unit_id=cast.shenzhen.pk, **reach)
    assert not standing.reaches("organisation.edit", unit_id=cast.guangzhou.pk, **reach)


def position_of_first(staff):
    return Position.objects.filter(holder=staff).order_by("pk").first()


def test_team_means_own_for_a_position_that_heads_nothing():
    cast = make_cast()
    position = position_of(cast.manager)
    Position.objects.filter(pk=position.pk).update(is_head=False)
    fresh = type(cast.manager).objects.get(pk=cast.manager.pk)
    assert not fresh.standing.reaches(
        "organisation.view", kind="hospital", owner_position_id=None, unit_id=cast.guangzhou.pk
    )
    assert fresh.standing.reaches(
        "organisation.view", kind="hospital", owner_position_id=position.pk, unit_id=cast.guangzhou.pk
    )


def test_a_disabled_person_may_nothing():
    cast = make_cast()
    cast.rep.is_active = False
    assert not cast.rep.may("desk.use")


def test_rights_cost_two_queries(django_assert_num_queries):
    cast = make_cast()
    with django_assert_num_queries(2):
        assert cast.region_manager.may("team.view")
        assert cast.region_manager.role_title == "华南大区 · 大区经理"
