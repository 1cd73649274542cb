"""What a new company starts with: departments above register here what they make when it is founded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keqing.access.models import OrgUnit

Founder = Callable[["OrgUnit", datetime], None]
_founders: list[Founder] = []


def register(founder: Founder) -> None:
    """Called with the company inside the transaction that makes it."""
    if founder not in _founders:
        _founders.append(founder)


def furnish(*, company: OrgUnit, at: datetime) -> None:
    for founder in _founders:
        founder(company, at)
