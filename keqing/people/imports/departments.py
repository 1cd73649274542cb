"""Importing departments by the name of their hospital."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from keqing.access.models import Staff
from keqing.interchange.actions import ImportRefused
from keqing.interchange.registry import (
    DUPLICATE,
    ERROR,
    LEFT,
    NEW,
    UPDATE,
    Applied,
    Context,
    Field,
    ImportSpec,
    Plan,
    Planned,
    SourceRow,
    Undone,
)
from keqing.kit.formats import business_date
from keqing.people import choices, known
from keqing.people.actions.imported import departments_of, ensure_departments, update_departments, withdraw_departments
from keqing.people.actions.organisations import OrganisationRefused
from keqing.people.imports import cleaning
from keqing.people.imports.hospitals import Hospital, Hospitals, make_hospitals, withdraw_made
from keqing.people.models import Department, Organisation
from keqing.people.placing import Placing
from keqing.reference.regions import Regions

TELL_EVERY = 500
NAME_LIMIT = 80


@dataclass
class _Payload:
    values: dict[str, Any]
    hospital: Hospital
    existing: Department | None = None


@dataclass
class _Known:
    """The departments we have, and those of earlier rows."""

    have: Mapping[tuple[int, str], Department]
    seen: dict[tuple[Any, ...], int] = field(default_factory=dict)


class DepartmentImport(ImportSpec):
    key = "department"
    label = "科室"
    keyed_by = "department"
    matches = "医院"
    about = "每行一个科室，按医院名称归到医院下。"
    update_keys = (("name", "医院和科室名称"),)
    fields = (
        Field(
            key="hospital", label="医院", synonyms=("医院名称", "所在医院", "所属医院", "机构名称", "医疗机构名称", "单位名称"),
            required=True, hint="写医院全称", examples=("示例市第一人民医院",),
        ),
        Field(key="city", label="医院所在地区", synonyms=("所在地区", "城市", "地区", "所在城市"), hint="同名医院靠它区分"),
        Field(key="name", label="科室名称", synonyms=("科室", "部门名称", "专科名称"), required=True, examples=("心血管内科",)),
        Field(key="standard_name", label="标准科室", synonyms=("标准科室名称", "科室类别")),
        Field(key="beds", label="床位", synonyms=("床位数", "科室床位")),
        Field(key="remark", label="备注", synonyms=("说明",)),
    )

    def allowed(self, staff: Staff) -> bool:
        clauses = staff.standing.clauses.get(self.word, ())
        return any(c.kinds is None or choices.Kind.HOSPITAL in c.kinds for c in clauses)

    def plan(self, *, rows: Sequence[SourceRow], context: Context) -> Plan:
        today = business_date(context.at)
        placing = Placing(by=context.by, word=self.word, unit=context.unit, today=today)
        wanted = [spot for row in rows if (spot := hospital_wanted(row))[0]]
        hospitals = Hospitals(
            wanted=wanted, context=context, word=self.word, placing=placing, regions=Regions(today=today)
        )
        matched = {h.found.pk for h in (hospitals.of(*spot) for spot in set(wanted)) if h.found}
        everything = _Known(departments_of(organisation_ids=matched))
        planned = []
        for at, row in enumerate(rows):
            if at % TELL_EVERY == 0:
                context.tell(at // 2)
            planned.append(self._plan_row(row, hospitals, everything, context))
        return Plan(planned, hospitals.unmatched())

    def apply(self, *, plan: Plan, context: Context) -> None:
        new = [row for row in plan.rows if row.outcome == NEW]
        context.tell(len(plan.rows) // 2)
        try:
            made = make_hospitals(rows=new, context=context)
        except OrganisationRefused as refusal:
            raise ImportRefused(str(refusal)) from refusal
        self._create(new, made, context)
        self._update([row for row in plan.rows if row.outcome == UPDATE], context)

    def beyond(self, *, rows: Sequence[Applied], by: Staff) -> set[int]:
        """By the hospital of the department."""
        ids = [row.target_id for row in rows if row.target_id]
        homes = dict(Department.objects.filter(pk__in=ids).values_list("pk", "organisation_id"))
        away = known.not_reached(rows=Organisation.objects.all(), ids=set(homes.values()), staff=by, word=self.word)
        return {row.number for row in rows if homes.get(row.target_id or 0) in away}

    def undo(self, *, rows: Sequence[Applied], by: Staff, at: datetime) -> Undone:
        created = {row.target_id: row.number for row in rows if row.outcome == NEW and row.target_id}
        reasons = {created[pk]: why for pk, why in withdraw_departments(ids=list(created), by=by, at=at).items()}
        updated = {row.target_id: row for row in rows if row.outcome == UPDATE and row.target_id}
        kept = update_departments(
            changes=[(pk, row.before["version"], row.before["values"]) for pk, row in updated.items()],
            by=by, at=at, action="department.import_undone",
        )
        reasons |= {updated[pk].number: why for pk, why in kept.items()}
        left = {n: f"科室已撤销；{why}" for n, why in withdraw_made(rows=rows, by=by, at=at).items() if n not in reasons}
        return Undone(reasons, left)

    def _plan_row(self, row: SourceRow, hospitals: Hospitals, everything: _Known, context: Context) -> Planned:
        notes: list[str] = []
        planned = Planned(row.number, ERROR, row.values.get("name", "").strip())
        try:
            values = clean_department(row.values, notes)
        except ValueError as fault:
            planned.reason = str(fault)
            return planned
        hospital = hospitals.of(*hospital_wanted(row))
        if hospital.refused or hospital.is_left:
            planned.outcome = LEFT if hospital.is_left else ERROR
            planned.reason = hospital.refused or f"没有找到医院“{hospital.name}”"
            return planned
        earlier = everything.seen.setdefault((hospital.mark, values["name"]), planned.number)
        if earlier != planned.number:
            planned.outcome, planned.reason = DUPLICATE, f"与第 {earlier} 行重复"
            return planned
        planned.payload = _Payload(values, hospital)
        self._plan_known(planned, everything, notes, context)
        return planned

    def _plan_known(self, planned: Planned, everything: _Known, notes: list[str], context: Context) -> None:
        payload: _Payload = planned.payload
        found = payload.hospital.found
        existing = everything.have.get((found.pk, payload.values["name"])) if found else None
        if existing is None:
            if found is None:
                notes.append(f"医院“{payload.hospital.name}”将新建为待核实")
            planned.outcome, planned.reason = NEW, "；".join(notes)
            return
        planned.target_id = existing.pk
        changes = context.taken(values=payload.values, record=existing)
        if not changes:
            planned.outcome, planned.reason = DUPLICATE, "这个医院已有这个科室"
            return
        payload.values, payload.existing = changes, existing
        labels = [f.label for f in self.fields if f.key in changes]
        planned.outcome, planned.reason = UPDATE, "；".join([f"更新{'、'.join(labels)}", *notes])

    def _create(self, rows: Sequence[Planned], made: Mapping[tuple[int | str, ...], Organisation], context: Context) -> None:
        where = [row.payload.hospital.organisation(made) for row in rows]
        wanted = [(o, row.payload.values["name"]) for o, row in zip(where, rows, strict=True)]
        values = {
            (o.pk, name): {k: v for k, v in row.payload.values.items() if k != "name"}
            for (o, name), row in zip(wanted, rows, strict=True)
        }
        stored = ensure_departments(wanted=wanted, values=values, by=context.by, at=context.at)
        for (o, name), row in zip(wanted, rows, strict=True):
            row.target_id = stored[o.pk, name][0].pk

    def _update(self, rows: Sequence[Planned], context: Context) -> None:
        for row in rows:
            existing = row.payload.existing
            before = {name: getattr(existing, name) for name in row.payload.values}
            row.before = {"values": before, "version": existing.version + 1}
        changes = [(row.payload.existing.pk, row.payload.existing.version, row.payload.values) for row in rows]
        if update_departments(changes=changes, by=context.by, at=context.at, action="department.import_updated"):
            raise ImportRefused("检查之后有科室被别人改过，请重新检查。")


def hospital_wanted(row: SourceRow) -> tuple[str, str]:
    """The hospital of a row as the file writes it: name and place."""
    return cleaning.once(row.values.get("hospital", "").strip(), 4), row.values.get("city", "").strip()


def clean_department(row: Mapping[str, str], notes: list[str]) -> dict[str, Any]:
    """Values of a department from a row's texts. Raises ``ValueError`` with every fault."""
    faults: list[str] = []
    name = cleaning.clean_department(cleaning.halfwidth(row.get("name", "")))
    if not row.get("hospital", "").strip():
        faults.append("医院为空")
    if not name:
        faults.append("科室名称为空")
    elif len(name) > NAME_LIMIT:
        faults.append(f"科室名称超过 {NAME_LIMIT} 字")
    values: dict[str, Any] = {"name": name}
    values["standard_name"] = cleaning.fitted(row.get("standard_name", ""), 40, "标准科室", notes)
    values["remark"] = cleaning.fitted(row.get("remark", ""), 300, "备注", notes)
    try:
        values["beds"] = cleaning.clean_count(row.get("beds", ""), "床位", 5000)
    except ValueError as fault:
        faults.append(str(fault))
    if faults:
        raise ValueError("；".join(faults))
    return {key: value for key, value in values.items() if value not in (None, "")}
