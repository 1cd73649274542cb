"""What must happen in many departments when work changes hands, in one transaction (decision 16).

A department registers what it has in its ``apps.py``; ``access`` calls it without knowing it:

* ``register_movable(Movable(...))``: rows of a table that belong to a position. They are counted before a handover
  and moved by a transfer of work with set-based statements, and moved back when it is undone;
* ``register_personal(...)``: what belongs to a person and not to a position, when the person leaves;
* ``register(...)``: rows that carry the unit of their position, when the position moves to another unit.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from keqing.access.models import OrgUnit, Position, Staff


@dataclass(frozen=True)
class OpenWork:
    """So many open things of one sort, e.g. 客户 214."""

    label: str
    count: int


class Participant(Protocol):
    def rehome(self, *, position: Position, unit: OrgUnit, by: Staff, at: datetime) -> None:
        """The position now belongs to ``unit``: rows that carry its unit follow."""


@runtime_checkable
class KeepsQueue(Protocol):
    """A participant whose rows may wait in a unit without a position."""

    def waiting(self, *, unit: OrgUnit) -> OpenWork:
        """What waits in the queue of this unit."""


@dataclass(frozen=True)
class MovedRow:
    """One row that changed hands; ``title`` is what a line of the report says."""

    object_id: int
    customer_id: int | None
    title: str
    from_position_id: int
    to_position_id: int


@dataclass(frozen=True)
class Moved:
    """Rows of one ``Movable`` after they changed hands; ``undone`` when they went back."""

    rows: Sequence[MovedRow]
    positions: Mapping[int, Position]
    by: Staff
    at: datetime
    reason: str
    undone: bool = False


@dataclass(frozen=True)
class Movable:
    """Rows of one table that change hands with the work of a position.

    ``rows`` gives the open rows of positions; the other names are columns of its model. A row with a ``customer``
    goes where its customer goes in the same transfer, others to whoever takes over the rest. ``customer`` is None
    for rows that may have none. ``traits`` names the columns rules may split by: region, kind, level (customers only).
    ``moved`` writes what the department's own story needs (audit, timeline), in bulk and in the same transaction.
    """

    key: str
    label: str
    rows: Callable[[Collection[int]], QuerySet[Any]]
    owner: str = "position"
    unit: str | None = "unit"
    customer: str | None = "customer_id"
    title: str = "text"
    version: str | None = "version"
    traits: Mapping[str, str] = field(default_factory=dict)
    is_customer: bool = False
    moved: Callable[[Moved], None] | None = None


class Personal(Protocol):
    """What belongs to a person: when the person leaves, somebody else gets it, or it ends."""

    label: str

    def count(self, *, staff: Staff) -> int: ...

    def hand_over(self, *, staff: Staff, heir: Staff | None, by: Staff, at: datetime) -> None: ...


_participants: list[Participant] = []
_movables: dict[str, Movable] = {}
_personal: list[Personal] = []


def register(participant: Participant) -> None:
    if participant not in _participants:
        _participants.append(participant)


def register_movable(movable: Movable) -> None:
    _movables[movable.key] = movable


def register_personal(personal: Personal) -> None:
    if personal not in _personal:
        _personal.append(personal)


def movables() -> list[Movable]:
    """Customers first: what hangs on them follows."""
    return sorted(_movables.values(), key=lambda one: not one.is_customer)


def personal_work(*, staff: Staff) -> list[OpenWork]:
    found = [OpenWork(one.label, one.count(staff=staff)) for one in _personal]
    return [work for work in found if work.count]


def hand_over_personal(*, staff: Staff, heir: Staff | None, by: Staff, at: datetime) -> None:
    for one in _personal:
        one.hand_over(staff=staff, heir=heir, by=by, at=at)


def open_work(*, positions: Collection[Position]) -> list[OpenWork]:
    """What is open on these positions, table by table; one statement each."""
    ids = [position.pk for position in positions]
    found = [OpenWork(one.label, one.rows(ids).count()) for one in movables()] if ids else []
    return [work for work in found if work.count]


def rehome(*, position: Position, unit: OrgUnit, by: Staff, at: datetime) -> None:
    for participant in _participants:
        participant.rehome(position=position, unit=unit, by=by, at=at)


def waiting_in(*, unit: OrgUnit) -> list[OpenWork]:
    found = [p.waiting(unit=unit) for p in _participants if isinstance(p, KeepsQueue)]
    return [work for work in found if work.count]
