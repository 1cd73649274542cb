"""Customers of the sample company: organisations with departments and people, by territory."""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from keqing.access.models import OrgUnit, Position, Staff
from keqing.audit.actions import entry_for
from keqing.audit.models import Entry as AuditEntry
from keqing.desk.demo import words
from keqing.desk.demo.copying import copy_rows, number
from keqing.desk.demo.people import PeopleMaker, relink
from keqing.desk.demo.structure import Region, Seat, Structure, StructureBuilder
from keqing.kit.formats import SHANGHAI, business_date
from keqing.kit.validators import organisation_check_sign, uscc_check_sign
from keqing.people.actions import organisations as organisation_actions
from keqing.people.models import Affiliation, Department, Dimension, Organisation, OrganisationTag, Person, Tag
from keqing.timeline.models import Entry

COUNTS = {"hospital": 2400, "pharmacy": 2100, "agent": 1500, "clinic": 300, "distributor": 340, "chain": 60}
TERMINALS = ("hospital", "pharmacy", "agent", "clinic")
MINE = {"hospital": 122, "pharmacy": 108, "agent": 42, "clinic": 26}
UNASSIGNED, LATE_OWNER = 0.02, 0.12
DUPLICATES, TRASHED = 8, 12
AGE_DAYS = 760
LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@dataclass
class Book:
    """Everything made so far, in memory: derived columns are final before a row is written."""

    organisations: list[Organisation] = field(default_factory=list)
    departments: list[Department] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    affiliations: list[Affiliation] = field(default_factory=list)
    tag_links: list[OrganisationTag] = field(default_factory=list)
    audit: list[AuditEntry] = field(default_factory=list)
    stream: list[Entry] = field(default_factory=list)
    by_owner: dict[int, list[Organisation]] = field(default_factory=lambda: defaultdict(list))
    people_of: dict[int, list[tuple[Person, str]]] = field(default_factory=lambda: defaultdict(list))


