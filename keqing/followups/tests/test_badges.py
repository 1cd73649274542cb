"""The numbers beside the navigation: their statement is kept, what it counts is not."""

from datetime import date, timedelta

import pytest

from keqing.access.models import Staff
from keqing.access.tests.factories import make_cast, position_of
from keqing.followups.models import Reminder
from keqing.followups.queries import badge_counts
from keqing.people.tests.factories import NOW, make_organisation

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 21)


def test_the_numbers_follow_new_reminders_another_day_and_another_position():
    cast = make_cast()
    customer, position = make_organisation(owner=cast.rep), position_of(cast.rep)
    assert badge_counts(cast.rep, TODAY).due == 0
    Reminder.objects.create(
        customer_id=customer.pk, customer_name=customer.name, position=position, unit=position.unit, due_on=TODAY,
        first_due_on=TODAY, text="回访", origin="manual", created_at=NOW,
    )
    assert badge_counts(cast.rep, TODAY).due == 1
    assert badge_counts(cast.rep, TODAY - timedelta(days=1)).due == 0
    position.holder = None
    position.save(update_fields=["holder"])
    assert badge_counts(Staff.objects.get(pk=cast.rep.pk), TODAY).due == 0
