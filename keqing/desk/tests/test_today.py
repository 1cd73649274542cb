from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from keqing.access.tests.factories import make_cast, make_position, make_staff, position_of
from keqing.desk.queries.team import team_feed, team_members
from keqing.desk.queries.today import entrusted_positions, today_board
from keqing.followups.actions.comments import comment_on
from keqing.followups.models import Comment, Reminder
from keqing.followups.queries import badge_counts
from keqing.followups.tests.factories import NOW, TODAY, TOMORROW, make_contact, make_reminder
from keqing.people.tests.factories import make_organisation

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast():
    return make_cast()


@pytest.fixture
def hospital(cast):
    return make_organisation(owner=cast.rep)


def signed_in(staff) -> Client:
    client = Client()
    client.force_login(staff)
    return client


def statements(client: Client, url: str) -> int:
    client.get(url)  # rights are remembered after the first page
    with CaptureQueriesContext(connection) as captured:
        response = client.get(url)
    assert response.status_code == 200
    return len([q for q in captured if "SAVEPOINT" not in q["sql"]])


@pytest.mark.proves("R-195")
def test_a_callback_of_tomorrow_is_on_tomorrows_list_and_not_on_todays(cast, hospital):
    make_contact(customer=hospital, by=cast.rep, callback_on=TOMORROW)
    today, tomorrow = (today_board(staff=cast.rep, today=day) for day in (TODAY, TOMORROW))
    assert (today.due, len(today.coming)) == ([], 1)
    assert [r.customer_name for r in tomorrow.due] == [hospital.name]
    assert (tomorrow.due_count, tomorrow.overdue_count) == (1, 0)
    assert today_board(staff=cast.rep, today=TODAY + timedelta(days=2)).overdue_count == 1


def test_the_day_is_greeted_in_chinese(cast):
    assert today_board(staff=cast.rep, today=TODAY).day == "11 月 21 日 周六"


def test_everybody_gets_a_page_that_says_what_to_do(cast):
    for name, staff in cast.everyone.items():
        page = signed_in(staff).get(reverse("desk:today")).content.decode()
        assert "今日" in page and "<c-" not in page, name
        if not staff.may("contact.view"):
            assert "您的工作" in page, name


def test_a_vacant_positions_work_is_on_its_nearest_managers_worklist(cast):
    vacant = make_position(unit=cast.guangzhou, name="天河岗")
    far = make_position(unit=cast.shenzhen, name="福田岗")
    assert entrusted_positions(cast.manager) == {vacant.pk}
    assert entrusted_positions(cast.region_manager) == {far.pk}
    assert entrusted_positions(cast.rep) == frozenset()
    customer = make_organisation(owner=vacant, by=cast.manager)
    make_reminder(customer=customer, by=cast.manager)
    assert [r.position for r in today_board(staff=cast.manager, today=TODAY).due] == [vacant]
    assert today_board(staff=cast.rep, today=TODAY).due == []


def test_a_manager_sees_overdue_follow_ups_per_person(cast, hospital):
    make_reminder(customer=hospital, by=cast.rep, due_on=TODAY - timedelta(days=3))
    board = today_board(staff=cast.manager, today=TODAY)
    assert [(row.name, row.overdue) for row in board.team] == [("李雯", 1), ("罗佳", 0)]
    assert today_board(staff=cast.rep, today=TODAY).team == []


@pytest.mark.proves("R-197")
def test_the_unread_badge_clears_on_read(cast, hospital):
    contact = make_contact(customer=hospital, by=cast.rep)
    comment = comment_on(contact=contact, text="下次带上医学部", by=cast.manager, at=NOW)
    client = signed_in(cast.rep)
    assert "下次带上医学部" in client.get(reverse("desk:today")).content.decode()
    assert badge_counts(cast.rep, TODAY).unread == 1
    client.post(reverse("followups:comment_read", args=[comment.pk]), {"next": "/"})
    assert badge_counts(cast.rep, TODAY).unread == 0
    assert "下次带上医学部" not in client.get(reverse("desk:today")).content.decode()
    assert "下次带上医学部" in client.get(reverse("desk:notices")).content.decode()


