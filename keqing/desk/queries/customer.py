"""What the customer page shows, put together from the departments below (decision 17)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet

from keqing.access.directory import seat
from keqing.access.models import Staff
from keqing.access.standing import Grant, roles
from keqing.followups.attendees import with_people
from keqing.people.fields import organisation_fields, person_fields
from keqing.people.labels import (
    ChangeLine,
    MissingItem,
    change_lines,
    fact,
    missing_items,
    validity_class,
    validity_text,
)
from keqing.people.models import Organisation, Person
from keqing.people.permissions import Can
from keqing.people.queries import KeyPerson, key_people, last_changes, with_counts

# shown in the page's head, or of no use in a box
IN_THE_HEAD = ("name", "short_name", "level", "category", "ownership", "business_state", "address", "region")


def page_rows() -> QuerySet[Organisation]:
    """Organisations with what the page's head needs, in one statement; ``furnish`` gives them the rest."""
    return with_people(with_counts(Organisation.objects.all())).select_related("region", "unit")


def furnish(organisation: Organisation, *, staff: Staff) -> None:
    """The owner, and the customers named in the file: one statement where such are named, else none."""
    seat([organisation], staff=staff)
    named = {"chain": organisation.chain_id, "main_distributor": organisation.main_distributor_id}
    wanted = {pk for pk in named.values() if pk}
    found = Organisation.objects.only("name", "kind").in_bulk(wanted) if wanted else {}
    for name, pk in named.items():
        if pk:
            setattr(organisation, name, found[pk])


@dataclass(frozen=True)
class CustomerPage:
    """The right column and the facts of the overview."""

    missing: Sequence[MissingItem]
    people: Sequence[KeyPerson]
    facts: Sequence[dict[str, Any]]
    changes: Sequence[ChangeLine]
    reasons: Sequence[str]
    place: str
    licence: dict[str, str] | None


def customer_page(*, organisation: Organisation, staff: Staff, today: date) -> CustomerPage:
    """Two statements: people and changes; everything else is on the row."""
    return CustomerPage(
        missing=missing_items(organisation),
        people=key_people(organisation.pk),
        facts=_facts(organisation, today),
        changes=change_lines(last_changes(customer=organisation.pk), customer_id=organisation.pk),
        reasons=reasons_to_see(organisation=organisation, staff=staff),
        place=_place(organisation),
        licence=_licence(organisation, today),
    )


def _facts(organisation: Organisation, today: date) -> list[dict[str, Any]]:
    facts = []
    for name in organisation_fields(organisation.kind).columns:
        if name in IN_THE_HEAD:
            continue
        line = fact(organisation, name)
        if not line["value"] and name not in organisation.missing:
            continue
        if name in ("license_expires_on", "authorised_until"):
            until = getattr(organisation, name)
            line |= {"css": validity_class(until, today), "note": validity_text(until, today)}
        elif name in ("chain", "main_distributor") and getattr(organisation, f"{name}_id"):
            line["customer_id"] = getattr(organisation, f"{name}_id")
        facts.append(line)
    return facts


def _place(organisation: Organisation) -> str:
    """Region and address as one line; an address that names its region itself is enough."""
    region = organisation.region.full_name if organisation.region else ""
    return organisation.address if organisation.address.startswith(region) else f"{region}{organisation.address}"


def _licence(organisation: Organisation, today: date) -> dict[str, str] | None:
    """The distributor's licence in the head: colour and the days in words (R-010)."""
    if "license_expires_on" not in organisation_fields(organisation.kind) or organisation.license_expires_on is None:
        return None
    until = organisation.license_expires_on
    return {"until": until.isoformat(), "css": validity_class(until, today), "note": validity_text(until, today)}


def reasons_to_see(*, organisation: Organisation, staff: Staff) -> list[str]:
    """为什么我能看到: each position of the reader that opens this customer, in a sentence. No statement."""
    found = []
    for position in staff.standing.own_positions:
        role = roles().get(position.role)
        for grant in role.words.get(str(Can.VIEW), ()) if role else ():
            if grant.kinds is not None and organisation.kind not in grant.kinds:
                continue
            if sentence := _reason(grant, position, organisation):
                found.append(f"您的岗位“{position.name}”（{role.title}）{sentence}")
    for clause in staff.standing.clauses.get(str(Can.VIEW), ()):
        if clause.via and clause.admits(
            kind=organisation.kind, owner_position_id=organisation.owner_position_id, unit_id=organisation.unit_id
        ):
            found.append(f"您正在代理 {clause.via.name} 的岗位“{clause.via.position.name}”，到 {clause.via.until} 为止。")
        elif clause.customers and organisation.pk in clause.customers:
            found.append("这家客户共享给了您的岗位或组织，详见“谁能看到”。")
    return list(dict.fromkeys(found))


def _reason(grant: Grant, position: Any, organisation: Organisation) -> str:
    inside = organisation.unit.path.startswith(position.unit.path)
    if grant.reach == "all":
        return "只可查看全公司客户的名称与编码。" if grant.names_only else "可查看全公司的客户。"
    if grant.reach == "own" or (grant.reach == "team" and not position.is_head):
        return "负责这家客户。" if organisation.owner_position_id == position.pk else ""
    if not inside:
        return ""
    if grant.reach == "team":
        return f"负责“{position.unit.name}”，这家客户属于“{organisation.unit.name}”。"
    kinds = "这类" if grant.kinds is not None else ""
    return f"可查看“{position.unit.name}”辖区内的{kinds}客户，这家客户属于“{organisation.unit.name}”。"


@dataclass(frozen=True)
class PersonPage:
    """The right column of a customer who is a person."""

    missing: Sequence[MissingItem]
    facts: Sequence[dict[str, Any]]
    changes: Sequence[ChangeLine]
    full_phone: bool
    may_reveal: bool


def person_page(*, person: Person, staff: Staff) -> PersonPage:
    """One statement: the changes."""
    full = person.allows(staff, Can.FULL_PHONE)
    names = [name for name in person_fields(person.kind).columns if name not in ("name", "mobile", "phone")]
    return PersonPage(
        missing=missing_items(person),
        facts=[line for name in names if (line := fact(person, name))["value"]],
        changes=change_lines(last_changes(customer=person.pk), customer_id=person.pk),
        full_phone=full,
        may_reveal=not full and bool(person.mobile or person.phone) and person.allows(staff, Can.REVEAL_PHONE),
    )
