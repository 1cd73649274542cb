"""Reads whose statement is written once."""

from datetime import datetime

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from keqing.access.models import OrgUnit, Staff
from keqing.access.tests.factories import make_cast, make_position
from keqing.kit.keyset import Opening, Sort
from keqing.kit.prepared import Given, prepared

pytestmark = pytest.mark.django_db


@prepared
def named(keys: list[int]) -> QuerySet[OrgUnit]:
    return OrgUnit.objects.filter(pk__among=keys).select_related("parent").order_by("pk")


@prepared
def names_under(parent: int) -> QuerySet[OrgUnit, str]:
    return OrgUnit.objects.filter(parent_id=parent).order_by("pk").values_list("name", flat=True)[:3]


@prepared
def sessions_after(moment: datetime) -> QuerySet[Session]:
    return Session.objects.filter(expire_date__gt=moment)


def test_rows_are_those_of_the_queryset_for_any_value():
    make_cast()
    units = list(OrgUnit.objects.filter(parent__isnull=False).order_by("pk"))
    assert len(units) > 3
    for wanted in (units[:1], units[1:3], units, []):
        found = named(keys=[one.pk for one in wanted])
        assert found == wanted and [one.parent for one in found] == [one.parent for one in wanted]
    for parent in {one.parent_id for one in units}:
        assert names_under(parent=parent) == list(OrgUnit.objects.filter(parent_id=parent).order_by("pk").values_list("name", flat=True)[:3])


def test_each_reading_is_one_statement_with_the_values_of_today():
    now = timezone.now()
    for moment in (now, now.replace(year=now.year + 1)):
        with CaptureQueriesContext(connection) as seen:
            assert sessions_after(moment=moment) == []
        assert [str(moment.year) in one["sql"] for one in seen] == [True]


def test_rows_read_can_be_read_further():
    make_cast()
    unit = named(keys=[OrgUnit.objects.filter(parent__isnull=False).earliest("pk").pk])[0]
    unit.refresh_from_db()
    assert OrgUnit.objects.filter(pk=unit.pk).get() == unit


def test_a_value_that_is_changed_before_the_statement_is_written_is_an_error_of_the_programme():
    @prepared
    def shifted(key: int) -> QuerySet[OrgUnit]:
        return OrgUnit.objects.filter(pk=key + 1)

    with pytest.raises(TypeError, match="key"):
        shifted(key=1)


def test_what_nothing_meets_is_empty_without_a_statement(django_assert_num_queries):
    @prepared
    def impossible(key: int) -> QuerySet[OrgUnit]:
        return OrgUnit.objects.filter(pk=key, pk__in=[])

    with django_assert_num_queries(0):
        assert impossible(key=1) == []


def test_a_text_given_for_a_mark_is_looked_for_as_it_stands():
    given = Given([("\ue002", "50%_\\"), ("p:\ue003", "p:re")])
    assert given.put_in(["%\ue002%", ["p:\ue003", "x"], 7, "\ue002"]) == ("%50\\%\\_\\\\%", ["p:re", "x"], 7, "50%_\\")


def test_a_mark_that_did_not_reach_the_statement_is_an_error_of_the_programme():
    with pytest.raises(TypeError, match="changed before"):
        Given([(2_100_000_000, 5), ("\ue002", "人")]).put_in([2_100_000_000])


def test_somebody_with_three_positions_stands_once_or_thrice_whichever_way_the_page_is_read():
    cast = make_cast()
    for _ in range(3):
        make_position(unit=cast.guangzhou, holder=cast.rep)
    rows, sort = Staff.objects.filter(positions__unit=cast.guangzhou), Sort(key="name", path="name", descending=False)
    for queryset in (rows, rows.distinct()):
        plain, gathered = (Opening(queryset=queryset, sort=sort, size=50, gathered=way).page().rows for way in (False, True))
        assert [one.pk for one in gathered] == [one.pk for one in plain]
        assert len([one for one in plain if one == cast.rep]) == (1 if queryset.query.distinct else 4)
