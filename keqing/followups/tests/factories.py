"""Contacts and reminders in the states tests need."""

from datetime import date, datetime, timedelta
from typing import Any

from keqing.access.models import Staff
from keqing.followups.actions.contacts import record_contact
from keqing.followups.actions.reminders import create_reminder
from keqing.followups.models import ContactRecord, Reminder
from keqing.people.models import Organisation, Person
from keqing.people.tests.factories import NOW

TODAY = NOW.date()
TOMORROW = TODAY + timedelta(days=1)


def fields(**rest: Any) -> dict[str, Any]:
    return {
        "track_on": TODAY, "method": "visit", "business_state": "needs", "description": "药事会排期待定",
        "solution": "补二期数据", "products": "示范药 50mg", "materials": "说明书", **rest,
    }


def make_contact(*, customer: Organisation | Person, by: Staff, at: datetime = NOW, **rest: Any) -> ContactRecord:
    return record_contact(customer=customer, fields=fields(**rest), by=by, at=at)


def make_reminder(
    *, customer: Organisation, by: Staff, due_on: date = TODAY, text: str = "送样品登记表", at: datetime = NOW
) -> Reminder:
    """Also in the past: made on its day."""
    return create_reminder(customer=customer, text=text, due_on=due_on, by=by, at=min(at, at + (due_on - TODAY)))
