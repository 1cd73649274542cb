"""COPY stores exactly what INSERT stores."""

import pytest
from django.db import IntegrityError, transaction

from keqing.access.tests.factories import make_cast
from keqing.kit import bulk
from keqing.people.models import Organisation
from keqing.people.tests.factories import NOW

pytestmark = pytest.mark.django_db
ODD = ['a"b', "c\\d", "e,f", "{g}", "", "NULL", "中 文", "制表\t换行\n"]


def organisation(unit, number: int, **values) -> Organisation:
    return Organisation(
        kind="hospital", name=f"医院{number}", unit=unit, created_at=NOW, updated_at=NOW, last_activity_at=NOW, **values
    )


def test_many_rows_read_back_as_they_were_written_and_carry_their_ids():
    unit = make_cast().company
    rows = [
        organisation(unit, n, aliases=ODD[: n % 9], figure_sources={"beds": {"note": 'x"\\'}}, beds=n or None, is_medicare=None)
        for n in range(bulk.WORTH_COPYING)
    ]
    made = bulk.insert(rows)
    stored = {o.pk: o for o in Organisation.objects.all()}
    assert len({row.pk for row in made}) == len(stored) == bulk.WORTH_COPYING
    fields = [f.attname for f in Organisation._meta.concrete_fields]
    for row in made:
        assert {f: getattr(row, f) for f in fields} == {f: getattr(stored[row.pk], f) for f in fields}
    made[0].remark = "改"
    made[0].save()
    assert Organisation.objects.count() == bulk.WORTH_COPYING, "a stored row is updated, not inserted again"


@pytest.mark.parametrize("count", [1, bulk.WORTH_COPYING])
def test_constraints_hold_and_leave_nothing(count):
    unit = make_cast().company
    rows = [organisation(unit, n, uscc="91110000600037341L" if n in (0, count - 1) else "") for n in range(count)]
    if count == 1:
        bulk.insert(rows)
    with pytest.raises(IntegrityError), transaction.atomic():
        bulk.insert([organisation(unit, n, uscc="91110000600037341L" if n in (0, count) else "") for n in range(count + 1)])
    assert Organisation.objects.count() == (1 if count == 1 else 0)


def test_no_rows_is_no_work(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert bulk.insert([]) == []
