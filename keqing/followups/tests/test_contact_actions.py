import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from keqing.access.models import Staff
from keqing.access.tests.factories import position_of
from keqing.audit.models import Entry
from keqing.followups.actions import contacts
from keqing.followups.actions.contacts import (
    AlreadyRecorded,
    ContactRefused,
    StaleContact,
    correct_contact,
    record_contact,
)
from keqing.followups.attendees import Attendee
from keqing.followups.models import ContactRecord, Correction, Participant, Reminder
from keqing.followups.tests.factories import NOW, TODAY, TOMORROW, fields, make_contact, make_reminder
from keqing.people.actions.organisations import (
    StaleOrganisation,
    update_organisation,
)
from keqing.people.actions.trash import trash_organisation
from keqing.people.models import Organisation, Person
from keqing.people.tests.factories import make_organisation, make_person
from keqing.timeline.models import Entry as Line
from keqing.timeline.models import Facts

pytestmark = pytest.mark.django_db


@pytest.mark.proves("R-195")
def test_a_contact_keeps_the_seven_fields_and_makes_a_reminder_for_the_owner(cast, hospital):
    doctor = make_person(at_organisation=hospital)
    contact = record_contact(
        customer=hospital, fields=fields(callback_on=TOMORROW), by=cast.manager, at=NOW,
        participants=[Attendee(doctor.pk, doctor.name, "医生")],
    )
    assert [ContactRecord._meta.get_field(f).verbose_name for f in (
        "track_on", "method", "tracker", "callback_on", "business_state", "description", "solution"
    )] == ["跟踪日期", "方式", "跟踪人", "回访日期", "业务状态", "业务描述", "解决方法"]
    assert (contact.tracker, contact.tracker_unit, contact.customer_name) == (
        cast.manager, cast.guangzhou, hospital.name
    )
    assert list(Participant.objects.values_list("person_id", "name", "customer_id")) == [
        (doctor.pk, "张卫东", hospital.pk)
    ]
    reminder = Reminder.objects.get()
    assert (reminder.due_on, reminder.position, reminder.unit, reminder.contact) == (
        TOMORROW, position_of(cast.rep), cast.guangzhou, contact
    )
    stored = Organisation.objects.get(pk=hospital.pk)
    assert (stored.last_contact_on, stored.next_due_on, stored.business_state) == (TODAY, TOMORROW, "needs")
    entry = Entry.objects.get(action="contact.recorded")
    assert (entry.actor_id, entry.customer_id, entry.subject_id) == (cast.manager.pk, hospital.pk, contact.pk)
    assert entry.changes == {
        "method": [None, "拜访"], "business_state": [None, "需求了解"], "callback_on": [None, TOMORROW.isoformat()],
    }


@pytest.mark.proves("R-176")
def test_the_four_facts_and_the_stream_follow_a_contact(cast, hospital):
    make_contact(customer=hospital, by=cast.rep)
    make_contact(customer=hospital, by=cast.rep, track_on=TODAY - timedelta(days=800), description="很久以前", products="旧药")
    facts = Facts.objects.get(pk=hospital.pk)
    assert (facts.talked, facts.recommended, facts.material, facts.quoted) == ("药事会排期待定", "示范药 50mg", "说明书", "")
    newest, oldest = Line.objects.filter(customer_id=hospital.pk, kind="contact").order_by("-at")
    assert (newest.text, oldest.text) == ("药事会排期待定", "很久以前")
    assert Organisation.objects.get(pk=hospital.pk).last_contact_on == TODAY


def test_an_unowned_customer_is_called_back_by_the_tracker(cast):
    waiting = make_organisation(unit=cast.guangzhou)
    make_contact(customer=waiting, by=cast.manager, callback_on=TOMORROW)
    assert Reminder.objects.get().position == position_of(cast.manager)


