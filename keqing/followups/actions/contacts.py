"""Contact records: written once, then only corrected with a reason (R-195, R-062)."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime, time
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Max, Min, Q, Subquery
from django.db.models.functions import Least

from keqing.access.models import Position, Staff
from keqing.audit import acting
from keqing.audit import actions as audit
from keqing.followups.actions import promising
from keqing.followups.actions.promising import Promise
from keqing.followups.appointing import lacks_appointment
from keqing.followups.attendees import Attendee
from keqing.followups.models import Commitment, ContactRecord, Correction, Participant, Reminder
from keqing.kit.formats import SHANGHAI, business_date
from keqing.people.actions.activity import CustomerGone, note_contact, note_met, note_next_due
from keqing.people.models import Organisation, Person
from keqing.timeline import actions as timeline

LABEL = "followups.contactrecord"
URL_NAME = "followups:contact"
FIELDS = (
    "track_on", "method", "callback_on", "business_state", "description", "solution", "products", "materials",
    "duty", "minutes",
)
ICONS = {
    "visit": "route", "phone": "phone", "fax": "printer", "email": "mail", "sms": "message-2",
    "direct": "user", "media": "message-circle",
}


class ContactRefused(Exception):
    """The record cannot be written so; the text is for the user."""


class StaleContact(ContactRefused):
    def __init__(self, theirs: ContactRecord) -> None:
        super().__init__("这条联系记录刚被更正过，请核对后再保存。")
        self.theirs = theirs


class AlreadyRecorded(ContactRefused):
    """The form made another record before; ``first`` is that one."""

    def __init__(self, first: ContactRecord) -> None:
        super().__init__(
            f"这张表单已经记录过一次联系（{first}），这次填写的内容不同，还没有保存。"
            "是另一次联系就再点一次保存；要改那一次，请打开它更正。"
        )
        self.first = first


def subject_of(contact: ContactRecord) -> audit.Subject:
    return audit.Subject(LABEL, contact.pk, str(contact), contact.customer_id)


def record_contact(
    *,
    customer: Organisation | Person,
    fields: Mapping[str, Any],
    participants: Sequence[Attendee] = (),
    by: Staff,
    at: datetime,
    form_key: uuid.UUID | None = None,
    reminders_done: Collection[int] = (),
    finish_due: bool = False,
    checked: Collection[str] = (),
    promise: Promise | None = None,
) -> ContactRecord:
    """Store a contact. ``fields`` are those of ``FIELDS``.

    Effects, in one transaction: the record with its participants; ``reminders_done`` of this customer (with
    ``finish_due`` also those due at positions of ``by``) are closed, promises and tasks with open parts aside; a
    callback date makes a reminder for the owner's position; a promise is kept for the position of ``by``, with its
    reminder (R-058); a visit to a key customer without an appointment is marked (R-053);
    last contact, next due date and business state of the customer; timeline line and facts;
    one audit entry. The same ``form_key`` again returns the record it made the first time (T03), and refuses
    (``AlreadyRecorded``) other content. Refuses a deleted customer.
    """
    given = {name: fields.get(name) for name in FIELDS}
    _check(given, customer=customer, today=business_date(at))
    if promise and (wrong := promising.what_is_wrong(promise, today=business_date(at))):
        raise ContactRefused(wrong)
    try:
        with transaction.atomic():
            contact = _store(customer, given, by, at, form_key, checked)
            closed = _close(customer, contact, by, at, reminders_done, finish_due)
            return _follow(contact, customer, participants, by, at, closed, promise)
    except CustomerGone as gone:
        raise ContactRefused(str(gone)) from gone
    except IntegrityError as error:
        if "contact_form_key" not in str(error):
            raise
        first = ContactRecord.objects.get(customer_id=customer.pk, form_key=form_key)
        if not _is_same(first, given, participants, by):
            raise AlreadyRecorded(first) from error
        return first


def _is_same(
    first: ContactRecord, given: Mapping[str, Any], participants: Sequence[Attendee], by: Staff
) -> bool:
    """Whether the record was made from this very content; a later correction does not make it another one."""
    told: dict[str, Any] = {name: _plain(getattr(first, name)) for name in FIELDS}
    people = {p.person_id for p in first.participants.all()}
    original = first.corrections.first()
    if original:
        told = {name: original.before.get(name) for name in FIELDS}
        people = {p["person_id"] for p in original.before.get("participants", ())}
    sent = {name: _plain(value) for name, value in _stored(given).items()}
    return first.tracker_id == by.pk and told == sent and people == {p.person_id for p in participants}


def _store(
    customer: Organisation | Person, given: Mapping[str, Any], by: Staff, at: datetime, form_key: uuid.UUID | None,
    checked: Collection[str],
) -> ContactRecord:
    home = by.standing.home
    return ContactRecord.objects.create(
        customer_id=customer.pk, customer_name=customer.name, tracker=by, tracker_position=home,
        tracker_unit=home.unit if home else None, tracked_for=acting.name_for(by.pk), form_key=form_key, submitted_at=at,
        checked=sorted(checked),
        is_unannounced=lacks_appointment(customer=customer, method=given["method"], on=given["track_on"]), **_stored(given),
    )


def _follow(
    contact: ContactRecord, customer: Organisation | Person, participants: Sequence[Attendee], by: Staff, at: datetime,
    closed: int, promise: Promise | None,
) -> ContactRecord:
    """What the record leads to: participants, reminders, the customer's row, timeline, audit; few statements."""
    ahead = [_callback(contact, customer, by, at)] if contact.callback_on else []
    entries = []
    if promise:
        commitment = _promise(contact, customer, promise, participants, by, at)
        ahead.append(promising.reminder_of(commitment, by=by, at=at))
        entries.append(promising.entry_of(commitment, by=by, at=at))
    next_due: Any = ...
    if closed or ahead:
        # closing took the customer's row lock, so this statement sees every committed reminder
        known: Any = Subquery(_open_due_dates(customer.pk)) if closed else F("next_due_on")
        next_due = Least(known, min(one.due_on for one in ahead)) if ahead else known
    newest = customer.last_contact_on is None or contact.track_on >= customer.last_contact_on
    note_contact(
        customer=customer, on=contact.track_on, at=at, next_due_on=next_due,
        business_state=contact.business_state if newest else None, met=[p.person_id for p in participants],
    )
    changes: dict[str, Any] = {
        "method": [None, contact.get_method_display()],
        "business_state": [None, contact.get_business_state_display()],
        "callback_on": [None, contact.callback_on.isoformat() if contact.callback_on else None],
    }
    if closed:
        changes["reminders_done"] = [None, closed]
    recorded = audit.entry_for(action="contact.recorded", by=by, at=at, subject=subject_of(contact), changes=changes)
    timeline.add_entry_and_keep_facts(
        on=contact.track_on,
        facts={"talked": contact.description, "recommended": contact.products, "material": contact.materials},
        along=[*_took_part(contact, participants), *ahead, recorded, *entries],
        customer_id=customer.pk, at=_moment(contact.track_on, at), kind="contact", url_name=URL_NAME,
        actor_id=by.pk, actor_name=by.name, subject_label=LABEL, subject_id=contact.pk,
        **line_of(contact, participants, promise),
    )
    return contact


