"""Departments and people of the sample company's customers."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Model

from keqing.access.models import Position
from keqing.audit.actions import Subject, entry_for
from keqing.desk.demo import words
from keqing.kit.formats import business_date
from keqing.people.actions import people as people_actions
from keqing.people.models import Affiliation, Department, Organisation, Person

if TYPE_CHECKING:
    from keqing.desk.demo.customers import Book
    from keqing.desk.demo.structure import Seat

DOCTOR_TITLES = ("chief", "deputy_chief", "deputy_chief", "attending", "attending", "resident")
TIMES = ("1am", "1pm", "2am", "2pm", "3am", "3pm", "4am", "4pm", "5am", "5pm")
LEFT, TWO_HOSPITALS = 0.04, 0.04
POSTS = {
    "pharmacy_head": "药剂科主任", "purchaser": "采购", "president": "院长", "vice_president": "业务院长",
    "store_manager": "店长", "shop_staff": "店员", "manager": "总经理", "finance_contact": "财务",
    "purchasing_head": "采购总监", "contact": "业务联系人", "storekeeper": "库管",
}
COMPANY_ROLES = {  # kind → role, how often it is known
    "clinic": (("president", 0.6),),
    "pharmacy": (("store_manager", 0.7), ("shop_staff", 0.15)),
    "chain": (("purchasing_head", 0.8), ("manager", 0.4)),
    "distributor": (("manager", 0.85), ("finance_contact", 0.7), ("storekeeper", 0.2)),
    "agent": (("contact", 0.85),),
}


def relink(row: Model, *names: str) -> None:
    """Take over the ids of related rows that had none when the row was made."""
    for name in names:
        if related := getattr(row, name):
            setattr(row, name, related)


class PeopleMaker:
    def __init__(self, *, rng: random.Random, at: datetime, book: Book) -> None:
        self.rng, self.at, self.today, self.book = rng, at, business_date(at), book

    def staff_organisation(self, organisation: Organisation) -> None:
        if organisation.kind == "hospital":
            self._staff_hospital(organisation)
            return
        for role, chance in COMPANY_ROLES[organisation.kind]:
            if self.rng.random() < chance:
                kind = "care_staff" if organisation.kind == "clinic" else "company_staff"
                self._person(organisation, kind, role, post=POSTS[role], mobile=self._mobile(0.8))

    def second_posts(self) -> None:
        """Doctors who also see patients elsewhere in the same area (R-002)."""
        hospitals: dict[int, list[Organisation]] = defaultdict(list)
        for organisation in self.book.organisations:
            if organisation.kind == "hospital" and organisation.deleted_at is None:
                hospitals[organisation.unit_id].append(organisation)
        for first in [a for a in self.book.affiliations if a.role == "doctor" and a.to_on is None]:
            if self.rng.random() >= TWO_HOSPITALS:
                continue
            others = [h for h in hospitals[first.organisation.unit_id] if h is not first.organisation]
            if others:
                other = self.rng.choice(others)
                self.book.affiliations.append(
                    Affiliation(person=first.person, organisation=other, role="doctor", post="多点执业", from_on=first.from_on)
                )
                self.book.people_of[other.pk].append((first.person, "doctor"))

    def loose_people(self, *, care: Position, seats: list[Seat], scale: float) -> None:
        """People who work nowhere: customers of their own (decision 1)."""
        for _ in range(max(3, round(60 * scale))):
            self._loose("consumer", care, mobile=self._mobile(1))
        for _ in range(max(3, round(50 * scale))):
            seat = self.rng.choice(seats)
            kind = self.rng.choice(("individual_agent", "individual_agent", "doctor"))
            self._loose(kind, seat.position, mobile=self._mobile(0.8))

    def finish(self) -> None:
        """Completeness, search columns and audit, once everybody has an id."""
        current: dict[int, list[tuple[int, bool]]] = defaultdict(list)
        first: dict[int, Affiliation] = {}
        for affiliation in self.book.affiliations:
            relink(affiliation, "person", "organisation", "department")
            first.setdefault(affiliation.person_id, affiliation)
            if affiliation.to_on is None:
                current[affiliation.person_id].append((affiliation.organisation_id, affiliation.department_id is not None))
        for person in self.book.people:
            people_actions.assess(person, posts=current[person.pk])
            customer = first[person.pk].organisation_id if person.pk in first else None
            subject = people_actions.subject_of(person, customer)
            self.book.audit.append(
                entry_for(action="person.created", by=person.collected_by, at=person.created_at, subject=subject)
            )
        for affiliation in self.book.affiliations:
            if affiliation.to_on:
                self._record_end(affiliation)
        for department in self.book.departments:
            hospital = department.organisation
            self.book.audit.append(
                entry_for(
                    action="department.created", by=hospital.collected_by, at=hospital.created_at,
                    subject=Subject("people.department", department.pk, f"{hospital.name} {department.name}", hospital.pk),
                )
            )

    def _record_end(self, affiliation: Affiliation) -> None:
        on = affiliation.to_on
        self.book.audit.append(
            entry_for(
                action="affiliation.ended", by=affiliation.person.collected_by,
                at=min(affiliation.person.created_at + timedelta(days=1), self.at),
                subject=people_actions.subject_of(affiliation.person, affiliation.organisation_id),
                changes={"to_on": [None, on.isoformat() if on else None]}, reason=self.rng.choice(words.LEFT_REASONS),
            )
        )

    def _staff_hospital(self, hospital: Organisation) -> None:
        size = {"3": 4, "2": 3}.get((hospital.level or "1")[0], 2)
        for name, standard in self.rng.sample(words.DEPARTMENTS, size):
            department = self._department(hospital, name, standard)
            for n in range(self.rng.choice((0, 1, 1, 2))):
                self._doctor(hospital, department, is_head=n == 0 and self.rng.random() < 0.6)
        if self.rng.random() < 0.6:
            pharmacy = self._department(hospital, *words.PHARMACY_DEPARTMENT)
            self._person(
                hospital, "care_staff", "pharmacy_head", department=pharmacy, post="药剂科主任", mobile=self._mobile(0.7),
                title=self.rng.choice(("chief_pharmacist", "deputy_chief_pharmacist")), is_department_head=True,
            )
            if self.rng.random() < 0.3:
                self._person(hospital, "care_staff", "purchaser", department=pharmacy, post="采购", mobile=self._mobile(0.6))
        if self.rng.random() < 0.25:
            role = self.rng.choice(("president", "vice_president", "vice_president"))
            self._person(hospital, "care_staff", role, post=POSTS[role], mobile=self._mobile(0.3))

    def _department(self, hospital: Organisation, name: str, standard: str) -> Department:
        department = Department(organisation=hospital, name=name, standard_name=standard)
        self.book.departments.append(department)
        return department

    def _doctor(self, hospital: Organisation, department: Department, *, is_head: bool) -> None:
        chance = self.rng.random
        values: dict[str, Any] = {
            "title": self.rng.choice(DOCTOR_TITLES[:2] if is_head else DOCTOR_TITLES) if chance() < 0.9 else "",
            "specialty": words.SPECIALTIES[department.name] if chance() < 0.75 else "",
            "best_times": sorted(self.rng.sample(TIMES, 2)) if chance() < 0.5 else [],
            "topics": self.rng.choice(words.TOPICS) if chance() < 0.4 else "",
            "mobile": self._mobile(0.5), "post": "科室主任" if is_head else "",
        }
        left = chance() < LEFT and not is_head
        self._person(
            hospital, "doctor", "clinical_head" if is_head else "doctor", department=department,
            is_department_head=is_head, left=left, **values,
        )

    def _person(
        self, organisation: Organisation, kind: str, role: str, *, department: Department | None = None, post: str = "",
        is_department_head: bool = False, left: bool = False, **values: Any,
    ) -> None:
        person = self._new(kind, at=organisation.created_at, collected_by=organisation.collected_by, post=post, **values)
        person.unit, person.owner_position, person.is_affiliated = organisation.unit, organisation.owner_position, True
        started = self._started(person.created_at)
        ended = min(self.today, business_date(person.created_at) + timedelta(days=1)) if left else None
        self.book.affiliations.append(
            Affiliation(
                person=person, organisation=organisation, department=department, role=role, post=post,
                is_primary=not left, is_department_head=is_department_head, from_on=started, to_on=ended,
            )
        )
        if not left:
            self.book.people_of[organisation.pk].append((person, role))

    def _loose(self, kind: str, position: Position, **values: Any) -> None:
        created = self.at - timedelta(days=self.rng.randint(1, 600))
        person = self._new(kind, at=created, collected_by=position.holder, **values)
        person.unit, person.owner_position = position.unit, position

    def _new(self, kind: str, *, at: datetime, **values: Any) -> Person:
        rng = self.rng
        name = rng.choice(words.SURNAMES) + rng.choice(words.GIVEN_FIRST) + (rng.choice(words.GIVEN_LAST) if rng.random() < 0.85 else "")
        person = Person(
            kind=kind, name=name, gender=rng.choice("mf") if rng.random() < 0.8 else "", created_at=at, updated_at=at,
            last_activity_at=at, collected_on=business_date(at), source=rng.choice(("search", "insider", "introduction")),
            **values,
        )
        self.book.people.append(person)
        return person

    def _mobile(self, chance: float) -> str:
        """140 is not given to phones."""
        if self.rng.random() >= chance:
            return ""
        return "140" + "".join(self.rng.choices("0123456789", k=8))

    def _started(self, created_at: datetime) -> date:
        return business_date(created_at) - timedelta(days=self.rng.randint(100, 4000))
