"""Reading contacts, comments and reminders for screens."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet
from django.utils.safestring import SafeString

from keqing.access.models import Position, Staff
from keqing.access.standing import roles
from keqing.followups import drawing
from keqing.followups.attendees import Attendee, attendees_of, with_people
from keqing.followups.models import Comment, ContactRecord, Participant, Reminder
from keqing.followups.permissions import Can
from keqing.followups.schedule import propose_next
from keqing.kit import counts
from keqing.kit.addresses import address
from keqing.kit.prepared import prepared
from keqing.messaging.models import Message
from keqing.people.choices import BusinessState
from keqing.people.models import Organisation, Person
from keqing.timeline.models import Entry, Facts
from keqing.timeline.queries import stream_of, summary_of

LABEL = "followups.contactrecord"
HISTORY = 10

# chips above the stream: key, label, the stream's kinds, the contact's method
CHIPS: Sequence[tuple[str, str, tuple[str, ...], str]] = (
    ("", "全部", (), ""),
    ("visit", "拜访", ("contact",), "visit"),
    ("phone", "电话", ("contact",), "phone"),
    ("contact", "全部联系", ("contact",), ""),
    ("comment", "批注", ("contact",), ""),
    ("reminder", "跟进", ("reminder",), ""),
    ("promise", "承诺", ("promise",), ""),
    ("profile", "资料", ("profile", "owner", "import"), ""),
)


@dataclass(frozen=True)
class BadgeCounts:
    """Numbers beside the navigation: due today or overdue, and comments and messages not yet read."""

    due: int
    unread: int


@dataclass(frozen=True)
class Line:
    """One entry of the stream with the comments on it; ``may_comment`` offers the reader to write one."""

    entry: Entry
    comments: Sequence[Comment] = ()
    may_comment: bool = False

    @property
    def is_contact(self) -> bool:
        return self.entry.subject_label == LABEL

    @property
    def url(self) -> str:
        return address("followups:contact", self.entry.subject_id) if self.is_contact and self.entry.subject_id else ""

    @property
    def head(self) -> SafeString:
        return drawing.entry_head(self.entry, url=self.url)

    @property
    def foot(self) -> str:
        return drawing.entry_foot(self.entry) if self.may_comment and self.url else ""


@dataclass(frozen=True)
class StreamChip:
    key: str
    label: str
    count: int | None
    active: bool


@dataclass(frozen=True)
class Composer:
    """What the short form in the stream offers; its fields are those of the whole-page form."""

    methods: Sequence[tuple[str, str]]
    states: Sequence[tuple[str, str]]
    people: Sequence[Attendee]
    business_state: str
    track_on: date
    callback_on: date
    finish_due: bool
    form_key: str


@dataclass(frozen=True)
class StreamBoard:
    """往来 of one customer: the four facts on top, then the stream (R-176, R-196)."""

    customer: Organisation | Person
    facts: Facts
    lines: Sequence[Line]
    after: str
    kind: str
    text: str
    chips: Sequence[StreamChip]
    counts: Mapping[str, int]
    composer: Composer | None
    staff_id: int
    today: date


@dataclass(frozen=True)
class Past:
    """One of the last contacts, for the history at hand."""

    contact: ContactRecord
    comments: Sequence[Comment] = field(default_factory=tuple)


def badge_counts(staff: Staff, today: date) -> BadgeCounts:
    """Both numbers in one statement, which is kept: every page asks it."""

    def write() -> counts.Statement:
        return counts.counting(
            querysets=[
                Reminder.objects.open().mine(staff).filter(due_on__lte=today),
                Comment.objects.unread_by(staff).visible_to(staff),
                Message.objects.unread_by(staff),
            ]
        )

    due, comments, messages = staff.recall(("badges", today), write).numbers()
    return BadgeCounts(due, comments + messages)


def stream_board(
    *,
    customer: Organisation | Person,
    staff: Staff,
    today: date,
    after: str = "",
    kind: str = "",
    text: str = "",
    with_composer: bool = True,
) -> StreamBoard:
    """Everything ``followups/_stream.html`` shows of a customer already fetched; at most four statements."""
    chosen = next((chip for chip in CHIPS if chip[0] == kind), CHIPS[0])
    summary = summary_of(customer.pk)
    stream = stream_of(customer.pk, after=after, text=text.strip(), only=_narrowed(chosen))
    comments = comments_on(e.subject_id for e in stream.entries if e.subject_label == LABEL and e.subject_id)
    moved = isinstance(customer, Person) and customer.is_affiliated  # what comes now belongs where they work
    may_comment = customer.allows(staff, Can.COMMENT)
    writes = with_composer and not moved and customer.allows(staff, Can.RECORD)
    return StreamBoard(
        customer=customer,
        facts=summary.facts,
        lines=[
            Line(
                e, comments.get(e.subject_id or 0, ()) if e.subject_label == LABEL else (),
                may_comment=may_comment and e.actor_id != staff.pk,
            )
            for e in stream.entries
        ],
        after=stream.after,
        kind=chosen[0],
        text=text,
        chips=[
            StreamChip(key, label, _count(summary.counts, kinds, key, method), key == chosen[0])
            for key, label, kinds, method in CHIPS
        ],
        counts=summary.counts,
        composer=composer(customer=customer, today=today) if writes else None,
        staff_id=staff.pk,
        today=today,
    )


def composer(*, customer: Organisation | Person, today: date) -> Composer:
    """One statement, none when the customer was read through ``attendees.with_people``."""
    if isinstance(customer, Organisation) and not hasattr(customer, "people_at_hand"):
        customer.people_at_hand = with_people(Organisation.objects.filter(pk=customer.pk)).get().people_at_hand
    state = getattr(customer, "business_state", BusinessState.FIRST)
    return Composer(
        methods=ContactRecord.Method.choices,
        states=BusinessState.choices,
        people=attendees_of(customer),
        business_state=state,
        track_on=today,
        callback_on=propose_next(today=today, business_state=state),
        finish_due=bool(customer.next_due_on and customer.next_due_on <= today),
        form_key=uuid.uuid4().hex,
    )


def comments_on(contact_ids: Iterable[int]) -> dict[int, list[Comment]]:
    """Comments by contact, oldest first; no statement when there is nothing to ask for."""
    ids = list(contact_ids)
    found: dict[int, list[Comment]] = defaultdict(list)
    if ids:
        for comment in _comments_on(contacts=ids):
            found[comment.contact_id].append(comment)
    return found


@prepared
def _comments_on(contacts: list[int]) -> QuerySet[Comment]:
    return Comment.objects.filter(contact_id__among=contacts).select_related("author", "addressee")


def history_of(*, customer_id: int, limit: int = HISTORY) -> list[Past]:
    """The last contacts with a customer already fetched, newest first: two statements (R-196)."""
    contacts = list(
        ContactRecord.objects.filter(customer_id=customer_id)
        .select_related("tracker")
        .order_by("-track_on", "-pk")[:limit]
    )
    comments = comments_on(c.pk for c in contacts)
    return [Past(c, comments.get(c.pk, ())) for c in contacts]


def contacts_with(*, person_id: int) -> QuerySet[Any]:
    """Ids of the records a person took part in or, while a customer of their own, was the customer of."""
    own = ContactRecord.objects.filter(customer_id=person_id).values("pk")
    # one list instead of conditions joined by OR: each half has its index
    return Participant.objects.filter(person_id=person_id).values("contact_id").union(own)


def open_reminders_of(*, customer_id: int) -> list[Reminder]:
    """Those a contact may settle: promises and alarms have forms of their own."""
    return list(
        Reminder.objects.open()
        .settled_by_a_contact()
        .filter(customer_id=customer_id)
        .select_related("position__holder")
        .order_by("due_on", "pk")[:20]
    )


def comments_for(staff: Staff) -> QuerySet[Comment]:
    """Comments and replies addressed to this person, unread first."""
    return (
        Comment.objects.visible_to(staff)
        .filter(addressee=staff)
        .select_related("author", "contact", "reply_to")
        .order_by(F("read_at").desc(nulls_first=True), "-at", "-pk")
    )


def uncommented() -> Q:
    """Contact records nobody has commented on."""
    return ~Exists(Comment.objects.filter(contact=OuterRef("pk")))


def positions_to_take_over(*, staff: Staff, customer: Organisation | Person) -> QuerySet[Position]:
    """Positions a reminder of ``customer`` may go to.

    They belong to the units this person heads or works in, and their role reaches the customer: whoever takes
    the reminder must be able to open it.
    """
    units = staff.standing.headed_unit_ids | {p.unit_id for p in staff.standing.positions}
    rows = Position.objects.current().filter(_reaching(customer, Can.MANAGE_REMINDERS), unit_id__in=units)
    return rows.select_related("unit", "holder")


def _reaching(customer: Organisation | Person, word: str) -> Q:
    """Positions whose role gives ``word`` at this customer (the reaches of ``access.standing``)."""
    places: Sequence[Any] = [customer]
    if isinstance(customer, Person) and customer.is_affiliated:
        places = Organisation.objects.alive().filter(affiliations__person=customer, affiliations__to_on__isnull=True)
    found = Q(pk__in=[])
    for place in places:
        above = [int(one) for one in place.unit.path.strip("/").split("/")]
        for key, role in roles().items():
            for grant in role.words.get(word, ()):
                if grant.names_only or (grant.kinds is not None and place.kind not in grant.kinds):
                    continue
                own = Q(pk=place.owner_position_id)
                in_line = Q(unit_id__in=above)
                reach = {"all": Q(pk__isnull=False), "own": own, "team": own | (in_line & Q(is_head=True)), "territory": in_line}
                found |= Q(role=key) & reach[grant.reach]
    return found


def detailed_contacts() -> QuerySet[ContactRecord]:
    """Contacts with everything the detail page shows beside the row itself."""
    return ContactRecord.objects.select_related("tracker").prefetch_related(
        "participants",
        "corrections__by",
        Prefetch("comments", Comment.objects.select_related("author", "addressee")),
        Prefetch("reminders", Reminder.objects.order_by("due_on", "pk")),
    )


def _narrowed(chip: tuple[str, str, tuple[str, ...], str]) -> Q:
    key, _, kinds, method = chip
    only = Q(kind__in=kinds) if kinds else Q()
    if method:
        only &= Q(details__method=method)
    if key == "comment":
        only &= Exists(Comment.objects.filter(customer_id=OuterRef("customer_id"), contact_id=OuterRef("subject_id")))
    return only


def _count(found: Mapping[str, int], kinds: tuple[str, ...], key: str, method: str) -> int | None:
    if method or key == "comment":
        return None
    return sum(found.get(kind, 0) for kind in kinds) if kinds else sum(found.values())
