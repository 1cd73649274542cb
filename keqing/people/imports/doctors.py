"""Importing doctors, with their hospital and department (decision 10)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from keqing.access.models import Staff
from keqing.interchange.actions import ImportRefused
from keqing.interchange.registry import (
    DUPLICATE,
    ERROR,
    KEEP,
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
from keqing.people.actions.imported import (
    CHANGED,
    GONE,
    ensure_departments,
    restored_values,
    withdraw_departments,
    withdraw_people,
)
from keqing.people.actions.organisations import OrganisationRefused
from keqing.people.actions.people import PersonDraft, PersonRefused, Post, create_people, update_people
from keqing.people.imports import cleaning
from keqing.people.imports.hospitals import Hospital, Hospitals, Made, make_hospitals, withdraw_made
from keqing.people.models import Organisation, Person
from keqing.people.placing import Placing
from keqing.reference.regions import Regions

STEP, TELL_EVERY = 2000, 200
TEXTS = {
    "specialty": (600, "专业方向"), "academic_posts": (300, "学术任职"), "publications": (600, "论著"), "post": (60, "职务"),
    "topics": (200, "关注主题"), "remark": (500, "备注"), "email": (254, "邮箱"),
}
PROFILE_LIMIT = 20_000
PHONES = {"mobile": "手机", "phone": "座机"}
GENDERS = {"男": "m", "m": "m", "先生": "m", "女": "f", "f": "f", "女士": "f"}
HEADS = ("主任", "科主任", "科室主任", "科室负责人", "学科带头人")


@dataclass
class _Payload:
    values: dict[str, Any]
    hospital: Hospital | None = None
    department: str = ""
    existing: Person | None = None


@dataclass
class _Known:
    """Whom we have already: in the database, and in earlier rows of the file."""

    at_hospitals: Mapping[tuple[int, str], list[Any]]
    loose: Mapping[str, list[Person]]
    phones_read: frozenset[int]
    seen: dict[tuple[Any, ...], int] = field(default_factory=dict)
    updated: dict[int, int] = field(default_factory=dict)
    """The row that updates a person, by the person's id."""

    @classmethod
    def read(cls, *, hospital_ids: Collection[int], names: Collection[str], by: Staff) -> _Known:
        at_hospitals = known.people_at(organisation_ids=hospital_ids, names=names)
        loose = known.loose_people(kind="doctor", names=names)
        ids = {a.person_id for many in at_hospitals.values() for a in many} | {p.pk for many in loose.values() for p in many}
        return cls(at_hospitals, loose, known.with_phones_read_by(ids=ids, staff=by))

    def take_masked(self, person: Person, values: Mapping[str, Any], notes: list[str]) -> dict[str, Any]:
        """The values without phones that are there already and masked for the importer, equal or not."""
        if person.pk in self.phones_read:
            return dict(values)
        masked = [key for key in PHONES if values.get(key) and getattr(person, key)]
        if masked:
            notes.append(f"已有{'、'.join(PHONES[key] for key in masked)}，您看不到完整号码，不更新")
        return {key: value for key, value in values.items() if key not in masked}


