"""Two years of contact records, comments and reminders of the sample company."""

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import accumulate
from typing import Any

from keqing.access.models import Staff
from keqing.audit.actions import Subject, entry_for
from keqing.desk.demo import words
from keqing.desk.demo.copying import copy_rows, number
from keqing.desk.demo.customers import Book, living
from keqing.desk.demo.people import relink
from keqing.desk.demo.structure import Seat, Structure
from keqing.followups.actions import comments, contacts, reminders
from keqing.followups.actions.contacts import Attendee
from keqing.followups.models import Comment, ContactRecord, Participant, Reminder
from keqing.followups.policy import policy
from keqing.kit.formats import SHANGHAI, business_date
from keqing.people.choices import Role
from keqing.people.models import Organisation, Person
from keqing.timeline.actions import FACTS
from keqing.timeline.models import Entry, Facts

PER_DAY = 2.0
MINE_PER_DAY = 3.4
DAYS = 730
METHODS = ("visit", "visit", "visit", "visit", "phone", "phone", "sms", "direct")
DUTIES = ("needs", "maintain", "coordinate", "needs", "collect", "guide", "maintain")
STEPS = ("first", "needs", "material", "quoting", "trial", "working", "care")
IN_PERSON = ("到访", "拜访", "送", "介绍", "自我")
COMMENTED, CALLBACK = 0.035, 0.32
FORGOTTEN = 0.18  # of the reminders of the last days
FORGET_DAYS = 9
MY_DAYS = (-1, -4, 0, 0, 0, 0, 1, 2, 5)


@dataclass
class Diary:
    contacts: list[ContactRecord] = field(default_factory=list)
    participants: list[Participant] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    reminders: list[Reminder] = field(default_factory=list)
    facts: dict[int, Facts] = field(default_factory=dict)


