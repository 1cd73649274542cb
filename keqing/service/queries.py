"""What the pages of feedback show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from keqing.access.models import Staff
from keqing.kit.formats import format_datetime
from keqing.service.models import Feedback
from keqing.service.permissions import Can
from keqing.service.policy import Policy, policy

ON_A_CUSTOMER = 50


@dataclass(frozen=True)
class Term:
    """One of the terms: met, open or late."""

    label: str
    due: datetime | None
    met: datetime | None
    is_late: bool

    @property
    def words(self) -> str:
        if self.met is not None:
            return f"{format_datetime(self.met)}{'（超时）' if self.is_late else ''}"
        return f"{'已超时，时限 ' if self.is_late else '时限 '}{format_datetime(self.due)}"


@dataclass(frozen=True)
class FeedbackPage:
    """Detail of one feedback."""

    feedback: Feedback
    terms: Sequence[Term]
    may_handle: bool
    policy: Policy


def feedback_page(*, feedback: Feedback, staff: Staff, at: datetime) -> FeedbackPage:
    """No statement beyond the right to handle it."""
    pairs = [
        ("确认", feedback.ack_due_at, feedback.ack_at), ("答复", feedback.answer_due_at, feedback.response_at),
        ("上报", feedback.report_due_at, feedback.reported_at),
    ]
    terms = [Term(label, due, met, (met or at) > due) for label, due, met in pairs if due is not None]
    may_handle = feedback.closed_at is None and feedback.allows(staff, Can.HANDLE)
    return FeedbackPage(feedback, terms, may_handle, policy())


def feedback_of(*, customer_id: int) -> list[Feedback]:
    """The last of one customer, newest first. One statement."""
    rows = Feedback.objects.filter(customer_id=customer_id).select_related("taken_by")
    return list(rows.order_by("-received_at", "-pk")[:ON_A_CUSTOMER])