def test_recording_closes_chosen_and_due_reminders_of_this_customer_only(cast, hospital):
    other = make_organisation(owner=cast.rep, name="另一家医院")
    chosen = make_reminder(customer=hospital, by=cast.rep, due_on=TODAY + timedelta(days=5))
    due = make_reminder(customer=hospital, by=cast.rep, due_on=TODAY - timedelta(days=2))
    later = make_reminder(customer=hospital, by=cast.rep, due_on=TODAY + timedelta(days=9))
    elsewhere = make_reminder(customer=other, by=cast.rep)
    contact = record_contact(
        customer=hospital, fields=fields(), by=cast.rep, at=NOW, reminders_done=[chosen.pk, elsewhere.pk], finish_due=True
    )
    assert set(Reminder.objects.open()) == {later, elsewhere}
    due.refresh_from_db()
    assert (due.done_by, due.outcome, due.version) == (cast.rep, "已联系：拜访", 2)
    assert Organisation.objects.get(pk=hospital.pk).next_due_on == later.due_on
    assert Entry.objects.get(action="contact.recorded", subject_id=contact.pk).changes["reminders_done"] == [None, 2]


@pytest.mark.proves("T03")
def test_the_same_form_again_returns_the_record_of_the_first_time(cast, hospital):
    key = uuid.uuid4()
    first = record_contact(customer=hospital, fields=fields(callback_on=TOMORROW), by=cast.rep, at=NOW, form_key=key)
    for _ in range(5):
        again = record_contact(customer=hospital, fields=fields(callback_on=TOMORROW), by=cast.rep, at=NOW, form_key=key)
        assert again.pk == first.pk
    assert ContactRecord.objects.count() == Reminder.objects.count() == 1
    assert Entry.objects.filter(action="contact.recorded").count() == 1


@pytest.mark.proves("T03")
def test_a_form_sent_again_with_other_content_is_refused_and_not_taken_for_the_first(cast, hospital):
    key, doctor = uuid.uuid4(), make_person(at_organisation=hospital)
    first = record_contact(customer=hospital, fields=fields(), by=cast.rep, at=NOW, form_key=key)

    def again(by: Staff = cast.rep, participants=(), **rest: object):
        return record_contact(
            customer=hospital, fields=fields(**rest), participants=participants, by=by, at=NOW, form_key=key
        )

    for other in (
        {"description": "第二次谈的"}, {"by": cast.manager}, {"callback_on": TOMORROW},
        {"participants": [Attendee(doctor.pk, doctor.name)]},
    ):
        with pytest.raises(AlreadyRecorded, match="还没有保存") as refusal:
            again(**other)
        assert refusal.value.first == first
    correct_contact(contact=first, fields=fields(description="更正了"), participants=(), reason="错", by=cast.rep, at=NOW)
    assert again().pk == first.pk, "what was sent the first time is still the same form"
    assert ContactRecord.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"track_on": TOMORROW}, "跟踪日期不能晚于今天。"),
        ({"callback_on": TODAY - timedelta(days=1)}, "回访日期不能早于跟踪日期。"),
        ({"description": "  "}, "请填写业务描述。"),
    ],
)
def test_a_wrong_contact_is_refused_and_leaves_nothing(cast, hospital, wrong, sentence):
    before = Entry.objects.count()
    with pytest.raises(ContactRefused, match=sentence):
        record_contact(customer=hospital, fields=fields(**wrong), by=cast.rep, at=NOW)
    assert not ContactRecord.objects.exists()
    assert Entry.objects.count() == before


def test_a_trashed_customer_takes_no_contact(cast, hospital):
    hospital.deleted_at = NOW
    with pytest.raises(ContactRefused, match="回收站"):
        record_contact(customer=hospital, fields=fields(), by=cast.rep, at=NOW)


def test_a_customer_trashed_in_between_takes_no_contact(cast, hospital):
    opened = Organisation.objects.get(pk=hospital.pk)
    trash_organisation(organisation=hospital, by=cast.rep, at=NOW)
    with pytest.raises(ContactRefused, match="刚被删除"):
        record_contact(customer=opened, fields=fields(callback_on=TOMORROW), by=cast.rep, at=NOW)
    assert not ContactRecord.objects.exists() and not Reminder.objects.exists()