def _promise(
    contact: ContactRecord, customer: Organisation | Person, promise: Promise, participants: Sequence[Attendee],
    by: Staff, at: datetime,
) -> Commitment:
    """Whoever gave their word keeps it; it was given to those who took part."""
    home = by.standing.home
    if home is None:
        raise ContactRefused("您没有岗位，不能记下承诺。")
    if participants and not promise.made_to:
        names = "、".join(p.name for p in participants)[:60]
        promise = replace(promise, made_to=names, made_to_id=participants[0].person_id if len(participants) == 1 else None)
    made = promising.commitment_of(
        promise, customer=customer, position=home, by=by, made_on=contact.track_on, at=at, contact=contact
    )
    made.save(force_insert=True)
    return made


@transaction.atomic
def correct_contact(
    *,
    contact: ContactRecord,
    fields: Mapping[str, Any],
    participants: Sequence[Attendee],
    reason: str,
    by: Staff,
    at: datetime,
) -> ContactRecord:
    """A new version; the former one stays readable. Only who wrote the record corrects it.

    ``contact.version`` must be the one the user saw (``StaleContact``). The open callback reminder, the
    timeline line and the customer's facts follow. One audit entry.
    """
    customer = contact.customer()
    given = {name: fields.get(name) for name in FIELDS}
    _check(given, customer=customer, today=business_date(at))
    # customer first, then what hangs on it: the order every action here keeps
    type(customer).objects.select_for_update().get(pk=customer.pk)
    stored = ContactRecord.objects.select_for_update(of=("self",)).get(pk=contact.pk)
    if stored.tracker_id != by.pk:
        raise ContactRefused("只有记录人本人可以更正这条联系记录。")
    if stored.version != contact.version:
        raise StaleContact(stored)
    if not reason.strip():
        raise ContactRefused("请填写更正理由。")
    old_people = [Attendee(p.person_id, p.name, p.role) for p in stored.participants.order_by("pk")]
    new = _stored(given)
    diff = {n: [_plain(getattr(stored, n)), _plain(v)] for n, v in new.items() if getattr(stored, n) != v}
    if {p.person_id for p in old_people} != {p.person_id for p in participants}:
        diff["participants"] = ["、".join(p.name for p in many) for many in (old_people, participants)]
    if not diff:
        raise ContactRefused("内容没有变化，不需要更正。")
    before, held_on = {name: _plain(getattr(stored, name)) for name in FIELDS}, stored.track_on
    Correction.objects.create(
        contact=stored, customer_id=stored.customer_id, version=stored.version, reason=reason.strip(), by=by, at=at,
        before={**before, "participants": [asdict(p) for p in old_people]},
    )
    for name, value in new.items():
        setattr(stored, name, value)
    if diff.keys() & {"method", "track_on"}:
        stored.is_unannounced = lacks_appointment(customer=customer, method=stored.method, on=stored.track_on)
    stored.version += 1
    stored.save(update_fields=[*FIELDS, "is_unannounced", "version"])
    if "participants" in diff:
        stored.participants.all().delete()
        Participant.objects.bulk_create(_took_part(stored, participants))
    if "participants" in diff or "track_on" in diff:
        note_met(last=last_met({p.person_id for p in (*old_people, *participants)}))
    if "callback_on" in diff:
        _move_callback(stored, customer, by, at)
    _follow_correction(stored, customer, at, held_on=held_on, new_state="business_state" in diff)
    timeline.amend_entry(
        subject_label=LABEL, subject_id=stored.pk, at=_moment(stored.track_on, stored.submitted_at),
        **line_of(stored, participants, _promised_in(stored)),
    )
    audit.record(
        action="contact.corrected", by=by, at=at, subject=subject_of(stored), changes=diff, reason=reason.strip()
    )
    return stored


