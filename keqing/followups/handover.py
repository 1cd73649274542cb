"""Followups' part when work changes hands (decision 16)."""

from collections.abc import Collection
from datetime import datetime

from keqing.access.handover import OpenWork
from keqing.access.models import OrgUnit, Position, Staff
from keqing.followups.models import Reminder


class RemindersFollow:
    def preview(self, *, positions: Collection[Position]) -> list[OpenWork]:
        return [OpenWork("未完成的跟进", Reminder.objects.open().filter(position__in=positions).count())]

    def rehome(self, *, position: Position, unit: OrgUnit, by: Staff, at: datetime) -> None:
        Reminder.objects.filter(position=position).update(unit=unit)
