"""Which records we already have that rows of a file may mean. Few statements for any number of rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from django.db import connection

from keqing.access.models import Staff
from keqing.kit.masks import mask_name
from keqing.kit.search import normalise
from keqing.people.models import Affiliation, Organisation, OrganisationQuerySet, Person, PersonQuerySet
from keqing.people.permissions import Can

# what almost every institution's name holds says nothing about which one it is
_COMMON = ("医院", "人民", "大学", "附属", "第一", "第二", "第三", "中心", "中医", "卫生", "医科", "医学", "保健", "妇幼", "有限", "公司")
_SHORTEST = 4
NEAR, CANDIDATES = 55, 5


@dataclass(frozen=True)
class Candidate:
    id: int
    name: str
    score: int


def known_organisations(*, kinds: Collection[str], names: Iterable[str]) -> dict[str, list[Organisation]]:
    """Living organisations by each of their names, codes and credit codes that ``names`` (normalised) holds.

    Two statements: the search text lists a row's names and codes, so one pass over it serves a whole file.
    """
    wanted = sorted({name for name in names if name})
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "select o.id, part from people_organisation o"
            " cross join lateral unnest(string_to_array(o.search_text, '|')) part"
            # a constant list is hashed whatever the planner thinks of the table; a join may become a nested loop
            " where part = any(%s::text[]) and o.deleted_at is null and o.kind = any(%s) order by o.id",
            [wanted, list(kinds)],
        )
        pairs = list(dict.fromkeys(cursor.fetchall()))
    rows = Organisation.objects.select_related("owner_position__holder").defer(*Organisation.SEARCH_FIELDS)
    by_id = {o.pk: o for o in rows.filter(pk__in={pk for pk, _ in pairs})}
    found: dict[str, list[Organisation]] = defaultdict(list)
    for pk, name in pairs:
        if pk in by_id:
            found[name].append(by_id[pk])
    return found


def living_organisations(*, ids: Collection[int]) -> dict[int, Organisation]:
    return Organisation.objects.alive().select_related("owner_position__holder").in_bulk(list(ids))


def living_people(*, ids: Collection[int]) -> dict[int, Person]:
    return Person.objects.alive().in_bulk(list(ids))


def near_organisations(
    *, kinds: Collection[str], names: Sequence[str], staff: Staff, word: str
) -> dict[str, list[Candidate]]:
    """For names nothing is called: those that come near, best first, among what the word reaches. Two statements."""
    patterns = [(at, terms) for at, name in enumerate(names) for terms in _telling_terms(normalise(name))]
    if not patterns:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "select distinct wanted.at, found.id"
            " from unnest(%s::int[], %s::text[], %s::text[]) wanted(at, one, other)"
            " cross join lateral (select o.id from people_organisation o where o.deleted_at is null"
            " and o.kind = any(%s) and o.search_terms @> array[wanted.one, wanted.other] limit 60) found",
            [[at for at, _ in patterns], [t[0] for _, t in patterns], [t[1] for _, t in patterns], list(kinds)],
        )
        pairs = cursor.fetchall()
    reached = Organisation.objects.alive().reached_by(staff, word).filter(pk__in={pk for _, pk in pairs})
    names_of = {pk: (name, aliases) for pk, name, aliases in reached.values_list("pk", "name", "aliases")}
    near: dict[str, list[Candidate]] = defaultdict(list)
    for at, pk in pairs:
        if pk in names_of:
            name, aliases = names_of[pk]
            score = max(likeness(names[at], other) for other in (name, *aliases))
            if score >= NEAR:
                near[names[at]].append(Candidate(pk, name, score))
    return {name: sorted(many, key=lambda c: (-c.score, c.id))[:CANDIDATES] for name, many in near.items()}


def likeness(one: str, other: str) -> int:
    """0 to 100: how much of the two names is the same, in the same order."""
    return round(SequenceMatcher(None, normalise(one), normalise(other), autojunk=False).ratio() * 100)


def same_place(one: str | None, other: str | None) -> bool:
    """Whether two divisions may be the same place: one lies in the other, or one is not known."""
    if not one or not other:
        return True
    first, second = _prefix(one), _prefix(other)
    return first.startswith(second) or second.startswith(first)


def same_spot(one: tuple[str | None, str], other: tuple[str | None, str]) -> bool:
    """The same for (division, address): where no division is known, two addresses tell two places apart."""
    if not one[0] and not other[0] and one[1] and other[1]:
        return normalise(one[1]) == normalise(other[1])
    return same_place(one[0], other[0])


def is_wider(one: str, other: str) -> bool:
    """Whether ``one`` holds ``other`` and more: 广东省 and 广州市."""
    return _prefix(other).startswith(_prefix(one)) and one != other


def owner_words(organisation: Organisation, *, staff: Staff, word: str) -> str:
    """已存在，负责人 张三; masked for who may not see the customer (decision 4)."""
    if organisation.owner_position is None:
        return "待分配"
    label = organisation.owner_position.label
    if organisation.allows(staff, word):
        return f"负责人 {label}"
    return f"负责人 {mask_name(label)}" if organisation.owner_position.holder else "负责岗位空缺"


def people_at(*, organisation_ids: Collection[int], names: Collection[str]) -> Mapping[tuple[int, str], list[Affiliation]]:
    """Current affiliations by (organisation, person's name): one statement."""
    found: dict[tuple[int, str], list[Affiliation]] = defaultdict(list)
    rows = Affiliation.objects.filter(
        organisation_id__in=organisation_ids, person__name__in=names, to_on__isnull=True, person__deleted_at__isnull=True
    )
    for affiliation in rows.select_related("person", "department").order_by("pk"):
        found[(affiliation.organisation_id, affiliation.person.name)].append(affiliation)
    return found


def loose_people(*, kind: str, names: Collection[str]) -> Mapping[str, list[Person]]:
    """People without affiliation by name: one statement."""
    found: dict[str, list[Person]] = defaultdict(list)
    for person in Person.objects.alive().unaffiliated().filter(kind=kind, name__in=names).order_by("pk"):
        found[person.name].append(person)
    return found


def not_reached(*, rows: OrganisationQuerySet | PersonQuerySet, ids: Collection[int], staff: Staff, word: str) -> set[int]:
    """Of these ids, the living records the word does not reach: two statements."""
    living = rows.alive().filter(pk__in=ids)
    return set(living.values_list("pk", flat=True)) - set(living.reached_by(staff, word).values_list("pk", flat=True))


def with_phones_read_by(*, ids: Collection[int], staff: Staff) -> frozenset[int]:
    """Of these people, whose phones are not masked for ``staff``: one statement."""
    return frozenset(Person.objects.filter(pk__in=ids).reached_by(staff, Can.FULL_PHONE).values_list("pk", flat=True))


def _telling_terms(name: str) -> list[tuple[str, str]]:
    """Pairs of neighbouring characters that tell this name from others; each pair of pairs is one way to find it."""
    grams = [name[at : at + 2] for at in range(len(name) - 1)]
    telling = [gram for gram in dict.fromkeys(grams) if gram not in _COMMON]
    if len(name) < _SHORTEST or not telling:
        return []
    if len(telling) == 1:
        return [(telling[0], telling[0])]
    return [(telling[at], telling[at + 1]) for at in range(0, min(len(telling) - 1, 8))]


def _prefix(code: str) -> str:
    return code[:2] if code.endswith("0000") else code[:4] if code.endswith("00") else code
