"""How far a task is (R-292), and what became of alarms (R-202)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q

from keqing.access.models import Staff
from keqing.followups.models import Reminder
from keqing.followups.promises import Rate
from keqing.kit.formats import day_bounds


@dataclass(frozen=True)
class Progress:
    """Done of all parts; a task without parts has none."""

    done: int
    total: int

    @property
    def percent(self) -> int:
        return self.done * 100 // self.total if self.total else 0


@dataclass(frozen=True)
class Recovery:
    """Alarms recovered of those closed with a code, and how many there are of each code."""

    rate: Rate
    codes: Sequence[tuple[str, int]]


def progress_of(task: Reminder) -> Progress:
    """Over the parts directly below; a part with parts of its own counts when it is done. One statement."""
    return Progress(**task.children.aggregate(done=Count("pk", filter=Q(done_at__isnull=False)), total=Count("pk")))


def progress_over(parts: Iterable[Reminder]) -> Progress:
    """As ``progress_of``, over parts already read."""
    found = list(parts)
    return Progress(sum(part.done_at is not None for part in found), len(found))


def recovery_rate(*, staff: Staff, first: date, last: date) -> Recovery:
    """Over the alarms in sight closed within these days. One statement."""
    rows = (
        Reminder.objects.visible_to(staff)
        .filter(done_at__gte=day_bounds(first)[0], done_at__lt=day_bounds(last)[1])
        .exclude(outcome_code="")
        .order_by()
        .values_list("outcome_code")
        .annotate(number=Count("pk"))
    )
    numbers = dict(rows)
    codes = [(str(code.label), numbers.get(code.value, 0)) for code in Reminder.Outcome]
    return Recovery(Rate(numbers.get(Reminder.Outcome.RECOVERED.value, 0), sum(numbers.values())), codes)
