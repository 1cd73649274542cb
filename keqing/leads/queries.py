"""Reading leads for screens of this and higher departments."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q

from keqing.access.models import Staff
from keqing.kit.formats import local, percent_of
from keqing.kit.masks import mask_name
from keqing.kit.search import PHONE_LONGEST, normalise
from keqing.leads.choices import DONE_STATES, Judgement, State
from keqing.leads.models import Campaign, Channel, Lead, Step
from keqing.leads.permissions import Can
from keqing.people.likely import NAME_LEAST, PHONE_LEAST, Duplicate, digits_of, likely_organisations, likely_people
from keqing.people.models import Organisation, Person
from keqing.people.permissions import Can as PeopleCan
from keqing.people.queries import matching
from keqing.reference import work_calendar

SHOWN = 8
ALIKE = 4
TERM_DAYS = 30


@dataclass(frozen=True)
class LeadPage:
    """One lead with its story and what this reader may do with it."""

    lead: Lead
    steps: Sequence[Step]
    phone: str
    full_phone: bool
    may_reveal: bool
    may_handle: bool
    may_assign: bool
    is_late: bool
    due_note: str
    customer_url_ok: bool

    @property
    def may_judge(self) -> bool:
        return self.may_handle and self.lead.is_open

    @property
    def may_accept(self) -> bool:
        return self.may_handle and self.lead.state == State.ASSIGNED

    @property
    def may_return(self) -> bool:
        return self.may_handle and self.lead.position_id is not None and self.lead.state in (State.ASSIGNED, State.ACCEPTED)

    @property
    def is_assignable(self) -> bool:
        return self.may_assign and self.lead.is_open

    @property
    def waits(self) -> bool:
        """Nobody holds it: the rules may be asked."""
        return self.is_assignable and self.lead.position_id is None and self.lead.pooled_at is None

    @property
    def may_identify(self) -> bool:
        return self.may_judge and self.lead.customer_id is None

    @property
    def may_reopen(self) -> bool:
        return self.may_handle and self.lead.state == State.REJECTED

    @property
    def is_judged(self) -> bool:
        return self.lead.judgement != Judgement.PENDING


def lead_page(*, lead: Lead, staff: Staff, at: datetime) -> LeadPage:
    """Four statements: the steps, whether the customer is within reach, the work calendar of its deadline."""
    full = lead.shows_phone(staff)
    return LeadPage(
        lead=lead, steps=steps_of(lead), phone=lead.phone_for(staff), full_phone=full,
        may_reveal=bool(lead.phone) and not full and lead.allows(staff, PeopleCan.REVEAL_PHONE),
        may_handle=lead.allows(staff, Can.HANDLE), may_assign=lead.allows(staff, Can.ASSIGN), is_late=bool(lead.due_at and lead.is_open and lead.due_at < at),
        due_note=work_calendar.calendar().notes([local(lead.due_at).date()]) if lead.due_at and lead.is_open else "",
        customer_url_ok=lead.customer_id is not None and is_customer_reached(lead.customer_id, staff),
    )


def steps_of(lead: Lead) -> list[Step]:
    """Everything that happened to a lead, oldest first. One statement."""
    return list(lead.steps.select_related("by", "from_position__holder", "to_position__holder"))


def is_customer_reached(customer_id: int, staff: Staff) -> bool:
    """Whether the page of this customer opens for ``staff``."""
    if Organisation.objects.visible_to(staff).filter(pk=customer_id).exists():
        return True
    return Person.objects.visible_to(staff).filter(pk=customer_id).exists()


def leads_of(*, customer_id: int, staff: Staff) -> list[Lead]:
    """The leads of one customer, newest first; whoever sees the customer sees what brought it."""
    del staff
    rows = Lead.objects.filter(customer_id=customer_id).select_related("source_channel", "campaign", "position__holder", "unit")
    return list(rows.order_by("-first_touch_at", "-pk")[:50])


@dataclass(frozen=True)
class Candidate:
    """A customer that may be the one who called."""

    customer: Organisation | Person
    why: str
    may_link: bool = True

    @property
    def where(self) -> str:
        region = getattr(self.customer, "region", None)
        return region.full_name if region else ""


@dataclass(frozen=True)
class Candidates:
    """``elsewhere``: those the reader may not open, masked. ``learned``, by noun: what has to go on record (decision 4)."""

    shown: Sequence[Candidate]
    elsewhere: Sequence[str] = ()
    learned: Sequence[tuple[str, Duplicate]] = ()


def candidates(*, lead: Lead, text: str, staff: Staff, check: bool) -> Candidates:
    """Customers like the lead (``check``: the reader may ask for them now), and those the typed text finds: the likely ones first."""
    learned: list[tuple[str, Duplicate]] = []
    likely: list[tuple[Any, str]] = [] if not check else [
        *likely_organisations(kind=lead.kind, name=lead.organisation_name, phone=lead.phone),
        *((person, why) for person, why in likely_people(mobile=lead.phone) if not person.is_affiliated),
    ]
    shown, elsewhere = {}, []
    for customer, why in likely:
        noun = "organisation" if isinstance(customer, Organisation) else "person"
        seen = customer.allows(staff, _view_word(customer))
        name = customer.name if seen else mask_name(customer.name)
        if seen:
            shown[customer.pk] = Candidate(customer, why, _may_change(customer, staff))
        else:
            elsewhere.append(f"{name}（{why}）")
        if not seen or (noun == "person" and not customer.allows(staff, PeopleCan.FULL_PHONE)):
            learned.append((noun, Duplicate(customer.pk, customer.get_kind_display(), name, "", why)))
    if text.strip():
        for customer in _found(text, staff):
            shown.setdefault(customer.pk, Candidate(customer, "名称或编码相符", _may_change(customer, staff)))
    return Candidates(list(shown.values())[: 2 * SHOWN], elsewhere, learned)


def similar_leads(*, name: str = "", phone: str = "", without: int | None = None) -> list[Lead]:
    """Open leads of anybody with the same phone, or a name like it. One statement."""
    digits, condition = digits_of(phone), Q(pk__in=[])
    if len(digits) >= PHONE_LEAST:
        condition |= Q(search_terms__contains=["t:" + digits[-PHONE_LONGEST:]])
    if len(name.strip()) >= NAME_LEAST:
        condition |= matching(text=name.strip(), names_only=True)
    rows = Lead.objects.open().filter(condition).exclude(pk=without).select_related("source_channel", "position__holder", "unit")
    return list(rows.order_by("-first_touch_at")[:ALIKE])


def _view_word(customer: Organisation | Person) -> str:
    return PeopleCan.VIEW if isinstance(customer, Organisation) else PeopleCan.VIEW_PERSON


def _may_change(customer: Organisation | Person, staff: Staff) -> bool:
    """Whether a lead may be linked to it: a share to read gives no right to move its stage."""
    return customer.allows(staff, PeopleCan.EDIT if isinstance(customer, Organisation) else PeopleCan.EDIT_PERSON)


def _found(text: str, staff: Staff) -> list[Organisation | Person]:
    organisations = Organisation.objects.alive().reached_by(staff, PeopleCan.VIEW).filter(matching(text=text))
    people = Person.objects.alive().unaffiliated().reached_by(staff, PeopleCan.VIEW_PERSON).filter(matching(text=text, names_only=True))
    rows = organisations.select_related("region").order_by("-last_activity_at")
    return [*rows[:SHOWN], *people.order_by("-last_activity_at")[:SHOWN]]


def sources_by_name() -> tuple[dict[str, Channel], dict[str, Campaign]]:
    """Open channels by name, and campaigns by normalised name, for files. Two statements."""
    channels = {one.name: one for one in Channel.objects.open()}
    campaigns = {normalise(one.name): one for one in Campaign.objects.open().select_related("channel")}
    return channels, campaigns


def open_leads_by(*, phones: Collection[str], names: Collection[str]) -> dict[str, str]:
    """Open leads of anybody with one of these phones or names, by phone and by normalised name: who has it.

    One statement; whose it is is told masked (decision 4).
    """
    if not phones and not names:
        return {}
    rows = Lead.objects.open().filter(Q(~Q(phone=""), phone__in=phones) | Q(~Q(organisation_name=""), organisation_name__in=names))
    found: dict[str, str] = {}
    for row in rows.select_related("position__holder"):
        holder = f"负责人 {mask_name(row.position.label)}" if row.position else "待分配"
        for key in (row.phone, normalise(row.organisation_name)):
            if key:
                found.setdefault(key, holder)
    return found


def not_reached(*, ids: Collection[int], staff: Staff, word: str) -> set[int]:
    """Of these leads, those the word does not reach: two statements."""
    rows = Lead.objects.filter(pk__in=ids)
    return set(rows.values_list("pk", flat=True)) - set(rows.reached_by(staff, word).values_list("pk", flat=True))


@dataclass(frozen=True)
class TermsKept:
    """线索时效: how many leads of the last ``TERM_DAYS`` were answered within their term, of those whose answer was due."""

    kept: int
    due: int

    @property
    def percent(self) -> int | None:
        return percent_of(self.kept, self.due)


def terms_kept(*, staff: Staff, at: datetime) -> TermsKept:
    """handled within SLA ÷ leads (domain (c), R-187). A lead that still has time does not count. One statement."""
    answered = Q(accepted_at__isnull=False) | Q(state__in=DONE_STATES)
    recent = Lead.objects.visible_to(staff).filter(first_touch_at__gte=at - timedelta(days=TERM_DAYS)).order_by()
    found = recent.aggregate(
        kept=Count("pk", filter=answered & Q(is_escalated=False)),
        due=Count("pk", filter=answered | Q(is_escalated=True) | Q(due_at__lte=at)),
    )
    return TermsKept(found["kept"], found["due"])
