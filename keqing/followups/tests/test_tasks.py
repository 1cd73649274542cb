from datetime import datetime, time, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from keqing.access.tests.factories import position_of
from keqing.followups.actions.contacts import correct_contact, record_contact
from keqing.followups.actions.reminders import (
    ReminderRefused,
    StaleReminder,
    finish_reminder,
    hand_over_reminder,
    move_reminder,
    postpone_reminder,
)
from keqing.followups.actions.tasks import (
    Booking,
    attach_task,
    change_appointment,
    create_task,
    make_appointment,
    tick_checklist,
)
from keqing.followups.appointing import with_appointments
from keqing.followups.models import Reminder
from keqing.followups.policy import WrongPolicy, policy, read_policy
from keqing.followups.progress import progress_of
from keqing.followups.tests.factories import NOW, TODAY, fields
from keqing.kit.formats import SHANGHAI
from keqing.people.models import Organisation
from keqing.people.tests.factories import make_organisation

pytestmark = pytest.mark.django_db


def day(number: int):
    return TODAY + timedelta(days=number)


def hours(number: int, first: int = 9, last: int = 10) -> dict:
    return {
        "starts_at": datetime.combine(day(number), time(first), SHANGHAI),
        "ends_at": datetime.combine(day(number), time(last), SHANGHAI),
    }


@pytest.fixture
def hospital(cast):
    return make_organisation(owner=cast.rep, level="3a")


def task(cast, hospital, text="准备进院资料", due=9, **rest) -> Reminder:
    return create_task(customer=hospital, text=text, due_on=day(due), by=cast.rep, at=NOW, **rest)


@pytest.mark.proves("R-292")
def test_four_parts_of_which_two_are_done_are_half_of_the_task(cast, hospital):
    whole = task(cast, hospital)
    parts = [
        task(cast, hospital, text=f"第{n}步", due=n, parent=whole, position=position_of(cast.manager) if n == 3 else None)
        for n in range(4)
    ]
    assert [one.position for one in parts] == [position_of(cast.rep)] * 3 + [position_of(cast.manager)]
    assert progress_of(whole).percent == 0
    for one in parts[:2]:
        finish_reminder(reminder=one, outcome="好了", by=cast.rep, at=NOW)
    found = progress_of(whole)
    assert (found.percent, found.done, found.total) == (50, 2, 4)
    with pytest.raises(ReminderRefused, match="还有 2 项"):
        finish_reminder(reminder=whole, by=cast.rep, at=NOW)
    for one in parts[2:]:
        finish_reminder(reminder=one, by=cast.rep, at=NOW)
    assert progress_of(whole).percent == 100
    finish_reminder(reminder=whole, by=cast.rep, at=NOW)
    assert not Reminder.objects.open().exists()


