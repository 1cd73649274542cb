"""The company as a staff file refers to it: units by name, positions by code, people by number or login name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from keqing.access.models import OrgUnit, Position, Staff
from keqing.audit.models import Entry


@dataclass
class Company:
    """Read once, three statements."""

    units: dict[str, list[OrgUnit]]
    positions: dict[str, Position]
    staff_by_id: dict[int, Staff]
    _by_login: dict[str, Staff] = field(default_factory=dict)
    _by_number: dict[str, Staff] = field(default_factory=dict)
    _seen: dict[tuple[str, str], int] = field(default_factory=dict)

    @classmethod
    def read(cls) -> Company:
        units: dict[str, list[OrgUnit]] = defaultdict(list)
        by_id = {u.pk: u for u in OrgUnit.objects.filter(valid_to__isnull=True)}
        for unit in by_id.values():
            units[unit.name].append(unit)
            above = by_id.get(unit.parent_id or 0)
            if above is not None:
                units[f"{above.name}/{unit.name}"].append(unit)
        positions = Position.objects.current().select_related("unit", "holder")
        staff = list(Staff.objects.all())
        return cls(
            units=units,
            positions={p.code: p for p in positions},
            staff_by_id={s.pk: s for s in staff},
            _by_login={s.login_name.lower(): s for s in staff},
            _by_number={s.employee_no: s for s in staff if s.employee_no},
        )

    def unit_of(self, name: str) -> OrgUnit:
        """The unit of that name; raises ``ValueError`` when there is none, or several."""
        found = self.units.get(name.strip().replace("／", "/").replace(" ", ""), [])
        if not name.strip():
            raise ValueError("有岗位时要写所属组织")
        if not found:
            raise ValueError(f"没有组织“{name}”，请先在组织里新建")
        if len(found) > 1:
            raise ValueError(f"有几个组织叫“{name}”，请写成 大区/地区")
        return found[0]

    def staff_of(self, values: Mapping[str, str]) -> Staff | None:
        by_number = self._by_number.get(values.get("employee_no", ""))
        by_login = self._by_login.get(values.get("login_name", "").lower())
        if by_number and by_login and by_number.pk != by_login.pk:
            raise ValueError("工号和登录名属于两个不同的人")
        return by_number or by_login

    def is_repeated(self, values: Mapping[str, str], position_code: str, number: int) -> bool:
        """Whether an earlier row of the file has the same login name, employee number or position."""
        keys = [("login", values.get("login_name", "").lower()), ("number", values.get("employee_no", "")), ("position", position_code)]
        known = [self._seen.setdefault(key, number) != number for key in keys if key[1]]
        return any(known)


def accounts_in_use(*, staff: Collection[Staff]) -> dict[int, str]:
    """Staff id → what happened with the new account since: an account in use is not taken back. One statement."""
    acted = set(Entry.objects.filter(actor_id__in=[s.pk for s in staff]).values_list("actor_id", flat=True).distinct())
    found = {}
    for one in staff:
        if one.last_login is not None or one.pk in acted:
            found[one.pk] = "账号已在使用"
        elif one.version > 1:
            found[one.pk] = "导入后已发密码或被修改"
    return found
