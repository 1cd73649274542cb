"""Writing how many cards people open, and the blocks that follow (T45)."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from keqing.access.actions.common import AdminRefused, subject_of
from keqing.access.models import CardRate, Staff
from keqing.audit import actions as audit

KEPT = timedelta(days=180)


def settle(*, staff: Staff, hour: datetime, opened: int) -> int:
    """Add to a person's hour; returns all that was opened in it. One statement, so that processes may meet."""
    statement = """
        INSERT INTO access_cardrate (staff_id, hour_at, opened, reason) VALUES (%s, %s, %s, '')
        ON CONFLICT (staff_id, hour_at) DO UPDATE SET opened = access_cardrate.opened + excluded.opened
        RETURNING opened
    """
    with connection.cursor() as cursor:
        cursor.execute(statement, [staff.pk, hour, opened])
        return int(cursor.fetchone()[0])


@transaction.atomic
def block_cards(*, staff: Staff, hour: datetime, opened: int, limit: int, at: datetime) -> None:
    """Show no more cards to this person in this hour; the alarm is told once."""
    fresh = CardRate.objects.filter(staff_id=staff.pk, hour_at=hour, blocked_at__isnull=True).update(blocked_at=at)
    if fresh:
        changes: dict[str, Any] = {"opened": [None, opened], "limit": [None, limit]}
        audit.record(action="cards.blocked", by=staff, at=at, subject=subject_of(staff), changes=changes)


def may_open_again(*, staff: Staff, hour: datetime) -> bool:
    return CardRate.objects.filter(staff_id=staff.pk, hour_at=hour, lifted_at__isnull=False).exists()


@transaction.atomic
def lift_block(*, rate: CardRate, reason: str, by: Staff, at: datetime) -> None:
    """Let the person go on in this hour. Refuses one's own block and one already lifted."""
    stored = CardRate.objects.select_for_update(of=("self",)).select_related("staff").get(pk=rate.pk)
    if stored.staff_id == by.pk:
        raise AdminRefused("不能解除自己的暂停。")
    if stored.blocked_at is None or stored.lifted_at is not None:
        raise AdminRefused("这次暂停已经解除。")
    stored.lifted_at, stored.lifted_by_id, stored.reason = at, by.pk, reason
    stored.save(update_fields=["lifted_at", "lifted_by", "reason"])
    audit.record(action="cards.lifted", by=by, at=at, subject=subject_of(stored.staff), reason=reason)


def forget_card_rates(*, at: datetime) -> int:
    """Drop the counts of hours long gone; the audit keeps the alarms."""
    return CardRate.objects.filter(hour_at__lt=at - KEPT).delete()[0]
