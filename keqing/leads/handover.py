"""Open leads go along with the work of a position."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import QuerySet

from keqing.access.handover import Movable, Moved
from keqing.access.models import OrgUnit, Position, Staff
from keqing.audit import actions as audit
from keqing.kit import bulk
from keqing.leads.choices import StepKind
from keqing.leads.models import Lead, Step
from keqing.leads.models.leads import OPEN


class LeadsFollow:
    def rehome(self, *, position: Position, unit: OrgUnit, by: Staff, at: datetime) -> None:
        Lead.objects.filter(position=position).update(unit=unit)


def open_leads(positions: Collection[int]) -> QuerySet[Lead]:
    return Lead.objects.filter(OPEN, position__in=positions)


def tell_leads(moved: Moved) -> None:
    """A step and an audit entry each; deadlines stay, the customer waits as long as before."""
    names = {pk: position.label for pk, position in moved.positions.items()}
    bulk.insert(
        Step(
            lead_id=row.object_id, customer_id=row.customer_id, at=moved.at, kind=StepKind.ASSIGNED, by=moved.by,
            title=f"移交 {names[row.from_position_id]} → {names[row.to_position_id]}", reason=moved.reason,
            from_position_id=row.from_position_id, to_position_id=row.to_position_id,
        )
        for row in moved.rows
    )
    audit.record_all(
        audit.entry_for(
            action="lead.assigned", by=moved.by, at=moved.at, reason=moved.reason,
            subject=audit.Subject("leads.lead", row.object_id, row.title, row.customer_id),
            changes={"position": [names[row.from_position_id], names[row.to_position_id]]},
        )
        for row in moved.rows
    )  # fmt: skip


LEADS = Movable(key="leads", label="未结束的线索", rows=open_leads, title="organisation_name", moved=tell_leads)
