"""Customers in the states tests need."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from keqing.access.models import OrgUnit, Position, Staff
from keqing.access.tests.factories import position_of
from keqing.people.actions.organisations import Draft, create_organisation
from keqing.people.actions.people import PersonDraft, Post, create_person
from keqing.people.models import Organisation, Person

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))


def make_organisation(
    *, owner: Staff | Position | None = None, unit: OrgUnit | None = None, name: str = "示例市人民医院",
    kind: str = "hospital", by: Staff | None = None, at: datetime = NOW, **values: Any,
) -> Organisation:
    position = position_of(owner) if isinstance(owner, Staff) else owner
    actor = by or (owner if isinstance(owner, Staff) else None) or Staff.objects.order_by("pk").first()
    home = unit or (position.unit if position else OrgUnit.objects.order_by("pk").first())
    return create_organisation(
        draft=Draft({"name": name, "kind": kind, "source": "search", **values}, unit=home, owner=position),
        by=actor, at=at,
    )


def make_person(
    *, at_organisation: Organisation | None = None, owner: Staff | None = None, name: str = "张卫东",
    kind: str = "doctor", role: str = "doctor", at: datetime = NOW, **values: Any,
) -> Person:
    actor = owner or Staff.objects.order_by("pk").first()
    position = position_of(owner) if owner else None
    unit = position.unit if position else OrgUnit.objects.order_by("pk").first()
    posts = [Post(at_organisation, role)] if at_organisation else []
    return create_person(
        draft=PersonDraft({"name": name, "kind": kind, **values}, unit=unit, owner=position, posts=posts),
        by=actor, at=at,
    )
