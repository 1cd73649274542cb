"""What a staff member may do: roles of their positions turned into reaches.

A *grant* in ``config/roles.toml`` gives a word a reach; a *clause* is that grant for one position, with the
ids it comes down to. Rows of every scoped table carry an owner position and a unit, so a clause is one
indexed condition. Positions held as somebody's deputy bring their clauses for the days of the proxy, and customers
shared with one's positions are a clause of their own (``delegated``); both come with the positions, in one statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from keqing.kit.formats import business_date

if TYPE_CHECKING:
    from keqing.access.delegated import Deputyship
    from keqing.access.models import Position, Staff

REACHES = ("own", "team", "territory", "all")


@dataclass(frozen=True)
class Grant:
    reach: str
    kinds: frozenset[str] | None = None
    names_only: bool = False


@dataclass(frozen=True)
class Role:
    key: str
    title: str
    order: int
    words: Mapping[str, tuple[Grant, ...]]


@dataclass(frozen=True)
class Clause:
    """Rows of ``kinds`` (None: any) whose owner is in ``positions`` or unit in ``units`` (both None: all rows).

    With ``customers`` it is these rows and no others: those shared. ``via`` is the proxy the clause comes from.
    """

    kinds: frozenset[str] | None = None
    positions: frozenset[int] | None = None
    units: frozenset[int] | None = None
    names_only: bool = False
    customers: frozenset[int] | None = None
    via: Deputyship | None = field(default=None, compare=False)

    def admits(
        self, *, kind: str | None, owner_position_id: int | None, unit_id: int | None, customer_id: int | None = None
    ) -> bool:
        if self.customers is not None:
            return customer_id in self.customers
        if self.kinds is not None and kind not in self.kinds:
            return False
        if self.positions is not None:
            return owner_position_id in self.positions
        return self.units is None or unit_id in self.units

    def condition(self, *, kind: str, owner: str, unit: str, customer: str) -> Q:
        condition = Q()
        if self.customers is not None:
            return Q(**{f"{customer}__in": sorted(self.customers)})
        if self.kinds is not None:
            condition &= Q(**{f"{kind}__in": sorted(self.kinds)})
        if self.positions is not None:
            condition &= Q(**{f"{owner}__in": sorted(self.positions)})
        elif self.units is not None:
            condition &= Q(**{f"{unit}__in": sorted(self.units)})
        return condition


NOTHING = Q(pk__in=[])


@dataclass(frozen=True)
class Standing:
    """The positions held today, own ones first, and, word by word, the rows they reach.

    ``positions`` holds those of a whole proxy too (the deputy does all their work); a proxy for some words or kinds
    brings clauses only. ``deputyships`` names both.
    """

    positions: tuple[Position, ...] = ()
    title: str = "无岗位"
    clauses: Mapping[str, tuple[Clause, ...]] = field(default_factory=dict)
    headed_unit_ids: frozenset[int] = frozenset()
    roles: frozenset[str] = frozenset()
    company_name: str = ""
    own_positions: tuple[Position, ...] = ()
    deputyships: tuple[Deputyship, ...] = ()

    @property
    def position_ids(self) -> frozenset[int]:
        return frozenset(p.pk for p in self.positions)

    @property
    def home(self) -> Position | None:
        """The position new work is entered for: the first one of one's own."""
        return self.own_positions[0] if self.own_positions else None

    def on_behalf_of(self, deputyship: Deputyship | None) -> Standing:
        """What comes from this proxy alone, or (None) what is one's own."""
        positions = self.own_positions
        if deputyship is not None:
            positions = (deputyship.position,) if deputyship.is_whole else ()
        mine = {w: tuple(c for c in many if c.via == deputyship) for w, many in self.clauses.items()}
        return replace(self, positions=positions, clauses={w: many for w, many in mine.items() if many})

    def may(self, word: str) -> bool:
        return str(word) in self.clauses

    def reaches(
        self, word: str, *, kind: str | None, owner_position_id: int | None, unit_id: int | None,
        customer_id: int | None = None, names: bool = False,
    ) -> bool:
        """Whether the word reaches one row; ``names`` counts grants that show names and codes only.

        ``customer_id`` is given for rows of customers: those shared count.
        """
        return any(
            clause.admits(kind=kind, owner_position_id=owner_position_id, unit_id=unit_id, customer_id=customer_id)
            for clause in self.clauses.get(str(word), ())
            if names or not clause.names_only
        )

    def rows(
        self,
        word: str,
        *,
        names: bool = True,
        kind: str = "kind",
        owner: str = "owner_position_id",
        unit: str = "unit_id",
        customer: str = "pk",
    ) -> Q:
        """The condition for the rows a word reaches; no grant means no rows."""
        clauses = [c for c in self.clauses.get(str(word), ()) if names or not c.names_only]
        if not clauses:
            return NOTHING
        conditions = [c.condition(kind=kind, owner=owner, unit=unit, customer=customer) for c in clauses]
        if any(not condition for condition in conditions):
            return Q()
        combined = conditions[0]
        for condition in conditions[1:]:
            combined |= condition
        return combined

    def reaches_everything(self, word: str) -> bool:
        return any(c == Clause() for c in self.clauses.get(str(word), ()))


