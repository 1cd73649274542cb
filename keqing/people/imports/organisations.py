"""Importing organisations, one spec per kind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from keqing.access.models import Staff
from keqing.interchange.actions import ImportRefused
from keqing.interchange.registry import (
    DUPLICATE,
    ERROR,
    FILL,
    KEEP,
    NEW,
    UPDATE,
    Applied,
    Context,
    ImportSpec,
    Plan,
    Planned,
    SourceRow,
    Undone,
)
from keqing.kit.formats import business_date
from keqing.kit.search import normalise
from keqing.kit.searchable import many_at_once
from keqing.people import choices, known
from keqing.people.actions.imported import CHANGED, GONE, restored_values, withdraw_organisations
from keqing.people.actions.organisations import (
    ASSESSED,
    Change,
    Draft,
    OrganisationRefused,
    create_organisations,
    subject_of,
    update_organisations,
)
from keqing.people.imports.columns import organisation_columns
from keqing.people.imports.rows import COMPANIES, DAYS, OrganisationCleaner
from keqing.people.models import Organisation
from keqing.people.permissions import Can
from keqing.people.placing import OUT_OF_REACH, OutOfReach, Place, Placing
from keqing.reference.regions import Regions

STEP = 2000
CODES = ("uscc", "code", "hco_code")
TELL_EVERY = 500


@dataclass
class _Payload:
    values: dict[str, Any]
    place: Place | None = None
    existing: Organisation | None = None


@dataclass
class _Cleaned:
    """What a row says by itself. ``name``: as the report shows the row."""

    number: int
    name: str
    values: dict[str, Any]
    notes: list[str]
    error: str = ""

    @property
    def parts(self) -> list[str]:
        """Name and codes a customer we have may be known by."""
        return [normalise(name) for name in (self.values.get(key) for key in ("name", *CODES)) if name]

    @property
    def region(self) -> str | None:
        return self.values.get("region_id")

    @property
    def spot(self) -> tuple[str | None, str]:
        """Where it is, as far as the row tells: division and address."""
        return self.region, self.values.get("address", "")


@dataclass
class _Seen:
    """What earlier rows of the file hold, to find repetitions."""

    names: dict[str, list[tuple[int, str | None, str]]] = field(default_factory=lambda: defaultdict(list))
    bare: dict[str, int] = field(default_factory=dict)
    codes: dict[tuple[str, str], int] = field(default_factory=dict)
    updated: dict[int, int] = field(default_factory=dict)
    """The row that updates an organisation, by the organisation's id."""
    unseen: dict[int, Organisation] = field(default_factory=dict)
    """Found, but not visible to the importer."""

    def earlier(self, cleaned: _Cleaned) -> int | None:
        """The line this row repeats, after taking note of it."""
        found = None
        for key in ("uscc", "code"):
            if value := cleaned.values.get(key):
                found = found or self.codes.get((key, value))
                self.codes.setdefault((key, value), cleaned.number)
        same = self.names[normalise(cleaned.name)]
        for number, region, address in same:
            found = found or (number if known.same_spot((region, address), cleaned.spot) else None)
        same.append((cleaned.number, *cleaned.spot))
        return found

    def alike(self, cleaned: _Cleaned) -> int | None:
        """An earlier line whose name differs only in 有限, 股份 and the like: perhaps the same company."""
        bare = normalise(cleaned.name)
        for word in ("有限责任", "股份有限", "有限", "集团", "公司"):
            bare = bare.replace(word, "")
        first = self.bare.setdefault(bare, cleaned.number)
        return first if first != cleaned.number else None


