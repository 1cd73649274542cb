"""What the pages of a batch show."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count

from keqing.batches.models import Batch, BatchRow

PER_PAGE = 100
Outcome = BatchRow.Outcome


@dataclass(frozen=True)
class BatchBoard:
    """Exact numbers and one page of rows."""

    done: int
    skipped: int
    undone: int
    left: int
    percent: int
    reasons: Sequence[tuple[str, int]]
    rows: Sequence[BatchRow]
    outcome: str
    outcomes: Sequence[tuple[str, str, int]]
    after: int


def batch_board(*, batch: Batch, outcome: str = "", after: int = 0) -> BatchBoard:
    """At most three statements."""
    numbers = dict(batch.rows.order_by().values_list("outcome").annotate(Count("pk")))
    rows = batch.rows.filter(customer_id__gt=after).order_by("customer_id")
    if outcome in numbers:
        rows = rows.filter(outcome=outcome)
    page = list(rows[: PER_PAGE + 1])
    left = numbers.get(Outcome.WAITING, 0) + numbers.get(Outcome.UNDOING, 0)
    reasons = batch.rows.exclude(reason="").order_by().values_list("reason").annotate(n=Count("pk")).order_by("-n")[:10]
    return BatchBoard(
        done=numbers.get(Outcome.DONE, 0), skipped=numbers.get(Outcome.SKIPPED, 0),
        undone=numbers.get(Outcome.UNDONE, 0), left=left, percent=(batch.total - left) * 100 // max(batch.total, 1),
        reasons=list(reasons), rows=page[:PER_PAGE], outcome=outcome if outcome in numbers else "",
        outcomes=[(value, label, numbers[value]) for value, label in Outcome.choices if value in numbers],
        after=page[PER_PAGE - 1].customer_id if len(page) > PER_PAGE else 0,
    )
