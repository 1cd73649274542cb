"""Who may have taken part in a contact: the people who work at the customer now."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import JSONObject

from keqing.people.choices import Role
from keqing.people.models import Affiliation, Organisation, Person

SHOWN = 300


@dataclass(frozen=True)
class Attendee:
    """参与人 as chosen among the customer's people."""

    person_id: int
    name: str
    role: str = ""

    def __str__(self) -> str:
        return f"{self.name}（{self.role}）" if self.role else self.name


def with_people(
    organisations: QuerySet[Organisation], *, wanted: Collection[int] = (), chosen_only: bool = False
) -> QuerySet[Organisation]:
    """Carry each organisation's people along in the same statement; ``wanted`` ones are surely among them.

    With ``chosen_only`` these and no others.
    """
    # heads and the office come before the many doctors
    rank = Case(
        When(person_id__in=list(wanted) or [0], then=Value(0)),
        When(is_department_head=True, then=Value(1)),
        When(role=Role.DOCTOR, then=Value(3)),
        default=Value(2),
    )
    working = (
        Affiliation.objects.filter(
            Q(person_id__in=list(wanted)) if chosen_only else Q(),
            organisation=OuterRef("pk"), to_on__isnull=True, person__deleted_at__isnull=True,
        )
        .order_by(*([] if chosen_only else [rank]), "pk")
        .values(
            found=JSONObject(
                id=F("person_id"), name=F("person__name"), role=F("role"), post=F("post"), place=F("department__name")
            )
        )
    )
    return organisations.annotate(people_at_hand=ArraySubquery(working[:SHOWN]))


def attendees_of(customer: Organisation | Person) -> list[Attendee]:
    """Of an organisation read through ``with_people``; a person without affiliation takes part alone."""
    found: dict[int, Attendee] = {}
    raw: Any
    for raw in getattr(customer, "people_at_hand", ()):
        role = raw["post"] or dict(Role.choices).get(raw["role"], "")
        words = f"{raw['place'] or ''}{role}"
        found.setdefault(raw["id"], Attendee(raw["id"], raw["name"], words[:40]))
    return list(found.values())
