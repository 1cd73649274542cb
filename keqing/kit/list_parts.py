"""What a list is made of: columns, chips, what stands above and below the rows."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q

from keqing.kit.list_rows import CellOf


@dataclass(frozen=True)
class Asked:
    """Who asks, and on which day: what a preset may depend on."""

    user: Any
    today: date


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column; ``sort`` is the ORM path to order by (empty: not sortable), ``letters`` allows a jump to a letter.

    ``cell`` draws it from the row and today (without: the attribute named like the column); ``shown`` False is a
    column one has to ask for; ``edit`` names the field that is edited in the cell (``ListSpec.edit_url``).
    """

    key: str
    label: str
    sort: str = ""
    css: str = ""
    numeric: bool = False
    letters: bool = False
    hideable: bool = True
    total: str = ""
    cell: CellOf | None = None
    shown: bool = True
    edit: str = ""


@dataclass(frozen=True, kw_only=True)
class Preset:
    """One chip above the list; ``condition`` narrows the filtered rows."""

    key: str
    label: str
    condition: Callable[[Asked], Q]


@dataclass(frozen=True, kw_only=True)
class Chip:
    label: str
    count: int | None
    url: str
    active: bool


@dataclass(frozen=True, kw_only=True)
class Offer:
    """Something that can be done to the chosen rows: a button whose address takes ``key``."""

    label: str
    icon: str
    url_name: str
    key: str


@dataclass(frozen=True, kw_only=True)
class Head:
    """A column as the head of the table shows it."""

    column: Column
    css: str
    url: str
    direction: str


@dataclass(frozen=True, kw_only=True)
class Total:
    """A sum over the whole result; ``value`` None: only on a click, there is too much to add up unasked."""

    label: str
    value: Decimal | int | None


@dataclass(frozen=True, kw_only=True)
class Jump:
    """Where the order can be entered: at a letter, or at a day."""

    letters: Sequence[tuple[str, str]] = ()
    letter: str = ""
    by_day: bool = False
    day: str = ""


def a_day(text: str) -> date | None:
    """A day as a browser writes it, if the list can be entered there."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day < date.max else None  # that day has no following one
