"""The company the figures are measured on: every row follows from its number, so every machine has the same one.

Goes through the product's own tables, with what its actions would have written: search columns, completeness,
timeline, facts, participants, audit, tags, reminders. Kept between runs and made anew when ``VERSION`` changes.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from typing import Any

import psycopg
from django.contrib.auth.hashers import make_password
from django.db import connection as django_connection

from bench import history, words
from bench.loading import array_text, copy_in, hashed, share, without_indexes
from bench.sizes import PASSWORD, SIZES, VERSION
from keqing.access.models import Holding, OrgUnit, Position, Staff, TerritoryRule
from keqing.kit import bulk
from keqing.kit.search import search_columns, search_terms
from keqing.people.models import Affiliation, Department, Dimension, Organisation, OrganisationTag, Person, Tag
from keqing.reference.models import Division

STATES = (("first", 0.45), ("needs", 0.75), ("working", 0.90), ("quoting", 0.95), ("no_interest", 1.0))
SKEW = 1.3
REPS_PER_AREA, AREAS_PER_REGION = 20, 10
UNASSIGNED = 0.01
BIG = (
    Organisation, Person, Affiliation, Department, OrganisationTag, *history.TABLES,
)


@dataclass(frozen=True)
class Company:
    """How many of everything, and when."""

    size: str
    today: date

    @property
    def customers(self) -> int:
        return SIZES[self.size]

    @property
    def people(self) -> int:
        return 2 * self.customers

    @property
    def contacts(self) -> int:
        return 10 * self.customers

    @property
    def reps(self) -> int:
        return max(REPS_PER_AREA, self.customers // 100)

    @cached_property
    def opened_at(self) -> datetime:
        return datetime.combine(self.today - timedelta(days=history.DAYS), datetime.min.time(), UTC)


def make(*, size: str, today: date, url: str, say: Callable[[str], None]) -> None:
    """Fill an empty, migrated database."""
    company = Company(size, today)

    def connect() -> psycopg.Connection[Any]:
        connection = psycopg.connect(url, autocommit=True)
        # no triggers, no look-ups of foreign keys: every row is right by construction
        connection.execute("set session_replication_role = replica")
        connection.execute("set synchronous_commit = off")
        return connection

    begun = time.monotonic()

    def told(what: str) -> None:
        say(f"  {time.monotonic() - begun:6.0f} s  {what}")

    seats = _make_staff(company)
    tags = _make_tags()
    told(f"{company.reps:,} representatives")
    with without_indexes(connect, [model._meta.db_table for model in BIG]):
        people = _beside(lambda: _copy_people(connect, company, seats))
        with connect() as connection:
            history.prepare(connection, Organisation)
            copy_in(connection, Organisation, _organisations(company, seats, _Names()), table=history.STAGING)
            copy_in(connection, OrganisationTag, _tag_links(company, tags))
            told(f"{company.customers:,} customers")
        people.join()
        if people.exitcode:
            raise RuntimeError("the people could not be written; see above")
        told(f"{company.people:,} people")
        history.write(connect=connect, company=company, say=told)
        told("building indexes")
    with connect() as connection:
        history.finish(connection)
        _set_sequences(connection)
        told("statistics")
        connection.execute("vacuum analyze")
        connection.execute("checkpoint")
    told("done")


# --- who works here ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Seat:
    """A representative's position."""

    position_id: int
    unit_id: int
    staff_id: int
    staff_name: str


