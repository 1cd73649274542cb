"""What must happen in many departments when work changes hands, in one transaction (decision 16).

A department registers a participant in its ``apps.py``; ``access`` calls it without knowing it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from keqing.access.models import OrgUnit, Position, Staff


@dataclass(frozen=True)
class OpenWork:
    """So many open things of one sort, e.g. 客户 214."""

    label: str
    count: int


class Participant(Protocol):
    def preview(self, *, positions: Collection[Position]) -> list[OpenWork]:
        """What is open on these positions."""

    def rehome(self, *, position: Position, unit: OrgUnit, by: Staff, at: datetime) -> None:
        """The position now belongs to ``unit``: rows that carry its unit follow."""


@runtime_checkable
class KeepsQueue(Protocol):
    """A participant whose rows may wait in a unit without a position."""

    def waiting(self, *, unit: OrgUnit) -> OpenWork:
        """What waits in the queue of this unit."""


_participants: list[Participant] = []


def register(participant: Participant) -> None:
    if participant not in _participants:
        _participants.append(participant)


def open_work(*, positions: Collection[Position]) -> list[OpenWork]:
    return [work for p in _participants for work in p.preview(positions=positions) if work.count]


def rehome(*, position: Position, unit: OrgUnit, by: Staff, at: datetime) -> None:
    for participant in _participants:
        participant.rehome(position=position, unit=unit, by=by, at=at)


def waiting_in(*, unit: OrgUnit) -> list[OpenWork]:
    found = [p.waiting(unit=unit) for p in _participants if isinstance(p, KeepsQueue)]
    return [work for work in found if work.count]