def test_an_open_edit_form_does_not_put_back_the_state_a_contact_changed(cast, hospital):
    opened = Organisation.objects.get(pk=hospital.pk)
    make_contact(customer=hospital, by=cast.rep, business_state="needs")
    with pytest.raises(StaleOrganisation) as stale:
        update_organisation(organisation=opened, values={"business_state": "first", "address": "示例路1号"}, by=cast.rep, at=NOW)
    assert stale.value.theirs.business_state == "needs"
    opened = Organisation.objects.get(pk=hospital.pk)
    make_contact(customer=opened, by=cast.rep, business_state="needs")
    saved = update_organisation(organisation=opened, values={"address": "示例路1号"}, by=cast.rep, at=NOW)
    assert (saved.address, saved.business_state) == ("示例路1号", "needs"), "a contact in the same state disturbs nobody"


def test_a_correction_leaves_a_state_set_by_hand_and_moves_one_it_changes(cast, hospital):
    make_contact(customer=hospital, by=cast.rep, track_on=TODAY - timedelta(days=9), business_state="first")
    contact = make_contact(customer=hospital, by=cast.rep, business_state="needs")
    current = Organisation.objects.get(pk=hospital.pk)
    update_organisation(organisation=current, values={"business_state": "partner"}, by=cast.rep, at=NOW)

    def correct(**rest: object) -> str:
        nonlocal contact
        contact = correct_contact(contact=contact, fields=fields(**rest), participants=(), reason="错", by=cast.rep, at=NOW)
        return Organisation.objects.get(pk=hospital.pk).business_state

    assert correct(description="改个错字") == "partner"
    assert correct(description="改个错字", track_on=TODAY - timedelta(days=1)) == "partner", "it is still the newest"
    assert correct(description="改个错字", business_state="lost") == "lost"
    assert correct(description="改个错字", business_state="lost", track_on=TODAY - timedelta(days=30)) == "first"
    assert correct(description="改个错字", business_state="needs", track_on=TODAY - timedelta(days=30)) == "first"


def test_a_corrected_date_corrects_the_last_contact_too(cast, hospital):
    make_contact(customer=hospital, by=cast.rep, track_on=TODAY - timedelta(days=9))
    contact = make_contact(customer=hospital, by=cast.rep)
    correct_contact(
        contact=contact, fields=fields(track_on=TODAY - timedelta(days=3)), participants=(), reason="日期错", by=cast.rep, at=NOW
    )
    assert Organisation.objects.get(pk=hospital.pk).last_contact_on == TODAY - timedelta(days=3)


def test_without_its_audit_entry_nothing_of_a_contact_stays(cast, hospital, monkeypatch):
    real = contacts.audit.entry_for

    def one_the_database_refuses(**facts):
        entry = real(**facts)
        entry.actor_name = None
        return entry

    monkeypatch.setattr(contacts.audit, "entry_for", one_the_database_refuses)
    with pytest.raises(IntegrityError):
        record_contact(customer=hospital, fields=fields(callback_on=TOMORROW), by=cast.rep, at=NOW)
    assert not ContactRecord.objects.exists() and not Reminder.objects.exists() and not Facts.objects.exists()
    assert Organisation.objects.get(pk=hospital.pk).last_contact_on is None


@pytest.mark.proves("R-062")
def test_a_correction_makes_version_2_and_version_1_stays_readable(cast, hospital):
    doctor = make_person(at_organisation=hospital)
    contact = make_contact(customer=hospital, by=cast.rep, callback_on=TOMORROW)
    corrected = correct_contact(
        contact=contact, fields=fields(description="药事会定在十二月", materials="", callback_on=TODAY + timedelta(days=3)),
        participants=[Attendee(doctor.pk, doctor.name)], reason="日期听错", by=cast.rep, at=NOW,
    )
    assert (corrected.version, corrected.description) == (2, "药事会定在十二月")
    first = Correction.objects.get()
    assert (first.version, first.before["description"], first.reason, first.by) == (1, "药事会排期待定", "日期听错", cast.rep)
    assert Reminder.objects.open().get().due_on == TODAY + timedelta(days=3)
    facts = Facts.objects.get(pk=hospital.pk)
    assert (facts.talked, facts.material, facts.material_on) == ("药事会定在十二月", "", None)
    assert Line.objects.get(subject_id=contact.pk, kind="contact").text == "药事会定在十二月"
    entry = Entry.objects.get(action="contact.corrected")
    assert entry.reason == "日期听错"
    assert entry.changes["description"] == ["药事会排期待定", "药事会定在十二月"]
    assert entry.changes["participants"] == ["", "张卫东"]


