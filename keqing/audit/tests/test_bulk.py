"""Many rows at once (``kit.bulk``): the same as one by one, faster."""

from datetime import UTC, datetime

import pytest
from django.db import DataError, IntegrityError, transaction

from keqing.audit.models import Entry
from keqing.kit import bulk

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, tzinfo=UTC)
ODD = ["", "甲", 'a"b', "c\\d", "e,f{g}", "null", "NULL", " h ", "i\nj\tk", "'l'"]


def test_rows_that_differ_in_few_columns_arrive_as_written():
    bulk.insert_alike(
        Entry, common={"at": AT, "action": "x.y", "actor_name": "系统"},
        each={"subject_name": ODD, "subject_id": [None, *range(1, 10)], "changes": [{}, *({"名": text} for text in ODD[1:])]},
    )
    rows = list(Entry.objects.order_by("pk"))
    assert [row.subject_name for row in rows] == ODD
    assert [row.subject_id for row in rows] == [None, *range(1, 10)]
    assert [row.changes.get("名") for row in rows] == [None, *ODD[1:]]
    assert {(row.at, row.action, row.actor_id, row.reason) for row in rows} == {(AT, "x.y", None, "")}


def test_no_rows_are_no_statement(django_assert_num_queries):
    with django_assert_num_queries(0):
        bulk.insert_alike(Entry, common={"at": AT}, each={"subject_name": []})


def test_what_is_too_long_is_refused_and_never_cut():
    for values in ({"subject_name": ["长" * 201]}, {"subject_name": ["好"]}):
        with pytest.raises(DataError), transaction.atomic():
            bulk.insert_alike(Entry, common={"at": AT, "action": "y" * 81}, each=values)
    assert not Entry.objects.exists()


@pytest.mark.parametrize("count", [3, bulk.WORTH_COPYING])
def test_rows_are_stored_while_they_are_made_and_carry_their_ids(count):
    made = bulk.insert_while_made(
        Entry, (Entry(at=AT, action="x.y", actor_name="系统", subject_name=f"第{n}条") for n in range(count)), count=count
    )
    assert [row.subject_name for row in made] == [f"第{n}条" for n in range(count)]
    assert dict(Entry.objects.values_list("pk", "subject_name")) == {row.pk: row.subject_name for row in made}
    assert not any(row._state.adding for row in made)


def test_a_row_that_cannot_be_made_leaves_none():
    def failing():
        for n in range(bulk.WORTH_COPYING):
            if n == 150:
                raise IntegrityError("the maker gave up")
            yield Entry(at=AT, action="x.y", actor_name="系统")
        raise IntegrityError("the maker gave up")

    with pytest.raises(IntegrityError), transaction.atomic():
        bulk.insert_while_made(Entry, failing(), count=bulk.WORTH_COPYING)
    assert not Entry.objects.exists()
