from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from keqing.access import handover
from keqing.access.tests.factories import position_of
from keqing.audit.models import Entry as AuditEntry
from keqing.followups.actions.commitments import (
    CommitmentRefused,
    StaleCommitment,
    drop_commitment,
    follow_holders,
    keep_commitment,
    make_commitment,
    postpone_commitment,
)
from keqing.followups.actions.contacts import ContactRefused, correct_contact, record_contact
from keqing.followups.actions.promising import Promise
from keqing.followups.actions.reminders import ReminderRefused, finish_reminder, hand_over_reminder, move_reminder
from keqing.followups.models import Commitment, ContactRecord, Reminder
from keqing.followups.promises import Rate, rates_by_month, rates_by_person, rates_by_team
from keqing.followups.tests.factories import NOW, TODAY, fields, make_reminder
from keqing.people.actions.organisations import assign_organisations
from keqing.people.models import Organisation
from keqing.people.tests.factories import make_organisation
from keqing.timeline.models import Entry

pytestmark = pytest.mark.django_db


def day(number: int):
    return TODAY + timedelta(days=number)


def when(number: int):
    return NOW + timedelta(days=number)


def promise(cast, hospital, *, due: int = 3, text: str = "寄检验报告", by=None, made: int = 0) -> Commitment:
    return make_commitment(
        customer=hospital, promise=Promise(text, day(due), made_to="药剂科主任"), by=by or cast.rep, at=when(made)
    )


@pytest.mark.proves("R-058")
def test_a_promise_has_one_open_reminder_and_is_kept_with_evidence(cast, hospital):
    made = promise(cast, hospital)
    reminder = Reminder.objects.open().get()
    assert (reminder.origin, reminder.due_on, reminder.commitment, reminder.position) == (
        "promise", day(3), made, position_of(cast.rep)
    )
    assert Organisation.objects.get(pk=hospital.pk).next_due_on == day(3)
    with pytest.raises(CommitmentRefused, match="依据"):
        keep_commitment(commitment=made, on=TODAY, evidence=" ", by=cast.rep, at=NOW)
    with pytest.raises(ReminderRefused, match="依据"):
        finish_reminder(reminder=reminder, by=cast.rep, at=NOW)
    kept = keep_commitment(commitment=made, on=TODAY, evidence="快递单 SF123", by=cast.rep, at=NOW)
    assert kept.kept_on_time and not Reminder.objects.open().exists()
    assert Organisation.objects.get(pk=hospital.pk).next_due_on is None
    assert list(Entry.objects.filter(kind="promise").order_by("pk").values_list("title", flat=True)) == [
        "承诺 · 寄检验报告", "按时兑现 · 寄检验报告"
    ]
    assert set(AuditEntry.objects.values_list("action", flat=True)) >= {"commitment.made", "commitment.kept"}
    with pytest.raises(StaleCommitment):
        keep_commitment(commitment=made, on=TODAY, evidence="再来", by=cast.rep, at=NOW)


def test_a_promise_needs_a_text_a_day_to_come_and_no_denied_word(cast, hospital):
    for text, due, said in ((" ", 1, "答应了什么"), ("寄报告", -1, "早于今天"), ("帮忙统方", 1, "统方")):
        with pytest.raises(CommitmentRefused, match=said):
            promise(cast, hospital, text=text, due=due)
    assert not Commitment.objects.exists() and not Reminder.objects.exists()