@cache
def roles() -> Mapping[str, Role]:
    """The roles of ``config/roles.toml``, in the order of the file."""
    return {
        key: Role(key, raw["title"], order, {w: _grants(g) for w, g in raw.get("words", {}).items()})
        for order, (key, raw) in enumerate(settings.ROLES.items())
    }


def role_choices() -> list[tuple[str, str]]:
    return [(role.key, role.title) for role in roles().values()]


def _grants(raw: Any) -> tuple[Grant, ...]:
    many = raw if isinstance(raw, list) else [raw]
    return tuple(
        Grant(g)
        if isinstance(g, str)
        else Grant(g["reach"], frozenset(g["kinds"]) if "kinds" in g else None, g.get("names_only", False))
        for g in many
    )


def standing_of(staff: Staff) -> Standing:
    """Two queries: the positions held, own or by proxy, with their units and shares; and the units under them."""
    from keqing.access import delegated
    from keqing.access.models import OrgUnit

    if not staff.is_active:
        return Standing()
    today = business_date(timezone.now())
    found = delegated.positions_today(staff=staff, today=today)
    if not found:
        return Standing()
    own = sorted((p for p in found if p.holder_id == staff.pk), key=lambda p: (_order(p.role), p.pk))
    # who became an administrator meanwhile represents nobody any more (三员分立), whatever was arranged before
    deputyships = () if any(p.role in delegated.APART for p in own) else delegated.deputyships(found)
    under, company_name = _units_under({p.unit for p in found}, OrgUnit.objects.all())
    clauses: dict[str, list[Clause]] = {}
    for position in own:
        role = roles().get(position.role)
        for word, grants in (role.words if role else {}).items():
            clauses.setdefault(word, []).extend(_clause(g, position, under) for g in grants)
    for word, clause in delegated.shared_clauses(own):
        if word in clauses:  # a share opens a customer, never a right one's positions do not have
            clauses[word].append(clause)
    for one in deputyships:
        for word, grants in one.grants():
            clauses.setdefault(word, []).extend(_clause(g, one.position, under, one) for g in grants)
    held = [*own, *(one.position for one in deputyships if one.is_whole)]
    title = ""
    if own:
        title = f"{own[0].unit.name} · {roles()[own[0].role].title}" if own[0].role in roles() else own[0].name
    return Standing(
        positions=tuple(held),
        title=title or "无岗位",
        clauses={word: tuple(dict.fromkeys(many)) for word, many in clauses.items()},
        headed_unit_ids=frozenset().union(*(under[p.unit_id] for p in held if p.is_head)),
        roles=frozenset([*(p.role for p in own), *(one.position.role for one in deputyships if not one.words and not one.kinds)]),
        company_name=company_name,
        own_positions=tuple(own),
        deputyships=deputyships,
    )


def _order(role: str) -> int:
    known = roles().get(role)
    return known.order if known else 999


def _units_under(tops: Iterable[Any], units: Any) -> tuple[dict[int, frozenset[int]], str]:
    """The units under each top, and the name of the root, which every page shows."""
    condition = Q(parent__isnull=True)
    for unit in tops:
        condition |= Q(path__startswith=unit.path)
    found = list(units.filter(condition).order_by("path").values_list("pk", "path", "name", "parent_id"))
    under = {top.pk: frozenset(pk for pk, path, *_ in found if path.startswith(top.path)) for top in tops}
    return under, next((name for *_, name, parent_id in found if parent_id is None), "")


def _clause(grant: Grant, position: Position, under: Mapping[int, frozenset[int]], via: Deputyship | None = None) -> Clause:
    kinds = grant.kinds
    if via is not None and via.kinds:
        kinds = via.kinds if kinds is None else kinds & via.kinds
    if grant.reach == "all":
        return Clause(kinds, names_only=grant.names_only, via=via)
    if grant.reach == "own" or (grant.reach == "team" and not position.is_head):
        return Clause(kinds, positions=frozenset({position.pk}), names_only=grant.names_only, via=via)
    return Clause(kinds, units=under[position.unit_id], names_only=grant.names_only, via=via)