def test_a_correction_may_take_the_callback_away_and_bring_it_back(cast, hospital):
    contact = make_contact(customer=hospital, by=cast.rep, callback_on=TOMORROW)
    contact = correct_contact(
        contact=contact, fields=fields(callback_on=None), participants=(), reason="不用回访", by=cast.rep, at=NOW
    )
    assert not Reminder.objects.open().exists()
    assert Organisation.objects.get(pk=hospital.pk).next_due_on is None
    correct_contact(
        contact=contact, fields=fields(callback_on=TOMORROW), participants=(), reason="还是要", by=cast.rep, at=NOW
    )
    assert Reminder.objects.open().get().due_on == TOMORROW


def test_only_the_tracker_corrects_with_a_reason_a_change_and_the_current_version(cast, hospital):
    contact = make_contact(customer=hospital, by=cast.rep)
    stale = ContactRecord.objects.get(pk=contact.pk)

    def correct(contact: ContactRecord = contact, by: Staff = cast.rep, reason: str = "错字", **rest: object):
        return correct_contact(contact=contact, fields=fields(**rest), participants=(), reason=reason, by=by, at=NOW)

    with pytest.raises(ContactRefused, match="本人"):
        correct(by=cast.manager, description="经理来改")
    with pytest.raises(ContactRefused, match="理由"):
        correct(reason=" ", description="改")
    with pytest.raises(ContactRefused, match="没有变化"):
        correct()
    correct(description="改好了")
    with pytest.raises(StaleContact):
        correct(contact=stale, description="又改")
    assert Correction.objects.count() == 1


def test_recording_takes_four_statements_even_with_everything(cast, hospital):
    people = [Attendee(make_person(at_organisation=hospital, name=f"王{n}").pk, f"王{n}") for n in range(5)]
    reminder = make_reminder(customer=hospital, by=cast.rep)
    assert cast.rep.standing.home
    with CaptureQueriesContext(connection) as captured:
        record_contact(
            customer=hospital, fields=fields(callback_on=TOMORROW), participants=people, by=cast.rep, at=NOW,
            reminders_done=[reminder.pk],
        )
    work = [q["sql"] for q in captured if "SAVEPOINT" not in q["sql"]]
    assert len(work) == 4, work
    assert any("FOR UPDATE" in sql for sql in work)


def test_people_keep_the_day_they_last_took_part_in_a_contact(cast, hospital):
    lin, qiao = (make_person(at_organisation=hospital, name=name) for name in ("林若", "乔安"))

    def met() -> list:
        return [Person.objects.get(pk=one.pk).last_contact_on for one in (lin, qiao)]

    def as_attendees(*people: Person) -> list[Attendee]:
        return [Attendee(one.pk, one.name) for one in people]

    earlier, day = TODAY - timedelta(days=9), TODAY - timedelta(days=2)
    for on, people in ((day, (lin,)), (earlier, (lin, qiao))):
        record_contact(
            customer=hospital, fields=fields(track_on=on, callback_on=None), participants=as_attendees(*people),
            by=cast.rep, at=NOW,
        )
    assert met() == [day, earlier]
    newest = ContactRecord.objects.get(track_on=day)
    moved = correct_contact(
        contact=newest, fields=fields(track_on=TODAY), participants=as_attendees(lin), reason="日期错", by=cast.rep, at=NOW
    )
    assert met() == [TODAY, earlier]
    correct_contact(
        contact=moved, fields=fields(track_on=TODAY), participants=as_attendees(qiao), reason="人错", by=cast.rep, at=NOW
    )
    assert met() == [earlier, TODAY]
    assert Organisation.objects.get(pk=hospital.pk).last_contact_on == TODAY
    assert not Person.objects.once_customers().exists()  # meeting somebody at work does not make a customer of them
