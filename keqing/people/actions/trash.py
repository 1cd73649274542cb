"""回收站: customers and people go in, come back within 30 days, and leave for good when nothing else is about them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import IntegrityError, models, transaction

from keqing.access.models import Staff
from keqing.audit import actions as audit
from keqing.people.actions import organisations as organisation_actions
from keqing.people.actions import people as people_actions
from keqing.people.dependents import with_later_work
from keqing.people.models import Affiliation, Department, Organisation, OrganisationTag, Person
from keqing.timeline.models import Entry, Facts

KEPT_DAYS = 30
CHUNK = 1000

Row = TypeVar("Row", Organisation, Person)


@transaction.atomic
def trash_organisation(*, organisation: Organisation, by: Staff, at: datetime, reason: str = "") -> Organisation:
    """Move to 回收站, from where it can come back for 30 days (U56). Its history stays.

    Refuses a row that changed since it was read (``StaleOrganisation``): it may be deleted, or another's by now.
    """
    stored = _unchanged(organisation, organisation_actions.StaleOrganisation)
    _mark(stored, by=by, at=at)
    audit.record(
        action="organisation.trashed", by=by, at=at, subject=organisation_actions.subject_of(stored), reason=reason
    )
    return stored


@transaction.atomic
def restore_organisation(*, organisation: Organisation, by: Staff, at: datetime) -> Organisation:
    """Bring back from 回收站; refuses when its credit code is in use again, or somebody brought it back already."""
    stored = _unchanged(organisation, organisation_actions.StaleOrganisation)
    try:
        with transaction.atomic():
            _mark(stored, by=None, at=None)
    except IntegrityError as error:
        raise organisation_actions.clash(error) from error
    audit.record(action="organisation.restored", by=by, at=at, subject=organisation_actions.subject_of(stored))
    return stored


@transaction.atomic
def trash_person(*, person: Person, by: Staff, at: datetime, reason: str = "") -> Person:
    """The same for a person. Posts and records stay, and the completeness of the organisations follows.

    Refuses a row that changed since it was read (``StalePerson``).
    """
    return _move(person, "person.trashed", by=by, at=at, until=at, reason=reason)


@transaction.atomic
def restore_person(*, person: Person, by: Staff, at: datetime) -> Person:
    """Bring a person back, with the posts they had; refuses when somebody did so already."""
    return _move(person, "person.restored", by=by, at=at, until=None)


@transaction.atomic
def empty_trash(*, at: datetime) -> int:
    """Delete what has lain in 回收站 for more than 30 days and nothing else is about. Returns how many rows went.

    Whoever has contact records, reminders or anything else of another department to their name stays, out of sight.
    One audit entry for each that goes, by the system; the history keeps the rows.
    """
    before = at - timedelta(days=KEPT_DAYS)
    return sum(_purge_people(rows, at) for rows in _old(Person, before)) + sum(
        _purge_organisations(rows, at) for rows in _old(Organisation, before)
    )


def _move(person: Person, action: str, *, by: Staff, at: datetime, until: datetime | None, reason: str = "") -> Person:
    posts = list(Affiliation.objects.filter(person=person, to_on__isnull=True).order_by("-is_primary", "pk"))
    places = {post.organisation_id for post in posts}
    organisation_actions.lock_organisations(organisation_ids=places)
    stored = _unchanged(person, people_actions.StalePerson)
    _mark(stored, by=by if until else None, at=until)
    organisation_actions.reassess_organisations(organisation_ids=places)
    subject = people_actions.subject_of(stored, posts[0].organisation_id if posts else None)
    audit.record(action=action, by=by, at=at, subject=subject, reason=reason)
    return stored


def _unchanged(seen: Row, stale: type[Exception]) -> Row:
    """The stored row, locked, if it is still the one that was read."""
    stored = type(seen).objects.select_for_update(no_key=True).get(pk=seen.pk)
    if stored.version != seen.version:
        raise stale(stored)
    return stored


def _mark(stored: Organisation | Person, *, by: Staff | None, at: datetime | None) -> None:
    stored.deleted_at, stored.deleted_by = at, by
    stored.version += 1
    stored.save(update_fields=["deleted_at", "deleted_by", "version"])


def _old(model: type[Row], before: datetime) -> Iterable[list[Row]]:
    """What is past its days, locked, in chunks; kept rows are passed over, not met again."""
    last = 0
    rows = model.objects.trashed().filter(deleted_at__lt=before).select_for_update().order_by("pk")
    while chunk := list(rows.filter(pk__gt=last)[:CHUNK]):
        yield chunk  # type: ignore[misc]
        last = chunk[-1].pk


def _purge_people(rows: list[Person], at: datetime) -> int:
    later = with_later_work(ids=[row.pk for row in rows], besides=[Affiliation], told=False)
    going = [row for row in rows if row.pk not in later]
    gone = [row.pk for row in going]
    _delete(Affiliation, "person_id", gone)
    _forget(Person, gone)
    audit.record_all(audit.entry_for(action="person.purged", by=None, at=at, subject=people_actions.subject_of(p)) for p in going)
    return len(going)


def _purge_organisations(rows: list[Organisation], at: datetime) -> int:
    later = with_later_work(ids=[row.pk for row in rows], besides=[Department], told=False)
    going = [row for row in rows if row.pk not in later]
    gone = [row.pk for row in going]
    _delete(Department, "organisation_id", gone)
    _delete(OrganisationTag, "organisation_id", gone)
    _forget(Organisation, gone)
    audit.record_all(
        audit.entry_for(action="organisation.purged", by=None, at=at, subject=organisation_actions.subject_of(o)) for o in going
    )
    return len(going)


def _forget(model: type[models.Model], ids: Collection[int]) -> None:
    _delete(Entry, "customer_id", ids)
    _delete(Facts, "customer_id", ids)
    _delete(model, "id", ids)


def _delete(model: type[models.Model], column: str, ids: Collection[int]) -> None:
    """Plain deletion: what depends on the rows was looked for, and the database's own constraints still hold."""
    if ids:
        rows = model._default_manager.filter(**{f"{column}__in": list(ids)})
        rows._raw_delete(rows.db)
