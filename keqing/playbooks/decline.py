"""Whose orders are falling: asked of a department that knows orders, once there is one (R-096)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from django.db.models import QuerySet


class Orders(Protocol):
    """A source of orders; registered by the department that keeps them."""

    def falling(self, *, today: date, percent: int) -> QuerySet[Any]:
        """Ids of the customers who order at least so many per cent less than before, as a subquery."""

    def drops(self, customer_ids: list[int], *, today: date) -> dict[int, int]:
        """By how many per cent each of these orders less, for the page."""


_sources: list[Orders] = []


def register(source: Orders) -> None:
    """The one source; registering another replaces it."""
    _sources[:] = [source]


def is_known() -> bool:
    return bool(_sources)


def falling(*, today: date, percent: int) -> QuerySet[Any] | None:
    """None while no department knows orders."""
    return _sources[0].falling(today=today, percent=percent) if _sources else None


def drops(customer_ids: list[int], *, today: date) -> dict[int, int]:
    return _sources[0].drops(customer_ids, today=today) if _sources else {}
