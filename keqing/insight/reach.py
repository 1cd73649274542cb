"""Whose contacts a report may count: work belongs to who did it, in the unit where it was done.

Records are *read* by whoever sees the customer (decision 3), but *counted* for the person, position and unit of
that day: a customer that has changed hands takes its history along and leaves the numbers where they were. So
the word ``report.contacts`` reaches records by tracker: *own* is what I recorded myself, *team* and *territory*
what was recorded in those units, *all* everything. Whether the content of one of them may be read is asked
separately, of the customer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from keqing.access.models import Staff
from keqing.followups.models import ContactRecord, of_present_customers
from keqing.followups.permissions import Can as FollowupsCan
from keqing.insight.permissions import Can


@dataclass(frozen=True)
class Condition:
    """A piece of SQL and the parameters in it."""

    text: str
    values: tuple[Any, ...] = ()

    def __and__(self, other: Condition) -> Condition:
        return Condition(f"{self.text} and {other.text}", (*self.values, *other.values))


@dataclass(frozen=True)
class Reach:
    """Everything, or what was done in ``units`` and by ``person_id``."""

    everything: bool
    units: tuple[int, ...]
    person_id: int | None

    @property
    def is_own_only(self) -> bool:
        return not self.everything and not self.units

    def condition(self, *, unit: str, person: str) -> Condition:
        """For SQL whose columns have these names."""
        if self.everything:
            return Condition("true")
        parts = [Condition(f"{unit} = any(%s)", (list(self.units),))] if self.units else []
        if self.person_id is not None:
            parts.append(Condition(f"{person} = %s", (self.person_id,)))
        if not parts:
            return Condition("false")
        return Condition(f"({' or '.join(part.text for part in parts)})", tuple(v for part in parts for v in part.values))

    def records(self) -> Q:
        if self.everything:
            return Q()
        condition = Q(pk__in=[])
        if self.units:
            condition = Q(tracker_unit_id__in=self.units)
        if self.person_id is not None:
            own = Q(tracker_id=self.person_id)
            condition = condition | own if self.units else own
        return condition


def reach_of(staff: Staff) -> Reach:
    """A grant limited to kinds of customers reaches nothing here: the counts know no kinds."""
    clauses = [c for c in staff.standing.clauses.get(Can.CONTACTS, ()) if c.kinds is None]
    units = frozenset().union(*(c.units for c in clauses if c.units is not None))
    own = any(c.positions is not None for c in clauses)
    everything = any(c.positions is None and c.units is None for c in clauses)
    return Reach(everything, tuple(sorted(units)), staff.pk if own else None)


def readable(*, staff: Staff, record_ids: list[int]) -> set[int]:
    """Those of the records whose content this person may read: by their customers, one statement at most.

    A customer in 回收站 is out of sight for everybody, also for who reaches all customers.
    """
    if not record_ids:
        return set()
    rows = ContactRecord.objects.visible_to(staff).filter(pk__in=record_ids)
    if staff.standing.reaches_everything(FollowupsCan.VIEW):
        rows = rows.filter(of_present_customers())
    return set(rows.values_list("pk", flat=True))
