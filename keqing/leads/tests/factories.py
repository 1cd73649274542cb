"""Leads in the states tests need."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from keqing.access.models import OrgUnit, Position, Staff
from keqing.access.tests.factories import position_of
from keqing.leads.actions.intake import Draft, record_lead
from keqing.leads.models import Campaign, Channel, Lead, LeadRule
from keqing.people.tests.factories import NOW


def channel(key: str = "phone") -> Channel:
    return Channel.objects.get(key=key)


def make_campaign(*, unit: OrgUnit, name: str = "心血管学术沙龙", key: str = "event", cost: int = 0, **values: Any) -> Campaign:
    values = {"starts_on": date(2026, 10, 1), "ends_on": date(2026, 10, 3), "created_at": NOW, **values}
    return Campaign.objects.create(name=name, channel=channel(key), cost=cost, unit=unit, **values)


def make_lead(*, by: Staff, mine: bool = False, key: str = "phone", unit: OrgUnit | None = None, at: datetime = NOW, **values: Any) -> Lead:
    """Waiting in the queue of ``unit`` (that of ``by``), or held by ``by``."""
    position = position_of(by)
    draft = Draft({"source_channel": channel(key), **values}, unit=unit or position.unit, position=position if mine else None)
    return record_lead(draft=draft, by=by, at=at)


def make_rule(*, target: str = "queue", unit: OrgUnit, members: Sequence[Position] = (), place: int | None = None, **values: Any) -> LeadRule:
    """A rule in force since long; ``members`` for those that share out."""
    values = {"name": f"规则{LeadRule.objects.count() + 1}", "valid_from": date(2026, 1, 1), "updated_at": NOW, **values}
    rule = LeadRule.objects.create(target=target, unit=unit, place=place or LeadRule.objects.count() + 1, **values)
    rule.members.set(members)
    return rule