def _make_staff(company: Company) -> list[Seat]:
    day = company.opened_at.date()
    password = make_password(PASSWORD)
    root = _unit("样本医药", "company", None, day)
    boss = _person_of_staff("gm", password, 0)
    boss.save(force_insert=True)
    units: list[tuple[OrgUnit, str, str]] = [(root, "gm", "general_manager")]
    areas: list[OrgUnit] = []
    for number in range(-(-company.reps // REPS_PER_AREA)):
        if number % AREAS_PER_REGION == 0:
            region = _unit(f"大区{number // AREAS_PER_REGION + 1}", "region", root, day)
            units.append((region, f"region{number // AREAS_PER_REGION}", "region_manager"))
        areas.append(_unit(f"地区{number + 1}", "area", region, day))
        units.append((areas[-1], f"manager{number}", "area_manager"))
    heads = [boss, *(_person_of_staff(login, password, n) for n, (_, login, _role) in enumerate(units) if n)]
    reps = [_person_of_staff(f"rep{n}", password, 10_000 + n) for n in range(company.reps)]
    bulk.insert([*heads[1:], *reps])
    led = [_position(unit, role, head, n, day, is_head=True) for n, ((unit, _, role), head) in enumerate(zip(units, heads, strict=True))]
    seats = [
        _position(areas[n // REPS_PER_AREA], "representative", rep, 10_000 + n, day) for n, rep in enumerate(reps)
    ]
    bulk.insert([*led, *seats])
    bulk.insert(Holding(position=p, staff=p.holder, from_on=day) for p in [*led, *seats])
    _make_territories(areas, seats, day)
    return [Seat(p.pk, p.unit_id, p.holder_id, p.holder.name) for p in seats]


def _make_territories(areas: list[OrgUnit], seats: list[Position], day: date) -> None:
    """A city for each of the first areas; its first representative answers for it."""
    cities = city_codes()
    for number, _ in zip(range(len(cities)), areas, strict=False):
        division = Division.objects.get(pk=cities[number])
        TerritoryRule(position=seats[number * REPS_PER_AREA], division=division, valid_from=day).save()


def city_codes() -> list[str]:
    """The code of each city of the list, in its order."""
    found = dict(Division.objects.filter(level__in=(1, 2), valid_to__isnull=True).order_by("-level").values_list("name", "code"))
    return [found[f"{city}市"] for city in words.CITIES]


def _unit(name: str, kind: str, parent: OrgUnit | None, day: date) -> OrgUnit:
    unit = OrgUnit(name=name, kind=kind, parent=parent, valid_from=day)
    unit.save()
    unit.path = f"{parent.path if parent else '/'}{unit.pk}/"
    unit.save(update_fields=["path"])
    return unit


def _person_of_staff(login: str, password: str, number: int) -> Staff:
    from keqing.kit.pinyin import initials

    name = person_name(number, 90)
    return Staff(
        login_name=login, name=name, initials=initials(name, person=True)[:40], password=password, employee_no=f"B{number}",
        must_change_password=False, is_medical_rep_filed=True,
    )


def _position(unit: OrgUnit, role: str, holder: Staff, number: int, day: date, *, is_head: bool = False) -> Position:
    return Position(
        code=f"G{number:06d}", name=f"{unit.name}{'经理' if is_head else '代表'}{number % 10_000}", unit=unit, role=role,
        is_head=is_head, holder=holder, opened_on=day,
    )


def _make_tags() -> list[list[int]]:
    made = []
    for order, (name, values) in enumerate(words.TAGS.items()):
        dimension = Dimension.objects.create(name=name, order=order)
        made.append([Tag.objects.create(dimension=dimension, name=value).pk for value in values])
    return made


# --- the customers ----------------------------------------------------------------------------


class _Names:
    """Search columns by name, worked out once per name; codes and phones add terms of their own."""

    def __init__(self) -> None:
        self.known: dict[str, Any] = {}

    def columns(self, name: str, *, codes: tuple[str, ...] = (), phones: tuple[str, ...] = (), person: bool = False) -> dict[str, Any]:
        found = self.known.get(name)
        if found is None:
            found = self.known[name] = search_columns(names=[name], person=person)
        terms = [*found.terms, *search_terms(names=(), codes=codes, phones=phones)]
        text = "|".join((found.text, *(code.lower() for code in codes)))
        return {
            "search_terms": array_text(dict.fromkeys(terms)), "search_text": text, "search_pinyin": found.pinyin,
            "search_initials": found.initials,
        }


def owner_of(company: Company, row: int) -> int | None:
    """Which representative owns the customer: the first have the most."""
    if share(row, 2) < UNASSIGNED:
        return None
    return int(company.reps * share(row, 1) ** SKEW)


def customer_name(row: int) -> tuple[str, str, int]:
    """Name, kind and the number of the city."""
    mixed = hashed(row, 3)
    city, middle, ending = mixed % 50, mixed // 50 % 80, mixed // 4000 % 10
    end, kind = words.KINDS[ending]
    return f"{words.CITIES[city]}{words.MIDDLES[middle]}{end}", kind, city


def person_name(row: int, what: int = 4) -> str:
    mixed = hashed(row, what)
    first, second, third = mixed % 40, mixed // 40 % 40, mixed // 1600 % 41
    return words.SURNAMES[first] + words.GIVEN[second] + (words.GIVEN[third] if third < 40 else "")


def _organisations(company: Company, seats: list[Seat], names: _Names) -> Iterator[dict[str, Any]]:
    codes = city_codes()
    queue = seats[0].unit_id
    for row in range(1, company.customers + 1):
        name, kind, city = customer_name(row)
        owner = owner_of(company, row)
        seat = seats[owner] if owner is not None else None
        state_share, gaps = share(row, 5), hashed(row, 6) % 4
        created = company.opened_at - timedelta(days=hashed(row, 7) % 700, minutes=hashed(row, 8) % 600)
        code, phone = f"KH{row:07d}", f"0{hashed(row, 9) % 900 + 100}-{hashed(row, 10) % 90000000 + 10000000}"
        yield {
            "id": row, "kind": kind, "name": name, "code": code, "phone": phone, "region_id": codes[city],
            "address": f"{words.CITIES[city]}市样本路{hashed(row, 11) % 900 + 1}号",
            "unit_id": seat.unit_id if seat else queue, "owner_position_id": seat.position_id if seat else None,
            "business_state": next(state for state, upto in STATES if state_share <= upto),
            "is_unverified": share(row, 12) < 0.05, "source": "search", "source_note": "", "figure_sources": "{}",
            "collected_by_id": seat.staff_id if seat else None, "collected_on": created.date(),
            "completeness": 100 - 15 * gaps, "missing": array_text(("short_name", "specialties", "uscc")[:gaps]),
            "created_at": created, "updated_at": created, "last_activity_at": created,
            **_figures(row, kind, company.today), **names.columns(name, codes=(code,), phones=(phone,)),
        }


def _figures(row: int, kind: str, today: date) -> dict[str, Any]:
    some = hashed(row, 13)
    match kind:
        case "hospital":
            return {"level": ("3a", "3b", "2a", "2b", "1a")[some % 5], "category": "general", "ownership": "public", "beds": 50 + some % 2000}
        case "pharmacy":
            return {"store_class": "abc"[some % 3], "is_medicare": some % 2 == 0}
        case "chain":
            return {"store_count": some % 400}
        case "distributor":
            return {"tier": ("first", "second")[some % 2], "license_expires_on": today + timedelta(days=some % 900 - 60)}
        case "agent":
            return {"authorised_until": today + timedelta(days=some % 700 - 60)}
    return {}


def _people(company: Company, seats: list[Seat], names: _Names) -> Iterator[dict[str, Any]]:
    for number in range(company.people):
        row = number // 2 + 1
        kind = customer_name(row)[1]
        owner = owner_of(company, row)
        seat = seats[owner or 0]
        created = company.opened_at - timedelta(days=hashed(number, 14) % 700)
        name, mobile = person_name(number), f"140{hashed(number, 15) % 100_000_000:08d}"
        yield {
            "id": company.customers + number + 1, "name": name, "mobile": mobile, "gender": "mf"[number % 2],
            "kind": "doctor" if kind in ("hospital", "clinic") else "company_staff",
            "title": ("chief_physician", "attending_physician")[number % 2] if kind in ("hospital", "clinic") else "",
            "is_affiliated": True, "unit_id": seat.unit_id, "owner_position_id": seat.position_id if owner is not None else None,
            "source": "search", "figure_sources": "{}", "collected_by_id": seat.staff_id, "collected_on": created.date(),
            "completeness": 55 + 15 * (number % 4), "missing": "{}", "created_at": created, "updated_at": created,
            "last_activity_at": created, **names.columns(name, phones=(mobile,), person=True),
        }


ROLES = {
    "hospital": ("clinical_head", "pharmacy_head"), "clinic": ("president", "doctor"), "pharmacy": ("store_manager", "shop_staff"),
    "chain": ("purchasing_head", "manager"), "distributor": ("manager", "finance_contact"), "agent": ("contact", "manager"),
}
POSTS = {"clinical_head": "科室主任", "pharmacy_head": "药剂科主任"}


def _affiliations(company: Company) -> Iterator[dict[str, Any]]:
    for number in range(company.people):
        row = number // 2 + 1
        kind = customer_name(row)[1]
        role = ROLES[kind][number % 2]
        yield {
            "id": number + 1, "person_id": company.customers + number + 1, "organisation_id": row, "role": role,
            "post": POSTS.get(role, ""), "is_primary": True, "is_department_head": role == "clinical_head",
            "department_id": number + 1 if kind == "hospital" else None, "from_on": company.opened_at.date(),
        }


def _departments(company: Company) -> Iterator[dict[str, Any]]:
    """Two at every hospital, one for each of its people."""
    for number in range(company.people):
        row = number // 2 + 1
        if customer_name(row)[1] == "hospital":
            yield {"id": number + 1, "organisation_id": row, "name": ("心内科", "药剂科")[number % 2], "standard_name": ("心血管内科", "药剂科")[number % 2]}


def _tag_links(company: Company, tags: list[list[int]]) -> Iterator[dict[str, Any]]:
    for row in range(1, company.customers + 1):
        yield {"id": 2 * row, "organisation_id": row, "tag_id": tags[0][hashed(row, 16) % 5]}
        if row % 2:
            yield {"id": 2 * row + 1, "organisation_id": row, "tag_id": tags[1][hashed(row, 17) % 5]}


def _beside(work: Callable[[], None]) -> BaseProcess:
    """A process of its own for the other core: names and search terms are worked out in Python."""
    django_connection.close()  # two processes on one connection would read each other's answers
    started = get_context("fork").Process(target=work)
    started.start()
    return started


def _copy_people(connect: Callable[[], psycopg.Connection[Any]], company: Company, seats: list[Seat]) -> None:
    with connect() as connection:
        copy_in(connection, Person, _people(company, seats, _Names()))
        copy_in(connection, Affiliation, _affiliations(company))
        copy_in(connection, Department, _departments(company))


def _set_sequences(connection: psycopg.Connection[Any]) -> None:
    """Rows that brought their ids along leave the sequences behind."""
    connection.execute(
        "select setval('people_customer_id', (select greatest((select max(id) from people_organisation), (select max(id) from people_person))))"
    )
    for model in (Affiliation, Department, OrganisationTag, *history.NUMBERED):
        table = model._meta.db_table
        connection.execute(
            f"select setval(pg_get_serial_sequence('{table}', 'id'), greatest((select max(id) from {table}), 1))"  # noqa: S608
        )


def generated(url: str) -> str:
    """What the database holds: version, size and day; empty for none."""
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute("select obj_description(to_regclass('people_organisation'))").fetchone()
    return (row[0] or "") if row else ""


def mark(url: str, *, size: str, today: date) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"comment on table people_organisation is 'bench {VERSION} {size} {today}'")
    django_connection.close()
