"""Where a row of a file belongs: its owner by territory rule, and whether the importer may bring it in (decision 9)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from keqing.access.models import OrgUnit, Position, Staff, TerritoryRule
from keqing.access.territories import TerritoryMap

OUT_OF_REACH = "不在您的辖区"


class OutOfReach(ValueError):
    """The row belongs to somebody whose customers the importer does not answer for."""

    def __init__(self) -> None:
        super().__init__(OUT_OF_REACH)


@dataclass(frozen=True)
class Place:
    """``owner`` None: it waits in the queue of ``unit``."""

    unit: OrgUnit
    owner: Position | None


class Placing:
    """Answers for many rows with two statements in all."""

    def __init__(self, *, by: Staff, word: str, unit: OrgUnit, today: date) -> None:
        self._standing, self._word, self._unit = by.standing, word, unit
        self._territories = TerritoryMap(today=today)
        self._everything = self._standing.reaches_everything(word)
        self._covered = () if self._everything else self._prefixes(today)
        self._memo: dict[tuple[str, str | None], Place | None] = {}

    def place(self, *, kind: str, division: str | None) -> Place:
        """Owner and unit of a new customer of ``kind`` in ``division``; raises ``OutOfReach``."""
        key = (kind, division)
        if key not in self._memo:
            self._memo[key] = self._place(kind, division)
        found = self._memo[key]
        if found is None:
            raise OutOfReach
        return found

    def _place(self, kind: str, division: str | None) -> Place | None:
        owner = self._territories.position_for(kind=kind, division=division)
        unit = owner.unit if owner else self._unit
        reached = self._standing.reaches(
            self._word, kind=kind, owner_position_id=owner.pk if owner else None, unit_id=unit.pk
        )
        if not reached or (owner is None and self._is_elsewhere(division)):
            return None
        return Place(unit, owner)

    def _is_elsewhere(self, division: str | None) -> bool:
        """My units have territories, and this place is in none of them and holds none of them.

        A place named only by its province or city may well be ours: it waits in the queue for somebody to look.
        """
        if not self._covered or not division:
            return False
        wide = re.sub(r"(?:00)+$", "", division)
        return not division.startswith(self._covered) and not any(own.startswith(wide) for own in self._covered)

    def _prefixes(self, today: date) -> tuple[str, ...]:
        clauses = self._standing.clauses.get(self._word, ())
        units = frozenset[int]().union(*(c.units or frozenset() for c in clauses))
        rules = TerritoryRule.objects.filter(
            Q(valid_to__isnull=True) | Q(valid_to__gte=today), valid_from__lte=today, position__unit_id__in=units,
            position__closed_on__isnull=True,
        )
        return tuple(rules.values_list("division_prefix", flat=True).distinct())
