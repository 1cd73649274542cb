from datetime import date

import pytest

from keqing.access.models import TerritoryRule
from keqing.access.territories import TerritoryMap
from keqing.access.tests.factories import START, make_cast, position_of

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 21)


def make_rule(staff, division, kinds=(), valid_to=None):
    return TerritoryRule.objects.create(
        position=position_of(staff), division_id=division, kinds=list(kinds), valid_from=START, valid_to=valid_to
    )


def test_the_longest_division_wins_and_a_rule_naming_the_kind_beats_one_for_all():
    cast = make_cast()
    make_rule(cast.manager, "440000")
    make_rule(cast.rep, "440100")
    make_rule(cast.sibling, "440100", kinds=["pharmacy"])
    territory = TerritoryMap(today=TODAY)

    def owner(kind, division):
        found = territory.position_for(kind=kind, division=division)
        return found and found.holder

    assert owner("hospital", "440106") == cast.rep
    assert owner("pharmacy", "440106") == cast.sibling
    assert owner("hospital", "440300") == cast.manager
    assert owner("hospital", "110105") is None
    assert owner("hospital", None) is None


def test_an_ended_rule_assigns_nobody():
    cast = make_cast()
    make_rule(cast.rep, "440100", valid_to=date(2026, 6, 30))
    assert TerritoryMap(today=TODAY).position_for(kind="hospital", division="440106") is None
