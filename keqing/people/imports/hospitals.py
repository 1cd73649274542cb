"""Which hospital a doctor's file means: the one we have, the one the user chose, a new one, or none."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from keqing.access.models import Staff
from keqing.interchange.registry import Applied, Context, Planned, Unmatched
from keqing.kit.search import normalise
from keqing.people import choices, known
from keqing.people.actions.imported import withdraw_organisations
from keqing.people.actions.organisations import Draft, create_organisations
from keqing.people.imports import cleaning
from keqing.people.models import Organisation
from keqing.people.placing import OutOfReach, Place, Placing
from keqing.reference.regions import Regions

CREATE, LEAVE = "create", "leave"


Made = Mapping[tuple[int | str, ...], Organisation]
Spot = tuple[str, str | None]
"""A hospital's name and the division it is in, as far as the file tells."""


@dataclass(frozen=True)
class Hospital:
    """What a name in the file leads to. One of ``found`` and ``place`` is set, or ``refused`` says why neither."""

    name: str
    region_id: str | None = None
    found: Organisation | None = None
    place: Place | None = None
    refused: str = ""
    is_left: bool = False

    @property
    def mark(self) -> tuple[int | str, ...]:
        """The same for rows that mean the same hospital, whichever of its names they use."""
        if self.found is not None:
            return (self.found.pk,)
        return (self.name, self.region_id or "")

    def organisation(self, made: Made) -> Organisation:
        """The hospital itself, once the new ones are made."""
        return self.found or made[self.mark]


class Hospitals:
    """Matches all hospitals of a file with few statements. A hospital is a name in a place: names repeat."""

    def __init__(
        self, *, wanted: Sequence[tuple[str, str]], context: Context, word: str, placing: Placing, regions: Regions
    ) -> None:
        """``wanted``: name and place of each row as the file writes them."""
        self._context, self._word, self._placing, self._regions = context, word, placing, regions
        self._spots = self._settled(dict.fromkeys(wanted))
        self._counts = Counter(self._spots[one] for one in wanted)
        self._places = Counter(name for name, _ in self._counts)
        parts = {part for name in self._places for part in _parts(name)}
        self._known = known.known_organisations(kinds=choices.CARE_KINDS, names=parts)
        chosen = [int(c) for c in self._choices.values() if str(c).isdecimal()]
        self._chosen = known.living_organisations(ids=chosen) if chosen else {}
        self._found = {spot: self._match(spot) for spot in self._counts}

    def of(self, name: str, city: str) -> Hospital:
        return self._found[self._spots[name, city]]

    def unmatched(self) -> list[Unmatched]:
        """Names without an answer of the database or of the user's choice, with what comes near, commonest first."""
        spots = [
            spot for spot, h in self._found.items() if h.found is None and not h.refused or self._label(spot) in self._choices
        ]
        near = known.near_organisations(
            kinds=choices.CARE_KINDS, names=list(dict.fromkeys(name for name, _ in spots)), staff=self._context.by,
            word=self._word,
        )
        found = [
            Unmatched(self._label(spot), self._counts[spot], [(c.id, c.name, c.score) for c in near.get(spot[0], ())])
            for spot in spots
        ]
        return sorted(found, key=lambda u: (-u.rows, u.name))

    @property
    def _choices(self) -> Mapping[str, Any]:
        chosen: Mapping[str, Any] = self._context.options.get("choices", {})
        return chosen

    def _label(self, spot: Spot) -> str:
        """How the wizard asks about it; with its place when the file has the name in several."""
        name, region = spot
        return name if self._places[name] == 1 else f"{name}（{self._regions.full_name(region or '') or '地区不详'}）"

    def _match(self, spot: Spot) -> Hospital:
        choice = self._choices.get(self._label(spot))
        if choice and str(choice).isdecimal():
            chosen = self._chosen.get(int(choice))
            return self._reached(spot, chosen) if chosen else Hospital(*spot, refused="选择的医院已不存在，请重新选择")
        if choice in (CREATE, LEAVE):
            return self._missing(spot, choice)
        found = self._by_name(spot)
        return self._reached(spot, found) if found else self._missing(spot, self._context.options.get("unmatched", CREATE))

    def _by_name(self, spot: Spot) -> Organisation | None:
        """The one organisation of that name, in the place the file names if there are several."""
        name, region = spot
        for part in _parts(name):
            candidates = list(dict.fromkeys(self._known.get(part, ())))
            here = [o for o in candidates if known.same_place(o.region_id, region)] if region else candidates
            if len(here) == 1:
                return here[0]
        return None

    def _reached(self, spot: Spot, found: Organisation) -> Hospital:
        if not found.allows(self._context.by, self._word):
            return Hospital(*spot, refused=str(OutOfReach()))
        return Hospital(*spot, found=found)

    def _missing(self, spot: Spot, way: str) -> Hospital:
        if way == LEAVE:
            return Hospital(*spot, is_left=True)
        try:
            return Hospital(*spot, place=self._placing.place(kind=choices.Kind.HOSPITAL, division=spot[1]))
        except OutOfReach as refusal:
            return Hospital(*spot, refused=str(refusal))

    def _settled(self, wanted: Collection[tuple[str, str]]) -> dict[tuple[str, str], Spot]:
        """What the file writes, as name and division."""
        regions = {(name, city): self._region(name, city) for name, city in wanted}
        places: dict[str, set[str | None]] = defaultdict(set)
        for (name, _), region in regions.items():
            places[name].add(region)
        return {one: (one[0], _narrowed(region, places[one[0]])) for one, region in regions.items()}

    def _region(self, name: str, city: str) -> str | None:
        found = self._regions.resolve(city) if city else self._regions.within(name) or self._regions.mentioned(name)
        return found.code if found else None