class HistoryBuilder:
    def __init__(self, *, rng: random.Random, at: datetime, scale: float, structure: Structure, book: Book) -> None:
        self.rng, self.at, self.today, self.scale = rng, at, business_date(at), scale
        self.structure, self.book = structure, book
        self.diary = Diary()
        self.people_in: list[list[tuple[Person, str]]] = []
        self.waiting: dict[int, list[Reminder]] = defaultdict(list)
        self.seats: dict[int, Seat] = {seat.position.pk: seat for seat in structure.seats}
        self.customers: dict[int, Organisation] = {o.pk: o for o in book.organisations}

    def build(self) -> None:
        for seat in self.structure.seats:
            self._keep_diary(seat)
        order = sorted(range(len(self.diary.contacts)), key=lambda n: self.diary.contacts[n].submitted_at)
        self.diary.contacts = [self.diary.contacts[n] for n in order]
        self.people_in = [self.people_in[n] for n in order]
        number(self.diary.contacts)
        for contact, people in zip(self.diary.contacts, self.people_in, strict=True):
            self._follow(contact, people)
        self._settle()
        self._fill_my_day()
        self._comment()
        number(self.diary.reminders)
        for reminder in self.diary.reminders:
            self._log_reminder(reminder)

    def write(self) -> int:
        diary, book = self.diary, self.book
        written = sum(copy_rows(rows) for rows in (diary.contacts, diary.participants, diary.comments, diary.reminders))
        book.stream.sort(key=lambda entry: entry.at)
        book.audit.sort(key=lambda entry: entry.at)
        return written + copy_rows(list(diary.facts.values())) + copy_rows(book.stream) + copy_rows(book.audit)

    # --- contacts ---

    def _keep_diary(self, seat: Seat) -> None:
        mine = living(self.book.by_owner[seat.position.pk])
        if not mine:
            return
        weights = [{"hospital": 6, "agent": 3, "clinic": 2}.get(o.kind, 2) * self.rng.uniform(0.3, 2.5) for o in mine]
        weights = list(accumulate(weights))
        progress: dict[int, int] = {}
        pace = (MINE_PER_DAY if seat is self.structure.my_seat else PER_DAY) * min(1, max(self.scale, 0.02))
        for day in self._days():
            holder = seat.holder_on(day)
            if holder is None:
                continue
            for organisation in self._choose(mine, weights, pace):
                if business_date(organisation.created_at) <= day:
                    self._contact(organisation, day, seat, holder, progress)

    def _days(self) -> Iterator[date]:
        for back in range(DAYS, -1, -1):
            day = self.today - timedelta(days=back)
            if day.weekday() < 5 or self.rng.random() < 0.05:
                yield day

    def _choose(self, mine: list[Organisation], weights: list[float], pace: float) -> list[Organisation]:
        count = int(pace) + (self.rng.random() < pace % 1)
        if pace >= 1:
            count = max(0, count + self.rng.choice((-1, 0, 0, 1)))
        return list(dict.fromkeys(self.rng.choices(mine, cum_weights=weights, k=count)))

    def _contact(self, organisation: Organisation, day: date, seat: Seat, holder: Staff, progress: dict[int, int]) -> None:
        rng = self.rng
        submitted = datetime.combine(day, time(9), SHANGHAI) + timedelta(minutes=rng.randint(10, 660))
        if not organisation.created_at < submitted <= self.at:
            return
        step = progress[organisation.pk] = min(progress.get(organisation.pk, 0) + (rng.random() < 0.25), len(STEPS) - 1)
        state = "no_interest" if organisation.pk % 41 == 0 and step > 2 else STEPS[step]
        product, material = rng.choice(words.PRODUCTS), rng.choice(words.MATERIALS)
        said, agreed = (text.format(product=product, material=material) for text in rng.choice(words.TALKS[state]))
        callback = day + timedelta(days=rng.choice((3, 7, 7, 10, 14, 14, 21, 30))) if rng.random() < CALLBACK else None
        self.diary.contacts.append(
            ContactRecord(
                customer_id=organisation.pk, customer_name=organisation.name, track_on=day,
                method="visit" if any(sign in said for sign in IN_PERSON) else rng.choice(METHODS),
                tracker=holder, tracker_position=seat.position, tracker_unit=seat.area.unit, callback_on=callback,
                business_state=state, description=said, solution=agreed if rng.random() < 0.85 else "",
                products=product if product in said or rng.random() < 0.2 else "",
                materials=material if material in said else "", submitted_at=submitted,
                duty=DUTIES[len(self.diary.contacts) % len(DUTIES)], minutes=15 + 5 * (len(self.diary.contacts) % 10),
            )
        )
        record = self.diary.contacts[-1]
        # most visits to a key customer are by appointment
        record.is_unannounced = len(self.diary.contacts) % 8 == 0 and policy().asks_for_appointment(
            method=record.method, level=organisation.level
        )
        known = self.book.people_of.get(organisation.pk, [])
        self.people_in.append([rng.choice(known)] if known and rng.random() < 0.8 else [])

    def _follow(self, contact: ContactRecord, people: list[tuple[Person, str]]) -> None:
        """What recording a contact leaves behind it."""
        customer = self.customers[contact.customer_id]
        customer.last_contact_on = max(customer.last_contact_on or contact.track_on, contact.track_on)
        customer.last_activity_at = max(customer.last_activity_at, contact.submitted_at)
        customer.business_state = contact.business_state
        for person, role in people:
            person.last_contact_on = max(person.last_contact_on or contact.track_on, contact.track_on)
            self.diary.participants.append(
                Participant(
                    contact=contact, customer_id=contact.customer_id, person_id=person.pk, name=person.name,
                    role=Role(role).label,
                )
            )
        self._remember(contact)
        self._log(contact, people, closed=self._close(contact))
        if contact.callback_on:
            text = f"回访：{contact.track_on:%m-%d} {contact.get_method_display()}"
            self.waiting[contact.customer_id].append(self._remind(contact, contact.callback_on, text, "callback"))

    def _close(self, contact: ContactRecord) -> int:
        """A contact near its date does what was due."""
        waiting = self.waiting[contact.customer_id]
        done = [r for r in waiting if r.due_on <= contact.track_on + timedelta(days=2)]
        for reminder in done:
            waiting.remove(reminder)
            reminder.done_at, reminder.done_by = contact.submitted_at, contact.tracker
            reminder.outcome, reminder.version = f"已联系：{contact.get_method_display()}", 2
        return len(done)

    def _remember(self, contact: ContactRecord) -> None:
        facts = self.diary.facts.setdefault(contact.customer_id, Facts(customer_id=contact.customer_id))
        given = {"talked": contact.description, "recommended": contact.products, "material": contact.materials}
        for name in FACTS:
            if text := given.get(name):
                setattr(facts, name, text[: Facts._meta.get_field(name).max_length])
                setattr(facts, f"{name}_on", contact.track_on)

    def _log(self, contact: ContactRecord, people: list[tuple[Person, str]], *, closed: int) -> None:
        by = contact.tracker
        self.book.stream.append(
            Entry(
                customer_id=contact.customer_id, at=contact.submitted_at, kind="contact", actor_id=by.pk, actor_name=by.name,
                subject_label=contacts.LABEL, subject_id=contact.pk, url_name=contacts.URL_NAME,
                **contacts.line_of(contact, [Attendee(person.pk, person.name) for person, _ in people]),
            )
        )
        changes: dict[str, Any] = {
            "method": [None, contact.get_method_display()],
            "business_state": [None, contact.get_business_state_display()],
            "callback_on": [None, contact.callback_on.isoformat() if contact.callback_on else None],
        }
        if closed:
            changes["reminders_done"] = [None, closed]
        self._audit("contact.recorded", by, contact.submitted_at, contacts.subject_of(contact), changes)

    def _audit(self, action: str, by: Staff, at: datetime, subject: Subject, changes: Mapping[str, Any] | None = None) -> None:
        self.book.audit.append(entry_for(action=action, by=by, at=at, subject=subject, changes=changes))

    # --- reminders ---

    def _remind(self, contact: ContactRecord, due_on: date, text: str, origin: str) -> Reminder:
        reminder = Reminder(
            customer_id=contact.customer_id, customer_name=contact.customer_name, position=contact.tracker_position,
            unit=contact.tracker_unit, due_on=due_on, first_due_on=due_on, text=text[:200], origin=origin,
            contact=contact if origin == "callback" else None, created_by=contact.tracker, created_at=contact.submitted_at,
        )
        self.diary.reminders.append(reminder)
        return reminder

    def _settle(self) -> None:
        """What fell due long ago was done by itself; of the last days a few are overdue."""
        for reminder in [r for many in self.waiting.values() for r in many]:
            late = (self.today - reminder.due_on).days
            if late <= 0 or (late <= FORGET_DAYS and self.rng.random() < FORGOTTEN):
                continue
            seat = self.seats[reminder.position_id]
            at = datetime.combine(reminder.due_on, time(10), SHANGHAI) + timedelta(minutes=self.rng.randint(0, 1800))
            reminder.done_at = max(min(at, self.at), reminder.created_at)
            reminder.done_by = seat.holder_on(business_date(reminder.done_at)) or self._boss(seat)
            reminder.outcome, reminder.version = self.rng.choice(words.OUTCOMES), 2

    def _fill_my_day(self) -> None:
        """The representative whose sign-in is printed finds a day with work in it."""
        mine = self.structure.my_seat.position.pk
        latest = {c.customer_id: c for c in self.diary.contacts if c.tracker_position_id == mine}
        recent = sorted(latest.values(), key=lambda c: c.submitted_at, reverse=True)
        for n, (contact, days) in enumerate(zip(recent[min(6, len(recent) // 4) :], MY_DAYS, strict=False)):
            due_on = max(self.today + timedelta(days=days), contact.track_on)
            self._remind(contact, due_on, words.REMINDERS[n % len(words.REMINDERS)], "manual")

    def _log_reminder(self, reminder: Reminder) -> None:
        subject = reminders.subject_of(reminder)
        if reminder.origin == "manual":
            self._audit("reminder.created", reminder.created_by, reminder.created_at, subject,
                        {"due_on": [None, reminder.due_on.isoformat()]})
        if reminder.done_at is None:
            customer = self.customers[reminder.customer_id]
            customer.next_due_on = min(customer.next_due_on or reminder.due_on, reminder.due_on)
            return
        if reminder.outcome.startswith("已联系"):
            return
        by = reminder.done_by
        self.book.stream.append(
            Entry(
                customer_id=reminder.customer_id, at=reminder.done_at, kind="reminder", icon="circle-check",
                title=f"完成跟进 · {reminder.text}", text=reminder.outcome, actor_id=by.pk, actor_name=by.name,
                subject_label=reminders.LABEL, subject_id=reminder.pk, url_name=reminders.URL_NAME,
            )
        )
        self._audit("reminder.finished", by, reminder.done_at, subject, {"outcome": [None, reminder.outcome]})

    @staticmethod
    def _boss(seat: Seat) -> Staff | None:
        return seat.area.head.holder or seat.area.region.head.holder

    # --- comments ---

    def _comment(self) -> None:
        mine = self.structure.my_seat.position.pk
        latest_mine = {c.pk for c in [c for c in self.diary.contacts if c.tracker_position_id == mine][-2:]}
        for contact in self.diary.contacts:
            if contact.pk in latest_mine or self.rng.random() < COMMENTED:
                seat = self.seats[contact.tracker_position_id]
                bosses = [seat.area.head.holder, seat.area.head.holder, seat.area.region.head.holder]
                author = self.rng.choice([boss for boss in bosses if boss])
                if contact.pk in latest_mine and seat.area.head.holder:
                    author = seat.area.head.holder
                self._remark(contact, author, unread=contact.pk in latest_mine)
        number(self.diary.comments)
        for comment in self.diary.comments:
            relink(comment, "reply_to")
            self._log_comment(comment)

    def _remark(self, contact: ContactRecord, author: Staff, *, unread: bool) -> None:
        at = min(waking(contact.submitted_at + timedelta(minutes=self.rng.randint(30, 1500))), self.at)
        read_at = waking(at + timedelta(minutes=self.rng.randint(20, 2000)))
        is_read = not unread and read_at < self.at
        comment = Comment(
            contact=contact, customer_id=contact.customer_id, author=author, addressee=contact.tracker,
            text=self.rng.choice(words.COMMENTS), at=at, read_at=read_at if is_read else None,
        )
        self.diary.comments.append(comment)
        if is_read and self.rng.random() < 0.4 and contact.tracker.is_active:
            answered = min(read_at + timedelta(minutes=self.rng.randint(1, 50)), self.at)
            self.diary.comments.append(
                Comment(
                    contact=contact, customer_id=contact.customer_id, reply_to=comment, author=contact.tracker, addressee=author,
                    text=self.rng.choice(words.REPLIES), at=answered, read_at=min(answered + timedelta(hours=3), self.at),
                )
            )

    def _log_comment(self, comment: Comment) -> None:
        action = "comment.written" if comment.reply_to_id is None else "comment.replied"
        self._audit(action, comment.author, comment.at, comments.subject_of(comment, comment.contact))
        if comment.read_at and comment.reply_to_id is None:
            subject = contacts.subject_of(comment.contact)
            self._audit("comment.read", comment.addressee, comment.read_at, subject, {"read": [None, 1]})


def waking(moment: datetime) -> datetime:
    """The same time of an hour when people write: what falls into the night waits for the morning."""
    there = moment.astimezone(SHANGHAI)
    if 8 <= there.hour < 22:
        return there
    return there.replace(hour=8) + timedelta(days=there.hour >= 22)
