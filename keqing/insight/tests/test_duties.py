from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from keqing.access.tests.factories import make_cast
from keqing.followups.actions.contacts import record_contact
from keqing.insight.duties import duty_board, shares
from keqing.kit.formats import business_date
from keqing.people.tests.factories import make_organisation

pytestmark = pytest.mark.django_db
SPENT = {"needs": 60, "coordinate": 30, "maintain": 45, "collect": 15, "guide": 30}


@pytest.fixture
def cast():
    return make_cast()


def contact(cast, by, duty="", minutes=None, days=0):
    at = timezone.now()
    fields = {
        "track_on": business_date(at) - timedelta(days=days), "method": "phone", "business_state": "needs", "description": "谈了",
        "duty": duty, "minutes": minutes,
    }
    return record_contact(customer=make_organisation(owner=by), fields=fields, by=by, at=at)


def signed_in(staff) -> Client:
    client = Client()
    client.force_login(staff)
    return client


@pytest.mark.proves("R-100")
def test_the_time_of_the_five_duties_is_a_ring_of_five_parts(cast):
    for duty, minutes in SPENT.items():
        contact(cast, cast.rep, duty, minutes)
    contact(cast, cast.rep)
    page = signed_in(cast.rep).get(reverse("insight:duties")).content.decode()
    assert page.count("<circle") == 5 and "共 180 分钟" in page
    assert all(word in page for word in ("了解需求", "协调关系", "维持关系", "收集信息", "指导帮助"))
    board = duty_board(staff=cast.rep, period="quarter", today=business_date(timezone.now()), grouping="people")
    assert [one.percent for one in board.slices] == [33, 17, 25, 8, 17] and sum(one.percent for one in board.slices) == 100
    assert (board.minutes, board.untold) == (180, 1)


def test_percents_always_make_a_hundred():
    assert shares([1, 1, 1]) == [34, 33, 33] and shares([0, 0]) == [0, 0] and sum(shares([7, 11, 13, 17, 19])) == 100


def test_a_manager_sees_the_team_person_by_person_and_a_stranger_nothing(cast):
    contact(cast, cast.rep, "needs", 60)
    contact(cast, cast.sibling, "guide", 30)
    contact(cast, cast.stranger, "collect", 99)
    manager = signed_in(cast.manager)
    page = manager.get(reverse("insight:duties") + "?period=quarter").content.decode()
    assert "李雯" in page and "共 90 分钟" in page and "99" not in page.split("明细")[1].split("</section>")[0]
    alone = manager.get(reverse("insight:duties") + f"?period=quarter&person={cast.rep.pk}").content.decode()
    assert "共 60 分钟" in alone
    nothing = manager.get(reverse("insight:duties") + f"?person={cast.stranger.pk}&period=nonsense").content.decode()
    assert "还没有填写" in nothing
    assert "广州地区" in manager.get(reverse("insight:duties") + "?by=teams&period=quarter").content.decode()
    assert signed_in(cast.finance).get(reverse("insight:duties")).status_code == 403


def test_the_report_takes_the_same_statements_with_one_and_many_records(cast):
    counts = []
    client = signed_in(cast.manager)
    client.get(reverse("insight:duties"))  # rights are remembered after the first page
    for _round in (1, 2):
        for _number in range(8):
            contact(cast, cast.rep, "needs", 5)
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse("insight:duties"))
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 10
