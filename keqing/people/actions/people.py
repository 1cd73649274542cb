"""Writing people, their affiliations, and departments."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from keqing.access.models import OrgUnit, Position, Staff
from keqing.audit import actions as audit
from keqing.kit import bulk
from keqing.kit.formats import business_date
from keqing.people.actions.organisations import reassess_organisations
from keqing.people.actions.rows import difference
from keqing.people.fields import completeness, person_fields
from keqing.people.models import Affiliation, Department, Organisation, Person

LABEL = "people.person"
BATCH = 1000
DERIVED = ["completeness", "missing", "updated_at", "version", *Person.SEARCH_FIELDS]


class PersonRefused(Exception):
    """The write cannot be done; the text is for the user."""


class StalePerson(PersonRefused):
    def __init__(self, theirs: Person) -> None:
        super().__init__("这条记录刚被别人改过，请核对后再保存。")
        self.theirs = theirs


@dataclass(frozen=True)
class Post:
    """Where a new person works."""

    organisation: Organisation
    role: str
    department: Department | None = None
    post: str = ""
    is_department_head: bool = False
    from_on: date | None = None


@dataclass(frozen=True)
class PersonDraft:
    """A new person. Without ``posts`` the person belongs to ``owner`` / ``unit`` who entered it (decision 3)."""

    values: Mapping[str, Any]
    unit: OrgUnit
    owner: Position | None = None
    posts: Sequence[Post] = ()


def subject_of(person: Person, customer_id: int | None = None) -> audit.Subject:
    return audit.Subject(LABEL, person.pk, person.name, customer_id or person.pk)


@transaction.atomic(savepoint=False)
def create_people(
    *, drafts: Sequence[PersonDraft], by: Staff, at: datetime, source: str = "", action: str = "person.created"
) -> list[Person]:
    """Store new people with their posts; the first post is the primary one. Audited under the first customer."""
    today = business_date(at)
    made = []
    for draft in drafts:
        values = {"source": source, **draft.values}
        person = Person(
            unit=draft.unit, owner_position=draft.owner, is_affiliated=bool(draft.posts), collected_by=by,
            collected_on=values.pop("collected_on", None) or today, created_at=at, updated_at=at,
            last_activity_at=at, **values,
        )
        if person.patients_day is not None:
            person.figure_sources.setdefault(
                "patients_day", {"source": person.source, "on": today.isoformat(), "by": by.name}
            )
        assess(person, posts=[(p.organisation.pk, p.department is not None) for p in draft.posts])
        made.append(person)
    bulk.insert(made)
    bulk.insert(
        (
            Affiliation(
                person=person, organisation=post.organisation, department=post.department, role=post.role,
                post=post.post, is_department_head=post.is_department_head, from_on=post.from_on, is_primary=n == 0,
            )
            for person, draft in zip(made, drafts, strict=True)
            for n, post in enumerate(draft.posts)
        )
    )
    reassess_organisations(organisation_ids={p.organisation.pk for d in drafts for p in d.posts})
    audit.record_all(
        audit.entry_for(
            action=action, by=by, at=at,
            subject=subject_of(person, draft.posts[0].organisation.pk if draft.posts else None),
        )
        for person, draft in zip(made, drafts, strict=True)
    )
    return made


def create_person(*, draft: PersonDraft, by: Staff, at: datetime) -> Person:
    return create_people(drafts=[draft], by=by, at=at)[0]


@transaction.atomic
def update_person(*, person: Person, values: Mapping[str, Any], by: Staff, at: datetime) -> Person:
    """Store changed fields; ``person.version`` must be the one the user saw (``StalePerson``)."""
    return update_people(changes=[(person, values)], by=by, at=at)[0]


@transaction.atomic
def update_people(
    *, changes: Sequence[tuple[Person, Mapping[str, Any]]], by: Staff, at: datetime, action: str = "person.edited"
) -> list[Person]:
    """Many at once; returns the stored rows in the order given."""
    stored = {
        p.pk: p
        for p in Person.objects.select_for_update().filter(pk__in=[p.pk for p, _ in changes]).order_by("pk")
    }
    posts = current_posts(stored)
    touched, entries = [], []
    for seen, values in changes:
        person = stored[seen.pk]
        if person.version != seen.version:
            raise StalePerson(person)
        diff = difference(person, values)
        if not diff:
            continue
        for name, value in values.items():
            setattr(person, name, value)
        if "patients_day" in diff:
            person.figure_sources = {
                **person.figure_sources,
                "patients_day": {"source": person.source, "on": business_date(at).isoformat(), "by": by.name},
            }
        person.updated_at = at
        person.version += 1
        assess(person, posts=[(a.organisation_id, a.department_id is not None) for a in posts[person.pk]])
        touched.append(person)
        primary = next((a.organisation_id for a in posts[person.pk] if a.is_primary), None)
        entries.append(audit.entry_for(action=action, by=by, at=at, subject=subject_of(person, primary), changes=diff))
    if touched:
        fields = sorted({name for _, values in changes for name in values} | {"figure_sources", *DERIVED})
        Person.objects.bulk_update(touched, fields, batch_size=BATCH)
        audit.record_all(entries)
    return [stored[p.pk] for p, _ in changes]


@transaction.atomic
def add_affiliation(*, person: Person, post: Post, is_primary: bool, by: Staff, at: datetime) -> Affiliation:
    """The person also works there. The first affiliation is primary; a new primary one replaces the former."""
    current = list(Affiliation.objects.select_for_update().filter(person=person, to_on__isnull=True))
    for other in current:
        if (other.organisation_id, other.department_id, other.role) == (
            post.organisation.pk, post.department.pk if post.department else None, post.role,
        ):
            raise PersonRefused(f"{person.name}在{post.organisation.name}已有这个任职。")
    is_primary = is_primary or not current
    if is_primary:
        Affiliation.objects.filter(person=person, to_on__isnull=True, is_primary=True).update(is_primary=False)
    made = Affiliation.objects.create(
        person=person, organisation=post.organisation, department=post.department, role=post.role, post=post.post,
        is_department_head=post.is_department_head, from_on=post.from_on, is_primary=is_primary,
    )
    _after_affiliation(person, {post.organisation.pk})
    audit.record(
        action="affiliation.added", by=by, at=at, subject=subject_of(person, post.organisation.pk),
        changes={"affiliation": [None, f"{post.organisation.name} {made.get_role_display()}"]},
    )
    return made


@transaction.atomic
def end_affiliation(*, affiliation: Affiliation, on: date, by: Staff, at: datetime, reason: str = "") -> Affiliation:
    """The person left; the row stays as history (R-002). Another current one becomes primary if this was."""
    if affiliation.to_on is not None:
        raise PersonRefused("这段任职已经结束。")
    if affiliation.from_on and on < affiliation.from_on:
        raise PersonRefused("结束日期早于开始日期。")
    if on > business_date(at):
        raise PersonRefused("结束日期不能晚于今天，到那天再结束。")
    was_primary = affiliation.is_primary
    affiliation.to_on, affiliation.is_primary = on, False
    affiliation.version += 1
    affiliation.save(update_fields=["to_on", "is_primary", "version"])
    if was_primary:
        heir = Affiliation.objects.filter(person=affiliation.person, to_on__isnull=True).order_by("pk").first()
        if heir:
            heir.is_primary = True
            heir.save(update_fields=["is_primary"])
    _after_affiliation(affiliation.person, {affiliation.organisation_id})
    audit.record(
        action="affiliation.ended", by=by, at=at, subject=subject_of(affiliation.person, affiliation.organisation_id),
        changes={"to_on": [None, on.isoformat()]}, reason=reason,
    )
    return affiliation


@transaction.atomic
def make_primary(*, affiliation: Affiliation, by: Staff, at: datetime) -> Affiliation:
    """This is where the person mainly works; refuses an ended affiliation."""
    if affiliation.to_on is not None:
        raise PersonRefused("已结束的任职不能设为主要任职。")
    Affiliation.objects.filter(person=affiliation.person_id, is_primary=True).update(is_primary=False)
    affiliation.is_primary = True
    affiliation.save(update_fields=["is_primary"])
    audit.record(
        action="affiliation.made_primary", by=by, at=at,
        subject=subject_of(affiliation.person, affiliation.organisation_id),
    )
    return affiliation


@transaction.atomic
def create_departments(
    *, organisation: Organisation, names: Sequence[str], by: Staff, at: datetime
) -> list[Department]:
    """The organisation's departments of these names, made where missing."""
    wanted = list(dict.fromkeys(name.strip() for name in names if name.strip()))
    have = {d.name: d for d in organisation.departments.filter(name__in=wanted, closed_on__isnull=True)}
    new = [Department(organisation=organisation, name=name) for name in wanted if name not in have]
    Department.objects.bulk_create(new, batch_size=BATCH)
    audit.record_all(
        audit.entry_for(
            action="department.created", by=by, at=at,
            subject=audit.Subject("people.department", d.pk, f"{organisation.name} {d.name}", organisation.pk),
        )
        for d in new
    )
    have.update({d.name: d for d in new})
    return [have[name] for name in wanted]