def _promised_in(contact: ContactRecord) -> Promise | None:
    found = contact.commitments.order_by("pk").first()
    return Promise(found.text, found.first_due_on) if found else None


def _callback(contact: ContactRecord, customer: Organisation | Person, by: Staff, at: datetime) -> Reminder:
    """The unsaved reminder a callback date makes: for the owner's position, or the tracker's while nobody owns it."""
    position_id, unit_id = responsible(customer=customer, by=by)
    return Reminder(
        customer_id=customer.pk, customer_name=customer.name, position_id=position_id, unit_id=unit_id,
        due_on=contact.callback_on, first_due_on=contact.callback_on, origin=Reminder.Origin.CALLBACK,
        text=f"回访：{contact.track_on:%m-%d} {contact.get_method_display()}", contact=contact, created_by=by,
        created_at=at,
    )


def responsible(*, customer: Organisation | Person, by: Staff) -> tuple[int, int]:
    """Position and unit that answer for what is due at this customer."""
    if customer.owner_position_id:
        return customer.owner_position_id, customer.unit_id
    home: Position | None = by.standing.home
    if home is None:
        raise ContactRefused("客户没有负责岗位，您也没有岗位，不能安排回访。")
    return home.pk, home.unit_id


def last_met(person_ids: Collection[int]) -> dict[int, date | None]:
    """The day each of these people last took part in a contact, or was contacted as a customer of their own."""
    last: dict[int, date | None] = dict.fromkeys(person_ids)
    took_part = Participant.objects.filter(person_id__in=last).values_list("person_id").annotate(Max("contact__track_on"))
    own = ContactRecord.objects.filter(customer_id__in=last).values_list("customer_id").annotate(Max("track_on"))
    for pk, on in (*took_part.order_by(), *own.order_by()):
        last[pk] = max(on, last[pk] or on)
    return last


def refresh_next_due(*, customer_id: int) -> None:
    """The customer's 下次跟进 after its reminders changed; the customer's row is locked by the caller."""
    found = _open_due_dates(customer_id).order_by("first").first()
    note_next_due(customer_id=customer_id, next_due_on=found["first"] if found else None)


def _open_due_dates(customer_id: int) -> Any:
    open_ones = Reminder.objects.open().filter(customer_id=customer_id).order_by()
    return open_ones.values("customer_id").annotate(first=Min("due_on")).values("first")


def _close(
    customer: Organisation | Person, contact: ContactRecord, by: Staff, at: datetime,
    reminders_done: Collection[int], finish_due: bool,
) -> int:
    """How many reminders the record closed."""
    chosen = Q(pk__in=list(reminders_done)) if reminders_done else Q(pk__in=[])
    if finish_due:
        chosen |= Q(due_on__lte=business_date(at), position_id__in=by.standing.position_ids)
    if not reminders_done and not finish_due:
        return 0
    # the subquery locks the customer's row before any reminder changes (see next_due in _record)
    locked = type(customer).objects.select_for_update().filter(pk=customer.pk).values("pk")
    return (
        Reminder.objects.open()
        .settled_by_a_contact()
        .filter(chosen, customer_id__in=locked)
        .update(done_at=at, done_by=by, outcome=f"已联系：{contact.get_method_display()}", version=F("version") + 1)
    )


