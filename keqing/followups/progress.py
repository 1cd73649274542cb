"""How far a task is (R-292)."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q

from keqing.followups.models import Reminder


@dataclass(frozen=True)
class Progress:
    """Done of all parts; a task without parts has none."""

    done: int
    total: int

    @property
    def percent(self) -> int:
        # a task is whole only when nothing is left of it
        return self.done * 100 // self.total if self.total else 0


def progress_of(task: Reminder) -> Progress:
    """Over the parts directly below; a part with parts of its own counts when it is done. One statement."""
    return Progress(**task.children.aggregate(done=Count("pk", filter=Q(done_at__isnull=False)), total=Count("pk")))


def progress_over(parts: Iterable[Reminder]) -> Progress:
    """As ``progress_of``, over parts already read."""
    found = list(parts)
    return Progress(sum(part.done_at is not None for part in found), len(found))
