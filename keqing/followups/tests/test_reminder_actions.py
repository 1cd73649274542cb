from datetime import timedelta

import pytest

from keqing.access import handover
from keqing.access.tests.factories import position_of
from keqing.audit.models import Entry
from keqing.followups.actions import reminders
from keqing.followups.actions.reminders import (
    LabelRefused,
    Next,
    ReminderRefused,
    StaleReminder,
    create_reminder,
    finish_reminder,
    hand_over_reminder,
    postpone_reminder,
)
from keqing.followups.models import Reminder
from keqing.followups.schedule import next_weekday, propose_next
from keqing.followups.tests.factories import NOW, TODAY, TOMORROW, make_reminder
from keqing.people.models import Organisation
from keqing.people.tests.factories import make_person
from keqing.timeline.models import Entry as Line

pytestmark = pytest.mark.django_db
LATER = TODAY + timedelta(days=7)


def next_due(hospital):
    return Organisation.objects.get(pk=hospital.pk).next_due_on


def test_a_reminder_belongs_to_the_owner_or_the_position_named(cast, hospital):
    made = create_reminder(customer=hospital, text=" 送资料 ", due_on=TOMORROW, by=cast.manager, at=NOW)
    assert (made.position, made.unit, made.text, made.first_due_on) == (
        position_of(cast.rep), cast.guangzhou, "送资料", TOMORROW
    )
    assert next_due(hospital) == TOMORROW
    entry = Entry.objects.get(action="reminder.created")
    assert (entry.actor_id, entry.customer_id, entry.changes) == (
        cast.manager.pk, hospital.pk, {"due_on": [None, TOMORROW.isoformat()]}
    )
    own = position_of(cast.manager)
    assert create_reminder(customer=hospital, text="查", due_on=TODAY, by=cast.manager, at=NOW, position=own).position == own


def test_a_person_without_affiliation_has_reminders_too(cast):
    consumer = make_person(owner=cast.care, kind="consumer")
    create_reminder(customer=consumer, text="回电", due_on=TOMORROW, by=cast.care, at=NOW)
    consumer.refresh_from_db()
    assert consumer.next_due_on == TOMORROW


@pytest.mark.proves("R-057")
def test_denied_words_past_days_and_empty_texts_are_refused(cast, hospital):
    before = Entry.objects.count()
    for text in ("查量", "去医院统方", "核量"):
        with pytest.raises(LabelRefused) as refused:
            create_reminder(customer=hospital, text=text, due_on=TOMORROW, by=cast.rep, at=NOW)
        assert refused.value.hit.rule_id == "RX-05"
    with pytest.raises(ReminderRefused, match="早于今天"):
        create_reminder(customer=hospital, text="送资料", due_on=TODAY - timedelta(days=1), by=cast.rep, at=NOW)
    with pytest.raises(ReminderRefused, match="事项"):
        create_reminder(customer=hospital, text=" ", due_on=TOMORROW, by=cast.rep, at=NOW)
    create_reminder(customer=hospital, text="介绍传统方法", due_on=TOMORROW, by=cast.rep, at=NOW)
    assert Reminder.objects.count() == 1 and Entry.objects.count() == before + 1


def test_finishing_closes_one_and_arranges_the_next(cast, hospital):
    reminder = make_reminder(customer=hospital, by=cast.rep)
    following = finish_reminder(
        reminder=reminder, outcome="已送到", next_one=Next(LATER, "问反馈"), by=cast.manager, at=NOW
    )
    reminder.refresh_from_db()
    assert (reminder.done_by, reminder.done_at, reminder.outcome, reminder.version) == (cast.manager, NOW, "已送到", 2)
    assert (following.position, following.due_on, following.text) == (position_of(cast.rep), LATER, "问反馈")
    assert next_due(hospital) == LATER
    assert Line.objects.get(kind="reminder").title == "完成跟进 · 送样品登记表"
    assert Entry.objects.get(action="reminder.finished").changes == {"outcome": [None, "已送到"]}
    assert finish_reminder(reminder=following, by=cast.rep, at=NOW) is None
    assert next_due(hospital) is None


