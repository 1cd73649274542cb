"""T11 for changed plans and for messages about promises: the process is killed with -9 in the middle; every effect is there once."""

import multiprocessing
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.db.models import Count
from django.utils import timezone

from keqing.access.models import Staff
from keqing.audit.models import Entry
from keqing.followups.actions import warnings
from keqing.followups.actions.commitments import make_commitment
from keqing.followups.actions.promising import Promise
from keqing.followups.models import Reminder
from keqing.kit import jobs
from keqing.kit.formats import business_date
from keqing.messaging.actions import outbox
from keqing.messaging.models import Delivery, Message
from keqing.people.models import Organisation
from keqing.playbooks.actions import rollouts
from keqing.playbooks.actions.enrolments import enrol
from keqing.playbooks.actions.playbooks import close_playbook, revise_playbook
from keqing.playbooks.models import Enrolment, Playbook, Rollout, StepRun
from keqing.playbooks.tests.factories import STEPS, draft, make_playbook
from tests.faults.test_night_killed import LOOKED_AFTER, RESUMED, populate

Figure = Callable[[str, object], None]
# a process that is there at once, so that it is killed in its work and not while Python starts
FORK = multiprocessing.get_context("fork")
WAIT = 60

pytestmark = pytest.mark.django_db(transaction=True)


def start(work: Callable[[], Any]) -> Any:
    """``work`` in a process of its own, with a connection of its own."""

    def apart() -> None:
        # while a browser's loop runs here, the child sees other connections than its parent, and would share one of them
        for one in connections.all(initialized_only=True):
            one.connection = None
        work()

    connection.close()
    process = FORK.Process(target=apart, daemon=True)
    process.start()
    return process


def kill(process: Any) -> None:
    process.kill()
    process.join(WAIT)
    assert process.exitcode is not None


def await_(condition: Callable[[], bool], process: Any) -> None:
    until = time.monotonic() + WAIT
    while not condition() and process.is_alive() and time.monotonic() < until:
        time.sleep(0.001)


def done(rollout: Rollout) -> int:
    return Rollout.objects.values_list("done", flat=True).get(pk=rollout.pk)


def held_before_commit(goal: int, monkeypatch: Any) -> Any:
    """Work that comes as far as this and no farther: the portion is written, and not committed. Returns process and event."""
    reached, real = FORK.Event(), Rollout.save

    def save(self: Rollout, **given: Any) -> None:
        real(self, **given)
        if self.done >= goal:
            reached.set()
            time.sleep(WAIT)

    with monkeypatch.context() as patched:
        patched.setattr(Rollout, "save", save)
        return start(jobs.run_waiting), reached


def kill_again_and_again(rollout: Rollout, *, kills: int, monkeypatch: Any) -> int:
    """Until it was killed so often, spread over the work; then let it end. Returns how often it was killed at work.

    Every other time in a transaction that had written everything, else wherever it happens to be.
    """
    killed = 0
    for attempt in range(1, kills + 1):
        goal = rollout.total * attempt // (kills + 1)
        if attempt % 2:
            process, reached = held_before_commit(goal, monkeypatch)
            assert reached.wait(WAIT)
        else:
            process = start(jobs.run_waiting)
            await_(lambda goal=goal: done(rollout) >= goal, process)
        kill(process)
        killed += done(rollout) < rollout.total
        # a worker that runs looks after silent work
        rollouts.take_up_abandoned(at=timezone.now() + rollouts.SILENCE + timedelta(seconds=1))
        if done(rollout) == rollout.total:
            break  # it was faster than who watched it
    assert killed
    process = start(jobs.run_waiting)
    process.join(WAIT)
    rollout.refresh_from_db()
    assert (process.exitcode, rollout.state, rollout.done) == (0, "done", rollout.total)
    rollouts.run(rollout_id=rollout.pk, now=timezone.now)  # over is over
    return killed


def plan_with(customers: list[int], title: str) -> Playbook:
    today = business_date(timezone.now())
    playbook = make_playbook(title=title, valid_from=today)
    enrol(edition=playbook.current, customers=customers, origin="hand", by=None, at=timezone.now())
    return Playbook.objects.get(pk=playbook.pk)


def revised(playbook: Playbook, by: Staff) -> Rollout:
    """The second step is dropped, one is new, the others go on by the new edition."""
    assert playbook.current is not None
    first, _second, third = playbook.current.steps.order_by("place").values_list("line", flat=True)
    steps = [replace(STEPS[0], line=first), replace(STEPS[2], line=third), replace(STEPS[0], text="再次拜访{客户}")]
    changed = draft(steps=steps, valid_from=business_date(timezone.now()))
    return revise_playbook(
        playbook=playbook, title=playbook.title, draft=changed, running="move", reason="复盘", by=by, at=timezone.now()
    )[1]


def effects(playbook: Playbook) -> dict[tuple[Any, ...], int]:
    """What stands at each customer of the plan, and at how many customers exactly that."""
    reminders = dict(Reminder.objects.filter(done_at__isnull=True).values_list("customer_id").annotate(Count("pk")).order_by())
    closed = dict(Reminder.objects.filter(done_at__isnull=False).values_list("customer_id").annotate(Count("pk")).order_by())
    stopped = dict(Entry.objects.filter(action="playbook.stopped").values_list("customer_id").annotate(Count("pk")).order_by())
    found: dict[tuple[Any, ...], int] = {}
    for one in Enrolment.objects.filter(playbook=playbook).select_related("edition").prefetch_related("runs"):
        ends = tuple(sorted(run.end for run in one.runs.all()))
        of = one.customer_id
        state = (one.edition.number, one.end, ends, reminders.get(of, 0), closed.get(of, 0), stopped.get(of, 0))
        found[state] = found.get(state, 0) + 1
    return found


