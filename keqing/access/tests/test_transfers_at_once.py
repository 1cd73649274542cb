"""Two managers transfer the same customers at the same moment, with real transactions (R-190)."""

import pytest

from keqing.access.actions.transfers import ask_transfer, carry_out, decide_transfer
from keqing.access.models import Share, TransferItem, TransferProgress
from keqing.access.tests.factories import make_cast, position_of
from keqing.audit.models import Entry
from keqing.people.models import Organisation
from keqing.people.tests.factories import NOW, make_organisation
from keqing.people.tests.test_at_once import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.proves("R-190")]


def test_one_wins_the_other_is_told_and_no_customer_is_lost_or_doubled():
    cast = make_cast()
    customers = [make_organisation(owner=cast.rep, name=f"示例第{n}医院") for n in range(20)]
    heirs = [cast.sibling, cast.other_area_rep]
    asked = [
        ask_transfer(
            positions=[position_of(cast.rep)], reason="load", rest_to=position_of(heir), effective_on=NOW.date(), by=maker, at=NOW
        )
        for heir, maker in zip(heirs, [cast.manager, cast.gm], strict=True)
    ]
    for transfer in asked:
        decide_transfer(transfer=transfer, agreed=True, by=cast.region_manager, at=NOW)
    done = at_once(2, lambda n: carry_out(transfer_id=asked[n].pk, at=NOW))
    states = [one.state for one in done]
    assert sorted(states) == ["done", "failed"]
    winner = heirs[states.index("done")]
    assert "发起的转移移交" in done[states.index("failed")].message
    owners = set(Organisation.objects.values_list("owner_position", flat=True))
    assert owners == {position_of(winner).pk}
    assert TransferItem.objects.count() == len(customers)
    assert Entry.objects.filter(action="organisation.transferred").count() == len(customers)
    assert Share.objects.count() == len(customers)
    assert not TransferProgress.objects.exists()


def test_the_same_transfer_started_twice_runs_once():
    cast = make_cast()
    make_organisation(owner=cast.rep)
    transfer = ask_transfer(
        positions=[position_of(cast.rep)], reason="load", rest_to=position_of(cast.sibling), effective_on=NOW.date(), by=cast.manager, at=NOW
    )
    decide_transfer(transfer=transfer, agreed=True, by=cast.region_manager, at=NOW)
    done = at_once(2, lambda _n: carry_out(transfer_id=transfer.pk, at=NOW))
    assert sorted(one.state if one else "" for one in done) == ["", "done"]
    assert TransferItem.objects.count() == 1
