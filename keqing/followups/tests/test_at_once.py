"""Many people at the same moment, with real transactions."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import close_old_connections, connection

from keqing.access.models import Staff
from keqing.audit.models import Entry
from keqing.followups.actions.contacts import StaleContact, correct_contact, record_contact
from keqing.followups.actions.reminders import StaleReminder, create_reminder, finish_reminder, postpone_reminder
from keqing.followups.models import ContactRecord, Correction, Reminder
from keqing.followups.tests.factories import NOW, TODAY, TOMORROW, fields, make_contact
from keqing.people.models import Organisation

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(number: int, act: Callable[[int], Any]) -> list[Any]:
    def run(index: int) -> Any:
        close_old_connections()
        try:
            return act(index)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=number) as pool:
        return list(pool.map(run, range(number)))


def rep() -> Staff:
    return Staff.objects.get(login_name="rep")


@pytest.mark.proves("T03")
def test_one_form_sent_twenty_times_at_once_is_one_record(cast, hospital):
    key = uuid.uuid4()

    def send(_: int) -> int:
        given = fields(callback_on=TOMORROW)
        return record_contact(customer=hospital, fields=given, by=rep(), at=NOW, form_key=key).pk

    answers = at_once(20, send)
    answers += [send(0) for _ in range(5)]
    assert len(answers) == 25 and set(answers) == {ContactRecord.objects.get().pk}
    assert Reminder.objects.count() == Entry.objects.filter(action="contact.recorded").count() == 1


@pytest.mark.proves("T04")
def test_corrections_at_once_are_applied_or_refused_and_none_is_lost(cast, hospital):
    contact = make_contact(customer=hospital, by=cast.rep)

    def save(number: int) -> int:
        applied = 0
        for turn in range(3):
            seen = ContactRecord.objects.get(pk=contact.pk)
            given = fields(description=f"第{number}人第{turn}次")
            try:
                correct_contact(contact=seen, fields=given, participants=(), reason="试", by=rep(), at=NOW)
                applied += 1
            except StaleContact:
                pass
        return applied

    applied = sum(at_once(6, save))
    stored = ContactRecord.objects.get()
    assert applied >= 1
    assert stored.version - 1 == applied == Correction.objects.count() == Entry.objects.filter(action="contact.corrected").count()


@pytest.mark.proves("T04")
def test_a_reminder_is_finished_or_postponed_once(cast, hospital):
    reminder = create_reminder(customer=hospital, text="送资料", due_on=TODAY, by=cast.rep, at=NOW)

    def act(number: int) -> int:
        seen = Reminder.objects.get(pk=reminder.pk)
        seen.version = 1
        try:
            if number % 2:
                finish_reminder(reminder=seen, outcome=f"{number}", by=rep(), at=NOW)
            else:
                postpone_reminder(reminder=seen, to=TOMORROW, by=rep(), at=NOW)
        except StaleReminder:
            return 0
        return 1

    assert sum(at_once(6, act)) == 1
    assert Reminder.objects.get().version == 2


def test_the_next_due_date_is_right_after_contacts_at_once(cast, hospital):
    old = create_reminder(customer=hospital, text="送资料", due_on=TODAY, by=cast.rep, at=NOW)

    def record(number: int) -> None:
        record_contact(
            customer=hospital, fields=fields(callback_on=TODAY + timedelta(days=10 - number)), by=rep(), at=NOW,
            reminders_done=[old.pk] if number % 2 else (),
        )

    at_once(8, record)
    assert Organisation.objects.get(pk=hospital.pk).next_due_on == TODAY + timedelta(days=3)
    assert Reminder.objects.open().count() == 8
