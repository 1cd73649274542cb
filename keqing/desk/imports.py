"""Importing staff with their positions. It lives here because ``access`` lies below the import engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from keqing.access.actions.common import AdminRefused
from keqing.access.actions.imported import Arrival, edit_many, take_leave, welcome
from keqing.access.models import OrgUnit, Position, Staff
from keqing.access.permissions import Can
from keqing.access.standing import role_choices
from keqing.desk.queries.staff_import import Company, accounts_in_use
from keqing.interchange.actions import ImportRefused
from keqing.interchange.registry import (
    DUPLICATE,
    ERROR,
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
from keqing.kit.validators import clean_mobile

VACANT = ("待招", "空缺", "空岗", "缺编")
YES, NO = {"是", "1", "y", "√"}, {"", "否", "0", "n", "×"}
LIMITS = {"name": (40, "姓名"), "login_name": (40, "登录名"), "employee_no": (30, "工号"), "position_name": (60, "岗位名称"), "position_code": (30, "岗位编号")}


@dataclass
class _Payload:
    values: dict[str, str]
    unit: OrgUnit | None = None
    role: str = ""
    is_head: bool = False
    position: Position | None = None
    position_code: str = ""
    position_name: str = ""
    existing: Staff | None = None

    @property
    def makes_position(self) -> bool:
        return self.position is None and self.role != ""


class StaffImport(ImportSpec):
    """A row is a person, a position, or a person in a position; 待招 in place of a name is a vacant position."""

    key = "staff"
    label = "人员与岗位"
    word = Can.MANAGE_STAFF
    about = "导入后在人员页为每个人发一次性密码；导入不产生可用的密码。"
    undo_means = "新增的账号停用，新建的岗位撤销，更新的恢复原值"
    update_keys = (("employee_no", "工号"), ("login_name", "登录名"))
    fields = (
        Field(key="name", label="姓名", synonyms=("员工姓名", "人员姓名"), required=True, hint="空缺的岗位写 待招", examples=("张示例",)),
        Field(key="employee_no", label="工号", synonyms=("员工编号", "员工号"), examples=("E0001",)),
        Field(key="login_name", label="登录名", synonyms=("账号", "用户名", "登录账号"), hint="不填时用工号", examples=("zhangshili",)),
        Field(key="mobile", label="手机", synonyms=("手机号", "手机号码")),
        Field(key="email", label="邮箱", synonyms=("电子邮箱", "email")),
        Field(key="unit", label="所属组织", synonyms=("组织", "部门", "地区", "办事处", "大区"), hint="已建好的组织名称；重名时写 大区/地区"),
        Field(key="role", label="角色", synonyms=("员工职位", "职位", "岗位角色"), hint="如 医药代表、地区经理"),
        Field(key="position_code", label="岗位编号", synonyms=("岗位代码",)),
        Field(key="position_name", label="岗位名称", synonyms=("岗位",)),
        Field(key="is_head", label="负责人岗位", synonyms=("是否负责人", "是否主管"), hint="是 或 否"),
    )

    def plan(self, *, rows: Sequence[SourceRow], context: Context) -> Plan:
        company = Company.read()
        planned = []
        for at, row in enumerate(rows):
            context.tell(at // 10)
            planned.append(self._plan_row(row, company, context))
        return Plan(planned)

    def apply(self, *, plan: Plan, context: Context) -> None:
        new = [row for row in plan.rows if row.outcome == NEW]
        changed = [row for row in plan.rows if row.outcome == UPDATE]
        context.tell(len(plan.rows) // 2)
        arrivals = [self._arrival(row.payload) for row in new]
        try:
            welcome(arrivals=arrivals, by=context.by, at=context.at)
            for row in changed:
                existing = row.payload.existing
                before = {name: getattr(existing, name) for name in row.payload.values}
                row.before = {"values": before, "version": existing.version + 1}
            edit_many(changes=[(r.payload.existing, r.payload.values) for r in changed], by=context.by, at=context.at)
        except AdminRefused as refusal:
            raise ImportRefused(str(refusal)) from refusal
        for row, arrival in zip(new, arrivals, strict=True):
            row.target_id = arrival.staff.pk if arrival.staff else None
            if row.payload.makes_position and arrival.position is not None:
                row.before["position"] = arrival.position.pk

    def beyond(self, *, rows: Sequence[Applied], by: Staff) -> set[int]:
        """Who manages staff manages all of them."""
        return set() if by.may(self.word) else {row.number for row in rows}

    def undo(self, *, rows: Sequence[Applied], by: Staff, at: datetime) -> Undone:
        company = Company.read()
        reasons = self._restore([row for row in rows if row.outcome == UPDATE], company, by, at)
        new = [row for row in rows if row.outcome == NEW]
        made = {pk: staff for row in new if (pk := row.target_id or 0) and (staff := company.staff_by_id.get(pk))}
        in_use = accounts_in_use(staff=[staff for staff in made.values() if staff.is_active])
        going = [row for row in new if row.target_id not in in_use]
        reasons |= {row.number: in_use[row.target_id] for row in new if row.target_id in in_use}
        people = [made[row.target_id] for row in going if row.target_id in made and made[row.target_id].is_active]
        opened = {row.before["position"]: row.number for row in going if row.before.get("position")}
        held = {p.pk: p.holder_id for p in company.positions.values() if p.holder_id}
        numbers = {row.target_id: row.number for row in going}
        try:
            kept = take_leave(staff=people, opened=opened.keys(), by=by, at=at)
        except AdminRefused as refusal:
            return Undone({row.number: str(refusal) for row in rows})
        for pk, why in kept.items():
            if number := opened.get(pk) or numbers.get(held.get(pk)):
                reasons[number] = why
        return Undone(reasons)

    def _restore(self, rows: Sequence[Applied], company: Company, by: Staff, at: datetime) -> dict[int, str]:
        reasons, changes = {}, []
        for row in rows:
            staff = company.staff_by_id.get(row.target_id or 0)
            if staff is None or staff.version != row.before.get("version"):
                reasons[row.number] = "导入后已被修改"
            else:
                changes.append((staff, row.before["values"]))
        edit_many(changes=changes, by=by, at=at)
        return reasons

    def _plan_row(self, row: SourceRow, company: Company, context: Context) -> Planned:
        planned = Planned(row.number, ERROR, row.values.get("name", "").strip())
        try:
            payload = self._clean(row.values, company)
            payload.existing = company.staff_of(payload.values)
            if payload.existing is None and company.is_repeated(payload.values, payload.position_code, row.number):
                planned.outcome, planned.reason = DUPLICATE, "与前面的行重复"
                return planned
        except ValueError as fault:
            planned.reason = str(fault)
            return planned
        return self._known(planned, payload, context) if payload.existing else self._new(planned, payload)

    def _new(self, planned: Planned, payload: _Payload) -> Planned:
        if payload.position is not None and payload.position.holder_id:
            planned.reason = f"岗位 {payload.position.code} 已由{payload.position.label}担任"
            return planned
        if not payload.values and payload.position is not None:
            planned.outcome, planned.reason = DUPLICATE, "这个空缺岗位已存在"
            return planned
        planned.outcome, planned.payload = NEW, payload
        planned.reason = "新建空缺岗位" if not payload.values else "新建岗位" if payload.makes_position else ""
        return planned

    def _known(self, planned: Planned, payload: _Payload, context: Context) -> Planned:
        existing = payload.existing
        assert existing is not None  # noqa: S101 the caller looked
        key = str(context.options.get("update_by") or self.update_keys[0][0])
        changes = context.taken(values=payload.values, record=existing)
        planned.target_id = existing.pk
        if getattr(existing, key) != payload.values.get(key) or not changes:
            planned.outcome = DUPLICATE
            planned.reason = f"已有账号 {existing.login_name}{'' if existing.is_active else '（已停用）'}"
            return planned
        payload.values = changes
        planned.outcome, planned.payload = UPDATE, payload
        labels = [f.label for f in self.fields if f.key in changes]
        planned.reason = f"更新{'、'.join(labels)}"
        return planned

    def _clean(self, row: Mapping[str, str], company: Company) -> _Payload:
        for key, (limit, label) in LIMITS.items():
            if len(row.get(key, "")) > limit:
                raise ValueError(f"{label}超过 {limit} 字")
        name = row.get("name", "").strip()
        if not name:
            raise ValueError("姓名为空")
        payload = _Payload({} if name.startswith(VACANT) else self._person(name, row))
        payload.position_code, payload.position_name = row.get("position_code", "").strip(), row.get("position_name", "").strip()
        payload.position = company.positions.get(payload.position_code) if payload.position_code else None
        if payload.position is None and any(row.get(key) for key in ("role", "unit", "position_code", "position_name")):
            self._clean_position(payload, row, company)
        if not payload.values and payload.position is None and not payload.makes_position:
            raise ValueError("空缺岗位要写所属组织和角色")
        return payload

    def _person(self, name: str, row: Mapping[str, str]) -> dict[str, str]:
        number = row.get("employee_no", "").strip()
        login = row.get("login_name", "").strip() or number
        if not login:
            raise ValueError("登录名和工号至少填一个")
        mobile = clean_mobile(row["mobile"]) if row.get("mobile", "").strip() else ""
        email = row.get("email", "").strip()
        if email and "@" not in email:
            raise ValueError(f"邮箱“{email}”格式不对")
        values = {"name": name, "login_name": login, "employee_no": number, "mobile": mobile, "email": email}
        return {key: value for key, value in values.items() if value}

    def _clean_position(self, payload: _Payload, row: Mapping[str, str], company: Company) -> None:
        payload.unit = company.unit_of(row.get("unit", ""))
        titles = {title: key for key, title in role_choices()}
        role = row.get("role", "").strip()
        payload.role = titles.get(role, role if role in titles.values() else "")
        if not payload.role:
            raise ValueError(f"没有角色“{role}”，可写：{'、'.join(titles)}" if role else "有岗位时要写角色")
        head = row.get("is_head", "").strip().lower()
        if head not in YES | NO:
            raise ValueError(f"负责人岗位“{head}”请填 是 或 否")
        payload.is_head = head in YES
        payload.position_name = payload.position_name or f"{payload.unit.name}{dict(role_choices())[payload.role]}"

    def _arrival(self, payload: _Payload) -> Arrival:
        if not payload.makes_position:
            return Arrival(payload.values, position=payload.position)
        opening = {
            "name": payload.position_name, "code": payload.position_code, "unit": payload.unit, "role": payload.role,
            "is_head": payload.is_head,
        }
        return Arrival(payload.values, new_position=opening)
