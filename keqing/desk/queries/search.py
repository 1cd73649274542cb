"""One search over customers and people: any part of a name, pinyin, initials, a code, the end of a phone."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When

from keqing.access.models import Staff
from keqing.kit.masks import mask_phone
from keqing.kit.search import normalise, query_plan
from keqing.people.models import Organisation, Person
from keqing.people.permissions import Can
from keqing.people.queries import matching, matching_people, primary_places

SHOWN = 20
# A word such as 医院 is in nearly every name; ranking looks at this many of the rows that have it.
CANDIDATES = 3000


@dataclass(frozen=True)
class Hit:
    """One line of the result; without rights only name, kind, code and place are told."""

    pk: int
    name: str
    kind: str
    detail: str
    owner: str
    url_name: str
    is_mine: bool


@dataclass(frozen=True)
class Group:
    key: str
    label: str
    hits: Sequence[Hit]
    more: bool


def search(*, text: str, staff: Staff) -> list[Group]:
    """Groups by type, the best first (decision 19). At most three statements."""
    if query_plan(text).is_empty:
        return []
    groups = []
    if staff.may(Can.VIEW):
        groups.append(_group("organisations", "客户", _organisations(text, staff)))
    if staff.may(Can.VIEW_PERSON):
        groups.append(_group("people", "人员", _people(text, staff)))
    return [group for group in groups if group.hits]


def _group(key: str, label: str, hits: list[Hit]) -> Group:
    return Group(key, label, hits[:SHOWN], len(hits) > SHOWN)


def _organisations(text: str, staff: Staff) -> list[Hit]:
    alive = Organisation.objects.alive()
    full = staff.standing.rows(Can.VIEW, names=False)
    wanted = full & matching(text=text)
    if any(clause.names_only for clause in staff.standing.clauses[str(Can.VIEW)]):
        wanted |= staff.standing.rows(Can.VIEW) & matching(text=text, names_only=True)
    rows = _ranked(alive.filter(wanted), text, staff).select_related("region", "owner_position__holder")
    hits = []
    for row in rows[: SHOWN + 1]:
        seen = row.allows(staff, Can.VIEW)
        place = row.region.full_name if row.region else ""
        parts = (row.get_level_display(), place) if seen else (row.code, place)
        owner = (row.owner_position.label if row.owner_position else "待分配") if seen else ""
        hits.append(
            Hit(
                row.pk, row.name, row.get_kind_display(), " · ".join(part for part in parts if part), owner,
                "desk:customer", row.owner_position_id in staff.standing.position_ids,
            )
        )
    return hits


def _people(text: str, staff: Staff) -> list[Hit]:
    rows = list(_ranked(Person.objects.visible_to(staff).filter(matching_people(text=text, staff=staff)), text, staff)[: SHOWN + 1])
    places = primary_places([row.pk for row in rows])
    return [
        Hit(
            row.pk, row.name, row.get_title_display() or row.get_kind_display(),
            " · ".join(part for part in (places.get(row.pk, "无任职"), mask_phone(row.mobile)) if part), "",
            "people:person" if row.is_affiliated else "desk:customer",
            row.owner_position_id in staff.standing.position_ids,
        )
        for row in rows
    ]


def _ranked(rows: QuerySet, text: str, staff: Staff) -> QuerySet:
    """Exact name, prefix, initials of the whole name, substring; within each mine first, then the liveliest."""
    word, mine = normalise(text), Q(owner_position__in=list(staff.standing.position_ids))
    rank = Case(
        When(name=text.strip(), then=Value(0)),
        When(name__startswith=text.strip(), then=Value(1)),
        When(search_text__startswith=word, then=Value(1)),
        When(Q(search_initials=word) | Q(search_initials__startswith=f"{word}|"), then=Value(2)),
        default=Value(3), output_field=IntegerField(),
    )
    some = rows.order_by().values("pk")
    # a union, not an OR: PostgreSQL looks the candidates up instead of reading the table
    found = some[:CANDIDATES].union(some.filter(mine)[:CANDIDATES], some.filter(name=text.strip())[:SHOWN])
    candidates = rows.model.objects.filter(pk__in=found)
    owned = Case(When(mine, then=Value(0)), default=Value(1), output_field=IntegerField())
    return candidates.order_by(rank, owned, F("last_activity_at").desc(), "-pk")