class DoctorImport(ImportSpec):
    key = "doctor"
    label = "医生"
    keyed_by = "doctor"
    matches = "医院"
    update_keys = (("name", "姓名、医院和科室"),)
    fields = (
        Field(key="name", label="姓名", synonyms=("医生姓名", "医生", "医师姓名", "专家姓名", "NAME"), required=True, examples=("张示例",)),
        Field(
            key="hospital", label="医院", synonyms=("医院名称", "所在医院", "执业医院", "工作单位", "单位", "执业机构"),
            hint="写医院全称；没有这一列时，医生导入后无任职", examples=("示例市第一人民医院",),
        ),
        Field(key="city", label="医院所在地区", synonyms=("所在地区", "城市", "地区", "所在城市"), hint="同名医院靠它区分"),
        Field(key="department", label="科室", synonyms=("科室名称", "所在科室", "专科"), examples=("心血管内科",)),
        Field(key="title", label="职称", synonyms=("技术职称", "专业职称"), hint="主任医师、副主任医师、主治医师、住院医师", examples=("主任医师",)),
        Field(key="teaching", label="教学职称", synonyms=("学术职称", "学术头衔")),
        Field(key="post", label="职务", synonyms=("行政职务",)),
        Field(key="specialty", label="专业方向", synonyms=("擅长", "擅长领域", "专长", "专业特长", "研究方向")),
        Field(key="profile", label="公开简介", synonyms=("简介", "个人简介", "医生简介", "介绍")),
        Field(key="academic_posts", label="学术任职", synonyms=("社会任职", "学会任职")),
        Field(key="publications", label="论著", synonyms=("论文", "著作")),
        Field(key="topics", label="关注主题", synonyms=()),
        Field(key="gender", label="性别", synonyms=()),
        Field(key="mobile", label="手机", synonyms=("手机号", "手机号码", "移动电话")),
        Field(key="phone", label="座机", synonyms=("电话", "联系电话", "办公电话")),
        Field(key="email", label="邮箱", synonyms=("电子邮箱", "email")),
        Field(key="remark", label="备注", synonyms=()),
    )

    def allowed(self, staff: Staff) -> bool:
        clauses = staff.standing.clauses.get(self.word, ())
        return any(c.kinds is None or choices.Kind.HOSPITAL in c.kinds for c in clauses)

    def plan(self, *, rows: Sequence[SourceRow], context: Context) -> Plan:
        today = business_date(context.at)
        regions = Regions(today=today)
        placing = Placing(by=context.by, word=self.word, unit=context.unit, today=today)
        wanted = [hospital_wanted(row) for row in rows if hospital_wanted(row)[0]]
        hospitals = Hospitals(wanted=wanted, context=context, word=self.word, placing=placing, regions=regions)
        people = {row.values.get("name", "").strip() for row in rows}
        matched = {h.found.pk for h in (hospitals.of(*one) for one in wanted) if h.found}
        everyone = _Known.read(hospital_ids=matched, names=people, by=context.by)
        planned = []
        for at, row in enumerate(rows):
            if at % TELL_EVERY == 0:
                context.tell(at // 2)
            planned.append(self._plan_row(row, hospitals, everyone, context))
        return Plan(planned, hospitals.unmatched())

    def apply(self, *, plan: Plan, context: Context) -> None:
        new = [row for row in plan.rows if row.outcome == NEW]
        start = len(plan.rows) // 2
        try:
            hospitals = make_hospitals(rows=new, context=context)
            for at in range(0, len(new), STEP):
                context.tell(start + at // 2)
                self._create(new[at : at + STEP], hospitals, context)
            self._update([row for row in plan.rows if row.outcome == UPDATE], context)
        except (OrganisationRefused, PersonRefused) as refusal:
            raise ImportRefused(str(refusal)) from refusal

    def beyond(self, *, rows: Sequence[Applied], by: Staff) -> set[int]:
        """By the person; and hospitals that came with it must be within reach too."""
        ids = {row.target_id for row in rows if row.target_id}
        away = known.not_reached(rows=Person.objects.all(), ids=ids, staff=by, word=self.word)
        hospitals = {pk for row in rows for pk in row.before.get("hospitals", ())}
        lost = known.not_reached(rows=Organisation.objects.all(), ids=hospitals, staff=by, word=self.word)
        return {r.number for r in rows if r.target_id in away or not lost.isdisjoint(r.before.get("hospitals", ()))}

    def undo(self, *, rows: Sequence[Applied], by: Staff, at: datetime) -> Undone:
        """People first, then departments and hospitals that came with them and are used by nobody else."""
        created = {row.target_id: row.number for row in rows if row.outcome == NEW and row.target_id}
        kept = withdraw_people(ids=list(created), by=by, at=at)
        reasons = {created[pk]: why for pk, why in kept.items()}
        reasons.update(self._restore([row for row in rows if row.outcome == UPDATE], by, at))
        departments = {pk: row.number for row in rows for pk in row.before.get("departments", ())}
        left: dict[int, list[str]] = defaultdict(list)
        for pk, why in withdraw_departments(ids=list(departments), by=by, at=at).items():
            left[departments[pk]].append(why)
        for number, why in withdraw_made(rows=rows, by=by, at=at).items():
            left[number].append(why)
        return Undone(reasons, {number: f"医生已撤销；{'；'.join(many)}" for number, many in left.items()})

    def _plan_row(self, row: SourceRow, hospitals: Hospitals, everyone: _Known, context: Context) -> Planned:
        name, notes = row.values.get("name", "").strip(), []
        planned = Planned(row.number, ERROR, name)
        try:
            values = clean_doctor(row.values, notes)
        except ValueError as fault:
            planned.reason = str(fault)
            return planned
        wanted = hospital_wanted(row)
        hospital = hospitals.of(*wanted) if wanted[0] else None
        if hospital and (hospital.refused or hospital.is_left):
            planned.outcome = LEFT if hospital.is_left else ERROR
            planned.reason = hospital.refused or f"没有找到医院“{hospital.name}”"
            return planned
        department = cleaning.fitted(cleaning.clean_department(row.values.get("department", "")), 80, "科室", notes)
        payload = _Payload(values, hospital, department if hospital else "")
        if not self._is_repeated(planned, payload, everyone):
            self._plan_known(planned, payload, everyone, notes, context)
        return planned

    def _is_repeated(self, planned: Planned, payload: _Payload, everyone: _Known) -> bool:
        mark: tuple[Any, ...] = (
            (payload.values["name"], payload.hospital.mark, payload.department)
            if payload.hospital
            else (payload.values["name"], payload.values.get("title", ""), payload.values.get("specialty", "")[:40])
        )
        earlier = everyone.seen.setdefault(mark, planned.number)
        if earlier != planned.number:
            planned.outcome, planned.reason = DUPLICATE, f"与第 {earlier} 行重复"
        return earlier != planned.number

    def _plan_known(
        self, planned: Planned, payload: _Payload, everyone: _Known, notes: list[str], context: Context
    ) -> None:
        existing = _same_doctor(payload, everyone, context)
        if existing is None:
            planned.outcome, planned.payload = NEW, payload
            if payload.hospital and payload.hospital.found is None:
                notes.append(f"医院“{payload.hospital.name}”将新建为待核实")
            planned.reason = "；".join(notes)
            return
        planned.target_id = existing.pk
        values = everyone.take_masked(existing, payload.values, notes)
        differs = any(v and getattr(existing, k) != v for k, v in values.items())
        changes = context.taken(values=values, record=existing)
        if not changes:
            planned.outcome = DUPLICATE
            kept = differs and context.existing == KEEP
            planned.reason = "；".join(["已存在同名医生" if kept else "已存在，没有要更新的资料", *notes])
            return
        earlier = everyone.updated.setdefault(existing.pk, planned.number)
        if earlier != planned.number:
            planned.outcome, planned.reason = DUPLICATE, f"与第 {earlier} 行重复"
            return
        payload.existing, payload.values = existing, changes
        labels = [self.field(k).label for k in changes if self.field(k)]  # type: ignore[union-attr]
        planned.outcome, planned.payload = UPDATE, payload
        planned.reason = "；".join([f"更新{'、'.join(labels)}", *notes])

    def _create(self, rows: Sequence[Planned], made: Made, context: Context) -> None:
        where = [row.payload.hospital.organisation(made) if row.payload.hospital else None for row in rows]
        wanted = [(o, row.payload.department) for o, row in zip(where, rows, strict=True) if o and row.payload.department]
        departments = ensure_departments(wanted=wanted, by=context.by, at=context.at)
        drafts = []
        noted: set[int] = set()
        for row, organisation in zip(rows, where, strict=True):
            posts = []
            if organisation is not None:
                department, is_new = departments.get((organisation.pk, row.payload.department), (None, False))
                if department and is_new and department.pk not in noted:
                    noted.add(department.pk)
                    row.before.setdefault("departments", []).append(department.pk)
                post = row.payload.values.get("post", "")
                posts = [Post(organisation, "doctor", department, post, is_department_head=post in HEADS)]
            values = {**row.payload.values, "source_note": context.source_note}
            drafts.append(PersonDraft(values, unit=context.unit, owner=context.position, posts=posts))
        people = create_people(
            drafts=drafts, by=context.by, at=context.at, source=choices.Source.IMPORT, action="person.imported"
        )
        for row, person in zip(rows, people, strict=True):
            row.target_id = person.pk

    def _update(self, rows: Sequence[Planned], context: Context) -> None:
        for row in rows:
            person = row.payload.existing
            row.before = {"values": {k: getattr(person, k) for k in row.payload.values}, "version": person.version + 1}
        changes = [(row.payload.existing, row.payload.values) for row in rows]
        if changes:
            update_people(changes=changes, by=context.by, at=context.at, action="person.import_updated")

    def _restore(self, rows: Sequence[Applied], by: Staff, at: datetime) -> dict[int, str]:
        stored = known.living_people(ids=[row.target_id for row in rows if row.target_id])
        reasons, changes = {}, []
        for row in rows:
            person = stored.get(row.target_id or 0)
            if person is None or person.version != row.before.get("version"):
                reasons[row.number] = GONE if person is None else CHANGED
            else:
                changes.append((person, restored_values(Person, row.before["values"])))
        if changes:
            update_people(changes=changes, by=by, at=at, action="person.import_undone")
        return reasons


def hospital_wanted(row: SourceRow) -> tuple[str, str]:
    """The hospital of a row as the file writes it: name and place."""
    return cleaning.once(row.values.get("hospital", "").strip(), 4), row.values.get("city", "").strip()


def clean_doctor(row: Mapping[str, str], notes: list[str]) -> dict[str, Any]:
    """Values of a person from a row's texts. Raises ``ValueError`` with every fault."""
    faults: list[str] = []
    name = row.get("name", "").strip()
    if not name:
        faults.append("姓名为空")
    elif len(name) > 40:
        faults.append("姓名超过 40 字")
    values: dict[str, Any] = {"kind": choices.PersonKind.DOCTOR, "name": name}
    values |= {key: cleaning.fitted(row.get(key, ""), *TEXTS[key], notes) for key in TEXTS}
    values["profile"] = cleaning.fitted(row.get("profile", ""), PROFILE_LIMIT, "公开简介", notes)
    values["title"], posts = cleaning.clean_titles(row.get("title", ""), row.get("teaching", ""), notes)
    joined = "、".join(dict.fromkeys(part for part in (posts, values["academic_posts"]) if part))
    values["academic_posts"] = cleaning.fitted(joined, 300, "学术任职", notes)
    values["phone"] = cleaning.clean_any_phone(row.get("phone", ""), notes)
    try:
        values["mobile"] = cleaning.clean_mobile_or_empty(row.get("mobile", ""))
    except ValueError as fault:
        faults.append(str(fault))
    gender = row.get("gender", "").strip().lower()
    if gender and gender not in GENDERS:
        faults.append(f"性别“{gender}”请填 男 或 女")
    values["gender"] = GENDERS.get(gender, "")
    if values["email"] and "@" not in values["email"]:
        faults.append(f"邮箱“{values['email']}”格式不对")
    if faults:
        raise ValueError("；".join(faults))
    return {key: value for key, value in values.items() if value}


def _same_doctor(payload: _Payload, everyone: _Known, context: Context) -> Person | None:
    """Same name at the same hospital, and no other department; without hospital, one the importer entered."""
    name = payload.values["name"]
    if payload.hospital is None:
        standing = context.by.standing
        for person in everyone.loose.get(name, ()):
            mine = standing.reaches(
                "import.run", kind=choices.Kind.HOSPITAL, owner_position_id=person.owner_position_id, unit_id=person.unit_id
            )
            if mine and payload.values.get("title", "") in ("", person.title):
                return person
        return None
    if payload.hospital.found is None:
        return None
    for affiliation in everyone.at_hospitals.get((payload.hospital.found.pk, name), ()):
        department = affiliation.department.name if affiliation.department else ""
        if not department or not payload.department or department == payload.department:
            return affiliation.person  # type: ignore[no-any-return]
    return None
