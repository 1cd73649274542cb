"""People's part when work changes hands."""

from collections.abc import Collection
from datetime import datetime

from keqing.access.handover import OpenWork
from keqing.access.models import OrgUnit, Position, Staff
from keqing.people.models import Organisation, Person


class CustomersFollow:
    def preview(self, *, positions: Collection[Position]) -> list[OpenWork]:
        held = Organisation.objects.alive().filter(owner_position__in=positions).count()
        loose = Person.objects.alive().unaffiliated().filter(owner_position__in=positions).count()
        return [OpenWork("客户", held + loose)]

    def waiting(self, *, unit: OrgUnit) -> OpenWork:
        unowned = {"unit": unit, "owner_position__isnull": True}
        queued = Organisation.objects.alive().filter(**unowned).count()
        loose = Person.objects.alive().unaffiliated().filter(**unowned).count()
        return OpenWork("待分配客户", queued + loose)

    def rehome(self, *, position: Position, unit: OrgUnit, by: Staff, at: datetime) -> None:
        Organisation.objects.filter(owner_position=position).update(unit=unit)
        Person.objects.filter(owner_position=position).update(unit=unit)