class CustomerBuilder:
    def __init__(self, *, rng: random.Random, at: datetime, scale: float, structure: Structure, base: StructureBuilder):
        self.rng, self.at, self.today, self.scale = rng, at, business_date(at), scale
        self.structure, self.base = structure, base
        self.book = Book()
        self.used: set[str] = set()
        self.heads = {r.unit.pk: r.head.holder for r in structure.regions}
        self.heads |= {a.unit.pk: a.head.holder or r.head.holder for r in structure.regions for a in r.areas}
        self.tags = self._make_tags()
        self.full_names = {code: division.full_name for code, division in base.divisions.items()}
        self.real_places = "|".join(division.name for division in base.divisions.values())
        self.people = PeopleMaker(rng=rng, at=at, book=self.book)

    def build(self) -> Book:
        partners = {region.unit.pk: self._partners(region) for region in self.structure.regions}
        for seat, counts in self._shares():
            distributors, chains = partners[seat.area.region.unit.pk]
            for kind, count in counts.items():
                for _ in range(count):
                    self._terminal(kind, seat, distributors, chains)
        self._duplicates()
        self._trash()
        number(self.book.organisations)
        self._departments_and_people()
        self._finish()
        return self.book

    def write(self) -> int:
        book = self.book
        return sum(
            copy_rows(rows)
            for rows in (book.organisations, book.departments, book.people, book.affiliations, book.tag_links)
        )

    # --- organisations ---

    def _shares(self) -> list[tuple[Seat, dict[str, int]]]:
        seats, mine = self.structure.seats, self.structure.my_seat
        weights = [0.0 if seat is mine else self.rng.uniform(0.6, 1.4) for seat in seats]
        total = sum(weights)
        shares = []
        for seat, weight in zip(seats, weights, strict=True):
            counts = {
                kind: round((MINE[kind] if seat is mine else (COUNTS[kind] - MINE[kind]) * weight / total) * self.scale + 0.3)
                for kind in TERMINALS
            }
            if seat is mine:
                counts = {kind: max(count, 3) for kind, count in counts.items()}
            shares.append((seat, counts))
        return shares

    def _partners(self, region: Region) -> tuple[list[Organisation], list[Organisation]]:
        def many(kind: str) -> list[Organisation]:
            count = max(2, round(COUNTS[kind] * self.scale / len(self.structure.regions)))
            return [self._partner(kind, region) for _ in range(count)]

        chains = many("chain")
        return many("distributor"), chains

    def _partner(self, kind: str, region: Region) -> Organisation:
        province = self.rng.choice(region.provinces)
        division = self._district(self.rng.choice(self.base.children[province] or [f"{province}0000"]))
        place, licence = self._place(), f"{self.rng.choice('粤沪京豫川')}A{self.rng.choice('AB')}{self._digits(9)}"
        values: dict[str, Any] = {"uscc": self._maybe(0.9, self._uscc("91")), "phone": self._maybe(0.8, self._landline())}
        if kind == "chain":
            values |= {
                "name": self._unique(lambda: f"{place}{self.rng.choice(words.CHAIN_WORDS)}大药房连锁有限公司"),
                "store_count": self._maybe(0.8, self.rng.randint(8, 260), None),
            }
        else:
            values |= {
                "name": self._unique(lambda: f"{self._place()}{self.rng.choice(words.CHAIN_WORDS)}医药有限公司"),
                "license_no": self._maybe(0.85, licence),
                "license_expires_on": self._maybe(0.8, self.today + timedelta(days=self.rng.randint(-20, 1500)), None),
                "coverage": self._maybe(0.7, self.full_names[f"{province}0000"]),
                "tier": self.rng.choice(("first", "second", "second")),
                "gsp_scope": "中成药、化学药制剂、抗生素制剂、生化药品",
                "delivery_terms": self._maybe(0.5, self.rng.choice(("市内当日达", "省内次日达", "两日内送达"))),
            }
        return self._add(kind, values, division, owner=region.commerce, unit=region.unit, by=region.commerce.holder)

    def _terminal(self, kind: str, seat: Seat, distributors: list[Organisation], chains: list[Organisation]) -> None:
        division = self._district(self.rng.choice(seat.divisions))
        values = getattr(self, f"_{kind}")(distributors, chains)
        owner = None if self.rng.random() < UNASSIGNED else seat.position
        by = seat.former or seat.position.holder or seat.area.head.holder or seat.area.region.head.holder
        self._add(kind, values, division, owner=owner, unit=seat.area.unit, by=by)

    def _hospital(self, distributors: list[Organisation], _: list[Organisation]) -> dict[str, Any]:
        suffix, levels, category, ownership, _w = self.rng.choices(words.HOSPITALS, [h[4] for h in words.HOSPITALS])[0]
        name, level = self._unique(lambda: self._place() + suffix), self.rng.choice(levels)
        low, high = words.BEDS[level[0]]
        beds = self.rng.randint(low // 10, high // 10) * 10
        return {
            "name": name, "short_name": name[:2] + suffix.removeprefix("市").removeprefix("县")[-4:].replace("人民医院", "人民"),
            "level": self._maybe(0.92, level), "category": category, "ownership": ownership,
            "beds": self._maybe(0.75, beds, None),
            "outpatients_day": self._maybe(0.6, int(beds * self.rng.uniform(1.6, 4.2)) // 10 * 10, None),
            "uscc": self._maybe(0.6, self._uscc("12" if ownership == "public" else "52")), "phone": self._maybe(0.7, self._landline()),
            "main_distributor": self._maybe(0.6, self.rng.choice(distributors), None),
            "specialties": self._maybe(0.5, "、".join(self.rng.sample([d for d, _ in words.DEPARTMENTS], 2))),
        }

    def _pharmacy(self, _: list[Organisation], chains: list[Organisation]) -> dict[str, Any]:
        chain = self._maybe(0.75, self.rng.choice(chains), None)
        brand = chain.name.removesuffix("连锁有限公司") if chain else self._place() + self.rng.choice(words.CHAIN_WORDS) + "药店"
        return {
            "name": self._unique(lambda: f"{brand}{self._place()}{self.rng.choice(words.STORES)}" if chain else self._place() + brand[2:]),
            "chain": chain, "store_class": self.rng.choice(("a", "b", "b", "c", "c")), "phone": self._maybe(0.7, self._landline()),
            "is_medicare": self._maybe(0.8, self.rng.random() < 0.7, None), "is_dtp": self._maybe(0.8, self.rng.random() < 0.1, None),
            "hours": self._maybe(0.5, "08:00–21:30"),
        }

    def _agent(self, *_: Any) -> dict[str, Any]:
        return {
            "name": self._unique(lambda: f"{self._place()}{self.rng.choice(words.AGENT_WORDS)}有限公司"),
            "phone": self._maybe(0.8, self._landline()), "agent_products": self._maybe(0.75, "、".join(self.rng.sample(words.PRODUCTS, 2))),
            "authorised_until": self._maybe(0.7, self.today + timedelta(days=self.rng.randint(-30, 700)), None),
            "agent_area": self._maybe(0.6, "本市等级医院"),
        }

    def _clinic(self, *_: Any) -> dict[str, Any]:
        return {
            "name": self._unique(lambda: f"{self._place()}{self.rng.choice(('中医', '口腔', '综合', '儿科'))}诊所"),
            "phone": self._maybe(0.7, self._landline()), "ownership": "private", "level": "none",
        }

    def _add(
        self, kind: str, values: dict[str, Any], division: str, *, owner: Position | None, unit: OrgUnit, by: Staff | None
    ) -> Organisation:
        imported = self.rng.random() < 0.7
        age = self.rng.randint(AGE_DAYS - 20, AGE_DAYS) if imported else self.rng.randint(3, AGE_DAYS)
        created = self._moment(self.today - timedelta(days=age))
        made = Organisation(
            kind=kind, region_id=division, unit=unit, owner_position=owner, created_at=created, updated_at=created,
            last_activity_at=created, collected_by=by, collected_on=business_date(created),
            source="import" if imported else self.rng.choice(("search", "introduction", "insider", "peers")),
            source_note="期初客户表" if imported else "", is_unverified=not imported and self.rng.random() < 0.04,
            address=self._maybe(0.8, f"{self.full_names[division]}{self.rng.choice(words.ROADS)}路 {self.rng.randint(1, 399)} 号"),
            code=f"{kind[0].upper()}{len(self.book.organisations) + 1:05d}", **values,
        )
        for name in organisation_actions.ASSESSED:
            if getattr(made, name) is not None:
                made.figure_sources[name] = {
                    "source": made.source, "note": made.source_note, "on": business_date(created).isoformat(),
                    "by": by.name if by else "系统",
                }
        self.book.organisations.append(made)
        if owner:
            self.book.by_owner[owner.pk].append(made)
        return made

    def _duplicates(self) -> None:
        """The same hospital entered twice, as happens; the second waits to be assigned."""
        hospitals = [o for o in self.book.organisations if o.kind == "hospital" and o.owner_position_id]
        for first in self.rng.sample(hospitals, min(DUPLICATES, len(hospitals))):
            again = self._add("hospital", {"name": first.name}, first.region_id, owner=None, unit=first.unit, by=first.collected_by)
            again.is_unverified = True

    def _trash(self) -> None:
        stores = [o for o in self.book.organisations if o.kind == "pharmacy"]
        for store in self.rng.sample(stores, min(TRASHED, len(stores) // 10)):
            store.deleted_at, store.deleted_by = self._moment(self.today - timedelta(days=self.rng.randint(1, 25))), store.collected_by
            store.version += 1

    def _departments_and_people(self) -> None:
        for organisation in self.book.organisations:
            if organisation.deleted_at is None:
                self.people.staff_organisation(organisation)
        number(self.book.departments)
        self.people.second_posts()
        self.people.loose_people(care=self.structure.care, seats=self.structure.seats, scale=self.scale)
        number(self.book.people)
        self.people.finish()

    def _finish(self) -> None:
        """Tags, completeness, search columns, audit and stream: what creating and assigning would have written."""
        roles: dict[int, set[str]] = defaultdict(set)
        for affiliation in self.book.affiliations:
            if affiliation.to_on is None:
                roles[affiliation.organisation.pk].add(affiliation.role)
        for organisation in self.book.organisations:
            relink(organisation, "main_distributor", "chain")
            organisation_actions.assess(organisation, roles=roles[organisation.pk])
            self._tag(organisation)
            self._record(organisation)

    def _record(self, organisation: Organisation) -> None:
        by, at = organisation.collected_by, organisation.created_at
        subject = organisation_actions.subject_of(organisation)
        self.book.audit.append(entry_for(action="organisation.created", by=by, at=at, subject=subject))
        self.book.stream.append(
            Entry(
                customer_id=organisation.pk, at=at, kind="profile", icon="file-plus", title="建立档案",
                text=organisation.get_source_display(), actor_id=by.pk if by else None, actor_name=by.name if by else "系统",
            )
        )
        if organisation.owner_position and self.rng.random() < LATE_OWNER:
            self._assign(organisation)
        if organisation.deleted_at:
            self.book.audit.append(
                entry_for(action="organisation.trashed", by=by, at=organisation.deleted_at, subject=subject, reason="门店已关闭")
            )

    def _assign(self, organisation: Organisation) -> None:
        """It waited in the queue of its area and was given to its owner days later."""
        head = self.heads.get(organisation.unit_id)
        at = min(organisation.created_at + timedelta(days=self.rng.randint(1, 6)), self.at)
        label = organisation.owner_position.label
        organisation.updated_at = organisation.last_activity_at = at
        organisation.version += 1
        self.book.audit.append(
            entry_for(
                action="organisation.assigned", by=head, at=at, subject=organisation_actions.subject_of(organisation),
                changes={"owner_position": ["待分配", label]}, reason="按辖区分配",
            )
        )
        self.book.stream.append(
            Entry(
                customer_id=organisation.pk, at=at, kind="owner", icon="user-share", actor_id=head.pk if head else None,
                actor_name=head.name if head else "系统", title=f"负责人 待分配 → {label}", text="按辖区分配",
            )
        )

    # --- words and figures ---

    def _tag(self, organisation: Organisation) -> None:
        channel = {"hospital": "基层医疗" if organisation.category == "primary" else "等级医院", "clinic": "基层医疗",
                   "pharmacy": "零售", "chain": "零售", "distributor": "商业分销", "agent": "等级医院"}[organisation.kind]
        names = [channel] if self.rng.random() < 0.9 else []
        if self.rng.random() < 0.8:
            names.append(self.rng.choice(words.TAGS["业务线"]))
        self.book.tag_links += [OrganisationTag(organisation=organisation, tag=self.tags[name]) for name in names]

    def _make_tags(self) -> dict[str, Tag]:
        tags = {}
        for order, (name, values) in enumerate(words.TAGS.items(), 1):
            dimension = Dimension.objects.create(name=name, order=order)
            tags |= {value: Tag.objects.create(dimension=dimension, name=value) for value in values}
        return tags

    def _place(self) -> str:
        """A town that does not exist."""
        while True:
            name = self.rng.choice(words.PLACE_FIRST) + self.rng.choice(words.PLACE_LAST)
            if name not in self.real_places:
                return name

    def _unique(self, make: Any) -> str:
        for _ in range(200):
            name = make()
            if name not in self.used:
                break
        else:
            name = f"{name}（{self.rng.choice(words.ROADS)}院区）"
        self.used.add(name)
        return str(name)

    def _district(self, code: str) -> str:
        return self.rng.choice(self.base.children[code[:4]] or [code]) if code.endswith("00") else code

    def _maybe(self, chance: float, value: Any, otherwise: Any = "") -> Any:
        return value if self.rng.random() < chance else otherwise

    def _digits(self, count: int) -> str:
        return "".join(self.rng.choices("0123456789", k=count))

    def _landline(self) -> str:
        return f"0300-555{self._digits(4)}"  # an area code nobody has

    def _uscc(self, kind: str) -> str:
        """Well formed, in a division that does not exist."""
        body = "".join(self.rng.choices(LETTERS, k=8))
        code = f"{kind}000000{body}{organisation_check_sign(body)}"
        return code + uscc_check_sign(code)

    def _moment(self, day: date) -> datetime:
        moment = datetime(day.year, day.month, day.day, 8, tzinfo=SHANGHAI) + timedelta(seconds=self.rng.randint(0, 36000))
        return min(moment, self.at)


def living(organisations: Sequence[Organisation]) -> list[Organisation]:
    return [o for o in organisations if o.deleted_at is None]
