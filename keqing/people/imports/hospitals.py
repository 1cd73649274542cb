"""Which hospital a doctor's file means: the one we have, the one the user chose, a new one, or none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from keqing.interchange.registry import Context, Unmatched
from keqing.kit.search import normalise
from keqing.people import choices, known
from keqing.people.imports import cleaning
from keqing.people.models import Organisation
from keqing.people.placing import OutOfReach, Place, Placing
from keqing.reference.regions import Regions

CREATE, LEAVE = "create", "leave"


@dataclass(frozen=True)
class Hospital:
    """What a name in the file leads to. One of ``found`` and ``place`` is set, or ``refused`` says why neither."""

    name: str
    found: Organisation | None = None
    place: Place | None = None
    region_id: str | None = None
    refused: str = ""
    is_left: bool = False


class Hospitals:
    """Matches all hospital names of a file with few statements."""

    def __init__(self, *, names: Sequence[str], cities: Mapping[str, str], context: Context, word: str, placing: Placing, regions: Regions) -> None:
        self._context, self._word, self._placing, self._regions = context, word, placing, regions
        self._cities = cities
        self._counts = Counter(names)
        parts = {part for name in self._counts for part in _parts(name)}
        self._known = known.known_organisations(kinds=choices.CARE_KINDS, names=parts)
        chosen = [int(c) for c in self._choices.values() if str(c).isdigit()]
        self._chosen = known.living_organisations(ids=chosen) if chosen else {}
        self._found = {name: self._match(name) for name in self._counts}

    def of(self, name: str) -> Hospital:
        return self._found[name]

    def unmatched(self) -> list[Unmatched]:
        """Names without an answer of the database or of the user's choice, with what comes near, commonest first."""
        names = [name for name, h in self._found.items() if h.found is None and not h.refused or name in self._choices]
        near = known.near_organisations(
            kinds=choices.CARE_KINDS, names=names, staff=self._context.by, word=self._word
        )
        found = [
            Unmatched(name, self._counts[name], [(c.id, c.name, c.score) for c in near.get(name, ())]) for name in names
        ]
        return sorted(found, key=lambda u: (-u.rows, u.name))

    @property
    def _choices(self) -> Mapping[str, Any]:
        return self._context.options.get("choices", {})

    def _match(self, name: str) -> Hospital:
        choice = self._choices.get(name)
        if choice and str(choice).isdigit():
            chosen = self._chosen.get(int(choice))
            return self._reached(name, chosen) if chosen else Hospital(name, refused="选择的医院已不存在，请重新选择")
        if choice in (CREATE, LEAVE):
            return self._missing(name, choice)
        found = self._by_name(name)
        return self._reached(name, found) if found else self._missing(name, self._context.options.get("unmatched", CREATE))

    def _by_name(self, name: str) -> Organisation | None:
        """The one organisation of that name, in the city the file names if there are several."""
        city = self._region(name)
        for part in _parts(name):
            candidates = list(dict.fromkeys(self._known.get(part, ())))
            here = [o for o in candidates if known.same_place(o.region_id, city)] if city else candidates
            if len(here) == 1:
                return here[0]
        return None

    def _reached(self, name: str, found: Organisation) -> Hospital:
        if not found.allows(self._context.by, self._word):
            return Hospital(name, refused=str(OutOfReach()))
        return Hospital(name, found=found)

    def _missing(self, name: str, way: str) -> Hospital:
        if way == LEAVE:
            return Hospital(name, is_left=True)
        region = self._region(name)
        try:
            return Hospital(name, place=self._placing.place(kind=choices.Kind.HOSPITAL, division=region), region_id=region)
        except OutOfReach as refusal:
            return Hospital(name, refused=str(refusal))

    def _region(self, name: str) -> str | None:
        if self._cities.get(name):
            found = self._regions.resolve(self._cities[name])
        else:
            found = self._regions.within(name) or self._regions.mentioned(name)
        return found.code if found else None


def _parts(name: str) -> list[str]:
    """The names to look for, the whole first, then those it may hold."""
    main, aliases = cleaning.split_name(name)
    return list(dict.fromkeys(map(normalise, (name, main, *aliases, *cleaning.run_together(main)))))
