"""Org tree, staff, positions and territory rules of the sample company."""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.contrib.auth.hashers import make_password

from keqing.access.models import Holding, OrgUnit, Position, Staff, TerritoryRule
from keqing.desk.demo import words
from keqing.desk.demo.copying import copy_rows, number
from keqing.kit.pinyin import full_pinyin, initials
from keqing.reference.models import Division

COMPANY = "澜岳医药"
PASSWORD = "keqing-2026"  # noqa: S105 printed on purpose: the sample company holds no real data
TERMINAL_KINDS = ["hospital", "clinic", "pharmacy", "agent"]
PARTNER_KINDS = ["distributor", "chain"]

REGIONS: dict[str, dict[str, str]] = {  # region → area → division prefixes; an area never shares one
    "华南大区": {
        "广州地区": "4401", "深圳地区": "4403", "珠江西岸地区": "4404 4406 4407 4412 4420",
        "粤东地区": "4405 4413 4414 4415 4416 4419 4451 4452", "粤西北地区": "4402 4408 4409 4417 4418 4453",
        "广西地区": "45", "海南地区": "46",
    },
    "华东大区": {
        "上海地区": "31", "苏南地区": "3201 3202 3204 3205 3211", "苏北地区": "3203 3206 3207 3208 3209 3210 3212 3213",
        "浙北地区": "3301 3302 3304 3305 3306 3309", "浙南地区": "3303 3307 3308 3310 3311", "安徽地区": "34",
        "江西地区": "36", "福建地区": "35",
    },
    "华北大区": {
        "北京地区": "11", "天津地区": "12", "冀北地区": "1302 1303 1307 1308 1309 1310", "冀南地区": "1301 1304 1305 1306 1311",
        "山西地区": "14", "内蒙古地区": "15", "鲁东地区": "3702 3706 3707 3710 3711 3713",
        "鲁西地区": "3701 3703 3704 3705 3708 3709 3714 3715 3716 3717", "辽宁地区": "21", "吉林地区": "22", "黑龙江地区": "23",
    },
    "华中大区": {
        "郑州地区": "4101", "豫北地区": "4102 4105 4106 4107 4108 4109 4114 4190", "豫南地区": "4103 4104 4110 4111 4112 4113 4115 4116 4117",
        "湖北地区": "42", "湘北地区": "4301 4306 4307 4308 4309", "湘南地区": "4302 4303 4304 4305 4310 4311 4312 4313 4331",
    },
    "西部大区": {
        "成都地区": "5101", "四川地区": "51", "重庆地区": "50", "贵州地区": "52", "云藏地区": "53 54",
        "陕西地区": "61", "甘青宁地区": "62 63 64", "新疆地区": "65",
    },
}
EXTRA_REPS = {"广州地区": 1, "上海地区": 1, "北京地区": 1, "成都地区": 1}
VACANT_MANAGER = "新疆地区"
VACANT_SEATS = {("粤东地区", 1), ("苏北地区", 0), ("辽宁地区", 1), ("贵州地区", 0)}
HEADQUARTERS = (  # login name, name, role, is head
    ("gm", "王景川", "general_manager", True), ("compliance", "方正然", "compliance", False),
    ("bidding", "顾青岚", "bidding", False), ("finance", "钱思敏", "finance", False),
    ("warehouse", "库大海", "warehouse", False), ("care", "柳依凡", "telephone_care", False),
    ("system", "何志远", "system_admin", False), ("security", "石永健", "security_admin", False),
    ("audit", "沈若清", "audit_admin", False),
)
NAMED = {("广州地区", 0): ("rep", "李雯"), ("广州地区", "head"): ("manager", "陈立")}
TITLES = {
    "general_manager": "总经理", "compliance": "合规专员", "bidding": "招标专员", "finance": "财务专员",
    "warehouse": "仓库主管", "telephone_care": "客服专员", "system_admin": "系统管理员",
    "security_admin": "安全管理员", "audit_admin": "审计管理员",
}


@dataclass
class Seat:
    """A representative's position: who holds it, who held it before, and the divisions it answers for."""

    position: Position
    area: "Area"
    divisions: list[str] = field(default_factory=list)
    former: Staff | None = None
    changed_on: date | None = None

    def holder_on(self, day: date) -> Staff | None:
        if self.changed_on and day < self.changed_on:
            return self.former
        return self.position.holder


@dataclass
class Area:
    unit: OrgUnit
    region: "Region"
    head: Position
    seats: list[Seat] = field(default_factory=list)


@dataclass
class Region:
    unit: OrgUnit
    head: Position
    commerce: Position
    provinces: list[str]
    areas: list[Area] = field(default_factory=list)


@dataclass
class Structure:
    company: OrgUnit
    regions: list[Region]
    staff: dict[str, Staff]
    care: Position

    @property
    def seats(self) -> list[Seat]:
        return [seat for region in self.regions for area in region.areas for seat in area.seats]

    @property
    def my_seat(self) -> Seat:
        """The position of the representative whose sign-in is printed."""
        return next(seat for seat in self.seats if seat.position.holder_id == self.staff["rep"].pk)


