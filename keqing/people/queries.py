"""Reading customers for screens of this and higher departments."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import CharField, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce

from keqing.access.models import Position, Staff
from keqing.audit.models import Entry
from keqing.kit.addresses import whole_number
from keqing.kit.prepared import Prepared, prepared
from keqing.kit.search import PHONE_TAIL, Alternative, SearchQuery, query_plan
from keqing.kit.search_filter import search_q
from keqing.people.choices import GUARDED_ROLES, Role, Title
from keqing.people.models import Affiliation, Department, Organisation, Person, Tag
from keqing.people.permissions import Can
from keqing.reference.models import Division

# Who is asked for first at an organisation, for the column 主任/联系人 and the box 关键人物.
KEY_ROLES = (
    Role.PHARMACY_HEAD, Role.VICE_PRESIDENT, Role.PRESIDENT, Role.CLINICAL_HEAD, Role.PURCHASING_HEAD, Role.MANAGER,
    Role.STORE_MANAGER, Role.PURCHASER, Role.FINANCE_CONTACT, Role.CONTACT, Role.DOCTOR, Role.STOREKEEPER,
    Role.SHOP_STAFF, Role.IT_STAFF, Role.PHARMACY_STAFF,
)
LAST_CHANGES = 5
ORDER = {str(role): place for place, role in enumerate(KEY_ROLES)}
_ROLE_LABELS, _TITLE_LABELS = dict(Role.choices), dict(Title.choices)


@dataclass(frozen=True)
class KeyPerson:
    """A person in one role at one organisation, as lists and the box 关键人物 show them."""

    person_id: int
    name: str
    role: str
    role_label: str
    department: str
    post: str
    is_department_head: bool
    mobile: str
    title: str

    @property
    def is_guarded(self) -> bool:
        """The role has access to prescription data: the 统方 notice is shown (R-002, X-01)."""
        return self.role in GUARDED_ROLES

    @property
    def label(self) -> str:
        """药剂科主任 张卫东; a head of department is named by the department."""
        where = f"{self.department}主任" if self.is_department_head and self.department else self.post or self.role_label
        return f"{where} {self.name}"

    @property
    def duty(self) -> str:
        if self.is_department_head and self.department:
            return f"{self.department}主任"
        return " · ".join(part for part in (self.department, self.post or self.role_label) if part)


def people_of(organisation_id: int, *, limit: int | None = None) -> list[KeyPerson]:
    """Everybody who works there today, the most wanted first. One statement."""
    found = [person for _, _, person in _at([organisation_id])]
    return sorted(found, key=lambda one: _rank(person_id=one.person_id, role=one.role, is_head=one.is_department_head))[:limit]


def key_people(organisation_id: int, *, limit: int = 5) -> list[KeyPerson]:
    """The few people named in the overview."""
    return people_of(organisation_id, limit=limit)


def first_contacts(organisation_ids: Collection[int]) -> dict[int, KeyPerson]:
    """For a page of a list: the person to ask for at each organisation. One statement."""
    best: dict[int, tuple[tuple[int, bool, int], tuple[Any, ...]]] = {}
    for place in _places_at(organisations=list(organisation_ids)):
        rank = _rank(person_id=place[2], role=place[4], is_head=place[7])
        known = best.get(place[0])
        if known is None or rank < known[0]:
            best[place[0]] = rank, place
    return {organisation_id: _key_person(*place[2:]) for organisation_id, (_, place) in best.items()}


@prepared
def _places_at(organisations: list[int]) -> QuerySet[Affiliation, tuple[Any, ...]]:
    return Affiliation.objects.filter(
        organisation_id__among=organisations, to_on__isnull=True, person__deleted_at__isnull=True
    ).values_list(
        "organisation_id", "department_id", "person_id", "person__name", "role", "department__name", "post",
        "is_department_head", "person__mobile", "person__title",
    )


def _at(organisation_ids: Collection[int]) -> list[tuple[int, int | None, KeyPerson]]:
    """Who works at these organisations today: organisation, department, person."""
    return [(place[0], place[1], _key_person(*place[2:])) for place in _places_at(organisations=list(organisation_ids))]


def _key_person(
    person_id: int, name: str, role: str, department: str | None, post: str, is_head: bool, mobile: str, title: str
) -> KeyPerson:
    return KeyPerson(
        person_id=person_id, name=name, role=role, role_label=_ROLE_LABELS.get(role, role), department=department or "",
        post=post, is_department_head=is_head, mobile=mobile, title=_TITLE_LABELS.get(title, title),
    )


def _rank(*, person_id: int, role: str, is_head: bool) -> tuple[int, bool, int]:
    return (ORDER.get(role, 99), not is_head, person_id)


def primary_places(person_ids: Collection[int], *, reader: Staff) -> dict[int, str]:
    """Where each person mainly works, 医院 · 科室, for a page of a list. One statement.

    Of the places whose names the reader may know: a doctor in sight for one post may have others at strangers' customers.
    """
    known = reader.standing.rows(
        Can.VIEW, names=True, kind="organisation__kind", owner="organisation__owner_position_id", unit="organisation__unit_id",
        customer="organisation_id",
    )
    rows = Affiliation.objects.filter(
        known, person_id__in=list(person_ids), to_on__isnull=True, organisation__deleted_at__isnull=True
    ).order_by("is_primary", "-pk")
    return {
        person: " · ".join(part for part in (organisation, department) if part)
        for person, organisation, department in rows.values_list("person_id", "organisation__name", "department__name")
    }


def department_heads(department_ids: Collection[int]) -> dict[int, str]:
    """Head of each department, for a page of a list. One statement."""
    rows = Affiliation.objects.filter(
        department_id__in=list(department_ids), is_department_head=True, to_on__isnull=True, person__deleted_at__isnull=True
    )
    return dict(rows.values_list("department_id", "person__name"))


@dataclass(frozen=True)
class DepartmentRow:
    department: Department
    head: str
    people: int


def departments_of(organisation_id: int) -> list[DepartmentRow]:
    """Open departments with their heads and how many people are known. Two statements."""
    staff: dict[int, list[KeyPerson]] = defaultdict(list)
    for _, department_id, person in _at([organisation_id]):
        if department_id:
            staff[department_id].append(person)
    rows = Department.objects.filter(organisation_id=organisation_id, closed_on__isnull=True).order_by("pk")
    return [
        DepartmentRow(d, next((p.name for p in staff[d.pk] if p.is_department_head), ""), len(staff[d.pk])) for d in rows
    ]


def with_counts(organisations: QuerySet[Organisation]) -> QuerySet[Organisation]:
    """``people_count`` and ``department_count`` of each row, for tabs; read with the row itself."""
    people = (
        Affiliation.objects.filter(organisation=OuterRef("pk"), to_on__isnull=True, person__deleted_at__isnull=True)
        .order_by().values("organisation").annotate(n=Count("person", distinct=True)).values("n")
    )
    departments = (
        Department.objects.filter(organisation=OuterRef("pk"), closed_on__isnull=True)
        .order_by().values("organisation").annotate(n=Count("pk")).values("n")
    )
    return organisations.annotate(
        people_count=Coalesce(Subquery(people), 0), department_count=Coalesce(Subquery(departments), 0)
    )


def file_changes(customer_id: int, *, limit: int) -> list[Entry]:
    """The last changes of the customer's file, its people and departments; contacts have a history of their own."""
    return list(_changes(customer_id)[:limit])


