"""Rounds of messages about promises: one left by a killed worker is taken up within a minute (T11)."""

from datetime import timedelta

import pytest

from keqing.access.tests.factories import make_cast, position_of
from keqing.followups import tasks
from keqing.followups.actions import warnings
from keqing.followups.actions.commitments import make_commitment
from keqing.followups.actions.promising import Promise
from keqing.followups.models import Commitment, PromiseRound
from keqing.followups.tests.factories import NOW, TODAY
from keqing.kit import jobs
from keqing.messaging.models import Message
from keqing.people.tests.factories import make_organisation

pytestmark = [pytest.mark.django_db, pytest.mark.proves("T11", "R-058")]


@pytest.fixture
def promised():
    cast = make_cast()
    make_commitment(customer=make_organisation(owner=cast.rep), promise=Promise("寄报告", TODAY), by=cast.rep, at=NOW)
    return cast


class Killed(BaseException):
    """Nothing of ours catches it, as nothing catches a kill."""


def dies(**given: object) -> None:
    raise Killed


def at(monkeypatch: pytest.MonkeyPatch, moment: object) -> None:
    monkeypatch.setattr("keqing.followups.tasks.timezone.now", lambda: moment)


def look(monkeypatch: pytest.MonkeyPatch, **later: int) -> int:
    """The worker looks so much later, and does what waits; how many pieces of work it was."""
    at(monkeypatch, NOW + timedelta(**later))
    tasks.watch_promises()
    return jobs.run_waiting()


def test_a_round_whose_worker_was_killed_is_said_within_a_minute(promised, monkeypatch):
    at(monkeypatch, NOW)
    with monkeypatch.context() as patched:
        patched.setattr(warnings, "warn_of_promises", dies)
        with pytest.raises(Killed):
            tasks.tend_promises()
    assert look(monkeypatch, seconds=20) == 0  # it may be slow
    assert not Message.objects.exists()
    assert look(monkeypatch, seconds=40) == 1
    assert Message.objects.count() == 1
    assert PromiseRound.objects.get().finished_at == NOW + timedelta(seconds=40)
    assert look(monkeypatch, seconds=80) == 0


def test_the_same_round_sees_who_holds_the_position_now(promised, monkeypatch):
    at(monkeypatch, NOW)
    with monkeypatch.context() as patched:
        patched.setattr(warnings, "follow_holders", dies)
        with pytest.raises(Killed):
            tasks.tend_promises()
    home = position_of(promised.rep)
    home.holder = promised.sibling
    home.save()
    assert look(monkeypatch, seconds=40) == 1
    assert Commitment.objects.get().keeper == Message.objects.get().recipient == promised.sibling


def test_every_hour_begins_anew_and_says_nothing_twice(promised, monkeypatch):
    for hours in range(3):
        at(monkeypatch, NOW + timedelta(hours=hours))
        tasks.tend_promises()
        assert look(monkeypatch, hours=hours, minutes=5) == 0
    found = PromiseRound.objects.get()
    assert found.started_at == found.finished_at == NOW + timedelta(hours=2)
    assert Message.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_round_that_fails_waits_for_the_next_hour(promised, monkeypatch):
    def fails(**given: object) -> None:
        raise LookupError("no such table")

    at(monkeypatch, NOW)
    with monkeypatch.context() as patched:
        patched.setattr(warnings, "warn_of_promises", fails)
        with pytest.raises(LookupError, match="no such table"):
            tasks.tend_promises()
    assert look(monkeypatch, minutes=5) == 0
    at(monkeypatch, NOW + timedelta(hours=1))
    tasks.tend_promises()
    assert Message.objects.count() == 1