class StructureBuilder:
    def __init__(self, *, rng: random.Random, today: date) -> None:
        self.rng, self.today = rng, today
        self.opened_on = today - timedelta(days=365 * 3)
        self.password = make_password(PASSWORD)
        self.staff: dict[str, Staff] = {}
        self.holdings: list[Holding] = []
        self.rules: list[TerritoryRule] = []
        self.positions = 0
        self.names: set[str] = set()
        self.divisions = {d.code: d for d in Division.objects.current(today)}
        self.children: dict[str, list[str]] = defaultdict(list)
        for code, division in self.divisions.items():
            if division.level == 2:
                self.children[code[:2]].append(code)
            elif division.level == 3:
                self.children[code[:4]].append(code)

    def build(self) -> Structure:
        company = self._unit(COMPANY, "company", None)
        offices = {
            role: self._position(TITLES[role], company, role, self._staff(name, login), is_head=is_head)
            for login, name, role, is_head in HEADQUARTERS
        }
        regions = [self._region(name, areas, company, first=n == 0) for n, (name, areas) in enumerate(REGIONS.items())]
        copy_rows(self.holdings)
        copy_rows(self.rules)
        return Structure(company=company, regions=regions, staff=self.staff, care=offices["telephone_care"])

    def person_name(self) -> str:
        """A name nobody else in the company bears."""
        while True:
            name = self.rng.choice(words.SURNAMES) + self.rng.choice(words.GIVEN_FIRST) + self.rng.choice(words.GIVEN_LAST)
            if name not in self.names:
                self.names.add(name)
                return name

    def _region(self, name: str, areas: dict[str, str], company: OrgUnit, *, first: bool) -> Region:
        unit = self._unit(name, "region", company)
        head = self._position(
            f"{name}经理", unit, "region_manager", self._staff(login="regionmanager" if first else None), is_head=True
        )
        commerce = self._position(f"{name}商务助理", unit, "commerce", self._staff(login="commerce" if first else None))
        claimed = [prefix for prefixes in areas.values() for prefix in prefixes.split()]
        provinces = sorted({prefix[:2] for prefix in claimed})
        self._rule(commerce, [f"{province}0000" for province in provinces], PARTNER_KINDS)
        region = Region(unit, head, commerce, provinces)
        for area_name, prefixes in areas.items():
            region.areas.append(self._area(area_name, prefixes.split(), claimed, region))
        return region

    def _area(self, name: str, prefixes: list[str], claimed: list[str], region: Region) -> Area:
        unit = self._unit(name, "area", region.unit)
        login, person = NAMED.get((name, "head"), (None, None))
        holder = None if name == VACANT_MANAGER else self._staff(person, login)
        area = Area(unit, region, self._position(f"{name}经理", unit, "area_manager", holder, is_head=True))
        places = self._places(prefixes, claimed)
        count = 2 + EXTRA_REPS.get(name, 0)
        for n in range(count):
            seat = self._seat(name, n, unit, area)
            seat.divisions = places[n::count]
            self._rule(seat.position, seat.divisions, TERMINAL_KINDS)
            area.seats.append(seat)
        return area

    def _places(self, prefixes: list[str], claimed: list[str]) -> list[str]:
        """The cities of an area, or the districts when it is one city; parts another area claims stay out."""
        places = [c for p in prefixes for c in (self.children[p] if len(p) == 2 else [f"{p}00"])]
        places = [c for c in places if c[:4] not in claimed or c[:4] in prefixes]
        if len({c[:4] for c in places}) <= 2:
            places = [d for c in places for d in (self.children[c[:4]] or [c])]
        return places

    def _seat(self, area_name: str, n: int, unit: OrgUnit, area: Area) -> Seat:
        vacant = (area_name, n) in VACANT_SEATS
        login, person = NAMED.get((area_name, n), (None, None))
        holder = None if vacant else self._staff(person, login, is_filed=True)
        seat = Seat(self._position(f"{area_name}代表{n + 1}", unit, "representative", None), area)
        if vacant or (login is None and self.rng.random() < 0.12):
            seat.changed_on = self.today - timedelta(days=self.rng.randint(20, 200))
            seat.former = self._staff(left_on=seat.changed_on)
            self._hold(seat.position, seat.former, self.opened_on, seat.changed_on)
        if holder is not None:
            seat.position.holder = holder
            seat.position.save(update_fields=["holder"])
            self._hold(seat.position, holder, seat.changed_on or self.opened_on, None)
        return seat

    def _unit(self, name: str, kind: str, parent: OrgUnit | None) -> OrgUnit:
        unit = OrgUnit(name=name, kind=kind, parent=parent, valid_from=self.opened_on)
        number([unit])
        unit.path = f"{parent.path if parent else '/'}{unit.pk}/"
        unit.save(force_insert=True)
        return unit

    def _staff(self, name: str | None = None, login: str | None = None, left_on: date | None = None, *, is_filed: bool = False) -> Staff:
        name = name or self.person_name()
        key = login or full_pinyin(name, person=True)
        while key in self.staff:
            key += str(self.rng.randint(2, 9))
        staff = Staff(
            login_name=key, name=name, employee_no=f"LY{len(self.staff) + 1:04d}", password=self.password,
            mobile=f"1990000{len(self.staff):04d}", must_change_password=False, is_active=left_on is None, left_on=left_on,
            initials=initials(name, person=True), is_medical_rep_filed=is_filed,
        )
        staff.save(force_insert=True)
        self.staff[key] = staff
        return staff

    def _position(
        self, name: str, unit: OrgUnit, role: str, holder: Staff | None, *, is_head: bool = False
    ) -> Position:
        self.positions += 1
        position = Position.objects.create(
            code=f"GW{self.positions:03d}", name=name, unit=unit, role=role, is_head=is_head, holder=holder,
            opened_on=self.opened_on,
        )
        if holder is not None:
            self._hold(position, holder, self.opened_on, None)
        return position

    def _hold(self, position: Position, staff: Staff, from_on: date, to_on: date | None) -> None:
        self.holdings.append(Holding(position=position, staff=staff, from_on=from_on, to_on=to_on))

    def _rule(self, position: Position, codes: list[str], kinds: list[str]) -> None:
        for code in codes:
            self.rules.append(
                TerritoryRule(
                    position=position, division=self.divisions[code], division_prefix=self.divisions[code].prefix,
                    kinds=kinds, valid_from=self.opened_on,
                )
            )