def test_the_badges_take_one_statement(cast, hospital):
    make_reminder(customer=hospital, by=cast.rep)
    assert cast.rep.standing
    with CaptureQueriesContext(connection) as captured:
        counts = badge_counts(cast.rep, TODAY)
    assert (counts.due, counts.unread, len(captured)) == (1, 0, 1)


@pytest.mark.proves("R-198")
def test_a_comment_from_the_team_feed_appears_on_the_record(cast, hospital):
    contact = make_contact(customer=hospital, by=cast.rep)
    client = signed_in(cast.manager)
    feed = client.get(reverse("desk:team")).content.decode()
    assert contact.description in feed
    answer = client.post(
        reverse("followups:comment", args=[contact.pk]), {"text": "资料要先给主任", "next": reverse("desk:team")}
    )
    assert (answer.status_code, answer.url) == (302, reverse("desk:team"))
    assert "资料要先给主任" in client.get(reverse("followups:contact", args=[contact.pk])).content.decode()
    assert "资料要先给主任" in client.get(reverse("desk:team")).content.decode()


def test_the_feed_holds_the_team_only_and_narrows(cast, hospital):
    mine = make_contact(customer=hospital, by=cast.rep, method="phone")
    make_contact(customer=make_organisation(owner=cast.stranger, name="北京医院"), by=cast.stranger)
    make_contact(customer=hospital, by=cast.manager)

    def found(**filters):
        return [line.contact for line in team_feed(staff=cast.manager, filters=filters).lines]

    assert found() == found(method="phone") == found(state="to_comment") == found(person=cast.rep.pk) == [mine]
    assert found(method="fax") == found(state="unread") == found(first=TOMORROW) == []
    comment_on(contact=mine, text="好", by=cast.manager, at=NOW)
    assert found(state="unread") == [mine] and found(state="to_comment") == []
    Comment.objects.update(read_at=NOW)
    assert found(state="unread") == []


@pytest.mark.proves("R-177")
def test_a_manager_of_ten_sees_ten_rows_with_the_last_activity(cast, hospital):
    for number in range(8):
        make_position(unit=cast.guangzhou, holder=make_staff(name=f"代表{number}"))
    make_contact(customer=hospital, by=cast.rep)
    make_reminder(customer=hospital, by=cast.rep, due_on=TODAY - timedelta(days=1))
    members = team_members(staff=cast.manager, today=TODAY)
    assert len(members) == 10
    last = members[-1]
    assert (last.name, last.today, last.week, last.overdue, last.last_at) == ("李雯", 1, 1, 1, NOW)


@pytest.mark.parametrize("who", ["rep", "finance", "compliance", "system"])
def test_the_team_page_is_closed_to_those_without_a_team(cast, who):
    assert signed_in(getattr(cast, who)).get(reverse("desk:team")).status_code == 403


def test_today_and_team_cost_the_same_at_1_and_50_rows(cast, hospital):
    def fill(number: int) -> None:
        for _ in range(number):
            contact = make_contact(customer=hospital, by=cast.rep, callback_on=TODAY)
            comment_on(contact=contact, text="看过", by=cast.manager, at=NOW)
        Reminder.objects.update(position=position_of(cast.rep))

    fill(1)
    urls = {"rep": [reverse("desk:today"), reverse("desk:notices")], "manager": [reverse("desk:today"), reverse("desk:team")]}
    clients = {name: signed_in(getattr(cast, name)) for name in urls}
    before = {(name, url): statements(clients[name], url) for name, many in urls.items() for url in many}
    fill(49)
    after = {(name, url): statements(clients[name], url) for name, many in urls.items() for url in many}
    assert before == after
    assert max(after.values()) <= 14, after
