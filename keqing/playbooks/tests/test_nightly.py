"""The night's follow-ups: who gets one, how often, and what a killed worker leaves."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from keqing.access.tests.factories import position_of
from keqing.audit.models import Entry as AuditEntry
from keqing.followups.actions.reminders import finish_reminder
from keqing.followups.models import Reminder
from keqing.followups.tests.factories import make_contact, make_reminder
from keqing.kit import jobs
from keqing.kit.formats import SHANGHAI
from keqing.messaging.models import Message
from keqing.people.models import Organisation
from keqing.people.tests.factories import NOW
from keqing.playbooks import decline, fitting, tasks
from keqing.playbooks.actions import nightly, steps
from keqing.playbooks.actions.enrolments import enrol
from keqing.playbooks.cadence import cadence
from keqing.playbooks.models import Enrolment, Notice, Round
from keqing.playbooks.tests.factories import STEPS, TODAY, make_customer, make_playbook

pytestmark = pytest.mark.django_db


def run(day: date = TODAY) -> Round:
    at = NOW + (day - TODAY)
    return nightly.generate(day=day, now=lambda: at)


def told(customer: Organisation) -> list[str]:
    return list(Reminder.objects.filter(customer_id=customer.pk).order_by("pk").values_list("text", flat=True))


def test_a_customer_not_contacted_for_long_is_put_on_its_owners_list(cast):
    late = make_customer(owner=cast.rep, days_quiet=50, name="甲医院")
    recent = make_customer(owner=cast.rep, days_quiet=10, name="乙医院")
    make_reminder(customer=recent, by=cast.rep)
    made = run()
    assert made.made == {"contact": 1}
    assert told(late) == ["50 天没有联系（节奏：45 天一次）"]
    reminder = Reminder.objects.get(customer_id=late.pk)
    assert (reminder.position_id, reminder.origin, reminder.created_by_id) == (position_of(cast.rep).pk, "nightly", None)
    assert reminder.due_on == date(2026, 11, 24)  # Saturday: two working days from Monday on
    late.refresh_from_db()
    assert late.next_due_on == reminder.due_on


def test_a_better_hospital_is_contacted_more_often(cast):
    make_customer(owner=cast.rep, days_quiet=35, name="甲医院", level="3a")
    other = make_customer(owner=cast.rep, days_quiet=35, name="乙医院", level="1a")
    make_reminder(customer=other, by=cast.rep)
    assert run().made == {"contact": 1}


def test_a_customer_without_a_next_step_is_named_once_in_a_fortnight(cast):
    customer = make_customer(owner=cast.rep, days_quiet=3)
    assert run().made == {"next_step": 1}
    finish_reminder(reminder=Reminder.objects.get(customer_id=customer.pk), by=cast.rep, at=NOW)
    assert run(TODAY + timedelta(days=1)).made == {}
    assert run(TODAY + timedelta(days=14)).made == {"next_step": 1}


def test_asleep_lost_and_unassigned_customers_are_left_alone(cast):
    make_customer(owner=cast.rep, days_quiet=90, stage="lost", name="甲医院")
    make_customer(owner=None, unit=cast.guangzhou, days_quiet=90, name="乙医院")
    assert run().made == {}


def test_a_night_makes_no_former_rows_of_customers(cast):
    """ADR 0005: the reminder holds what the row repeats."""
    make_playbook(on_entry=False, on_night=True)
    for n in range(3):
        make_customer(owner=cast.rep, days_quiet=20 * n + 10, name=f"示例{n}医院")
    events = Organisation.events.rel.related_model.objects
    before = events.count()
    assert run().made
    assert Organisation.objects.filter(next_due_on__isnull=False).count() == 3
    assert events.count() == before


@pytest.mark.proves("R-096")
def test_an_account_without_contact_for_sixty_days_and_falling_orders_is_silent(cast, monkeypatch):
    silent = make_customer(owner=cast.rep, days_quiet=61, stage="user", name="甲医院")
    steady = make_customer(owner=cast.rep, days_quiet=61, stage="user", name="乙医院")
    make_customer(owner=cast.rep, days_quiet=59, stage="user", name="丙医院")

    class Orders:
        def falling(self, *, today, percent):
            assert percent == 40
            return Organisation.objects.filter(pk=silent.pk).values("pk")

        def drops(self, customer_ids, *, today):
            return {silent.pk: 40}

    condition = fitting.silent(cadence(), TODAY)
    assert set(Organisation.objects.filter(condition)) == {silent, steady}  # as long as nobody knows orders
    monkeypatch.setattr(decline, "_sources", [Orders()])
    assert list(Organisation.objects.filter(fitting.silent(cadence(), TODAY))) == [silent]
    run()
    assert told(silent) == ["流失预警：60 天没有联系，请联系后选择结果"]
    assert Reminder.objects.get(customer_id=silent.pk).origin == "alarm"
    assert told(steady) == ["61 天没有联系（节奏：45 天一次）"]


@pytest.mark.proves("R-290")
def test_an_alarm_starts_the_win_back_plan(cast):
    playbook = make_playbook(title="客户挽留", stages=["dormant", "lost"], on_alarm=True)
    customer = make_customer(owner=cast.rep, days_quiet=70, stage="user")
    run()
    enrolment = Enrolment.objects.get(customer_id=customer.pk)
    assert (enrolment.playbook, enrolment.origin, enrolment.stage) == (playbook, "alarm", "user")
    run(TODAY + timedelta(days=1))
    assert Enrolment.objects.count() == 1


def test_steps_get_their_reminder_shortly_before_they_begin(cast):
    customer = make_customer(owner=cast.rep, days_quiet=0)
    enrol(edition=make_playbook().current, customers=[customer.pk], origin="hand", by=None, at=NOW)
    assert len(told(customer)) == 2
    assert run(TODAY + timedelta(days=20)).made == {}
    assert run(TODAY + timedelta(days=36)).made == {"step": 1}
    assert told(customer)[-1] == f"{customer.name}由经理过问"
    assert run(TODAY + timedelta(days=37)).made == {}


def test_who_fits_is_taken_in_at_night_and_who_is_done_is_let_go(cast):
    make_playbook(on_entry=False, on_night=True, steps=STEPS[:1])
    customer = make_customer(owner=cast.rep, days_quiet=0)
    assert run().made == {"enrolled": 1}
    finish_reminder(reminder=Reminder.objects.get(customer_id=customer.pk), outcome="好", by=cast.rep, at=NOW)
    make_reminder(customer=customer, by=cast.rep, due_on=TODAY + timedelta(days=5))
    assert run(TODAY + timedelta(days=1)).made == {"done_steps": 1, "done_plans": 1}


def test_a_plan_whose_last_step_was_skipped_ends_in_the_night(cast):
    customer = make_customer(owner=cast.rep, days_quiet=0)
    (made,) = enrol(edition=make_playbook(steps=STEPS[1:2]).current, customers=[customer.pk], origin="hand", by=None, at=NOW)
    steps.skip_step(run=made.runs.select_related("step").get(), seen_version=1, reason="已在会上给过", by=cast.rep, at=NOW)
    make_reminder(customer=customer, by=cast.rep, due_on=TODAY + timedelta(days=5))
    assert run(TODAY + timedelta(days=1)).made == {"done_plans": 1}
    made.refresh_from_db()
    assert made.end == "done"


def test_a_new_customer_gets_the_plan_of_its_stage_without_having_been_moved(cast):
    make_playbook()
    make_customer(owner=cast.rep, days_quiet=0)
    Organisation.objects.update(lifecycle_since=TODAY)
    old = make_customer(owner=cast.rep, name="旧客户医院", days_quiet=0)
    Organisation.objects.filter(pk=old.pk).update(lifecycle_since=TODAY - timedelta(days=30))
    had_a_night(days_ago=1)
    assert run().made["enrolled"] == 1


def had_a_night(*, days_ago: int) -> None:
    at = NOW - timedelta(days=days_ago)
    Round.objects.create(night_on=at.date(), started_at=at, touched_at=at, finished_at=at)


@pytest.mark.proves("T11")
@pytest.mark.parametrize(
    ("away", "taken_in"), [(1, [0, 3]), (5, [0, 3, 4, 5]), (10, [0, 3, 4, 5, 9, 10]), (400, [0, 3, 4, 5, 9, 10, 11, 31])],
)
def test_new_customers_of_days_without_a_worker_get_their_plan(cast, away, taken_in):
    make_playbook(valid_from=TODAY - timedelta(days=365))
    since = {}
    for days in (0, 3, 4, 5, 9, 10, 11, 31, 32):
        customer = make_customer(owner=cast.rep, days_quiet=0, name=f"{days}天前的医院")
        Organisation.objects.filter(pk=customer.pk).update(lifecycle_since=TODAY - timedelta(days=days))
        since[customer.pk] = days
    had_a_night(days_ago=away)
    if away > 1:  # begun and never ended: it has not looked at everybody
        Round.objects.create(night_on=TODAY - timedelta(days=1), started_at=NOW, touched_at=NOW)
    run()
    assert sorted(since[pk] for pk in Enrolment.objects.values_list("customer_id", flat=True)) == taken_in
    run(TODAY + timedelta(days=1))
    assert Enrolment.objects.count() == len(taken_in)


@pytest.mark.proves("T11")
def test_a_night_run_twice_makes_nothing_new(cast):
    for n in range(6):
        make_customer(owner=cast.rep, days_quiet=10 * n, name=f"示例{n}医院", stage="user")
    first = run()
    before = list(Reminder.objects.order_by("pk").values_list("pk", flat=True))
    again = run()
    assert (again.finished_at, again.made) == (first.finished_at, first.made)
    Round.objects.all().delete()  # as if the mark had been lost
    assert run().made == {}
    assert list(Reminder.objects.order_by("pk").values_list("pk", flat=True)) == before


@pytest.mark.proves("T11")
def test_a_worker_that_dies_in_a_portion_loses_and_doubles_nothing(cast, monkeypatch):
    customers = [make_customer(owner=cast.rep, days_quiet=50, name=f"示例{n}医院") for n in range(7)]
    monkeypatch.setattr(nightly, "PORTION", 2)
    real, calls = nightly._not_contacted, []

    def dies(*arguments):
        made = real(*arguments)
        calls.append(made)
        if len(calls) == 3:
            raise SystemExit  # the portion's transaction is taken back
        return made

    monkeypatch.setattr(nightly, "_not_contacted", dies)
    with pytest.raises(SystemExit):
        run()
    assert Round.objects.get().seen == 4
    assert Reminder.objects.count() == 4
    monkeypatch.setattr(nightly, "_not_contacted", real)
    assert run().made == {"contact": 7}
    assert sorted(Reminder.objects.values_list("customer_id", flat=True)) == [one.pk for one in customers]


def test_an_abandoned_round_is_taken_up(cast):
    make_customer(owner=cast.rep, days_quiet=50)
    Round.objects.create(night_on=TODAY, started_at=NOW, touched_at=NOW)
    assert not nightly.take_up_abandoned(day=TODAY, at=NOW + timedelta(seconds=30))
    assert nightly.take_up_abandoned(day=TODAY, at=NOW + timedelta(seconds=90))
    assert jobs._take_next()[0].endswith("go_on")


def clock(hour: int, minute: int, days: int = 0) -> datetime:
    return datetime.combine(TODAY + timedelta(days=days), time(hour, minute), SHANGHAI)


def look(monkeypatch, at: datetime) -> int:
    """The worker looks at this time, and does what waits; how many pieces of work it was."""
    monkeypatch.setattr("keqing.playbooks.tasks.timezone.now", lambda: at)
    tasks.watch_round()
    return jobs.run_waiting()


@pytest.mark.proves("T11")
def test_a_night_without_a_worker_is_made_up_once_when_one_is_back(cast, monkeypatch):
    make_customer(owner=cast.rep, days_quiet=50)
    assert look(monkeypatch, clock(0, 10)) == 0  # before its hour
    assert look(monkeypatch, clock(1, 30)) == 0  # the hour's own run comes first
    assert not Round.objects.exists()
    assert look(monkeypatch, clock(9, 12)) == 1
    made = Round.objects.get()
    assert (made.night_on, made.started_at, made.made) == (TODAY, clock(9, 12), {"contact": 1})
    assert Reminder.objects.count() == Message.objects.count() == 1
    assert look(monkeypatch, clock(9, 13)) == look(monkeypatch, clock(23, 59)) == 0
    assert look(monkeypatch, clock(0, 1, days=1)) == 0  # the next night has its own hour


def test_a_missed_night_is_asked_for_once_by_however_many_workers(cast):
    assert nightly.begin_missed(day=TODAY, at=clock(8, 0))
    assert not nightly.begin_missed(day=TODAY, at=clock(8, 0))
    assert not nightly.take_up_abandoned(day=TODAY, at=clock(8, 0))
    # the one that asked is gone before its work began: as with every round, another goes on
    assert nightly.take_up_abandoned(day=TODAY, at=clock(8, 1))


def test_a_night_that_ran_is_not_made_up(cast, monkeypatch):
    run()
    assert look(monkeypatch, clock(23, 0)) == 0
    assert Round.objects.count() == 1


def test_the_planned_hour_is_the_one_of_the_schedule():
    cron = next(one.cron for one in jobs.app.periodic_registry.periodic_tasks.values() if one.task.name.endswith("tasks.generate_followups"))
    minute, hour = (int(part) for part in cron.split()[:2])
    planned = datetime.combine(TODAY, nightly.BEGINS, SHANGHAI).astimezone(UTC)
    assert (planned.hour, planned.minute) == (hour, minute)


def test_one_message_a_person_and_one_audit_entry_a_night(cast):
    for n in range(5):
        make_customer(owner=cast.rep, days_quiet=50, name=f"示例{n}医院")
    make_customer(owner=cast.sibling, days_quiet=3, name="另一家医院")
    run()
    run()
    texts = dict(Message.objects.values_list("recipient__name", "text"))
    assert Message.objects.count() == 2
    assert "长期未联系 5 条" in texts["李雯"]
    assert "无下一步 1 条" in texts["罗佳"]
    assert AuditEntry.objects.filter(action="playbook.night").count() == 1


def test_a_contact_made_meanwhile_is_seen(cast):
    customer = make_customer(owner=cast.rep, days_quiet=50)
    make_contact(customer=customer, by=cast.rep, callback_on=TODAY + timedelta(days=7))
    assert run().made == {}
    assert not Notice.objects.exists()


def test_a_portion_costs_the_same_statements_for_few_and_many_customers(cast, django_assert_max_num_queries):
    make_playbook()
    for n in range(3):
        make_customer(owner=cast.rep, days_quiet=20 * n, name=f"示例{n}医院", stage="user")
    with django_assert_max_num_queries(48):
        run()
    for n in range(40):
        make_customer(owner=cast.rep, days_quiet=20 * (n % 5), name=f"样例{n}医院", stage="user")
    with django_assert_max_num_queries(48):
        run(TODAY + timedelta(days=1))
