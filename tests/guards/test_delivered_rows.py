import pytest

from keqing.access.models import Staff
from keqing.access.tests.factories import make_staff
from keqing.reference.models import Division


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_a_test_with_real_transactions_finds_the_delivered_rows_and_no_others(turn: int) -> None:
    assert Division.objects.count() > 3000
    assert not Division.objects.filter(name="改过的").exists() and not Staff.objects.exists()
    Division.objects.update(name="改过的")
    make_staff()