def _move_callback(contact: ContactRecord, customer: Organisation | Person, by: Staff, at: datetime) -> None:
    reminder = contact.reminders.open().filter(origin=Reminder.Origin.CALLBACK).order_by("pk").first()
    if reminder is None:
        if contact.callback_on:
            _callback(contact, customer, by, at).save(force_insert=True)
    else:
        if contact.callback_on:
            reminder.due_on = contact.callback_on
        else:
            reminder.done_at, reminder.done_by, reminder.outcome = at, by, "回访日期已更正取消"
        reminder.version += 1
        reminder.save(update_fields=["due_on", "done_at", "done_by", "outcome", "version"])
    refresh_next_due(customer_id=contact.customer_id)


def _follow_correction(
    contact: ContactRecord, customer: Organisation | Person, at: datetime, *, held_on: date, new_state: bool
) -> None:
    """Facts and last contact are those of the newest contact, which the correction may have changed.

    The business state follows only if the correction changed it, or which contact is the newest: the state may
    have been set by hand since.
    """
    former = ContactRecord.objects.filter(customer_id=contact.customer_id).order_by("-track_on", "-pk")
    two = list(former[:2])
    newest, other = two[0], next((one for one in two if one.pk != contact.pk), None)
    is_newest = newest.pk == contact.pk
    was_newest = other is None or (held_on, contact.pk) > (other.track_on, other.pk)
    facts = {"talked": (newest.description, newest.track_on)}
    for fact, column in (("recommended", "products"), ("material", "materials")):
        last = former.exclude(**{column: ""}).first()
        facts[fact] = (getattr(last, column), last.track_on) if last else ("", None)
    timeline.replace_facts(customer_id=contact.customer_id, facts=facts)
    moves_state = is_newest != was_newest or (is_newest and new_state)
    # somebody who is a customer of their own may have taken part in contacts of others since
    met_on = last_met([customer.pk])[customer.pk] if isinstance(customer, Person) else None
    note_contact(
        customer=customer, on=met_on or newest.track_on, at=at, corrected=True,
        business_state=newest.business_state if moves_state else None,
    )


def _check(given: Mapping[str, Any], *, customer: Organisation | Person, today: date) -> None:
    if customer.deleted_at is not None:
        raise ContactRefused("客户在回收站里，恢复后才能记录联系。")
    if given["track_on"] > today:
        raise ContactRefused("跟踪日期不能晚于今天。")
    if given["callback_on"] and given["callback_on"] < given["track_on"]:
        raise ContactRefused("回访日期不能早于跟踪日期。")
    if not (given["description"] or "").strip():
        raise ContactRefused("请填写业务描述。")


def _stored(given: Mapping[str, Any]) -> dict[str, Any]:
    as_given = ("track_on", "callback_on", "minutes")
    return {name: value if name in as_given else (value or "").strip() for name, value in given.items()}


def _took_part(contact: ContactRecord, participants: Sequence[Attendee]) -> list[Participant]:
    """The unsaved participants of a stored record."""
    return [
        Participant(
            contact=contact, customer_id=contact.customer_id, person_id=p.person_id, name=p.name, role=p.role[:40]
        )
        for p in participants
    ]


def line_of(
    contact: ContactRecord, participants: Sequence[Attendee], promise: Promise | None = None
) -> dict[str, Any]:
    """What the timeline shows of it."""
    with_whom = "、".join(p.name for p in participants)
    return {
        "icon": ICONS[contact.method],
        "title": f"{contact.get_method_display()} · {with_whom}"[:200] if with_whom else contact.get_method_display(),
        "text": contact.description,
        "details": {
            "method": contact.method,
            "state": contact.get_business_state_display(),
            "solution": contact.solution,
            "products": contact.products,
            "materials": contact.materials,
            "track_on": contact.track_on.isoformat(),
            "callback_on": contact.callback_on.isoformat() if contact.callback_on else "",
            "version": contact.version,
            **({"promise": f"{promise.text.strip()}（{promise.due_on:%m-%d} 前）"} if promise else {}),
        },
    }


def _moment(track_on: date, submitted_at: datetime) -> datetime:
    """Where the contact stands in the stream: now, or on the earlier day it took place."""
    if track_on == business_date(submitted_at):
        return submitted_at
    return datetime.combine(track_on, time(0, 0), tzinfo=SHANGHAI)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
