"""T45: nobody leafs through hundreds of customers' cards in an hour without being stopped and seen."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from keqing.access import card_rate
from keqing.access.actions.card_rates import forget_card_rates, lift_block
from keqing.access.actions.common import AdminRefused
from keqing.access.models import CardRate
from keqing.access.tests.factories import make_cast
from keqing.audit.models import Entry
from keqing.people.tests.factories import make_organisation

pytestmark = [pytest.mark.django_db, pytest.mark.proves("T45")]


@pytest.fixture(autouse=True)
def fresh(settings):
    settings.CARDS_PER_HOUR = 30
    card_rate.forget_counts()


@pytest.fixture
def opened():
    """A representative's client, the address of a card, and the cast."""
    cast = make_cast()
    client = Client()
    client.force_login(cast.rep)
    return client, reverse("desk:customer", args=[make_organisation(owner=cast.rep).pk]), cast


def statuses(client: Client, url: str, times: int) -> list[int]:
    return [client.get(url).status_code for _ in range(times)]


def test_beyond_the_limit_cards_stay_closed_and_the_alarm_is_told_once(opened):
    client, url, cast = opened
    assert statuses(client, url, 30) == [200] * 30
    refused = client.get(url)
    assert refused.status_code == 429 and "已暂停显示并通知安全管理员" in refused.content.decode()
    assert statuses(client, url, 3) == [429] * 3
    (entry,) = Entry.objects.filter(action="cards.blocked")
    assert entry.actor_id == cast.rep.pk and entry.changes == {"opened": [None, 31], "limit": [None, 30]}
    assert client.get("/").status_code == 200, "everything else goes on"


def test_a_panel_a_print_and_a_missing_card_count_like_the_page(opened):
    client, url, cast = opened
    panel = reverse("people:organisation_panel", args=[int(url.strip("/").split("/")[-1])])
    assert statuses(client, panel, 15) == [200] * 15
    assert statuses(client, "/customers/987654/", 15) == [404] * 15
    assert client.get(url).status_code == 429


def test_two_processes_together_let_through_one_settlement_more_at_most(opened):
    client, url, _cast = opened
    shown = statuses(client, url, 25).count(200)
    card_rate.forget_counts()  # another process knows nothing of the first until it settles
    shown += statuses(client, url, 25).count(200)
    assert 30 < shown <= 30 + 2 * card_rate.SETTLED_EVERY


def test_the_security_administrator_sees_the_alarm_and_lifts_the_block_with_a_reason(opened):
    client, url, cast = opened
    statuses(client, url, 31)
    rate = CardRate.objects.get()
    office = Client()
    office.force_login(cast.security)
    assert "近 7 天未解除的安全告警" in office.get("/").content.decode()
    assert cast.rep.name in office.get(reverse("access:alarms")).content.decode()
    lift = reverse("access:alarm_lift", args=[rate.pk])
    assert office.post(lift, {"reason": "短"}).status_code == 422
    assert office.post(lift, {"reason": "年度核对客户资料"}).status_code == 302
    assert statuses(client, url, 5) == [200] * 5
    assert Entry.objects.get(action="cards.lifted").reason == "年度核对客户资料"
    assert office.post(lift, {"reason": "年度核对客户资料"}).status_code == 422


def test_nobody_lifts_their_own_block():
    cast = make_cast()
    now = timezone.now()
    rate = CardRate.objects.create(staff=cast.security, hour_at=now, opened=31, blocked_at=now)
    with pytest.raises(AdminRefused):
        lift_block(rate=rate, reason="我自己来", by=cast.security, at=now)


def test_the_next_hour_begins_anew_and_old_hours_are_forgotten(opened, monkeypatch):
    client, url, cast = opened
    statuses(client, url, 31)
    now = timezone.now()
    monkeypatch.setattr("keqing.access.card_rate.timezone.now", lambda: now + timedelta(hours=1))
    assert client.get(url).status_code == 200
    assert forget_card_rates(at=now + timedelta(days=200)) == 1


def test_most_cards_cost_no_statement_and_every_tenth_one(opened):
    client, url, _cast = opened
    costs = []
    for _ in range(20):
        with CaptureQueriesContext(connection) as queries:
            client.get(url)
        costs.append(sum("access_cardrate" in query["sql"] for query in queries))
    assert costs == ([0] * 9 + [1]) * 2
