"""Writing organisations. The single-row actions are the bulk ones with one row (decision 8)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from keqing.access.models import OrgUnit, Position, Staff
from keqing.audit import actions as audit
from keqing.kit import bulk
from keqing.kit.formats import business_date
from keqing.people import choices, transfer
from keqing.people.actions.rows import plain
from keqing.people.fields import completeness, organisation_fields
from keqing.people.models import Affiliation, Organisation, OrganisationTag, Tag
from keqing.timeline import actions as timeline
from keqing.timeline.models import Entry

LABEL = "people.organisation"
BATCH = 1000
ASSESSED = ("beds", "outpatients_day", "store_count")
DERIVED = ["completeness", "missing", "updated_at", "version", *Organisation.SEARCH_FIELDS]


class OrganisationRefused(Exception):
    """The write cannot be done; the text is for the user."""


class StaleOrganisation(OrganisationRefused):
    """Somebody else saved in between; ``theirs`` holds the stored row."""

    def __init__(self, theirs: Organisation) -> None:
        super().__init__("这条记录刚被别人改过，请核对后再保存。")
        self.theirs = theirs


@dataclass(frozen=True)
class Draft:
    """A new organisation: ``values`` by field name; ``owner`` None puts it into the queue of ``unit``."""

    values: Mapping[str, Any]
    unit: OrgUnit
    owner: Position | None = None
    tags: Collection[Tag] = ()


@dataclass(frozen=True)
class Change:
    """``restores``: the values are former ones, figures keep the provenance among them and get none of today."""

    organisation: Organisation
    values: Mapping[str, Any]
    tags: Collection[Tag] | None = None
    restores: bool = False
    before: dict[str, Any] = field(default_factory=dict, compare=False)


def subject_of(organisation: Organisation) -> audit.Subject:
    return audit.Subject(LABEL, organisation.pk, organisation.name, organisation.pk)


@transaction.atomic
def create_organisations(
    *, drafts: Sequence[Draft], by: Staff, at: datetime, source: str = "", action: str = "organisation.created"
) -> list[Organisation]:
    """Store new customers. Effects: rows, search columns, completeness, one audit and one timeline entry each.

    Refuses a credit code that another organisation of the kind already has.
    """
    today = business_date(at)
    mould = bulk.Mould(
        Organisation, collected_by=by, collected_on=today, created_at=at, updated_at=at, last_activity_at=at, source=source,
        lifecycle_since=today,
    )

    def one_by_one() -> Iterator[Organisation]:
        for draft in drafts:
            organisation = _new(draft, mould, by, today)
            assess(organisation, roles=set())
            yield organisation

    try:
        with transaction.atomic():
            made = bulk.insert_while_made(Organisation, one_by_one(), count=len(drafts))
    except IntegrityError as error:
        raise clash(error) from error
    _tag({o.pk: d.tags for o, d in zip(made, drafts, strict=True) if d.tags})
    audit.record_alike(action=action, by=by, at=at, subjects=[subject_of(o) for o in made])
    sources = dict(choices.Source.choices)
    for came, many in _by_source(made).items():
        timeline.add_alike(
            customer_ids=[o.pk for o in many], at=at, kind=Entry.Kind.PROFILE, icon="file-plus", title="建立档案",
            actor_id=by.pk, actor_name=by.name, text=str(sources.get(came, "")),
        )
    return made


def _by_source(made: Iterable[Organisation]) -> dict[str, list[Organisation]]:
    found: dict[str, list[Organisation]] = defaultdict(list)
    for organisation in made:
        found[organisation.source].append(organisation)
    return found


def create_organisation(*, draft: Draft, by: Staff, at: datetime) -> Organisation:
    """One row of ``create_organisations``."""
    return create_organisations(drafts=[draft], by=by, at=at)[0]


@transaction.atomic
def update_organisations(
    *, changes: Sequence[Change], by: Staff, at: datetime, action: str = "organisation.edited"
) -> list[Organisation]:
    """Store changed fields; unchanged rows are left alone. Effects as for creation, with before and after values.

    ``organisation.version`` of each change must be the one the user saw: ``StaleOrganisation`` otherwise.
    """
    by_id = {c.organisation.pk: c for c in changes}
    stored = {o.pk: o for o in Organisation.objects.select_for_update(of=("self",)).filter(pk__in=by_id).order_by("pk")}
    roles = current_roles(by_id)
    touched, entries = [], []
    for pk, change in by_id.items():
        organisation = stored[pk]
        if organisation.version != change.organisation.version:
            raise StaleOrganisation(organisation)
        sources = organisation.figure_sources
        diff = _apply(organisation, change, by, business_date(at))
        if change.tags is not None and (tag_diff := _retag(organisation, change.tags)):
            diff["tags"] = tag_diff
        change.before.update({name: values[0] for name, values in diff.items()})
        if sources != organisation.figure_sources:
            change.before["figure_sources"] = sources  # whole, not as the audit words it
        if not diff:
            continue
        organisation.updated_at = at
        organisation.version += 1
        assess(organisation, roles=roles[pk])
        touched.append(organisation)
        entries.append(audit.entry_for(action=action, by=by, at=at, subject=subject_of(organisation), changes=diff))
    if touched:
        fields = sorted({f for c in changes for f in c.values} | {"figure_sources", *DERIVED})
        try:
            with transaction.atomic():
                Organisation.objects.bulk_update(touched, fields, batch_size=BATCH)
        except IntegrityError as error:
            raise clash(error) from error
        audit.record_all(entries)
    return touched


def update_organisation(
    *, organisation: Organisation, values: Mapping[str, Any], by: Staff, at: datetime, tags: Collection[Tag] | None = None
) -> Organisation:
    """One row of ``update_organisations``; returns the stored row, changed or not."""
    update_organisations(changes=[Change(organisation, values, tags)], by=by, at=at)
    return Organisation.objects.get(pk=organisation.pk)


@transaction.atomic
def assign_organisations(
    *, organisations: Sequence[Organisation], position: Position | None, unit: OrgUnit | None = None, by: Staff,
    at: datetime, reason: str = "",
) -> list[Organisation]:
    """Give customers to a position, or (``position`` None) back to the queue of ``unit``. Returns those that moved.

    Refuses a closed position. Effects: owner, unit, completeness, audit, timeline, and what other
    departments keep for the owner (``transfer``).
    """
    if position is not None and position.closed_on is not None:
        raise OrganisationRefused(f"岗位“{position.name}”已撤销，不能分配客户。")
    home = position.unit if position is not None else unit
    if home is None:
        raise OrganisationRefused("退回待分配时要写明退到哪个组织。")
    new_label = position.label if position is not None else "待分配"
    ids = [o.pk for o in organisations]
    stored = Organisation.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")
    roles, moved, moves, entries, lines = current_roles(ids), [], [], [], []
    for organisation in stored.select_related("owner_position__holder"):
        if organisation.owner_position_id == (position.pk if position else None) and organisation.unit_id == home.pk:
            continue
        old_label = organisation.owner_position.label if organisation.owner_position else "待分配"
        moves.append(transfer.Move(organisation.pk, transfer.Place(organisation.owner_position_id, organisation.unit_id)))
        organisation.owner_position, organisation.unit = position, home
        organisation.updated_at = organisation.last_activity_at = at
        organisation.version += 1
        assess(organisation, roles=roles[organisation.pk])
        moved.append(organisation)
        entries.append(
            audit.entry_for(
                action="organisation.assigned", by=by, at=at, subject=subject_of(organisation),
                changes={"owner_position": [old_label, new_label]}, reason=reason,
            )
        )
        lines.append(
            Entry(
                customer_id=organisation.pk, at=at, kind=Entry.Kind.OWNER, icon="user-share", actor_id=by.pk,
                actor_name=by.name, title=f"负责人 {old_label} → {new_label}", text=reason,
            )
        )
    Organisation.objects.bulk_update(
        moved, ["owner_position", "unit", "last_activity_at", *DERIVED], batch_size=BATCH
    )
    audit.record_all(entries)
    timeline.add_entries(lines)
    transfer.follow(moves=moves, position=position, unit=home, by=by, at=at)
    return moved


def current_roles(organisation_ids: Iterable[int]) -> dict[int, set[str]]:
    """Roles filled today at each organisation, by people not in 回收站: one query."""
    roles: dict[int, set[str]] = defaultdict(set)
    rows = Affiliation.objects.filter(
        organisation_id__in=list(organisation_ids), to_on__isnull=True, person__deleted_at__isnull=True
    )
    for pk, role in rows.values_list("organisation_id", "role").distinct():
        roles[pk].add(role)
    return roles


def assess(organisation: Organisation, *, roles: set[str]) -> None:
    """Recompute what is derived from the row: completeness, what is missing, search columns. Saves nothing."""
    fields = organisation_fields(organisation.kind)
    present = {f for f in fields.required if _filled(organisation, f)}
    present |= {f"role:{role}" for role in roles}
    if roles:
        present.add("person")
    if organisation.owner_position_id:
        present.add("owner")
    result = completeness(fields.required, present)
    organisation.completeness, organisation.missing = result.percent, list(result.missing)
    organisation.index_for_search()


def reassess_organisations(*, organisation_ids: Collection[int]) -> None:
    """After people came or went: completeness of their organisations, few statements.

    The rows are locked before the roles are counted, so that two who come at once are both counted.
    """
    rows = lock_organisations(organisation_ids=organisation_ids)
    roles = current_roles(o.pk for o in rows)
    changed = []
    for organisation in rows:
        before = (organisation.completeness, organisation.missing)
        assess(organisation, roles=roles[organisation.pk])
        if (organisation.completeness, organisation.missing) != before:
            changed.append(organisation)
    Organisation.objects.bulk_update(changed, ["completeness", "missing"], batch_size=BATCH)


def lock_organisations(*, organisation_ids: Collection[int] | QuerySet[Any]) -> list[Organisation]:
    """The rows, locked in the order of their ids.

    Whoever writes people and then reassesses their organisations asks for this first: a contact locks its
    customer before the people who took part, and two who lock in opposite orders wait for each other for ever.
    """
    wanted = organisation_ids if isinstance(organisation_ids, QuerySet) else set(organisation_ids)
    return list(Organisation.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk"))


RELATED = {field_.name: field_.attname for field_ in Organisation._meta.concrete_fields if field_.is_relation}
ATTRIBUTES = {field_.name: field_.attname for field_ in Organisation._meta.concrete_fields}


def _filled(organisation: Organisation, name: str) -> bool:
    """Whether a field holds something; what is no field of the row (a role, the owner) is answered elsewhere."""
    return name in ATTRIBUTES and getattr(organisation, ATTRIBUTES[name]) not in (None, "", [])


def _new(draft: Draft, mould: bulk.Mould[Organisation], by: Staff, today: date) -> Organisation:
    values = {name: value for name, value in draft.values.items() if name not in RELATED}
    related: dict[str, Any] = {name: draft.values[name] for name in RELATED if name in draft.values}
    related |= {"unit": draft.owner.unit if draft.owner else draft.unit, "owner_position": draft.owner}
    values |= {RELATED[name]: value.pk if value else None for name, value in related.items()}
    if not values.get("collected_on", today):
        values["collected_on"] = today
    organisation = mould.make(related=related, **values)
    for name in ASSESSED:
        if getattr(organisation, name) is not None:
            organisation.figure_sources.setdefault(name, _provenance(organisation, by, today))
    return organisation


def _provenance(organisation: Organisation, by: Staff, today: date) -> dict[str, str]:
    return {"source": organisation.source, "note": organisation.source_note, "on": today.isoformat(), "by": by.name}


def _apply(organisation: Organisation, change: Change, by: Staff, today: date) -> dict[str, list[Any]]:
    values, restored = change.values, change.restores
    diff: dict[str, list[Any]] = {}
    sources = dict(values.get("figure_sources", organisation.figure_sources))
    for name, value in values.items():
        old = getattr(organisation, name)
        if old == value:
            continue
        if name == "figure_sources":
            diff[name] = [_sources(old), _sources(value)]
            continue
        setattr(organisation, name, value)
        diff[name] = [plain(old), plain(value)]
        if name in ASSESSED and value is None:
            sources.pop(name, None)
        elif name in ASSESSED and name not in (values.get("figure_sources") or {}) and not restored:
            sources[name] = _provenance(organisation, by, today)
    if diff:
        organisation.figure_sources = sources
    return diff


def _sources(figures: Mapping[str, Any]) -> dict[str, str]:
    """What the audit keeps of provenance: the source of each figure."""
    return {name: " ".join(filter(None, (known.get("source"), known.get("note")))) for name, known in figures.items()}


def _tag(tags: Mapping[int, Collection[Tag]]) -> None:
    links = [OrganisationTag(organisation_id=pk, tag=tag) for pk, many in tags.items() for tag in many]
    OrganisationTag.objects.bulk_create(links, batch_size=BATCH)


def _retag(organisation: Organisation, tags: Collection[Tag]) -> list[list[str]] | None:
    old = {link.tag_id: link.tag.name for link in organisation.tag_links.select_related("tag")}
    new = {tag.pk: tag.name for tag in tags}
    if old.keys() == new.keys():
        return None
    organisation.tag_links.exclude(tag_id__in=new).delete()
    _tag({organisation.pk: [tag for tag in tags if tag.pk not in old]})
    return [sorted(old.values()), sorted(new.values())]


def clash(error: IntegrityError) -> OrganisationRefused:
    """The refusal behind a broken constraint; other errors go on."""
    if "org_uscc" in str(error):
        return OrganisationRefused("统一社会信用代码与已有的同类客户重复。")
    raise error

