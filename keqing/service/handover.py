"""Open feedback goes where its customer goes, and with the work of a position."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db.models import F, QuerySet

from keqing.access.handover import Movable
from keqing.access.models import OrgUnit, Position, Staff
from keqing.people.transfer import Move
from keqing.service.models import Feedback


class FeedbackFollows:
    """A position moves to another unit; a customer to another position."""

    def rehome(self, *, position: Position, unit: OrgUnit, by: Staff, at: datetime) -> None:
        Feedback.objects.open().filter(position=position).update(unit=unit)

    def follow(
        self, *, moves: Sequence[Move], position: Position | None, unit: OrgUnit, by: Staff, at: datetime
    ) -> None:
        ids = [move.customer_id for move in moves]
        Feedback.objects.open().filter(customer_id__in=ids).update(
            position=position, unit=position.unit_id if position else unit.pk, version=F("version") + 1
        )


def open_feedback(positions: Collection[int]) -> QuerySet[Feedback]:
    return Feedback.objects.open().filter(position__in=positions)


FEEDBACK = Movable(key="feedback", label="未办结的客户反馈", rows=open_feedback)
