"""What the rows of customers repeat makes no former rows (ADR 0005), and is found again from the records."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from keqing.access.tests.factories import position_of
from keqing.audit.models import Entry
from keqing.followups.actions.contacts import correct_contact, record_contact
from keqing.followups.actions.kept import check_kept
from keqing.followups.actions.reminders import finish_reminder
from keqing.followups.attendees import Attendee
from keqing.followups.models import Reminder
from keqing.followups.tests.factories import NOW, TODAY, TOMORROW, fields, make_contact, make_reminder
from keqing.kit.formats import format_datetime
from keqing.people.actions.organisations import assign_organisations
from keqing.people.models import Organisation, Person
from keqing.people.tests.factories import make_organisation, make_person

pytestmark = pytest.mark.django_db
NEXT_WEEK = NOW + timedelta(days=7)


def test_a_contact_makes_no_former_row_unless_it_moves_the_business_state(cast, hospital):
    doctor = make_person(at_organisation=hospital, owner=cast.rep)
    hospital.refresh_from_db()
    before = hospital.events.count(), doctor.events.count()
    contact = record_contact(
        customer=hospital, fields=fields(business_state=hospital.business_state, callback_on=TOMORROW), by=cast.rep, at=NEXT_WEEK,
        participants=[Attendee(doctor.pk, doctor.name, "医生")],
    )
    make_reminder(customer=hospital, by=cast.rep, due_on=TODAY)
    finish_reminder(reminder=Reminder.objects.get(contact=contact), by=cast.rep, at=NEXT_WEEK)
    assert (hospital.events.count(), doctor.events.count()) == before
    hospital.refresh_from_db()
    assert (hospital.last_contact_on, hospital.last_activity_at, hospital.next_due_on) == (TODAY, NEXT_WEEK, TODAY)

    make_contact(customer=hospital, by=cast.rep, business_state="needs", at=NEXT_WEEK)
    kept = hospital.events.latest("pgh_id")
    assert hospital.events.count() == before[0] + 1
    assert (kept.business_state, kept.last_contact_on, kept.last_activity_at) == ("first", TODAY, NEXT_WEEK)


def a_life(cast, hospital) -> Person:
    """Contacts, participants, corrections, reminders made, done and open, another owner."""
    doctor = make_person(at_organisation=hospital, owner=cast.rep)
    loose = make_person(owner=cast.rep, name="曾无任职")
    make_organisation(owner=cast.rep, name="没有联系过的医院")
    took_part = [Attendee(doctor.pk, doctor.name, "医生")]
    first = record_contact(
        customer=hospital, fields=fields(track_on=TODAY - timedelta(days=9)), participants=took_part, by=cast.rep, at=NOW
    )
    record_contact(customer=hospital, fields=fields(callback_on=TOMORROW), by=cast.rep, at=NOW + timedelta(hours=1))
    make_contact(customer=loose, by=cast.rep)
    correct_contact(
        contact=first, fields=fields(track_on=TODAY - timedelta(days=3)), participants=took_part, reason="写错了日期", by=cast.rep,
        at=NOW + timedelta(hours=2),
    )
    for days in (2, 5):
        make_reminder(customer=hospital, by=cast.rep, due_on=TODAY + timedelta(days=days))
    finish_reminder(reminder=Reminder.objects.order_by("due_on")[0], by=cast.rep, at=NOW)
    assign_organisations(
        organisations=[hospital], position=position_of(cast.sibling), by=cast.manager, at=NEXT_WEEK, reason="换人"
    )
    return doctor


def test_what_the_actions_keep_is_what_the_records_hold(cast, hospital):
    doctor = a_life(cast, hospital)
    assert check_kept(at=NOW) == []
    hospital.refresh_from_db()
    doctor.refresh_from_db()
    assert (hospital.last_activity_at, hospital.next_due_on) == (NEXT_WEEK, TODAY + timedelta(days=2))
    assert (hospital.last_contact_on, doctor.last_contact_on) == (TODAY, TODAY - timedelta(days=3))


def test_a_correction_leaves_the_last_contact_at_another_customer_alone(cast, hospital):
    """Somebody who was a customer of their own took part in a contact of a hospital since."""
    doctor = make_person(owner=cast.rep, name="曾无任职")
    own = make_contact(customer=doctor, by=cast.rep, track_on=TODAY - timedelta(days=9))
    record_contact(customer=hospital, fields=fields(), participants=[Attendee(doctor.pk, doctor.name, "医生")], by=cast.rep, at=NOW)
    correct_contact(
        contact=own, fields=fields(track_on=TODAY - timedelta(days=7)), participants=[], reason="写错了日期", by=cast.rep,
        at=NOW + timedelta(hours=2),
    )
    doctor.refresh_from_db()
    assert doctor.last_contact_on == TODAY
    assert check_kept(at=NOW) == []


def test_what_was_lost_is_found_again_from_the_records(cast, hospital):
    a_life(cast, hospital)
    columns = ("pk", "last_contact_on", "last_activity_at", "next_due_on")
    known = [list(model.objects.order_by("pk").values_list(*columns)) for model in (Organisation, Person)]
    for model in (Organisation, Person):
        model.objects.update(last_contact_on=TOMORROW, last_activity_at=NOW - timedelta(days=30), next_due_on=TODAY)
    with pytest.raises(CommandError, match="4 个客户"):
        call_command("check_kept", stdout=StringIO())
    said = StringIO()
    call_command("check_kept", repair=True, stdout=said)
    assert "已改正 4 个客户" in said.getvalue() and f"最近联系 {TOMORROW}，应为 {TODAY}" in said.getvalue()
    assert f"应为 {format_datetime(NEXT_WEEK, seconds=True)}" in said.getvalue()  # the clock of Shanghai
    assert [list(model.objects.order_by("pk").values_list(*columns)) for model in (Organisation, Person)] == known
    assert Entry.objects.filter(action="kept.repaired").count() == 1
    said = StringIO()
    call_command("check_kept", repair=True, stdout=said)
    assert "一致" in said.getvalue() and Entry.objects.filter(action="kept.repaired").count() == 1


def test_looking_costs_two_statements_however_many_customers(cast, hospital):
    a_life(cast, hospital)
    with CaptureQueriesContext(connection) as captured:
        check_kept(at=NOW)
    assert len(captured) == 2
