"""T49: a sign-in rests at most half an hour and lasts at most twelve."""

import time

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from keqing.access.tests.factories import make_cast

pytestmark = [pytest.mark.django_db, pytest.mark.proves("T49")]
ACCOUNT = "/access/account/"
MINUTE = 60


@pytest.fixture
def clock(monkeypatch):
    """Moves the clock of the sessions on by so many seconds."""
    moved = [0]
    real = time.time
    monkeypatch.setattr("keqing.access.middleware.time.time", lambda: real() + moved[0])

    def on(seconds):
        moved[0] += seconds

    return on


def entered() -> Client:
    client = Client()
    client.force_login(make_cast().rep)
    return client


def test_a_session_in_use_goes_on_and_ends_after_half_an_hour_of_rest(clock):
    client = entered()
    for _ in range(4):
        clock(27 * MINUTE)
        assert client.get(ACCOUNT).status_code == 200
    before = client.session.session_key
    clock(31 * MINUTE)
    answer = client.get(ACCOUNT)
    assert answer.status_code == 302 and answer.url.startswith("/access/sign-in/")
    other = Client()
    other.cookies[settings.SESSION_COOKIE_NAME] = before
    assert other.get(ACCOUNT).status_code == 302


def test_the_longest_session_lasts_twelve_hours_whatever_is_done(clock):
    client = entered()
    for _ in range(28):
        clock(25 * MINUTE)
        assert client.get(ACCOUNT).status_code == 200
    clock(25 * MINUTE)
    assert client.get(ACCOUNT).status_code == 302


def test_a_request_of_a_page_in_pieces_is_told_to_sign_in_again(clock):
    client = entered()
    clock(31 * MINUTE)
    answer = client.get(ACCOUNT, headers={"HX-Request": "true"})
    assert answer.status_code == 401 and "HX-Redirect" not in answer  # the page asks to sign in again


def test_a_session_without_marks_is_over():
    client = entered()
    session = client.session
    del session["seen"]
    session.save()
    assert client.get(ACCOUNT).status_code == 302


def test_using_a_page_writes_nothing_within_two_minutes(clock):
    client = entered()
    client.get(ACCOUNT)
    with CaptureQueriesContext(connection) as queries:
        client.get(ACCOUNT)
    assert not any(query["sql"].startswith("UPDATE") for query in queries)
    clock(3 * MINUTE)
    with CaptureQueriesContext(connection) as queries:
        client.get(ACCOUNT)
    assert sum(query["sql"].startswith("UPDATE") for query in queries) == 1