@prepared
def last_changes(customer: int) -> QuerySet[Entry]:
    """The few changes of a file that its page names."""
    return _changes(customer)[:LAST_CHANGES]


def _changes(customer: int) -> QuerySet[Entry]:
    entries = Entry.objects.filter(customer_id=customer, subject_label__startswith="people.")
    return entries.exclude(action="duplicate.checked").order_by("-at", "-id")


def positions_reached(*, staff: Staff, word: str, kind: str | None = None) -> QuerySet[Position]:
    """Open positions a customer of ``kind`` may be given to under ``word`` (any kind when None)."""
    condition = Q(pk__in=[])
    for clause in staff.standing.clauses.get(str(word), ()):
        if clause.customers is not None or clause.names_only or (kind is not None and clause.kinds is not None and kind not in clause.kinds):
            continue
        if clause.positions is not None:
            condition |= Q(pk__in=clause.positions)
        elif clause.units is not None:
            condition |= Q(unit_id__in=clause.units)
        else:
            condition = Q()
            break
    return Position.objects.current().filter(condition)


@dataclass(frozen=True)
class ListChoices:
    """What the filters of a customer list offer; read in one statement."""

    owners: Sequence[tuple[str, str]]
    provinces: Sequence[tuple[str, str]]
    cities: Sequence[tuple[str, str]]
    tags: dict[tuple[str, str], list[tuple[str, str]]]
    # too many to offer one by one: ``owners`` then holds only the one already chosen, if any
    has_more_owners: bool = False


OWNERS_OFFERED = 100


def list_choices(*, staff: Staff, word: str, kind: str | None, province: str = "", owner: str = "") -> ListChoices:
    """``province`` has its cities offered; ``owner`` is the one chosen now. Remembered until a choice changes."""
    key = ("list_choices", str(word), kind, province[:2])
    choices = staff.recall(key, lambda: _list_choices(staff=staff, word=word, kind=kind, province=province))
    number = whole_number(owner)
    if not choices.has_more_owners or not number:
        return choices
    ask = staff.recall(("owner_chosen", str(word), kind), lambda: _asking_for_owner(staff=staff, word=word, kind=kind), bulky=True)
    return replace(choices, owners=[_owner_choice(*found) for found in ask(position=number)])


def _owner_choice(pk: int | str, name: str, holder: str) -> tuple[str, str]:
    return str(pk), f"{holder}（{name}）" if holder else f"{name}（空缺）"


def _asking_for_owner(*, staff: Staff, word: str, kind: str | None) -> Prepared[tuple[Any, ...]]:
    def named(position: int) -> QuerySet[Position, tuple[Any, ...]]:
        reached = positions_reached(staff=staff, word=word, kind=kind)
        return reached.filter(pk=position).order_by().values_list("pk", "name", Coalesce(F("holder__name"), Value("")))

    return Prepared(named)


