"""Targets not yet reached go along with the work of a position, and with their customer."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db.models import QuerySet

from keqing.access.handover import Movable, Moved
from keqing.access.models import OrgUnit, Position, Staff
from keqing.audit import actions as audit
from keqing.lifecycle.actions.targets import LABEL
from keqing.lifecycle.models import Target
from keqing.people.transfer import Move


def open_targets(positions: Collection[int]) -> QuerySet[Target]:
    return Target.objects.open().filter(position__in=positions)


def tell_targets(moved: Moved) -> None:
    """An audit entry each."""
    names = {pk: position.label for pk, position in moved.positions.items()}
    audit.record_all(
        audit.entry_for(
            action="target.changed", by=moved.by, at=moved.at, reason=moved.reason,
            subject=audit.Subject(LABEL, row.object_id, row.title[:100], row.customer_id),
            changes={"position": [names[row.from_position_id], names[row.to_position_id]]},
        )
        for row in moved.rows
    )


TARGETS = Movable(key="targets", label="未达成的提升目标", rows=open_targets, unit=None, title="actions", moved=tell_targets)


class TargetsGoWithCustomers:
    """Open targets of whoever answered for the customer go to whoever answers for it now; in a queue they wait as they are."""

    def follow(
        self, *, moves: Sequence[Move], position: Position | None, unit: OrgUnit, by: Staff, at: datetime
    ) -> None:
        former = {move.customer_id: move.former.position_id for move in moves}
        if position is None:
            return
        rows = Target.objects.open().filter(customer_id__in=former).exclude(position=position)
        going = [one for one in rows.select_for_update(of=("self",)).select_related("position").order_by("pk")
                 if one.position_id == former[one.customer_id]]
        entries = []
        for one in going:
            changes = {"position": [one.position.label, position.label]}
            subject = audit.Subject(LABEL, one.pk, str(one), one.customer_id)
            entries.append(audit.entry_for(action="target.changed", by=by, at=at, reason="客户改了负责人", subject=subject, changes=changes))
            one.position = position
            one.version += 1
        if going:
            Target.objects.bulk_update(going, ["position", "version"], batch_size=1000)
            audit.record_all(entries)
