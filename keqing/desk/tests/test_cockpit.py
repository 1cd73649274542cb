"""The manager's cockpit and the use of the system."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from keqing.access.tests.factories import make_cast, make_position, make_staff
from keqing.audit import actions as audit
from keqing.desk.adoption import STAGES, Use
from keqing.desk.queries.cockpit import cockpit
from keqing.followups.tests.factories import NOW, TODAY, make_contact, make_reminder
from keqing.leads.models import Lead
from keqing.leads.tests.factories import make_lead
from keqing.lifecycle.actions import move_customers
from keqing.lifecycle.tests.factories import take_up
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


@pytest.mark.proves("R-177")
def test_a_manager_of_ten_sees_ten_rows_with_the_last_activity_time(cast, hospital):
    for number in range(8):
        make_position(unit=cast.guangzhou, holder=make_staff(name=f"代表{number}"))
    contact = make_contact(customer=hospital, by=cast.rep)
    board = cockpit(staff=cast.manager, at=NOW)
    assert len(board.people) == 10 and board.people[0].member.name == "李雯"  # who worked today stands on top
    assert {one.member.name: one.member.last_at for one in board.people}["李雯"] == contact.submitted_at
    page = signed_in(cast.manager).get(reverse("desk:cockpit")).content.decode()
    assert page.count("?person=") >= 10


@pytest.mark.proves("R-177")
def test_the_coaching_queue_says_why(cast, hospital):
    late = make_lead(by=cast.rep, mine=True)
    Lead.objects.filter(pk=late.pk).update(state="assigned", due_at=NOW - timedelta(hours=1))
    make_contact(customer=hospital, by=cast.rep)
    board = cockpit(staff=cast.manager, at=NOW)
    reasons = {one.member.name: one.reasons for one in board.coaching}
    assert reasons["李雯"] == ["1 条线索超时未处理"]
    assert ["还没有联系记录"] in reasons.values()
    weeks_later = cockpit(staff=cast.manager, at=NOW + timedelta(days=21))
    assert any("个工作日没有联系记录" in reason for one in weeks_later.coaching for reason in one.reasons)


@pytest.mark.proves("R-177")
def test_movement_and_customers_at_risk_are_those_of_the_own_team(cast, hospital):
    take_up(hospital, cast.rep)
    move_customers(customers=[hospital], to="opportunity", by=cast.rep, at=NOW)
    mine, other = cockpit(staff=cast.manager, at=NOW), cockpit(staff=cast.stranger, at=NOW)
    assert [(one.former, one.stage, one.count, one.is_up) for one in mine.movements] == [("潜在客户", "销售机会", 1, True)]
    assert (mine.up, mine.down) == (1, 0)
    assert [(one.customer.pk, one.reasons) for one in mine.at_risk] == [(hospital.pk, ["从未联系"])]
    assert other.movements == [] and other.at_risk == []


def test_the_cockpit_costs_the_same_for_one_and_for_many(cast, hospital):
    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            cockpit(staff=cast.manager, at=NOW)
        return len(captured)

    assert cast.manager.standing
    make_contact(customer=hospital, by=cast.rep)
    before = statements()
    for number in range(10):
        person = make_staff(name=f"代表{number}")
        make_position(unit=cast.guangzhou, holder=person)
        one = make_organisation(owner=person, name=f"示范{number}医院")
        make_contact(customer=one, by=person)
        make_reminder(customer=one, by=person, due_on=TODAY)
    assert statements() == before <= 10


@pytest.mark.parametrize("who", ["rep", "finance", "compliance", "system"])
@pytest.mark.parametrize("view", ["desk:cockpit", "desk:adoption"])
def test_both_are_closed_to_those_without_a_team(cast, who, view):
    assert signed_in(getattr(cast, who)).get(reverse(view)).status_code == 403


@pytest.mark.proves("R-187")
def test_leads_answered_within_their_term_are_a_share_of_those_whose_answer_was_due(cast):
    leads = [make_lead(by=cast.rep, mine=True) for _ in range(5)]
    in_time, late, handed_on, running, over = leads
    Lead.objects.filter(pk=running.pk).update(state="assigned", accepted_at=None, due_at=NOW + timedelta(days=1))
    Lead.objects.filter(pk=in_time.pk).update(accepted_at=NOW)
    Lead.objects.filter(pk__in=[late.pk, handed_on.pk]).update(accepted_at=NOW, is_escalated=True, escalated_at=NOW)
    Lead.objects.filter(pk=over.pk).update(state="assigned", accepted_at=None, due_at=NOW - timedelta(hours=1))
    terms = cockpit(staff=cast.manager, at=NOW).terms
    assert (terms.kept, terms.due, terms.percent) == (1, 4, 25)


@pytest.mark.proves("R-098")
def test_who_recorded_nothing_in_fourteen_days_is_listed(cast, hospital):
    subject = audit.Subject("people.organisation", hospital.pk, hospital.name, hospital.pk)
    audit.record(action="organisation.edited", by=cast.rep, at=timezone.now(), subject=subject)
    audit.record(action="session.began", by=cast.sibling, at=timezone.now(), subject=audit.Subject("access.staff", cast.sibling.pk, "x"))
    answer = signed_in(cast.manager).get(reverse("desk:adoption"), {"preset": "unused"})
    shown = {row.pk: row.use for row in answer.context["page"].rows}
    assert cast.sibling.pk in shown and cast.rep.pk not in shown and cast.stranger.pk not in shown
    assert (shown[cast.sibling.pk].sign_ins, shown[cast.sibling.pk].records) == (1, 0)


@pytest.mark.proves("R-098")
@pytest.mark.parametrize(
    ("use", "ever", "stage"),
    [(Use(), False, 0), (Use(3, 0, 0), True, 1), (Use(), True, 1), (Use(3, 4, 2), True, 2), (Use(9, 30, 6), True, 3)],
)
def test_the_stage_of_change_follows_what_was_done(use, ever, stage):
    assert use.stage(ever=ever) == STAGES[stage]
