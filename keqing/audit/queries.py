"""Reading the audit."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from keqing.audit.models import Entry

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class AuditFilter:
    actor_name: str = ""
    action: str = ""
    subject: str = ""
    rule: str = ""
    from_on: date | None = None
    to_on: date | None = None


def entries_matching(wanted: AuditFilter) -> QuerySet[Entry]:
    """Entries for the audit administrator's search, newest first."""
    entries = Entry.objects.order_by("-at", "-id")
    exact: dict[str, Any] = {}
    if wanted.actor_name:
        exact["actor_name"] = wanted.actor_name
    if wanted.action:
        exact["action"] = wanted.action
    if wanted.rule:
        exact["rule"] = wanted.rule
    if wanted.from_on:
        exact["at__gte"] = datetime.combine(wanted.from_on, time.min, SHANGHAI)
    if wanted.to_on:
        exact["at__lte"] = datetime.combine(wanted.to_on, time.max, SHANGHAI)
    if wanted.subject:
        exact["subject_name__contains"] = wanted.subject
    return entries.filter(**exact)


def changes_of_customer(customer_id: int, *, limit: int = 5) -> list[Entry]:
    """The last changes of one customer, for the panel 最近变更 (R-013)."""
    return list(Entry.objects.filter(customer_id=customer_id).order_by("-at", "-id")[:limit])