def kill_changes_of_plans(figure: Figure, *, number: int, portion: int, kills: int, monkeypatch: Any) -> None:
    assert number > rollouts.AT_ONCE  # fewer follow within the request
    populate(number + 1)
    monkeypatch.setattr(rollouts, "PORTION", portion)
    by = Staff.objects.order_by("pk").first()
    assert by is not None
    alone, *many = Organisation.objects.order_by("pk").values_list("pk", flat=True)
    small, large = plan_with([alone], "一家"), plan_with(many, "很多家")
    killed = 0
    seen = effects(small).popitem()[0][2:]
    for change in (
        lambda plan: revised(plan, by), lambda plan: close_playbook(playbook=plan, reason="停用", by=by, at=timezone.now())
    ):  # fmt: skip
        change(Playbook.objects.get(pk=small.pk))  # few follow at once: what it does to a customer
        killed += kill_again_and_again(change(Playbook.objects.get(pk=large.pk)), kills=kills, monkeypatch=monkeypatch)
        (expected,) = effects(small)
        assert expected[2:] != seen  # something was done
        seen = expected[2:]
        assert effects(large) == {expected: number}
    assert not StepRun.objects.filter(enrolment__playbook=large, end="").exists()
    assert Entry.objects.filter(action="playbook.rolled_out").count() == 2
    figure("方案改版与停用，客户", f"各 {number:,} 家")
    figure("处理进程被 kill -9", f"{killed} 次")
    figure("丢失或重复", "0 项")
    noticed = rollouts.SILENCE.total_seconds() + LOOKED_AFTER
    figure("由运行中的后台进程接手", f"最迟 {noticed:.0f} 秒")
    assert noticed <= RESUMED


def kill_warnings_of_promises(figure: Figure, *, number: int, kills: int, monkeypatch: Any) -> None:
    populate(number)
    at = timezone.now()
    for customer in Organisation.objects.select_related("owner_position__holder").order_by("pk"):
        make_commitment(customer=customer, promise=Promise("寄报告", business_date(at)), by=customer.owner_position.holder, at=at)
    warnings.begin_round(at=at)
    work = partial(warnings.go_on, at=at)
    began = time.monotonic()
    with transaction.atomic():  # how long it takes
        assert work() == number
        transaction.set_rollback(True)
    needed = time.monotonic() - began
    # between the messages and what goes out to telephones and mailboxes, for certain
    reached, real = FORK.Event(), outbox._deliver_later
    with monkeypatch.context() as patched:
        patched.setattr(outbox, "_deliver_later", lambda *given: (real(*given), reached.set(), time.sleep(WAIT)))
        process = start(work)
        assert reached.wait(WAIT)
        kill(process)
    assert not Message.objects.exists() and not Delivery.objects.exists()
    killed = 1
    for attempt in range(1, kills):
        process = start(work)
        process.join(needed * attempt / kills)
        kill(process)
        killed += process.exitcode != 0
        assert Message.objects.count() in (0, number)  # all or nothing
    # a worker that runs looks after silent work
    assert warnings.take_up_abandoned(at=at + warnings.SILENCE + timedelta(seconds=1)) is (Message.objects.count() == 0)
    process = start(jobs.run_waiting)
    process.join(WAIT)
    assert process.exitcode == 0
    warnings.begin_round(at=at)
    assert work() == 0  # the next hour says nothing twice
    assert not warnings.take_up_abandoned(at=at + timedelta(minutes=5))
    told = Message.objects.filter(kind="promise")
    assert told.count() == told.values("key").distinct().count() == number
    channels = Delivery.objects.values_list("channel").annotate(Count("pk"), Count("message", distinct=True)).order_by()
    assert channels and {found[1:] for found in channels} == {(number, number)}
    figure("承诺到期消息", f"{number:,} 条")
    figure("提醒进程被 kill -9", f"{killed} 次")
    figure("丢失或重复", "0 条")
    noticed = warnings.SILENCE.total_seconds() + LOOKED_AFTER
    figure("由运行中的后台进程接手", f"最迟 {noticed:.0f} 秒")
    assert noticed <= RESUMED


@pytest.mark.timeout(300)
@pytest.mark.proves("T11", "R-183")
def test_nobody_is_lost_or_done_twice_when_a_change_of_plans_is_killed(figure: Figure, monkeypatch: Any):
    kill_changes_of_plans(figure, number=210, portion=15, kills=2, monkeypatch=monkeypatch)


@pytest.mark.timeout(300)
@pytest.mark.proves("T11", "R-058")
def test_no_promise_is_forgotten_or_told_twice_when_its_messages_are_killed(figure: Figure, monkeypatch: Any):
    kill_warnings_of_promises(figure, number=30, kills=4, monkeypatch=monkeypatch)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.proves("T11", "R-183")
def test_a_change_of_plans_over_five_thousand_customers_is_killed_fifty_times(figure: Figure, monkeypatch: Any):
    kill_changes_of_plans(figure, number=5000, portion=20, kills=25, monkeypatch=monkeypatch)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.proves("T11", "R-058")
def test_messages_about_two_thousand_promises_are_killed_fifty_times(figure: Figure, monkeypatch: Any):
    kill_warnings_of_promises(figure, number=2000, kills=50, monkeypatch=monkeypatch)
