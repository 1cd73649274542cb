"""The cast of the tests: the same people everywhere."""

from dataclasses import dataclass
from datetime import date
from itertools import count

from keqing.access.models import Holding, OrgUnit, Position, Staff

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


def make_cast() -> Cast:
    company = make_unit(name="示例药业", kind="company")
    south = make_unit(name="华南大区", parent=company, kind="region")
    guangzhou = make_unit(name="广州地区", parent=south)
    shenzhen = make_unit(name="深圳地区", parent=south)
    north = make_unit(name="华北大区", parent=company, kind="region")
    beijing = make_unit(name="北京地区", parent=north)

    def person(name: str, login: str, unit: OrgUnit, role: str, *, is_head: bool = False) -> Staff:
        staff = make_staff(name=name, login_name=login)
        make_position(unit=unit, role=role, holder=staff, is_head=is_head, name=f"{unit.name}{name}岗")
        return staff

    return Cast(
        company=company,
        south=south,
        guangzhou=guangzhou,
        shenzhen=shenzhen,
        north=north,
        beijing=beijing,
        rep=person("李雯", "rep", guangzhou, "representative"),
        sibling=person("罗佳", "sibling", guangzhou, "representative"),
        other_area_rep=person("何俊", "otherarea", shenzhen, "representative"),
        stranger=person("唐敏", "stranger", beijing, "representative"),
        manager=person("陈立", "manager", guangzhou, "area_manager", is_head=True),
        region_manager=person("周岚", "regionmanager", south, "region_manager", is_head=True),
        commerce=person("苏明", "commerce", south, "commerce"),
        bidding=person("顾青", "bidding", company, "bidding"),
        finance=person("钱进", "finance", company, "finance"),
        warehouse=person("库大海", "warehouse", company, "warehouse"),
        care=person("柳依", "care", company, "telephone_care"),
        compliance=person("方正", "compliance", company, "compliance"),
        gm=person("王总", "gm", company, "general_manager", is_head=True),
        system=person("系统员", "system", company, "system_admin"),
        security=person("安全员", "security", company, "security_admin"),
        audit=person("审计员", "audit", company, "audit_admin"),
    )