def _list_choices(*, staff: Staff, word: str, kind: str | None, province: str) -> ListChoices:
    def columns(rows: QuerySet[Any], what: str, pk: Any, name: Any, group: Any, group_name: Any) -> QuerySet[Any]:
        text = CharField()
        return rows.order_by().annotate(
            c_what=Value(what, text), c_pk=Cast(pk, text), c_name=Cast(name, text), c_group=Cast(group, text),
            c_group_name=Cast(group_name, text),
        ).values_list("c_what", "c_pk", "c_name", "c_group", "c_group_name")

    none = Value("")
    reached, holder = positions_reached(staff=staff, word=word, kind=kind), Coalesce(F("holder__name"), none)
    owners = columns(reached, "owner", F("pk"), F("name"), none, holder)[: OWNERS_OFFERED + 1]
    tags = columns(
        Tag.objects.filter(closed_on__isnull=True, dimension__closed_on__isnull=True), "tag", F("pk"), F("name"),
        F("dimension_id"), F("dimension__name"),
    )
    places = Q(level=1)
    if province:
        places |= Q(level=2, code__startswith=province[:2])
    divisions = columns(
        Division.objects.filter(places, valid_to__isnull=True), "place", F("code"), F("name"), F("level"), none
    )
    made = ListChoices([], [], [], {})
    offered: list[tuple[str, str]] = []
    found = tags.union(divisions, owners, all=True)
    for what, pk, name, group, group_name in sorted(found, key=lambda r: (r[0], r[3], len(r[1]), r[1])):
        if what == "owner":
            offered.append(_owner_choice(pk, name, group_name))
        elif what == "tag":
            made.tags.setdefault((group, group_name), []).append((pk, name))
        else:
            (made.provinces if group == "1" else made.cities).append((pk, name))  # type: ignore[attr-defined]
    many = len(offered) > OWNERS_OFFERED
    return replace(made, owners=[] if many else offered, has_more_owners=many)


def without_phones(plan: SearchQuery) -> SearchQuery:
    """The same search for readers of names and codes: no one finds out whose number ends so."""
    return SearchQuery(
        words=tuple(
            tuple(way for way in word if not all(term.startswith("t:") for term in way.terms)) for word in plan.words
        )
    )


def matching(*, text: str, names_only: bool = False, prefix: str = "") -> Q:
    """Rows with the typed text in a name, its pinyin or initials, a code or the end of a phone."""
    plan = query_plan(text)
    return search_q(query=without_phones(plan) if names_only else plan, prefix=prefix)


def matching_people(*, text: str, staff: Staff) -> Q:
    """``matching`` for people: a phone the reader sees masked is found by the four digits the mask shows, no others.

    More digits would tell a hidden number one by one. Where the reader has the full phone, any end of it counts.
    """
    plan, everything = query_plan(text), matching(text=text)
    with_phone = any(term.startswith("t:") for word in plan.words for way in word for term in way.terms)
    if not with_phone or staff.standing.reaches_everything(Can.FULL_PHONE):
        return everything
    masked = Q()
    for word in plan.words:
        named = without_phones(SearchQuery(words=(word,)))
        masked &= search_q(query=named) | _shown_tail(word)
    if not staff.may(Can.FULL_PHONE):
        return masked
    # row by row: the few with such a phone, not everybody whose phone the reader may see
    full = Person.objects.filter(pk=OuterRef("pk")).reached_by(staff, Can.FULL_PHONE, few=True)
    return masked | (everything & Q(Exists(full)))


def _shown_tail(word: tuple[Alternative, ...]) -> Q:
    """Phones whose mask ends in the four digits typed: mobiles, and landlines with their area where no mobile is."""
    tail = next((way.terms[0].removeprefix("t:") for way in word if way.terms[0].startswith("t:")), "")
    if len(tail) != PHONE_TAIL:
        return Q(pk__in=[])
    landline = Q(mobile="", phone__regex=rf"^0\d{{2,3}}-?\d{{3,4}}{tail}($|转|#)")
    return Q(search_terms__contains=["t:" + tail]) & (Q(mobile__regex=rf"^1\d{{6}}{tail}$") | landline)


def division_options(text: str, *, limit: int = 20) -> list[Division]:
    """Places by name, pinyin, initials or code; the larger ones first."""
    if not text.strip():
        return []
    rows = Division.objects.filter(matching(text=text), valid_to__isnull=True)
    return list(rows.order_by("level", "code")[:limit])


def organisation_options(*, staff: Staff, text: str, kinds: Iterable[str] = (), word: str, limit: int = 12) -> list[Organisation]:
    """Organisations the reader may choose, for fields that name another one."""
    if not text.strip():
        return []
    rows = Organisation.objects.alive().reached_by(staff, word).filter(matching(text=text))
    if kinds:
        rows = rows.filter(kind__in=list(kinds))
    return list(rows.select_related("region").order_by("-last_activity_at")[:limit])