def test_a_postponed_promise_counts_on_its_first_day_unless_the_other_side_agreed(cast, hospital):
    made = promise(cast, hospital)
    with pytest.raises(CommitmentRefused, match="理由"):
        postpone_commitment(commitment=made, to=day(5), reason="", agreed=False, by=cast.rep, at=NOW)
    made = postpone_commitment(commitment=made, to=day(5), reason="样品未到", agreed=False, by=cast.rep, at=NOW)
    assert (made.due_on, made.promised_on, Reminder.objects.get().due_on) == (day(5), day(3), day(5))
    made = postpone_commitment(commitment=made, to=day(7), reason="主任出差", agreed=True, by=cast.rep, at=NOW)
    assert (made.due_on, made.promised_on, made.first_due_on) == (day(7), day(7), day(3))
    with pytest.raises(CommitmentRefused, match="已过"):
        postpone_commitment(commitment=made, to=day(12), reason="忘了", agreed=True, by=cast.rep, at=when(9))
    with pytest.raises(CommitmentRefused, match="已过"):
        drop_commitment(commitment=made, reason="不想做", by=cast.rep, at=when(9))
    late = keep_commitment(commitment=made, on=day(9), evidence="当面交", by=cast.rep, at=when(9))
    assert not late.kept_on_time
    assert Entry.objects.filter(title="逾期兑现 · 寄检验报告").exists()


def test_a_dropped_promise_stays_readable_and_counts_nowhere(cast, hospital):
    dropped = drop_commitment(commitment=promise(cast, hospital), reason="记错客户", by=cast.rep, at=NOW)
    assert not dropped.is_open and not Reminder.objects.open().exists()
    assert not Commitment.objects.counting().exists()


@pytest.mark.proves("R-058")
def test_a_contact_carries_the_promise_made_in_it_at_two_statements_more(cast, hospital):
    assert cast.rep.standing.home
    with CaptureQueriesContext(connection) as captured:
        contact = record_contact(
            customer=hospital, fields=fields(callback_on=day(7)), by=cast.rep, at=NOW,
            promise=Promise("寄检验报告", day(2)),
        )
    assert len([q for q in captured if "SAVEPOINT" not in q["sql"]]) <= 6
    made = contact.commitments.get()
    assert made.made_on == TODAY and made.keeper == cast.rep
    assert sorted(Reminder.objects.values_list("origin", "due_on")) == [("callback", day(7)), ("promise", day(2))]
    assert Organisation.objects.get(pk=hospital.pk).next_due_on == day(2)
    line = Entry.objects.get(subject_label="followups.contactrecord")
    assert line.details["promise"] == f"寄检验报告（{day(2):%m-%d} 前）"
    correct_contact(
        contact=contact, fields=fields(callback_on=day(7), description="改"), participants=(), reason="错字", by=cast.rep, at=NOW
    )
    line.refresh_from_db()
    assert "寄检验报告" in line.details["promise"]
    with pytest.raises(ContactRefused, match="早于今天"):
        record_contact(customer=hospital, fields=fields(), by=cast.rep, at=NOW, promise=Promise("寄", day(-1)))
    assert ContactRecord.objects.count() == 1


def test_a_contact_settles_what_is_due_but_no_promise(cast, hospital):
    promise(cast, hospital, due=0)
    make_reminder(customer=hospital, by=cast.rep)
    record_contact(
        customer=hospital, fields=fields(), by=cast.rep, at=NOW, finish_due=True,
        reminders_done=list(Reminder.objects.values_list("pk", flat=True)),
    )
    assert Reminder.objects.open().get().origin == "promise"


def test_the_promise_goes_along_when_its_reminder_or_its_customer_changes_hands(cast, hospital):
    made = promise(cast, hospital)
    hand_over_reminder(reminder=Reminder.objects.get(), to=position_of(cast.manager), by=cast.rep, at=NOW)
    made.refresh_from_db()
    assert (made.position, made.keeper, made.version) == (position_of(cast.manager), cast.manager, 2)
    mine = promise(cast, hospital, text="送样品")
    assign_organisations(
        organisations=[hospital], position=position_of(cast.sibling), reason="换区", by=cast.manager, at=NOW
    )
    mine.refresh_from_db()
    assert (mine.position, mine.keeper) == (position_of(cast.sibling), cast.sibling)
    made.refresh_from_db()
    assert made.position == position_of(cast.manager)


