"""What follows a customer that changes hands or goes to 回收站."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from keqing.access.models import Position, Staff
from keqing.access.tests.factories import position_of
from keqing.audit.models import Entry
from keqing.desk.queries.today import today_board
from keqing.followups.actions.comments import comment_on
from keqing.followups.actions.reminders import hand_over_reminder
from keqing.followups.models import Reminder
from keqing.followups.queries import badge_counts, comments_for, positions_to_take_over
from keqing.followups.tests.factories import NOW, TODAY, make_contact, make_reminder
from keqing.people.actions.organisations import assign_organisations
from keqing.people.actions.trash import restore_organisation, trash_organisation
from keqing.people.models import Organisation
from keqing.people.tests.factories import make_organisation, make_person

pytestmark = pytest.mark.django_db


def fresh(staff: Staff) -> Staff:
    return Staff.objects.get(pk=staff.pk)


def assign(cast, *customers: Organisation, to: Position | None, unit=None) -> None:
    assign_organisations(organisations=customers, position=to, unit=unit, by=cast.region_manager, at=NOW)


def test_the_open_reminders_of_the_former_owner_go_along_to_the_new_owner(cast, hospital):
    other = make_organisation(owner=cast.rep, name="另一家医院")
    mine = make_reminder(customer=hospital, by=cast.rep)
    elsewhere = make_reminder(customer=other, by=cast.rep)
    done = make_reminder(customer=hospital, by=cast.rep, text="做完的")
    Reminder.objects.filter(pk=done.pk).update(done_at=NOW, done_by=cast.rep)
    managers = make_reminder(customer=hospital, by=cast.rep, text="经理的")
    hand_over_reminder(reminder=managers, to=position_of(cast.manager), by=cast.rep, at=NOW)
    assign(cast, hospital, to=position_of(cast.other_area_rep))
    places = {r.pk: (r.position, r.unit) for r in Reminder.objects.all()}
    rep, manager = position_of(cast.rep), position_of(cast.manager)
    assert places == {
        mine.pk: (position_of(cast.other_area_rep), cast.shenzhen), elsewhere.pk: (rep, cast.guangzhou),
        done.pk: (rep, cast.guangzhou), managers.pk: (manager, cast.guangzhou),
    }
    entry = Entry.objects.get(action="reminder.handed_over", subject_id=mine.pk)
    assert (entry.actor_id, entry.customer_id) == (cast.region_manager.pk, hospital.pk)
    assert entry.changes["position"] == [rep.name, position_of(cast.other_area_rep).name]
    assert (badge_counts(fresh(cast.rep), TODAY).due, badge_counts(fresh(cast.other_area_rep), TODAY).due) == (1, 1)


def test_reminders_of_a_customer_given_back_wait_at_the_nearest_head_and_leave_with_it(cast, hospital):
    reminder = make_reminder(customer=hospital, by=cast.rep)
    assign(cast, hospital, to=None, unit=cast.guangzhou)
    reminder.refresh_from_db()
    assert (reminder.position, reminder.unit) == (position_of(cast.manager), cast.guangzhou)
    assign(cast, hospital, to=None, unit=cast.shenzhen)
    reminder.refresh_from_db()
    assert (reminder.position, reminder.unit) == (position_of(cast.region_manager), cast.south)
    assign(cast, hospital, to=position_of(cast.sibling))
    reminder.refresh_from_db()
    assert (reminder.position, reminder.version) == (position_of(cast.sibling), 4)


def test_taking_reminders_along_costs_the_same_for_one_and_for_twenty_customers(cast):
    def cost(number: int) -> int:
        customers = [make_organisation(owner=cast.rep, name=f"医院{number}之{n}") for n in range(number)]
        for customer in customers:
            make_reminder(customer=customer, by=cast.rep)
        to = position_of(cast.sibling)
        with CaptureQueriesContext(connection) as captured:
            assign(cast, *customers, to=to)
        return len(captured)

    assert cost(1) == cost(20)


@pytest.mark.parametrize("sort", ["organisation", "person"])
def test_reminders_of_a_trashed_customer_are_off_the_day_until_it_is_back(cast, hospital, sort):
    customer = hospital if sort == "organisation" else make_person(owner=cast.rep, name="周消费", kind="consumer")
    make_reminder(customer=customer, by=cast.rep)
    make_reminder(customer=customer, by=cast.rep, due_on=TODAY + timedelta(days=2))

    def seen() -> tuple[int, int, int, int]:
        staff = fresh(cast.rep)
        board = today_board(staff=staff, today=TODAY)
        return board.due_count, board.coming_count, len(board.reminders), badge_counts(staff, TODAY).due

    assert seen() == (1, 1, 2, 1)
    if sort == "organisation":
        trash_organisation(organisation=hospital, by=cast.rep, at=NOW)
        assert seen() == (0, 0, 0, 0)
        restore_organisation(organisation=Organisation.objects.get(pk=hospital.pk), by=cast.rep, at=NOW)
        assert seen() == (1, 1, 2, 1)
    else:
        type(customer).objects.filter(pk=customer.pk).update(deleted_at=NOW, deleted_by=cast.rep)
        assert seen() == (0, 0, 0, 0)


def test_a_reminder_may_go_to_the_customers_owner_and_the_heads_above_it_only(cast, hospital):
    def offered(staff: Staff, customer) -> set[str]:
        found = positions_to_take_over(staff=staff, customer=customer)
        return {position.holder.login_name for position in found}

    assert offered(cast.region_manager, hospital) == {"rep", "manager", "regionmanager"}
    assert offered(cast.rep, hospital) == {"rep", "manager"}
    waiting = make_organisation(unit=cast.guangzhou, name="待分配医院")
    assert offered(cast.manager, waiting) == {"manager"}
    doctor = make_person(at_organisation=hospital)
    assert offered(cast.region_manager, doctor) == {"rep", "manager", "regionmanager"}


def test_the_unread_badge_counts_what_the_list_behind_it_shows(cast, hospital):
    contact = make_contact(customer=hospital, by=cast.rep)
    comment_on(contact=contact, text="请跟进", by=cast.manager, at=NOW)
    assert badge_counts(fresh(cast.rep), TODAY).unread == comments_for(fresh(cast.rep)).count() == 1
    assign(cast, hospital, to=position_of(cast.sibling))
    assert badge_counts(fresh(cast.rep), TODAY).unread == comments_for(fresh(cast.rep)).count() == 0
