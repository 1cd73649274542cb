import pytest

from keqing.reference.models import Division


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_a_test_with_real_transactions_finds_the_delivered_rows(turn: int) -> None:
    assert Division.objects.count() > 3000