class OrganisationImport(ImportSpec):
    """Rows become organisations of one kind; a known one is updated by the key the user chose, or reported."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.key = f"organisation-{kind}"  # type: ignore[misc]
        self.label = str(choices.Kind(kind).label)  # type: ignore[misc]
        self.fields = organisation_columns(kind)  # type: ignore[misc]
        self.keyed_by = "hospital" if kind in choices.CARE_KINDS else None  # type: ignore[misc]
        keys = (("name", "名称和地区"), ("code", "编码"), ("uscc", "统一社会信用代码"), ("hco_code", "医疗机构代码"))
        self.update_keys = tuple((k, label) for k, label in keys if self.field(k))  # type: ignore[misc]

    def allowed(self, staff: Staff) -> bool:
        """Managers any kind; commerce the partners their grant names."""
        clauses = staff.standing.clauses.get(self.word, ())
        return any(c.kinds is None or self.kind in c.kinds for c in clauses)

    def plan(self, *, rows: Sequence[SourceRow], context: Context) -> Plan:
        today = business_date(context.at)
        placing = Placing(by=context.by, word=self.word, unit=context.unit, today=today)
        cleaned = self._kept(context, today) or self._cleaned(rows, today)
        existing = known.known_organisations(kinds=[self.kind], names=(part for c in cleaned for part in c.parts))
        seen = _Seen()
        planned = []
        for at, one in enumerate(cleaned):
            if at % TELL_EVERY == 0:
                context.tell(at // 2)
            planned.append(self._plan_row(one, existing, seen, placing, context))
        told = [subject_of(o) for o in seen.unseen.values()]
        return Plan(planned, told=told, cleaned=self._keepable(rows, cleaned, today))

    def apply(self, *, plan: Plan, context: Context) -> None:
        new = [row for row in plan.rows if row.outcome == NEW]
        changed = [row for row in plan.rows if row.outcome == UPDATE]
        start = len(plan.rows) // 2
        try:
            with many_at_once(Organisation) if len(new) >= STEP else nullcontext():
                for at in range(0, len(new), STEP):
                    context.tell(start + at // 2)
                    self._create(new[at : at + STEP], context)
            for at in range(0, len(changed), STEP):
                context.tell(start + (len(new) + at) // 2)
                self._update(changed[at : at + STEP], context)
        except OrganisationRefused as refusal:
            raise ImportRefused(str(refusal)) from refusal

    def beyond(self, *, rows: Sequence[Applied], by: Staff) -> set[int]:
        ids = {row.target_id for row in rows if row.target_id}
        away = known.not_reached(rows=Organisation.objects.all(), ids=ids, staff=by, word=self.word)
        return {row.number for row in rows if row.target_id in away}

    def undo(self, *, rows: Sequence[Applied], by: Staff, at: datetime) -> Undone:
        created = {row.target_id: row.number for row in rows if row.outcome == NEW and row.target_id}
        kept = withdraw_organisations(ids=list(created), by=by, at=at)
        reasons = {created[pk]: why for pk, why in kept.items()}
        reasons.update(self._restore([row for row in rows if row.outcome == UPDATE], by, at))
        return Undone(reasons)

    def _cleaned(self, rows: Sequence[SourceRow], today: date) -> list[_Cleaned]:
        cleaner = OrganisationCleaner(kind=self.kind, regions=Regions(today=today), rows=rows)
        return [self._clean(row, cleaner) for row in rows]

    def _clean(self, row: SourceRow, cleaner: OrganisationCleaner) -> _Cleaned:
        notes: list[str] = []
        try:
            values = cleaner.clean(row.values, notes)
        except ValueError as error:
            return _Cleaned(row.number, row.values.get("name", ""), {}, notes, error=str(error))
        return _Cleaned(row.number, values["name"], values, notes)

    def _keepable(self, rows: Sequence[SourceRow], cleaned: Sequence[_Cleaned], today: date) -> dict[str, Any] | None:
        """What the rows say holds for the day: divisions change. Rows that name a chain say which one we have; that may change."""
        if any(row.values.get("chain") for row in rows):
            return None
        return {"day": today.isoformat(), "rows": [[c.number, c.name, c.values, c.notes, c.error] for c in cleaned]}

    def _kept(self, context: Context, today: date) -> list[_Cleaned]:
        """The same again, when it was kept today."""
        if context.cleaned is None or context.cleaned["day"] != today.isoformat():
            return []
        cleaned = [_Cleaned(*facts) for facts in context.cleaned["rows"]]
        for one in cleaned:
            for name in one.values.keys() & DAYS.keys():
                one.values[name] = date.fromisoformat(one.values[name])
        return cleaned

    def _plan_row(
        self, one: _Cleaned, existing: Mapping[str, list[Organisation]], seen: _Seen, placing: Placing, context: Context
    ) -> Planned:
        planned = Planned(one.number, ERROR, one.name, one.error)
        if one.error:
            return planned
        if earlier := seen.earlier(one):
            planned.outcome, planned.reason = DUPLICATE, f"与第 {earlier} 行重复"
            return planned
        found = self._match(one, existing, str(context.options.get("update_by") or "name"))
        if found is not None:
            return self._plan_known(planned, one, found, seen, context)
        try:
            place = placing.place(kind=self.kind, division=one.region)
        except OutOfReach as refusal:
            planned.reason = str(refusal)
            return planned
        near = seen.alike(one) if self.kind in COMPANIES else None
        alike = [f"与第 {near} 行名称相近，可能是同一家，请核对"] if near else []
        planned.outcome, planned.reason = NEW, "；".join([*one.notes, *alike])
        planned.payload = _Payload({"kind": self.kind, "source_note": context.source_note, **one.values}, place)
        return planned

    def _match(self, one: _Cleaned, existing: Mapping[str, list[Organisation]], by: str) -> Organisation | None:
        """The organisation we have: same code, that of the chosen key first, else same name in the same place.

        When a code is the key, a namesake that has another code is another organisation.
        """
        for key in sorted(CODES, key=lambda code: code != by):
            value = one.values.get(key)
            for found in existing.get(normalise(value), ()) if value else ():
                if getattr(found, key) == value:
                    return found
        for found in existing.get(normalise(one.name), ()):
            if by in CODES and one.values.get(by) and getattr(found, by):
                continue
            if known.same_spot((found.region_id, found.address), one.spot):
                return found
        return None

    def _plan_known(
        self, planned: Planned, one: _Cleaned, found: Organisation, seen: _Seen, context: Context
    ) -> Planned:
        update_by = str(context.options.get("update_by") or "name")
        if found.allows(context.by, Can.VIEW, names=True):
            planned.target_id = found.pk
        else:
            seen.unseen[found.pk] = found
        if context.existing == KEEP or not self._agrees(update_by, one, found):
            planned.outcome = DUPLICATE
            planned.reason = f"已存在，{known.owner_words(found, staff=context.by, word=Can.VIEW)}"
            return planned
        if not found.allows(context.by, self.word):
            planned.reason = OUT_OF_REACH
            return planned
        # recognised by an alias: the name of the record stays
        values = {k: v for k, v in one.values.items() if k != "name" or update_by != "name"}
        values.pop("lifecycle", None)  # moved by people who give their reasons, not by a file
        values = context.taken(values=values, record=found)
        values = {k: v for k, v in values.items() if not self._is_vaguer(k, v, found)}
        if found.is_unverified:
            values["is_unverified"] = False
        if not values:
            planned.outcome, planned.reason = DUPLICATE, "已存在，没有要补的资料" if context.existing == FILL else "已存在，资料相同"
            return planned
        if figures := {k: self._provenance(context) for k in values if k in ASSESSED}:
            values["figure_sources"] = {**found.figure_sources, **figures}
        earlier = seen.updated.setdefault(found.pk, planned.number)
        if earlier != planned.number:
            planned.outcome, planned.reason = DUPLICATE, f"与第 {earlier} 行重复"
            return planned
        labels = [self.field(k).label for k in values if self.field(k)]  # type: ignore[union-attr]
        planned.outcome, planned.target_id = UPDATE, found.pk
        seen.unseen.pop(found.pk, None)  # the update itself is audited
        planned.reason = "；".join([f"更新{'、'.join(labels)}"] * bool(labels) + one.notes)
        planned.payload = _Payload(values, existing=found)
        return planned

    def _agrees(self, update_by: str, one: _Cleaned, found: Organisation) -> bool:
        if update_by == "name":
            return normalise(one.name) in map(normalise, (found.name, found.short_name, *found.aliases))
        return bool(one.values.get(update_by)) and getattr(found, update_by) in ("", one.values[update_by])

    def _provenance(self, context: Context) -> dict[str, str]:
        """Where a figure of the file comes from: not from where the rest of the record came."""
        day = business_date(context.at).isoformat()
        return {"source": choices.Source.IMPORT.value, "note": context.source_note, "on": day, "by": context.by.name}

    def _is_vaguer(self, key: str, value: Any, found: Organisation) -> bool:
        """A file that knows only the province does not replace the district we have."""
        return key == "region_id" and bool(found.region_id) and known.is_wider(value, found.region_id)

    def _create(self, rows: Sequence[Planned], context: Context) -> None:
        drafts = [
            Draft(row.payload.values, unit=row.payload.place.unit, owner=row.payload.place.owner) for row in rows
        ]
        made = create_organisations(
            drafts=drafts, by=context.by, at=context.at, source=choices.Source.IMPORT, action="organisation.imported"
        )
        for row, organisation in zip(rows, made, strict=True):
            row.target_id = organisation.pk

    def _update(self, rows: Sequence[Planned], context: Context) -> None:
        changes = [Change(row.payload.existing, row.payload.values) for row in rows]
        update_organisations(changes=changes, by=context.by, at=context.at, action="organisation.import_updated")
        for row, change in zip(rows, changes, strict=True):
            row.before = {"values": change.before, "version": change.organisation.version + 1}

    def _restore(self, rows: Sequence[Applied], by: Staff, at: datetime) -> dict[int, str]:
        """Put former values back where nobody edited since."""
        stored = known.living_organisations(ids=[row.target_id for row in rows if row.target_id])
        reasons, changes = {}, []
        for row in rows:
            organisation = stored.get(row.target_id or 0)
            if organisation is None:
                reasons[row.number] = GONE
            elif organisation.version != row.before.get("version"):
                reasons[row.number] = CHANGED
            else:
                changes.append(Change(organisation, restored_values(Organisation, row.before["values"]), restores=True))
        update_organisations(changes=changes, by=by, at=at, action="organisation.import_undone")
        return reasons
