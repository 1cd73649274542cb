from datetime import date

import pytest

from keqing.access.models import TerritoryRule
from keqing.access.tests.factories import START, make_cast, position_of
from keqing.people.placing import OutOfReach, Placing

pytestmark = pytest.mark.django_db


def test_a_place_known_only_by_its_province_waits_in_the_queue_and_one_elsewhere_is_refused():
    cast = make_cast()
    TerritoryRule.objects.create(
        position=position_of(cast.rep), division_id="440106", kinds=["hospital"], valid_from=START
    )
    placing = Placing(by=cast.manager, word="import.run", unit=cast.guangzhou, today=date(2026, 11, 21))

    assert placing.place(kind="hospital", division="440106").owner == position_of(cast.rep)
    assert placing.place(kind="hospital", division="440000").owner is None
    assert placing.place(kind="hospital", division="440000").unit == cast.guangzhou
    for elsewhere in ("440300", "110000", "110105"):
        with pytest.raises(OutOfReach):
            placing.place(kind="hospital", division=elsewhere)
