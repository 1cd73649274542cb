"""What must happen in higher departments when customers change hands, in the same transaction.

A department registers a participant in its ``apps.py``; ``assign_organisations`` calls it without knowing it
(as ``access.handover`` does when positions and people move).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from keqing.access.models import OrgUnit, Position, Staff


@dataclass(frozen=True)
class Place:
    """Who answers for a customer: a position, or (None) the queue of a unit."""

    position_id: int | None
    unit_id: int


@dataclass(frozen=True)
class Move:
    customer_id: int
    former: Place


class Participant(Protocol):
    def follow(
        self, *, moves: Sequence[Move], position: Position | None, unit: OrgUnit, by: Staff, at: datetime
    ) -> None:
        """These customers now belong to ``position``, or wait in ``unit``. Their rows are locked and changed."""


_participants: list[Participant] = []


def register(participant: Participant) -> None:
    if participant not in _participants:
        _participants.append(participant)


def follow(*, moves: Sequence[Move], position: Position | None, unit: OrgUnit, by: Staff, at: datetime) -> None:
    """Let every department bring along what hangs on these customers."""
    if moves:
        for participant in _participants:
            participant.follow(moves=moves, position=position, unit=unit, by=by, at=at)
