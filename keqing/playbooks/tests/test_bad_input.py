"""What is awkward rather than wrong: conditions nobody meets, years without holidays, posts that stand empty."""

from datetime import date, timedelta

import pytest

from keqing.access.tests.factories import position_of
from keqing.followups.models import Reminder
from keqing.people.tests.factories import NOW
from keqing.playbooks import fitting
from keqing.playbooks.actions import nightly
from keqing.playbooks.actions.enrolments import enrol
from keqing.playbooks.models import Enrolment
from keqing.playbooks.tests.factories import STEPS, TODAY, make_customer, make_playbook
from keqing.reference.work_calendar import calendar

pytestmark = pytest.mark.django_db


def run(day: date):
    return nightly.generate(day=day, now=lambda: NOW + (day - TODAY))


def test_a_plan_that_fits_nobody_takes_nobody_in_and_hinders_no_other_rule(cast):
    plan = make_playbook(on_entry=False, on_night=True, kinds=["maker"], levels=["3a"])
    make_customer(owner=cast.rep, days_quiet=50)
    assert not fitting.customers_for(plan.current, today=TODAY).exists()
    assert run(TODAY).made == {"contact": 1}
    assert not Enrolment.objects.exists()


@pytest.mark.proves("U45")
def test_a_night_in_a_year_without_announced_holidays_counts_monday_to_friday(cast):
    day = date(2031, 1, 3)  # a Friday; the days off of 2031 are not announced yet
    assert not calendar().is_known(day)
    customer = make_customer(owner=cast.rep, days_quiet=50)
    (made,) = enrol(edition=make_playbook(steps=STEPS[:2]).current, customers=[customer.pk], origin="hand", by=None, at=NOW + (day - TODAY))
    assert [one.begins_on for one in made.runs.order_by("step__place")] == [day, date(2031, 1, 8)]  # three working days on
    other = make_customer(owner=cast.sibling, days_quiet=50, name="另一家医院")
    assert run(day).made["contact"] == 1
    assert Reminder.objects.get(customer_id=other.pk).due_on == date(2031, 1, 6)


def test_a_post_that_stands_empty_keeps_its_customers_reminders_and_messages_nobody(cast):
    position = position_of(cast.rep)
    position.holder = None
    position.save()
    customer = make_customer(owner=None, unit=cast.guangzhou, days_quiet=50)
    type(customer).objects.filter(pk=customer.pk).update(owner_position=position)
    assert run(TODAY).made == {"contact": 1}
    assert Reminder.objects.get(customer_id=customer.pk).position_id == position.pk
    assert run(TODAY + timedelta(days=1)).made == {}
