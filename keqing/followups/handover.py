"""Followups' part when work changes hands: positions and people (decision 16), and customers."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from django.db.models import Exists, F, OuterRef, QuerySet, Subquery

from keqing.access.handover import Movable, Moved
from keqing.access.models import OrgUnit, Position, Staff
from keqing.audit import actions as audit
from keqing.followups.actions.reminders import LABEL, subject_of
from keqing.followups.models import Commitment, Reminder
from keqing.people.transfer import Move

BATCH = 1000


class RemindersFollow:
    def rehome(self, *, position: Position, unit: OrgUnit, by: Staff, at: datetime) -> None:
        Reminder.objects.filter(position=position).update(unit=unit)
        # what was kept or broken before stays in the rate of the team it was kept in
        Commitment.objects.open().filter(position=position).update(unit=unit)


def reminders_of(positions: Collection[int]) -> QuerySet[Reminder]:
    return Reminder.objects.open().filter(position__in=positions)


def tell_reminders(moved: Moved) -> None:
    """One audit entry for each; the customer's own line tells the story. Promises go along with theirs."""
    _promises_follow([row.object_id for row in moved.rows])
    audit.record_all(
        audit.entry_for(
            action="reminder.handed_over", by=moved.by, at=moved.at, reason=moved.reason,
            subject=audit.Subject(LABEL, row.object_id, row.title, row.customer_id),
            changes={"position": [moved.positions[row.from_position_id].name, moved.positions[row.to_position_id].name]},
        )
        for row in moved.rows
    )  # fmt: skip


REMINDERS = Movable(key="reminders", label="未完成的跟进", rows=reminders_of, moved=tell_reminders)


class RemindersGoWithCustomers:
    """Open reminders of whoever answered for the customer go to whoever answers for it now.

    What a third position has to do at the customer stays where it is.
    """

    def follow(
        self, *, moves: Sequence[Move], position: Position | None, unit: OrgUnit, by: Staff, at: datetime
    ) -> None:
        queues = {m.former.unit_id for m in moves if m.former.position_id is None}
        heads = _heads_over(queues if position else {*queues, unit.pk})
        to = position or heads.get(unit.pk)
        if to is None:
            return
        former = {m.customer_id: m.former.position_id or _pk(heads.get(m.former.unit_id)) for m in moves}
        rows = Reminder.objects.open().filter(customer_id__in=former, position__in={*former.values()} - {None, to.pk})
        moved, entries = [], []
        for reminder in rows.select_for_update(of=("self",)).select_related("position").order_by("pk"):
            if reminder.position_id != former[reminder.customer_id]:
                continue
            entries.append(
                audit.entry_for(
                    action="reminder.handed_over", by=by, at=at, reason="客户改了负责人",
                    subject=subject_of(reminder), changes={"position": [reminder.position.name, to.name]},
                )
            )
            reminder.position, reminder.unit_id = to, to.unit_id
            reminder.version += 1
            moved.append(reminder)
        if moved:
            Reminder.objects.bulk_update(moved, ["position", "unit", "version"], batch_size=BATCH)
            _promises_follow([one.pk for one in moved if one.commitment_id])
            audit.record_all(entries)


def _promises_follow(reminder_ids: Collection[int]) -> None:
    """Open promises are kept by the position their reminder has now. One statement, none without reminders."""
    if not reminder_ids:
        return
    theirs = Reminder.objects.filter(commitment=OuterRef("pk"), pk__in=reminder_ids, done_at__isnull=True)
    Commitment.objects.open().filter(Exists(theirs)).update(
        position_id=Subquery(theirs.values("position_id")[:1]), unit_id=Subquery(theirs.values("unit_id")[:1]),
        keeper_id=Subquery(theirs.values("position__holder_id")[:1]), version=F("version") + 1,
    )


def _heads_over(unit_ids: Collection[int]) -> Mapping[int, Position]:
    """The nearest head of each unit, in it or above: who looks after what waits there. At most two statements."""
    if not unit_ids:
        return {}
    paths = dict(OrgUnit.objects.filter(pk__in=unit_ids).values_list("pk", "path"))
    lines = {pk: [int(one) for one in path.strip("/").split("/")] for pk, path in paths.items()}
    above = {one for line in lines.values() for one in line}
    heads = {p.unit_id: p for p in Position.objects.current().filter(is_head=True, unit_id__in=above)}
    return {pk: next(heads[one] for one in reversed(line) if one in heads) for pk, line in lines.items() if heads.keys() & line}


def _pk(position: Position | None) -> int | None:
    return position.pk if position else None