def make_hospitals(*, rows: Sequence[Planned], context: Context) -> Made:
    """One organisation 待核实 for each hospital nothing answers to; the first row that needs it remembers it.

    ``rows``: those that go in; their payload has a ``hospital``.
    """
    first: dict[tuple[int | str, ...], Planned] = {}
    for row in rows:
        hospital = row.payload.hospital
        if hospital and hospital.found is None:
            first.setdefault(hospital.mark, row)
    drafts = []
    for row in first.values():
        hospital = row.payload.hospital
        main, aliases = cleaning.split_name(hospital.name)
        values = {
            "kind": choices.Kind.HOSPITAL, "name": main[:120], "aliases": aliases, "is_unverified": True,
            "region_id": hospital.region_id, "source_note": context.source_note,
        }
        drafts.append(Draft(values, unit=hospital.place.unit, owner=hospital.place.owner))
    made = create_organisations(
        drafts=drafts, by=context.by, at=context.at, source=choices.Source.IMPORT, action="organisation.imported"
    )
    for row, organisation in zip(first.values(), made, strict=True):
        row.before.setdefault("hospitals", []).append(organisation.pk)
    return dict(zip(first, made, strict=True))


def withdraw_made(*, rows: Sequence[Applied], by: Staff, at: datetime) -> dict[int, str]:
    """Take back hospitals that came with rows. Returns row number → which hospital stays and why."""
    numbers = {pk: row.number for row in rows for pk in row.before.get("hospitals", ())}
    kept = withdraw_organisations(ids=list(numbers), by=by, at=at)
    names = known.living_organisations(ids=list(kept)) if kept else {}
    return {numbers[pk]: f"新建的医院“{names[pk]}”保留：{why}" for pk, why in kept.items() if pk in names}


def _narrowed(region: str | None, places: Collection[str | None]) -> str | None:
    """Of the places a file gives one name, the only one inside this one: 广东省, or nothing, beside 广州市."""
    inside = [place for place in places if place and (region is None or known.is_wider(region, place))]
    smallest = [place for place in inside if not any(known.is_wider(place, other) for other in inside)]
    return smallest[0] if len(smallest) == 1 else region


def _parts(name: str) -> list[str]:
    """The names to look for, the whole first, then those it may hold."""
    main, aliases = cleaning.split_name(name)
    return list(dict.fromkeys(map(normalise, (name, main, *aliases, *cleaning.run_together(main)))))
