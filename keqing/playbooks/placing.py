"""Who has to do a step: the owner of the customer, the owner's superior, or a named position."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from keqing.access.models import OrgUnit, Position
from keqing.playbooks.models import Step

if TYPE_CHECKING:
    from keqing.people.models import Organisation


@dataclass(frozen=True)
class Place:
    """A position with the unit its work is counted in, and who holds it."""

    position_id: int
    unit_id: int
    holder: str


@dataclass(frozen=True)
class Places:
    """All current positions; read once for many customers."""

    positions: Mapping[int, Place]
    heads: Mapping[int, Place]
    lines: Mapping[int, tuple[int, ...]]

    def owner_of(self, customer: Organisation) -> Place | None:
        """The owner's position; while nobody owns the customer, the head over the queue it waits in."""
        if customer.owner_position_id:
            found = self.positions.get(customer.owner_position_id)
            return Place(found.position_id, customer.unit_id, found.holder) if found else None
        return self._head_over(customer.unit_id)

    def superior_of(self, customer: Organisation) -> Place | None:
        """The head over the owner; at the top the owner."""
        owner = self.owner_of(customer)
        return owner and (self._head_over(customer.unit_id, but=owner.position_id) or owner)

    def for_step(self, step: Step, customer: Organisation) -> Place | None:
        """Where the reminder of a step goes; a named position that was closed gives it back to the owner."""
        if step.owner_rule == Step.Owner.POSITION and step.position_id in self.positions:
            return self.positions[step.position_id]
        if step.owner_rule == Step.Owner.MANAGER:
            return self.superior_of(customer)
        return self.owner_of(customer)

    def _head_over(self, unit_id: int, *, but: int | None = None) -> Place | None:
        for unit in reversed(self.lines.get(unit_id, ())):
            head = self.heads.get(unit)
            if head is not None and head.position_id != but:
                return head
        return None


def places() -> Places:
    """Two statements, whatever the number of customers."""
    rows = Position.objects.current().values_list("pk", "unit_id", "is_head", "holder__name")
    positions, heads = {}, {}
    for pk, unit_id, is_head, holder in rows:
        positions[pk] = Place(pk, unit_id, holder or "")
        if is_head:
            heads[unit_id] = positions[pk]
    units = OrgUnit.objects.values_list("pk", "path")
    return Places(positions, heads, {pk: tuple(int(one) for one in path.strip("/").split("/") if one) for pk, path in units})
