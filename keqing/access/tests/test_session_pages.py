from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from keqing.access.actions.positions import vacate
from keqing.access.actions.staff import deactivate_staff, reset_password
from keqing.access.tests.factories import PASSWORD, make_cast, make_staff, position_of

pytestmark = pytest.mark.django_db
SIGN_IN = "/access/sign-in/"


def enter(client, login_name="rep", password=PASSWORD, **more):
    return client.post(SIGN_IN, {"login_name": login_name, "password": password, **more})


def signed_in(client):
    return "_auth_user_id" in client.session


def test_a_stranger_is_led_to_the_sign_in_page_and_back(client):
    make_cast()
    asked = client.get("/access/account/")
    assert asked.status_code == 302 and asked.url == f"{SIGN_IN}?next=/access/account/"
    page = client.get(asked.url)
    assert page.status_code == 200 and "登录名" in page.content.decode() and "<c-" not in page.content.decode()
    assert enter(client, next="/access/account/").url == "/access/account/"


@pytest.mark.parametrize("target", ["https://example.com/", "//example.com/", "javascript:alert(1)", "/access/sign-out/"])
def test_nobody_is_led_to_another_site_after_signing_in(client, target):
    make_cast()
    assert enter(client, next=target).url == "/"


@pytest.mark.proves("T49")
def test_the_session_id_changes_at_sign_in_and_dies_at_sign_out(client):
    make_cast()
    client.get(SIGN_IN)
    session = client.session
    session["planted"] = "yes"
    session.save()
    client.cookies["sessionid"] = session.session_key
    before = session.session_key
    enter(client)
    inside = client.session.session_key
    assert inside != before and signed_in(client)
    client.post("/access/sign-out/")
    old = Client()
    old.cookies["sessionid"] = inside
    assert old.get("/access/account/").status_code == 302
    old.cookies["sessionid"] = before
    assert old.get("/access/account/").status_code == 302


@pytest.mark.proves("T48")
def test_wrong_answers_are_the_same_for_known_and_unknown_names(client):
    make_cast()

    def answer(name, tries):
        found = [enter(client, name, "wrong") for _ in range(tries)]
        assert {r.status_code for r in found} == {422}
        return [r.content.decode().split("<main")[1].replace(name, "") for r in found]

    def clean(pages):
        import re

        return [re.sub(r'value="[A-Za-z0-9]{32,64}"', "", page) for page in pages]

    assert clean(answer("rep", 6)) == clean(answer("ghost", 6))


@pytest.mark.proves("T31", "T41")
@pytest.mark.parametrize("wanted", ["-sNaN", "desk:today", "//other.example/", "https://other.example/", "customers/", "javascript:alert(1)", ""])
def test_what_is_no_address_of_ours_leads_to_the_first_page_after_signing_in(client, wanted):
    make_cast()
    answer = client.post("/access/sign-in/", {"login_name": "rep", "password": PASSWORD, "next": wanted})
    assert (answer.status_code, answer.url) == (302, "/")
    assert client.get("/access/sign-in/", {"next": wanted}).url == "/"


def test_the_first_password_must_be_changed_before_anything_else(client):
    cast = make_cast()
    password = reset_password(staff=cast.rep, by=cast.security, at=timezone.now())
    assert enter(client, "rep", password).url == "/access/password/"
    assert client.get("/access/account/").url == "/access/password/"
    refused = client.post("/access/password/", {"old": "no", "new": "xin-mima-2026!", "again": "xin-mima-2026!"})
    assert refused.status_code == 422 and "现在的密码不对" in refused.content.decode()
    differing = client.post("/access/password/", {"old": password, "new": "xin-mima-2026!", "again": "别的"})
    assert differing.status_code == 422 and "两次输入的新密码不一样" in differing.content.decode()
    done = client.post("/access/password/", {"old": password, "new": "xin-mima-2026!", "again": "xin-mima-2026!"})
    assert done.status_code == 302
    assert client.get("/access/account/").status_code == 200


def test_changing_the_password_ends_the_other_sessions(client):
    make_cast()
    other = Client()
    enter(client)
    enter(other)
    client.post("/access/password/", {"old": PASSWORD, "new": "xin-mima-2026!", "again": "xin-mima-2026!"})
    assert client.get("/access/account/").status_code == 200
    assert other.get("/access/account/").status_code == 302


@pytest.mark.proves("T41")
def test_somebody_disabled_or_reset_loses_access_with_the_next_request(client):
    cast = make_cast()
    enter(client, "rep")
    assert client.get("/access/account/").status_code == 200
    deactivate_staff(staff=cast.rep, by=cast.security, at=timezone.now())
    assert client.get("/access/account/").status_code == 302
    other = Client()
    enter(other, "sibling")
    reset_password(staff=cast.sibling, by=cast.security, at=timezone.now())
    assert other.get("/access/account/").status_code == 302


@pytest.mark.proves("T41")
def test_a_position_taken_away_takes_its_rights_with_the_next_request(client):
    cast = make_cast()
    enter(client, "system")
    assert client.get(reverse("desk:gallery")).status_code == 200
    vacate(position=position_of(cast.system), on=timezone.localdate(), by=cast.security, at=timezone.now())
    assert client.get(reverse("desk:gallery")).status_code == 403


def test_sign_out_is_a_post(client):
    make_cast()
    enter(client)
    assert client.get("/access/sign-out/").status_code == 405
    assert signed_in(client)


def test_a_person_without_a_position_may_nothing(client):
    make_staff(login_name="lonely")
    enter(client, "lonely")
    assert client.get("/access/account/").status_code == 403


def test_the_lock_is_told_in_chinese(client):
    make_cast()
    for _ in range(5):
        page = enter(client, "rep", "wrong")
    assert "已锁定，请 15 分钟后再试" in page.content.decode()
    assert not signed_in(client)


def test_the_monitor_is_told_that_all_is_well_and_nothing_else(client):
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "正常"})


def test_one_may_sign_in_again_after_the_lock(client, monkeypatch):
    make_cast()
    for _ in range(5):
        enter(client, "rep", "wrong")
    later = timezone.now() + timedelta(minutes=16)
    monkeypatch.setattr("keqing.access.views.sessions.timezone.now", lambda: later)
    assert enter(client).status_code == 302
