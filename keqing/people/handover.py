"""People's part when work changes hands."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import QuerySet

from keqing.access.handover import Movable, Moved, OpenWork
from keqing.access.models import OrgUnit, Position, Staff
from keqing.audit import actions as audit
from keqing.kit import bulk
from keqing.people.models import Organisation, Person
from keqing.timeline import actions as timeline
from keqing.timeline.models import Entry


class CustomersFollow:
    def waiting(self, *, unit: OrgUnit) -> OpenWork:
        unowned = {"unit": unit, "owner_position__isnull": True}
        queued = Organisation.objects.alive().filter(**unowned).count()
        loose = Person.objects.alive().unaffiliated().filter(**unowned).count()
        return OpenWork("待分配客户", queued + loose)

    def rehome(self, *, position: Position, unit: OrgUnit, by: Staff, at: datetime) -> None:
        Organisation.objects.filter(owner_position=position).update(unit=unit)
        Person.objects.filter(owner_position=position).update(unit=unit)


def organisations_of(positions: Collection[int]) -> QuerySet[Organisation]:
    return Organisation.objects.alive().filter(owner_position__in=positions)


def people_of(positions: Collection[int]) -> QuerySet[Person]:
    """People who are customers of their own."""
    return Person.objects.alive().unaffiliated().filter(owner_position__in=positions)


def tell_organisations(moved: Moved) -> None:
    """A new owner is something that happens: who was long silent starts anew."""
    Organisation.objects.filter(pk__in=[row.object_id for row in moved.rows]).update(last_activity_at=moved.at)
    _tell(moved, "people.organisation", "organisation.transferred")


def tell_people(moved: Moved) -> None:
    Person.objects.filter(pk__in=[row.object_id for row in moved.rows]).update(last_activity_at=moved.at)
    _tell(moved, "people.person", "person.transferred")


def _tell(moved: Moved, label: str, action: str) -> None:
    """One audit and one timeline entry for each customer."""
    names = {pk: position.label for pk, position in moved.positions.items()}
    audit.record_all(
        audit.entry_for(
            action=action, by=moved.by, at=moved.at, reason=moved.reason,
            subject=audit.Subject(label, row.object_id, row.title, row.object_id),
            changes={"owner_position": [names[row.from_position_id], names[row.to_position_id]]},
        )
        for row in moved.rows
    )  # fmt: skip
    lines = bulk.Mould(
        Entry, at=moved.at, kind=Entry.Kind.HANDOVER, icon="user-share", actor_id=moved.by.pk, actor_name=moved.by.name,
        text=moved.reason,
    )
    verb = "撤销移交" if moved.undone else "移交"
    timeline.add_entries(
        lines.make(
            customer_id=row.object_id,
            title=f"{verb} {names[row.from_position_id]} → {names[row.to_position_id]}",
        )
        for row in moved.rows
    )


ORGANISATIONS = Movable(
    key="organisations", label="客户", rows=organisations_of, owner="owner_position", customer="id", title="name",
    traits={"region": "region__code", "kind": "kind", "level": "level"}, is_customer=True, moved=tell_organisations,
)
PEOPLE = Movable(
    key="people", label="个人客户", rows=people_of, owner="owner_position", customer="id", title="name",
    traits={"kind": "kind"}, is_customer=True, moved=tell_people,
)