@pytest.mark.proves("R-292")
def test_no_task_is_a_part_of_itself_however_far_around(cast, hospital):
    a = task(cast, hospital, text="甲")
    b = task(cast, hospital, text="乙", parent=a)
    c = task(cast, hospital, text="丙", parent=b)
    for child in (a, b):
        with pytest.raises(ReminderRefused, match="自己的子任务"):
            attach_task(task=child, parent=c, by=cast.rep, at=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Reminder.objects.filter(pk=a.pk).update(parent=F("id"))
    freed = attach_task(task=c, parent=None, by=cast.rep, at=NOW)
    assert freed.parent is None
    with pytest.raises(StaleReminder):
        attach_task(task=c, parent=a, by=cast.rep, at=NOW)
    elsewhere = task(cast, make_organisation(owner=cast.rep), text="别处")
    with pytest.raises(ReminderRefused, match="同一家"):
        attach_task(task=elsewhere, parent=a, by=cast.rep, at=NOW)
    with pytest.raises(ReminderRefused, match="不能晚于上级"):
        task(cast, hospital, text="太晚", due=30, parent=a)
    line = a
    for _ in range(4):
        line = task(cast, hospital, text="更细", parent=line)
    with pytest.raises(ReminderRefused, match="最多分解"):
        task(cast, hospital, text="太细", parent=line)


def test_a_task_takes_its_own_parts_along_when_levels_are_counted(cast, hospital):
    whole = task(cast, hospital, text="整体")
    step = task(cast, hospital, text="步骤", parent=task(cast, hospital, text="阶段", parent=whole))
    other = task(cast, hospital, text="另一件")
    part = task(cast, hospital, text="其中一步", parent=other)
    assert attach_task(task=other, parent=step, by=cast.rep, at=NOW).parent == step
    attach_task(task=Reminder.objects.get(pk=other.pk), parent=None, by=cast.rep, at=NOW)
    task(cast, hospital, text="更细", parent=part)
    with pytest.raises(ReminderRefused, match="最多分解"):
        attach_task(task=Reminder.objects.get(pk=other.pk), parent=step, by=cast.rep, at=NOW)


@pytest.mark.proves("R-053")
def test_a_visit_to_a_key_customer_without_an_appointment_is_marked(cast, hospital):
    def visit(customer=hospital, **rest):
        return record_contact(customer=customer, fields=fields(callback_on=None, **rest), by=cast.rep, at=NOW)

    assert visit().is_unannounced
    assert not visit(method="phone").is_unannounced
    assert not visit(customer=make_organisation(owner=cast.rep, level="2b")).is_unannounced
    made = make_appointment(
        customer=hospital, text="拜访药剂科", booking=Booking(**hours(0, 20, 21), booking_no="YY-0017"), by=cast.rep, at=NOW
    )
    assert not visit().is_unannounced
    read = with_appointments(Organisation.objects.filter(pk=hospital.pk)).get()
    assert not visit(customer=read).is_unannounced
    change_appointment(
        reminder=made, booking=Booking(made.starts_at, made.ends_at, "cancelled", "YY-0017"), by=cast.rep, at=NOW
    )
    marked = visit()
    assert marked.is_unannounced
    corrected = correct_contact(
        contact=marked, fields=fields(callback_on=None, method="phone"), participants=(), reason="是电话", by=cast.rep, at=NOW
    )
    assert not corrected.is_unannounced


def test_an_appointment_has_hours_a_status_and_a_number(cast, hospital):
    made = make_appointment(
        customer=hospital, text="拜访药剂科", booking=Booking(**hours(2), booking_no=" YY-0017 "), by=cast.rep, at=NOW
    )
    assert (made.origin, made.due_on, made.appointment, made.booking_no) == ("appointment", day(2), "asked", "YY-0017")
    for wrong, said in ((hours(2, 10, 9), "晚于开始"), (hours(-1), "过去")):
        with pytest.raises(ReminderRefused, match=said):
            change_appointment(reminder=made, booking=Booking(**wrong), by=cast.rep, at=NOW)
    made = change_appointment(reminder=made, booking=Booking(**hours(3), status="confirmed"), by=cast.rep, at=NOW)
    assert (made.due_on, made.appointment) == (day(3), "confirmed")
    later = postpone_reminder(reminder=made, to=day(5), reason="主任开会", by=cast.rep, at=NOW)
    assert later.starts_at == hours(5)["starts_at"] and later.ends_at == hours(5)["ends_at"]
    gone = change_appointment(
        reminder=later, booking=Booking(later.starts_at, later.ends_at, "cancelled"), by=cast.rep, at=NOW
    )
    assert gone.done_at == NOW


def test_every_origin_moves_is_handed_over_and_done_alike(cast, hospital):
    for origin in Reminder.Origin.values:
        if origin == Reminder.Origin.PROMISE:
            continue  # a promise moves with a reason and is done with evidence: test_commitments
        made = Reminder.objects.create(
            customer_id=hospital.pk, customer_name=hospital.name, position=position_of(cast.rep), unit_id=hospital.unit_id,
            due_on=day(3), first_due_on=day(3), text=origin, origin=origin, created_at=NOW,
        )
        moved = move_reminder(reminder=made, to=day(1), by=cast.rep, at=NOW)
        assert (moved.due_on, moved.first_due_on, moved.version) == (day(1), day(3), 2)
        with pytest.raises(StaleReminder):
            move_reminder(reminder=made, to=day(2), by=cast.rep, at=NOW)
        with pytest.raises(ReminderRefused, match="过去"):
            move_reminder(reminder=moved, to=day(-1), by=cast.rep, at=NOW)
        later = postpone_reminder(reminder=moved, to=day(4), reason="忙", by=cast.rep, at=NOW)
        given = hand_over_reminder(reminder=later, to=position_of(cast.manager), by=cast.rep, at=NOW)
        code = "recovered" if origin == Reminder.Origin.ALARM else ""
        finish_reminder(reminder=given, outcome="好了", outcome_code=code, by=cast.manager, at=NOW)
    assert not Reminder.objects.open().exists()


@pytest.mark.proves("R-128")
def test_the_checklist_is_ticked_and_tells_what_is_missing(cast, hospital):
    made = make_appointment(customer=hospital, text="拜访", booking=Booking(**hours(1)), by=cast.rep, at=NOW)
    made = tick_checklist(reminder=made, checked=["goal", "card", "no-such-item"], by=cast.rep, at=NOW)
    assert made.checked == ["goal", "card"] and made.version == 1
    missing = policy().missing(method="visit", checked=made.checked)
    assert [item.key for item in missing] == ["history", "rules"]
    assert policy().missing(method="phone", checked=()) == []


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("[feed]\nshow_text=false\ndays_back=0\ndays_ahead=1\nreads_per_hour=1", "正整数"),
        ("[[checklist.visit]]\nkey='a'\ntext='甲'\n[[checklist.visit]]\nkey='a'\ntext='乙'", "不重复"),
    ],
)
def test_a_policy_that_cannot_be_used_says_why(tmp_path, written, said):
    path = tmp_path / "visits.toml"
    path.write_text(written, encoding="utf-8")
    with pytest.raises(WrongPolicy, match=said):
        read_policy(path)
