"""Who sits where: every position with its holder and unit, remembered until one of them changes.

A row of a customer names its owner by number. Joining three tables for them costs a page more than the
customers themselves; a company has some hundred positions, and they change a few times a day.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from keqing.access.models import Position, Staff
from keqing.kit import remembered


def seats(staff: Staff) -> Mapping[int, Position]:
    """Positions by number, each with its unit and its holder's name; read them only. At most one statement."""
    return remembered.recall(
        staff.mark, "seats",
        lambda: {
            one.pk: one
            for one in Position.objects.select_related("holder", "unit").only(
                "code", "name", "unit", "role", "is_head", "holder", "closed_on", "holder__name", "unit__name", "unit__path"
            )
        },
    )  # fmt: skip


def seat(rows: Iterable[Any], *, staff: Staff, name: str = "owner_position") -> None:
    """Give rows that were read with the number of a position (``name``_id) alone the position itself.

    One that came after this request began stays to be read from the database.
    """
    known = seats(staff)
    for row in rows:
        if position := known.get(getattr(row, f"{name}_id")):
            setattr(row, name, position)
