"""The figures on the chips of 员工, counted by one look at the rows."""

import pytest
from django.db.models import Q

from keqing.access.models import Staff
from keqing.access.tests.factories import make_cast, make_position
from keqing.kit import counts

pytestmark = pytest.mark.django_db


def test_a_person_with_two_positions_is_counted_once(client):
    cast = make_cast()
    make_position(unit=cast.guangzhou, holder=cast.rep, name="广州二岗")
    client.force_login(cast.security)
    people = Staff.objects.count()
    for _ in range(2):  # the second time the list is known to be small, and counted otherwise
        chips = client.get("/access/staff/").context["page"].chips
        assert chips[0].count == people


def test_a_look_that_would_count_rows_twice_is_refused():
    make_cast()
    assert counts.looking(queryset=Staff.objects.all(), conditions=[Q(positions__isnull=True)], sums={}, cap=counts.CAP) is None
    looking = counts.looking(queryset=Staff.objects.all(), conditions=[Q(is_active=False)], sums={}, cap=counts.CAP)
    found = looking and looking.glance()
    assert found is not None and (found.total, found.numbers) == (Staff.objects.count(), [0])
