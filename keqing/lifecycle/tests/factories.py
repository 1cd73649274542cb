"""Customers on their way, in the states tests need."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from django.test import Client

from keqing.access.models import Position, Staff
from keqing.access.tests.factories import position_of
from keqing.followups.tests.factories import TODAY, make_reminder
from keqing.lifecycle.actions.needs import register_need
from keqing.lifecycle.actions.targets import set_target
from keqing.lifecycle.models import LossReason, Need, Target
from keqing.people.models import Organisation
from keqing.people.tests.factories import NOW


def signed_in(staff: Staff) -> Client:
    client = Client()
    client.force_login(staff)
    return client


def put_in(customer: Organisation, stage: str, *, since: date = TODAY) -> Organisation:
    """As if it had been there from the beginning: along the way the database allows."""
    way = {
        "unidentified": [], "prospect": ["prospect"], "opportunity": ["prospect", "opportunity"],
        "order_customer": ["prospect", "opportunity", "order_customer"],
        "user": ["prospect", "opportunity", "order_customer", "user"], "dormant": ["dormant"], "lost": ["dormant", "lost"],
    }[stage]
    rows = Organisation.objects.filter(pk=customer.pk)
    for step in way[way.index(customer.lifecycle) + 1 if customer.lifecycle in way else 0 :]:
        rows.update(lifecycle=step)
    rows.update(lifecycle_since=since)
    return Organisation.objects.get(pk=customer.pk)


def make_need(*, customer: Organisation, by: Staff, raised_on: date = TODAY, at: datetime = NOW, **rest: Any) -> Need:
    given = {"text": "需要二期数据", "evidence": "拜访时主任提出", **rest}
    return register_need(customer=customer, raised_on=raised_on, by=by, at=at, **given)


def take_up(customer: Organisation, by: Staff) -> None:
    """What an opportunity asks for: a need and a next step."""
    make_need(customer=customer, by=by)
    make_reminder(customer=customer, by=by, due_on=TODAY + timedelta(days=3))


def make_target(
    *, customer: Organisation, by: Staff, kind: str = "grade", now: str = "C", wanted: str = "A",
    due_on: date = TODAY + timedelta(days=20), actions: str = "每月拜访，组织科室会", position: Position | None = None,
    at: datetime = NOW,
) -> Target:
    return set_target(
        customer=customer, kind=kind, now=now, wanted=wanted, due_on=due_on, actions=actions,
        position=position or position_of(by), by=by, at=at,
    )


def loss_reason(name: str = "价格竞争") -> LossReason:
    return LossReason.objects.get(name=name)


class Diary:
    """A participant that remembers what it was told."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, Collection[int]]] = []

    def entered(self, *, customers: Any, stage: str, by: Any, at: datetime) -> None:
        self.lines.append(("entered", stage, sorted(one.pk for one in customers)))

    def left(self, *, customers: Any, stage: str, by: Any, at: datetime) -> None:
        self.lines.append(("left", stage, sorted(one.pk for one in customers)))