@transaction.atomic
def update_department(*, department: Department, values: Mapping[str, Any], by: Staff, at: datetime) -> Department:
    """Store changed fields; a stale ``version`` is refused."""
    stored = Department.objects.select_for_update().get(pk=department.pk)
    if stored.version != department.version:
        raise PersonRefused("这个科室刚被别人改过，请刷新后再保存。")
    diff = difference(stored, values)
    for name, value in values.items():
        setattr(stored, name, value)
    if diff:
        stored.version += 1
        stored.save()
        audit.record(
            action="department.edited", by=by, at=at, changes=diff,
            subject=audit.Subject("people.department", stored.pk, stored.name, stored.organisation_id),
        )
    return stored


def assess(person: Person, *, posts: Sequence[tuple[int, bool]]) -> None:
    """Recompute what is derived: completeness (posts as (organisation, has department)), search columns."""
    fields = person_fields(person.kind)
    present = {f for f in fields.columns if getattr(person, f) not in (None, "", [])}
    if posts:
        present.add("organisation")
    if any(has_department for _, has_department in posts):
        present.add("department")
    result = completeness(fields.required, present)
    person.completeness, person.missing = result.percent, list(result.missing)
    person.index_for_search()


def current_posts(person_ids: Iterable[int]) -> dict[int, list[Affiliation]]:
    posts: dict[int, list[Affiliation]] = defaultdict(list)
    for affiliation in Affiliation.objects.filter(person_id__in=list(person_ids), to_on__isnull=True).order_by("pk"):
        posts[affiliation.person_id].append(affiliation)
    return posts


def _after_affiliation(person: Person, organisation_ids: Collection[int]) -> None:
    # organisations before people: the order in which a contact locks both
    reassess_organisations(organisation_ids=organisation_ids)
    posts = current_posts([person.pk])[person.pk]
    if not person.is_affiliated:  # what was recorded so far stays under their own id
        followed = Q(last_contact_on__isnull=False) | Q(next_due_on__isnull=False)
        Person.objects.filter(followed, pk=person.pk).update(was_customer=True)
    person.is_affiliated = Affiliation.objects.filter(person=person).exists()
    assess(person, posts=[(a.organisation_id, a.department_id is not None) for a in posts])
    person.save(update_fields=["is_affiliated", "completeness", "missing"])