def test_a_new_holder_keeps_what_is_still_to_come(cast, hospital):
    made = promise(cast, hospital)
    Commitment.objects.filter(pk=made.pk).update(keeper=cast.manager)
    assert follow_holders(today=TODAY) == 1
    assert follow_holders(today=TODAY) == 0
    made.refresh_from_db()
    assert made.keeper == cast.rep


def test_a_promise_moves_to_another_day_only_with_a_reason(cast, hospital):
    promise(cast, hospital)
    with pytest.raises(ReminderRefused, match="理由"):
        move_reminder(reminder=Reminder.objects.get(), to=day(1), by=cast.rep, at=NOW)


@pytest.mark.proves("R-060")
def test_eight_of_ten_on_time_are_eighty_percent(cast, hospital):
    for number in range(10):
        made = promise(cast, hospital, text=f"承诺{number}", due=-5, made=-9)
        if number < 8:
            keep_commitment(commitment=made, on=day(-5), evidence="当面交", by=cast.rep, at=when(-5))
        elif number == 8:
            keep_commitment(commitment=made, on=day(-2), evidence="迟了", by=cast.rep, at=when(-2))
    promise(cast, hospital, text="还没到期", due=4)
    drop_commitment(commitment=promise(cast, hospital, text="作废"), reason="记错", by=cast.rep, at=NOW)
    assert Rate(8, 10).percent == 80 and str(Rate(8, 10)) == "80%" and str(Rate(0, 0)) == "--"
    first, last = day(-30), TODAY
    people = rates_by_person(staff=cast.manager, first=first, last=last, today=TODAY)
    assert [(one.label, one.rate) for one in people] == [("李雯", Rate(8, 10))]
    teams = rates_by_team(staff=cast.manager, first=first, last=last, today=TODAY)
    assert [one.rate for one in teams] == [Rate(8, 10)]
    months = rates_by_month(staff=cast.manager, first=first, last=last, today=TODAY)
    assert sum(one.rate.due for one in months) == 10
    assert rates_by_person(staff=cast.stranger, first=first, last=last, today=TODAY) == []


@pytest.mark.proves("R-060")
def test_a_promise_due_today_is_broken_only_when_the_day_is_over(cast, hospital):
    made = promise(cast, hospital, due=0, made=-3)
    span = {"staff": cast.manager, "first": day(-30), "last": day(5)}
    assert rates_by_person(**span, today=TODAY) == []
    assert [one.rate for one in rates_by_person(**span, today=day(1))] == [Rate(0, 1)]
    keep_commitment(commitment=made, on=TODAY, evidence="当面交", by=cast.rep, at=NOW)
    assert [one.rate for one in rates_by_person(**span, today=TODAY)] == [Rate(1, 1)]


def test_two_people_of_one_name_have_a_rate_each(cast, hospital):
    type(cast.sibling).objects.filter(pk=cast.sibling.pk).update(name=cast.rep.name)
    theirs = make_organisation(owner=cast.sibling, name="另一家医院")
    kept = promise(cast, hospital, due=-5, made=-9)
    keep_commitment(commitment=kept, on=day(-5), evidence="当面交", by=cast.rep, at=when(-5))
    promise(cast, theirs, due=-5, made=-9, by=cast.sibling)
    people = rates_by_person(staff=cast.manager, first=day(-30), last=TODAY, today=TODAY)
    assert [one.rate for one in people] == [Rate(0, 1), Rate(1, 1)]


def test_a_promise_kept_stays_in_the_rate_of_the_team_it_was_kept_in(cast, hospital):
    done = keep_commitment(commitment=promise(cast, hospital), on=TODAY, evidence="当面交", by=cast.rep, at=NOW)
    still_open = promise(cast, hospital)
    former = done.unit
    handover.rehome(position=position_of(cast.rep), unit=cast.shenzhen, by=cast.security, at=NOW)
    assert Commitment.objects.get(pk=done.pk).unit == former != cast.shenzhen
    assert Commitment.objects.get(pk=still_open.pk).unit == cast.shenzhen
