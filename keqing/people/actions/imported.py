"""What only an import does: departments for many hospitals at once, and taking rows back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import models, transaction

from keqing.access.models import Staff
from keqing.audit import actions as audit
from keqing.kit import bulk
from keqing.people.actions import organisations as organisation_actions
from keqing.people.actions import people as people_actions
from keqing.people.actions.organisations import lock_organisations, reassess_organisations
from keqing.people.dependents import with_later_work
from keqing.people.models import Affiliation, Department, Organisation, OrganisationTag, Person
from keqing.timeline.models import Entry

CHANGED, GONE = "导入后已被修改", "导入后已被删除或合并"


@transaction.atomic(savepoint=False)
def ensure_departments(
    *, wanted: Collection[tuple[Organisation, str]], by: Staff, at: datetime,
    values: Mapping[tuple[int, str], Mapping[str, Any]] | None = None,
) -> dict[tuple[int, str], tuple[Department, bool]]:
    """Departments of many organisations by (organisation id, name), with whether they are new. Few statements.

    ``values`` are further fields of new ones, by the same key.
    """
    by_id = {o.pk: o for o, _ in wanted}
    have = {key: (d, False) for key, d in departments_of(organisation_ids=by_id).items()}
    missing = dict.fromkeys((o.pk, name) for o, name in wanted if (o.pk, name) not in have)
    new = [Department(organisation=by_id[pk], name=name, **(values or {}).get((pk, name), {})) for pk, name in missing]
    bulk.insert(new)
    audit.record_all(
        audit.entry_for(action="department.created", by=by, at=at, subject=_department_subject(d, by_id[d.organisation_id]))
        for d in new
    )
    return {**have, **{(d.organisation_id, d.name): (d, True) for d in new}}


def departments_of(*, organisation_ids: Collection[int]) -> dict[tuple[int, str], Department]:
    """Open departments of these organisations by (organisation id, name): one statement."""
    rows = Department.objects.filter(organisation_id__in=list(organisation_ids), closed_on__isnull=True)
    return {(d.organisation_id, d.name): d for d in rows}


@transaction.atomic(savepoint=False)
def update_departments(
    *, changes: Collection[tuple[int, int, Mapping[str, Any]]], by: Staff, at: datetime, action: str = "department.edited"
) -> dict[int, str]:
    """(id, version seen, values) of many departments. Returns id → why one was left alone."""
    stored = {d.pk: d for d in _all(Department, [pk for pk, _, _ in changes]).select_related("organisation")}
    kept, touched, entries = {}, [], []
    for pk, version, values in changes:
        department = stored.get(pk)
        if department is None or department.version != version:
            kept[pk] = GONE if department is None else CHANGED
            continue
        diff = {name: [getattr(department, name), value] for name, value in values.items()}
        for name, value in values.items():
            setattr(department, name, value)
        department.version += 1
        touched.append(department)
        subject = _department_subject(department, department.organisation)
        entries.append(audit.entry_for(action=action, by=by, at=at, subject=subject, changes=diff))
    Department.objects.bulk_update(touched, ["standard_name", "beds", "remark", "version"], batch_size=1000)
    audit.record_all(entries)
    return kept


def _department_subject(department: Department, organisation: Organisation) -> audit.Subject:
    return audit.Subject(
        "people.department", department.pk, f"{organisation.name} {department.name}", department.organisation_id
    )


@transaction.atomic(savepoint=False)
def withdraw_organisations(*, ids: Collection[int], by: Staff, at: datetime) -> dict[int, str]:
    """Remove imported organisations as though they had not come. Returns id → why it stays.

    An organisation stays when somebody edited it since, or anything else is about it. Effects: rows and their
    first timeline entry go; the history keeps the rows, the audit one entry for each.
    """
    stored = {o.pk: o for o in _all(Organisation, ids) if o.deleted_at is None}
    kept = {pk: GONE for pk in ids if pk not in stored}
    kept |= {pk: CHANGED for pk, o in stored.items() if o.version > 1}
    kept |= {pk: f"已有{what}" for pk, what in with_later_work(ids=stored.keys()).items() if pk not in kept}
    going = [o for pk, o in stored.items() if pk not in kept]
    gone = [o.pk for o in going]
    _delete(OrganisationTag, "organisation_id", gone)
    _delete(Entry, "customer_id", gone)
    _delete(Organisation, "id", gone)
    audit.record_all(
        audit.entry_for(action="organisation.withdrawn", by=by, at=at, subject=organisation_actions.subject_of(o))
        for o in going
    )
    return kept


@transaction.atomic(savepoint=False)
def withdraw_people(*, ids: Collection[int], by: Staff, at: datetime) -> dict[int, str]:
    """The same for imported people; their affiliation goes with them unless a second one was added or it ended."""
    lock_organisations(organisation_ids=_of(Affiliation, "person_id", ids).values("organisation_id"))
    stored = {p.pk: p for p in _all(Person, ids) if p.deleted_at is None}
    posts: dict[int, list[Affiliation]] = {}
    for affiliation in _of(Affiliation, "person_id", stored.keys()):
        posts.setdefault(affiliation.person_id, []).append(affiliation)
    kept = {pk: GONE for pk in ids if pk not in stored}
    kept |= {pk: CHANGED for pk, p in stored.items() if p.version > 1 or not _as_imported(posts.get(pk, []))}
    later = with_later_work(ids=stored.keys(), besides=[Affiliation])
    kept |= {pk: f"已有{what}" for pk, what in later.items() if pk not in kept}
    going = [p for pk, p in stored.items() if pk not in kept]
    gone = [p.pk for p in going]
    _delete(Affiliation, "person_id", gone)
    _delete(Entry, "customer_id", gone)
    _delete(Person, "id", gone)
    reassess_organisations(organisation_ids={a.organisation_id for pk in gone for a in posts.get(pk, [])})
    audit.record_all(
        audit.entry_for(
            action="person.withdrawn", by=by, at=at,
            subject=people_actions.subject_of(p, posts[p.pk][0].organisation_id if posts.get(p.pk) else None),
        )
        for p in going
    )
    return kept


@transaction.atomic(savepoint=False)
def withdraw_departments(*, ids: Collection[int], by: Staff, at: datetime) -> dict[int, str]:
    """Remove departments an import made and nobody works in or edited. Returns id → which one stays and why."""
    stored = {d.pk: d for d in _all(Department, ids).select_related("organisation")}
    kept = {pk: CHANGED for pk, d in stored.items() if d.version > 1 or d.closed_on is not None}
    for pk in Department.objects.filter(parent__in=stored).values_list("parent_id", flat=True):
        kept.setdefault(pk, "已有下级科室")
    for pk in Affiliation.objects.filter(department__in=stored).values_list("department_id", flat=True).distinct():
        kept.setdefault(pk, "已有任职")
    going = [d for pk, d in stored.items() if pk not in kept]
    _delete(Department, "id", [d.pk for d in going])
    audit.record_all(
        audit.entry_for(
            action="department.withdrawn", by=by, at=at,
            subject=_department_subject(d, d.organisation),
        )
        for d in going
    )
    return {pk: f"新建的科室“{stored[pk].name}”保留：{why}" for pk, why in kept.items()}


def restored_values(model: type[models.Model], before: Mapping[str, object]) -> dict[str, object]:
    """Field values from what the audit wrote of them."""
    return {name: model._meta.get_field(name).to_python(value) for name, value in before.items()}  # type: ignore[union-attr]


def _as_imported(posts: Collection[Affiliation]) -> bool:
    return len(posts) <= 1 and all(a.version == 1 and a.to_on is None for a in posts)


def _all(model: type[models.Model], ids: Iterable[int]) -> models.QuerySet:  # type: ignore[type-arg]
    return model._default_manager.select_for_update(of=("self",)).filter(pk__in=list(ids)).order_by("pk")


def _of(model: type[models.Model], column: str, ids: Iterable[int]) -> models.QuerySet:  # type: ignore[type-arg]
    return model._default_manager.filter(**{f"{column}__in": list(ids)})


def _delete(model: type[models.Model], column: str, ids: Collection[int]) -> None:
    """Plain deletion: what depends on the rows was looked for, and the database's own constraints still hold."""
    if ids:
        rows = _of(model, column, ids)
        rows._raw_delete(rows.db)
