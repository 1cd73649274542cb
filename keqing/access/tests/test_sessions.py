from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from keqing.access.actions.sessions import (
    LOCKED,
    WRONG,
    PasswordRefused,
    SignInRefused,
    change_password,
    sign_in,
)
from keqing.access.actions.staff import deactivate_staff, reset_password
from keqing.access.models import Staff
from keqing.access.tests.factories import PASSWORD, make_cast, make_staff
from keqing.audit.models import Entry

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))


def refused(login_name, password="wrong", at=NOW):
    with pytest.raises(SignInRefused) as error:
        sign_in(login_name=login_name, password=password, at=at)
    return str(error.value)


def test_the_right_pair_signs_in_whatever_the_case_of_the_name():
    staff = make_staff(login_name="liwen")
    assert sign_in(login_name=" LiWen ", password=PASSWORD, at=NOW) == staff
    assert Entry.objects.get(action="session.began").actor_id == staff.pk


@pytest.mark.proves("T48")
def test_five_failures_lock_a_name_for_fifteen_minutes_whether_it_exists_or_not():
    make_staff(login_name="liwen")
    known = [refused("liwen") for _ in range(7)]
    unknown = [refused("nobody") for _ in range(7)]
    assert known == unknown == [WRONG] * 4 + [LOCKED] * 3
    assert refused("liwen", PASSWORD) == LOCKED
    assert refused("liwen", PASSWORD, NOW + timedelta(minutes=14, seconds=59)) == LOCKED
    assert sign_in(login_name="liwen", password=PASSWORD, at=NOW + timedelta(minutes=15)).login_name == "liwen"


def test_failures_older_than_a_quarter_of_an_hour_are_forgotten_and_success_starts_over():
    make_staff(login_name="liwen")
    for _ in range(4):
        refused("liwen")
    assert refused("liwen", at=NOW + timedelta(minutes=16)) == WRONG
    sign_in(login_name="liwen", password=PASSWORD, at=NOW + timedelta(minutes=17))
    assert refused("liwen", at=NOW + timedelta(minutes=18)) == WRONG


@pytest.mark.proves("T48")
def test_known_and_unknown_names_cost_the_same_statements_and_one_hash(monkeypatch):
    make_staff(login_name="liwen")
    refused("liwen")
    refused("nobody")
    hashes = []
    from django.contrib.auth.hashers import MD5PasswordHasher

    real = MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda *a: hashes.append(1) or real(*a))
    from django.test.utils import CaptureQueriesContext

    costs = []
    for name in ("liwen", "nobody"):
        hashes.clear()
        with CaptureQueriesContext(connection) as queries:
            refused(name)
        costs.append((len(queries), len(hashes)))
    assert costs[0] == costs[1] and costs[0][1] == 1


def test_the_audit_has_failures_locks_and_sessions_but_never_what_was_typed():
    make_staff(login_name="liwen", name="李雯")
    for _ in range(5):
        refused("liwen", "geheim-passwort")
    refused("geheim-passwort")
    actions = list(Entry.objects.order_by("pk").values_list("action", "subject_name"))
    assert actions == [("session.refused", "李雯")] * 4 + [("session.locked", "李雯"), ("session.refused", "未知登录名")]


def test_somebody_who_left_is_answered_like_a_stranger():
    cast = make_cast()
    deactivate_staff(staff=cast.rep, by=cast.security, at=NOW)
    assert refused("rep", PASSWORD) == WRONG


def test_a_reset_lifts_the_lock():
    cast = make_cast()
    for _ in range(5):
        refused("rep")
    password = reset_password(staff=cast.rep, by=cast.security, at=NOW)
    assert sign_in(login_name="rep", password=password, at=NOW) == cast.rep


def test_a_changed_password_holds_and_is_audited():
    staff = make_staff(login_name="liwen")
    change_password(staff=staff, old=PASSWORD, new="xin-mima-2026!", at=NOW)
    assert Staff.objects.get(pk=staff.pk).check_password("xin-mima-2026!")
    assert Entry.objects.get(action="staff.password_changed").actor_id == staff.pk


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("wrong", "xin-mima-2026!", "old"), (PASSWORD, PASSWORD, "new"), (PASSWORD, "short1!", "new"),
        (PASSWORD, "83920174655", "new"), (PASSWORD, "liwen-liwen", "new"), (PASSWORD, "password123", "new"),
    ],
)  # fmt: skip
def test_weak_repeated_and_unproven_passwords_are_refused_in_chinese(old, new, field):
    staff = make_staff(login_name="liwen-liwe")
    with pytest.raises(PasswordRefused) as error:
        change_password(staff=staff, old=old, new=new, at=NOW)
    (sentence, *_) = error.value.problems[field]
    assert any("一" <= sign <= "鿿" for sign in sentence)
    assert Staff.objects.get(pk=staff.pk).check_password(PASSWORD)


@pytest.mark.proves("T48")
@pytest.mark.django_db(transaction=True)
def test_simultaneous_guesses_at_one_name_are_all_counted():
    make_staff(login_name="liwen")

    def guess(number):
        try:
            return refused("liwen", f"guess-{number}")
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(guess, range(24)))
    assert (answers.count(WRONG), answers.count(LOCKED)) == (4, 20)
