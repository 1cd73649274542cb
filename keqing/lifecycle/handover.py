"""Targets not reached yet go along with the work of a position."""

from collections.abc import Collection

from django.db.models import QuerySet

from keqing.access.handover import Movable
from keqing.lifecycle.models import Target


def open_targets(positions: Collection[int]) -> QuerySet[Target]:
    return Target.objects.filter(reached_on__isnull=True, position__in=positions)


TARGETS = Movable(key="targets", label="未达成的提升目标", rows=open_targets, unit=None, title="actions")
