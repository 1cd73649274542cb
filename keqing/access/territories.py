"""Who answers for a place: territory rules, longest prefix first (decision 9)."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from keqing.access.models import OrgUnit, Position, TerritoryRule


@dataclass(frozen=True)
class _Rule:
    prefix: str
    kinds: frozenset[str]
    position: Position


class TerritoryMap:
    """The rules in force on a day, read once for many rows."""

    def __init__(self, *, today: date) -> None:
        rules = (
            TerritoryRule.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=today), valid_from__lte=today)
            .filter(position__closed_on__isnull=True)
            .select_related("position__unit", "position__holder")
            .order_by("pk")
        )
        self._rules: dict[str, list[_Rule]] = {}
        for rule in rules:
            self._rules.setdefault(rule.division_prefix, []).append(
                _Rule(rule.division_prefix, frozenset(rule.kinds), rule.position)
            )
        for same_place in self._rules.values():
            same_place.sort(key=lambda rule: not rule.kinds)

    def position_for(self, *, kind: str, division: str | None) -> Position | None:
        """The owner for a customer of ``kind`` in ``division``; a rule naming the kind beats one for all kinds."""
        for length in (6, 4, 2):
            for rule in self._rules.get((division or "")[:length], ()):
                if not rule.kinds or kind in rule.kinds:
                    return rule.position
        return None


def company() -> OrgUnit:
    return OrgUnit.objects.get(kind=OrgUnit.Kind.COMPANY)
