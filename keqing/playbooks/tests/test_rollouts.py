"""A changed or ended plan reaches many customers behind the request: resumable, each once, told on the page."""

from datetime import timedelta

import pytest
from django.urls import reverse

from keqing.audit.models import Entry as AuditEntry
from keqing.followups.models import Reminder
from keqing.kit import jobs
from keqing.people.models import Organisation
from keqing.people.tests.factories import NOW
from keqing.playbooks.actions import rollouts
from keqing.playbooks.actions.enrolments import enrol
from keqing.playbooks.actions.playbooks import close_playbook, revise_playbook
from keqing.playbooks.models import Edition, Enrolment, Playbook, Rollout
from keqing.playbooks.tests.factories import STEPS, draft, make_customer, make_playbook

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def small(monkeypatch):
    from django.utils import timezone

    monkeypatch.setattr(timezone, "now", lambda: NOW)
    monkeypatch.setattr(rollouts, "AT_ONCE", 3)
    monkeypatch.setattr(rollouts, "PORTION", 2)


def plan_with(cast, number):
    playbook = make_playbook()
    customers = [make_customer(owner=cast.rep, name=f"示例{n}医院") for n in range(number)]
    enrol(edition=playbook.current, customers=[one.pk for one in customers], origin="hand", by=cast.rep, at=NOW)
    return playbook, customers


def revise(playbook, by, running="move"):
    found = Playbook.objects.get(pk=playbook.pk)
    return revise_playbook(playbook=found, title=found.title, draft=draft(steps=STEPS[:1]), running=running, reason="复盘", by=by, at=NOW)


@pytest.mark.proves("R-183")
def test_many_customers_move_behind_the_request_and_the_page_tells_how_far_it_is(client, cast):
    playbook, _customers = plan_with(cast, 5)
    revised, moves = revise(playbook, cast.system)
    assert (moves.state, moves.total, moves.done) == ("running", 5, 0)
    assert revised.current.number == 2  # who enters now gets it already
    client.force_login(cast.system)
    url = reverse("playbooks:playbook", args=[playbook.pk])
    assert "正在把客户转到第 2 版" in client.get(url).content.decode()
    rollouts._portion(rollout_id=moves.pk, at=NOW)
    part = client.get(url, HTTP_HX_REQUEST="true", HTTP_HX_TARGET="rollout").content.decode()
    assert "40%" in part and "已处理 2 家，共 5 家" in part and "<html" not in part
    jobs.run_waiting()
    moves.refresh_from_db()
    assert (moves.state, moves.done) == ("done", 5)
    assert set(Enrolment.objects.values_list("edition__number", flat=True)) == {2}
    assert AuditEntry.objects.get(action="playbook.rolled_out").changes == {"customers": [None, 5]}
    assert "正在把客户转到" not in client.get(url).content.decode()


@pytest.mark.proves("T11")
def test_a_worker_killed_in_the_middle_goes_on_and_does_nobody_twice(cast, monkeypatch):
    playbook, _customers = plan_with(cast, 7)
    made = close_playbook(playbook=Playbook.objects.get(pk=playbook.pk), reason="改用新方案", by=cast.system, at=NOW)
    real, calls = rollouts.stop, []

    def dies(**arguments):
        found = real(**arguments)
        calls.append(len(found))
        if len(calls) == 3:
            raise SystemExit  # the portion's transaction is taken back
        return found

    monkeypatch.setattr(rollouts, "stop", dies)
    with pytest.raises(SystemExit):
        jobs.run_waiting()
    assert (Rollout.objects.get().done, Enrolment.objects.running().count()) == (4, 3)
    rollouts.take_up_abandoned(at=NOW + timedelta(seconds=30))
    assert not jobs.run_waiting()  # it may still be at work
    rollouts.take_up_abandoned(at=NOW + timedelta(seconds=90))
    jobs.run_waiting()
    made.refresh_from_db()
    assert (made.state, made.done, Enrolment.objects.running().count()) == ("done", 7, 0)
    assert AuditEntry.objects.filter(action="playbook.stopped").count() == 7
    assert not Reminder.objects.open().exists()
    rollouts.run(rollout_id=made.pk, now=lambda: NOW)
    assert AuditEntry.objects.filter(action="playbook.stopped").count() == 7


def test_a_change_that_fails_is_told_and_taken_up_by_who_may_change_the_plan(client, cast):
    playbook, _customers = plan_with(cast, 5)
    close_playbook(playbook=Playbook.objects.get(pk=playbook.pk), reason="改用新方案", by=cast.system, at=NOW)
    Rollout.objects.update(state="failed", finished_at=NOW, done=2)
    url, again = (reverse(f"playbooks:{name}", args=[playbook.pk]) for name in ("playbook", "rollout_resume"))
    client.force_login(cast.rep)
    text = client.get(url).content.decode()
    assert "出错停下" in text and "继续处理" not in text
    assert client.post(again).status_code == 403
    client.force_login(cast.system)
    assert "继续处理" in client.get(url).content.decode()
    assert client.post(again).status_code == 302
    jobs.run_waiting()
    assert Rollout.objects.get().state == "done"
    assert client.post(again).status_code == 302  # a second click does nothing
    assert not jobs.run_waiting()


def test_a_later_change_takes_the_place_of_one_under_way_and_nobody_goes_back(cast):
    playbook, _customers = plan_with(cast, 5)
    _revised, first = revise(playbook, cast.system)
    rollouts._portion(rollout_id=first.pk, at=NOW)
    _revised, second = revise(playbook, cast.system)
    newest = make_customer(owner=cast.rep, name="新来的医院")
    enrol(edition=Edition.objects.get(number=3), customers=[newest.pk], origin="hand", by=cast.rep, at=NOW)
    rollouts.run(rollout_id=first.pk, now=lambda: NOW)
    jobs.run_waiting()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state, second.done) == ("replaced", "done", 5)
    assert set(Enrolment.objects.values_list("edition__number", flat=True)) == {3}


def test_a_customer_in_the_bin_moves_along_without_a_reminder(cast):
    playbook, customers = plan_with(cast, 2)
    Organisation.objects.filter(pk=customers[0].pk).update(deleted_at=NOW, deleted_by=cast.system)
    before = Reminder.objects.filter(customer_id=customers[0].pk).count()
    found = Playbook.objects.get(pk=playbook.pk)
    _plan, moves = revise_playbook(
        playbook=found, title=found.title, draft=draft(steps=[*STEPS, STEPS[0]]), running="move", reason="复盘", by=cast.system, at=NOW
    )
    assert moves.done == 2
    assert Reminder.objects.filter(customer_id=customers[0].pk).count() == before


def test_a_portion_costs_the_same_statements_for_few_and_many(cast, monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr(rollouts, "PORTION", 500)
    for number in (5, 40):
        playbook = make_playbook(title=f"方案{number}")
        customers = [make_customer(owner=cast.rep, name=f"示例{number}之{n}医院") for n in range(number)]
        enrol(edition=playbook.current, customers=[one.pk for one in customers], origin="hand", by=cast.rep, at=NOW)
        _revised, moves = revise(playbook, cast.system)
        with django_assert_max_num_queries(40):
            rollouts.run(rollout_id=moves.pk, now=lambda: NOW)
        found = Playbook.objects.get(pk=playbook.pk)
        ended = close_playbook(playbook=found, reason="停用", by=cast.system, at=NOW)
        with django_assert_max_num_queries(30):
            rollouts.run(rollout_id=ended.pk, now=lambda: NOW)
