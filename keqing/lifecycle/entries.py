"""What other departments do when customers enter or leave a stage, in the transaction of the move, in bulk.

A department registers a participant in its ``apps.py``: playbooks start and stop plans.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from keqing.access.models import Staff
from keqing.people.models import Organisation


class Participant(Protocol):
    def entered(self, *, customers: Sequence[Organisation], stage: str, by: Staff | None, at: datetime) -> None:
        """These customers are now in ``stage``: rows locked, the new stage on the objects. ``by`` None: the system."""

    def left(self, *, customers: Sequence[Organisation], stage: str, by: Staff | None, at: datetime) -> None:
        """These customers were in ``stage`` until now; called before ``entered`` of the new one."""


_participants: list[Participant] = []


def register(participant: Participant) -> None:
    if participant not in _participants:
        _participants.append(participant)


def unregister(participant: Participant) -> None:
    """For tests."""
    _participants.remove(participant)


def entered(*, customers: Sequence[Organisation], stage: str, by: Staff | None, at: datetime) -> None:
    for participant in _participants:
        participant.entered(customers=customers, stage=stage, by=by, at=at)


def left(*, customers: Sequence[Organisation], stage: str, by: Staff | None, at: datetime) -> None:
    for participant in _participants:
        participant.left(customers=customers, stage=stage, by=by, at=at)
