"""The cast of the tests: the same people everywhere."""

from dataclasses import dataclass
from datetime import date
from itertools import count

from keqing.access.models import Holding, OrgUnit, Position, Staff
from keqing.kit.pinyin import initials

START = date(2026, 1, 1)
PASSWORD = "kehu-guanli-2026"  # noqa: S105 only in tests
_numbers = count(1)


def make_staff(*, name: str = "李雯", login_name: str | None = None, **rest: object) -> Staff:
    staff = Staff(login_name=login_name or f"staff{next(_numbers)}", name=name, must_change_password=False, **rest)
    staff.set_password(PASSWORD)
    staff.save()
    return staff


def make_unit(*, name: str, parent: OrgUnit | None = None, kind: str = "area") -> OrgUnit:
    unit = OrgUnit.objects.create(name=name, parent=parent, kind=kind, valid_from=START)
    unit.path = f"{parent.path if parent else '/'}{unit.pk}/"
    unit.save(update_fields=["path"])
    return unit


def make_position(
    *, unit: OrgUnit, role: str = "representative", holder: Staff | None = None, is_head: bool = False, name: str = ""
) -> Position:
    number = next(_numbers)
    position = Position.objects.create(
        code=f"P{number:04d}", name=name or f"岗位{number}", unit=unit, role=role, is_head=is_head, holder=holder,
        opened_on=START,
    )
    if holder is not None:
        Holding.objects.create(position=position, staff=holder, from_on=START)
    return position


@dataclass
class Cast:
    """A company with two regions of two areas each, and one person for each role."""

    company: OrgUnit
    south: OrgUnit
    guangzhou: OrgUnit
    shenzhen: OrgUnit
    north: OrgUnit
    beijing: OrgUnit
    rep: Staff
    sibling: Staff
    other_area_rep: Staff
    stranger: Staff
    manager: Staff
    region_manager: Staff
    commerce: Staff
    bidding: Staff
    finance: Staff
    warehouse: Staff
    care: Staff
    compliance: Staff
    gm: Staff
    system: Staff
    security: Staff
    audit: Staff

    @property
    def everyone(self) -> dict[str, Staff]:
        return {name: value for name, value in vars(self).items() if isinstance(value, Staff)}


def position_of(staff: Staff) -> Position:
    return Position.objects.select_related("unit").get(holder=staff)


UNITS = (
    ("company", "示例药业", "company", ""),
    ("south", "华南大区", "region", "company"),
    ("guangzhou", "广州地区", "area", "south"),
    ("shenzhen", "深圳地区", "area", "south"),
    ("north", "华北大区", "region", "company"),
    ("beijing", "北京地区", "area", "north"),
)
PEOPLE = (
    ("rep", "李雯", "rep", "guangzhou", "representative", False),
    ("sibling", "罗佳", "sibling", "guangzhou", "representative", False),
    ("other_area_rep", "何俊", "otherarea", "shenzhen", "representative", False),
    ("stranger", "唐敏", "stranger", "beijing", "representative", False),
    ("manager", "陈立", "manager", "guangzhou", "area_manager", True),
    ("region_manager", "周岚", "regionmanager", "south", "region_manager", True),
    ("commerce", "苏明", "commerce", "south", "commerce", False),
    ("bidding", "顾青", "bidding", "company", "bidding", False),
    ("finance", "钱进", "finance", "company", "finance", False),
    ("warehouse", "库大海", "warehouse", "company", "warehouse", False),
    ("care", "柳依", "care", "company", "telephone_care", False),
    ("compliance", "方正", "compliance", "company", "compliance", False),
    ("gm", "王总", "gm", "company", "general_manager", True),
    ("system", "系统员", "system", "company", "system_admin", False),
    ("security", "安全员", "security", "company", "security_admin", False),
    ("audit", "审计员", "audit", "company", "audit_admin", False),
)


def make_cast() -> Cast:
    """In a handful of statements: more than a thousand tests begin with it."""
    units = _units()
    people: dict[str, Staff] = {}
    positions = []
    for key, name, login, where, role, is_head in PEOPLE:
        staff = people[key] = Staff(login_name=login, name=name, initials=initials(name, person=True), must_change_password=False)
        staff.set_password(PASSWORD)
        positions.append(
            Position(
                code=f"P{next(_numbers):04d}", name=f"{units[where].name}{name}岗", unit=units[where], role=role, is_head=is_head,
                holder=staff, opened_on=START,
            )
        )
    Staff.objects.bulk_create(people.values())
    Position.objects.bulk_create(positions)
    Holding.objects.bulk_create(Holding(position=position, staff=position.holder, from_on=START) for position in positions)
    return Cast(**units, **people)


def _units() -> dict[str, OrgUnit]:
    made: dict[str, OrgUnit] = {}
    for level in ("company", "region", "area"):
        new = {
            key: OrgUnit(name=name, kind=kind, parent=made.get(parent), valid_from=START)
            for key, name, kind, parent in UNITS
            if kind == level
        }
        OrgUnit.objects.bulk_create(new.values())
        for unit in new.values():
            unit.path = f"{unit.parent.path if unit.parent else '/'}{unit.pk}/"
        made |= new
    OrgUnit.objects.bulk_update(made.values(), ["path"])
    return made
