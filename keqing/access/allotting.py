"""By which rule each customer of a transfer goes: told before it is asked for and before it is agreed to, and carried out so.

Picked by hand counts first, then the rules from top to bottom; what no rule names goes with the rest.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from keqing.access import handover
from keqing.access.handover import Movable
from keqing.reference.models import Division


class Rule(Protocol):
    region_prefix: Any
    kind: Any
    level: Any
    customers: Any


@dataclass(frozen=True)
class Allotment:
    """How many customers go by each rule, how many no rule names, and the rules whose customers all go by another."""

    counts: Sequence[int]
    rest: int
    covered: Collection[int]

    def trouble(self, place: int) -> str:
        """Why the rule at this place moves nothing; empty when it does."""
        if self.counts[place]:
            return ""
        if place in self.covered:
            return "符合的客户都已由前面的规则或选定分走，这条规则不会移交客户。"
        return "现在没有客户符合这条规则，不会按它移交客户。"


def allot(*, positions: Collection[int], rules: Sequence[Rule]) -> Allotment:
    """As a transfer of these positions would go now; two statements."""
    counts: Counter[int | None] = Counter()
    covered: set[int] = set()
    for movable in handover.movables():
        if not movable.is_customer:
            continue
        choose = chooser(movable, rules)
        for row in movable.rows(positions).values("pk", *dict.fromkeys(movable.traits.values())):
            counts[choose(row, row["pk"])] += 1
            covered.update(place for place, rule in enumerate(rules) if place not in covered and _names(rule, movable, row, row["pk"]))
    return Allotment([counts[place] for place in range(len(rules))], counts[None], covered)


def chooser(movable: Movable, rules: Sequence[Rule]) -> Callable[[Mapping[str, Any], int | None], int | None]:
    """Gives the place of the rule a customer goes by; None: with the rest."""
    picked = {pk: place for place, rule in reversed([*enumerate(rules)]) for pk in rule.customers}
    others = [(place, rule) for place, rule in enumerate(rules) if not rule.customers]

    def choose(row: Mapping[str, Any], customer: int | None) -> int | None:
        if customer in picked:
            return picked[customer]
        return next((place for place, rule in others if _fits(rule, movable, row)), None)

    return choose


def condition_of(rule: Rule) -> str:
    """The rule in words."""
    if rule.customers:
        return f"选定的 {len(rule.customers)} 家客户"
    region = _region(rule.region_prefix) if rule.region_prefix else ""
    named = (dict(choices_of(trait)).get(value, value) for trait, value in (("kind", rule.kind), ("level", rule.level)))
    return "，".join(filter(None, (region, *named)))


def choices_of(trait: str) -> list[tuple[str, str]]:
    """What the tables of customers know of kinds and levels; this department knows no customers."""
    found: dict[str, str] = {}
    for movable in handover.movables():
        if trait in movable.traits:
            field = movable.rows([]).model._meta.get_field(movable.traits[trait])
            found |= {value: str(label) for value, label in field.choices or () if value}
    return list(found.items())


def _region(prefix: str) -> str:
    return Division.objects.filter(code=prefix.ljust(6, "0")).values_list("full_name", flat=True).first() or f"地区 {prefix}"


def _names(rule: Rule, movable: Movable, row: Mapping[str, Any], customer: int) -> bool:
    return customer in rule.customers if rule.customers else _fits(rule, movable, row)


def _fits(rule: Rule, movable: Movable, row: Mapping[str, Any]) -> bool:
    wanted = {name: value for name, value in (("region", rule.region_prefix), ("kind", rule.kind), ("level", rule.level)) if value}
    if not wanted.keys() <= movable.traits.keys():
        return False
    found = {name: str(row[movable.traits[name]] or "") for name in wanted}
    return all(found[n].startswith(v) if n == "region" else found[n] == v for n, v in wanted.items())