def test_a_finished_or_stale_reminder_is_not_finished_again(cast, hospital):
    reminder = make_reminder(customer=hospital, by=cast.rep)
    seen = Reminder.objects.get(pk=reminder.pk)
    finish_reminder(reminder=reminder, by=cast.rep, at=NOW)
    with pytest.raises(StaleReminder):
        finish_reminder(reminder=seen, by=cast.manager, at=NOW)
    with pytest.raises(ReminderRefused, match="已经完成"):
        finish_reminder(reminder=Reminder.objects.get(pk=reminder.pk), by=cast.manager, at=NOW)
    with pytest.raises(LabelRefused):
        finish_reminder(
            reminder=make_reminder(customer=hospital, by=cast.rep), by=cast.rep, at=NOW, next_one=Next(LATER, "统方")
        )
    assert Entry.objects.filter(action="reminder.finished").count() == 1


def test_postponing_keeps_the_first_date_and_only_goes_forward(cast, hospital):
    reminder = make_reminder(customer=hospital, by=cast.rep)
    moved = postpone_reminder(reminder=reminder, to=LATER, reason="主任出差", by=cast.rep, at=NOW)
    assert (moved.due_on, moved.first_due_on, next_due(hospital)) == (LATER, TODAY, LATER)
    entry = Entry.objects.get(action="reminder.postponed")
    assert (entry.reason, entry.changes) == ("主任出差", {"due_on": [TODAY.isoformat(), LATER.isoformat()]})
    for wrong in (LATER, TODAY - timedelta(days=1)):
        with pytest.raises(ReminderRefused, match="晚于"):
            postpone_reminder(reminder=moved, to=wrong, by=cast.rep, at=NOW)


def test_handing_over_changes_position_and_unit(cast, hospital):
    reminder = make_reminder(customer=hospital, by=cast.rep)
    to = position_of(cast.other_area_rep)
    given = hand_over_reminder(reminder=reminder, to=to, reason="休假", by=cast.region_manager, at=NOW)
    given.refresh_from_db()
    assert (given.position, given.unit) == (to, cast.shenzhen)
    assert Entry.objects.get(action="reminder.handed_over").changes["position"][1] == to.name
    with pytest.raises(ReminderRefused, match="已经由"):
        hand_over_reminder(reminder=given, to=to, by=cast.rep, at=NOW)
    closed = position_of(cast.sibling)
    closed.closed_on = TODAY
    with pytest.raises(ReminderRefused, match="撤销"):
        hand_over_reminder(reminder=given, to=closed, by=cast.rep, at=NOW)


@pytest.mark.parametrize("act", ["create", "finish", "postpone", "hand_over"])
def test_without_its_audit_entry_nothing_stays(cast, hospital, monkeypatch, act):
    reminder = make_reminder(customer=hospital, by=cast.rep)

    def fails(**_):
        raise RuntimeError("审计写不进去")

    monkeypatch.setattr(reminders.audit, "record", fails)
    acts = {
        "create": lambda: create_reminder(customer=hospital, text="查", due_on=TODAY, by=cast.rep, at=NOW),
        "finish": lambda: finish_reminder(reminder=reminder, by=cast.rep, at=NOW),
        "postpone": lambda: postpone_reminder(reminder=reminder, to=LATER, by=cast.rep, at=NOW),
        "hand_over": lambda: hand_over_reminder(reminder=reminder, to=position_of(cast.sibling), by=cast.rep, at=NOW),
    }
    with pytest.raises(RuntimeError):
        acts[act]()
    stored = Reminder.objects.get()
    assert (stored.version, stored.due_on, stored.done_at, stored.position) == (1, TODAY, None, position_of(cast.rep))
    assert next_due(hospital) == TODAY


def test_open_reminders_are_named_at_a_handover_and_follow_their_position(cast, hospital):
    reminder = make_reminder(customer=hospital, by=cast.rep)
    position = position_of(cast.rep)
    assert ("未完成的跟进", 1) in [(w.label, w.count) for w in handover.open_work(positions=[position])]
    handover.rehome(position=position, unit=cast.shenzhen, by=cast.security, at=NOW)
    reminder.refresh_from_db()
    assert reminder.unit == cast.shenzhen


def test_the_next_date_is_never_on_a_weekend_and_sooner_while_things_move():
    assert next_weekday(TODAY).weekday() == 0
    assert propose_next(today=TODAY, business_state="quoting") < propose_next(today=TODAY, business_state="care")
    assert propose_next(today=TODAY) == TODAY + timedelta(days=9)
