"""Feedback whose term has passed goes to the manager (R-059). Once for each term, however often the job runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.urls import reverse

from keqing.access.models import Staff
from keqing.audit import actions as audit
from keqing.followups.models import of_present_customers
from keqing.leads.managers import Managers
from keqing.messaging.actions import Outgoing, send_all
from keqing.service.actions.feedback import LABEL, subject_of
from keqing.service.models import Feedback
from keqing.timeline.actions import add_entries
from keqing.timeline.models import Entry

LATE = "feedback.late"
PORTION = 200


@dataclass(frozen=True)
class Term:
    """One of the three terms: its columns, and what was not done."""

    key: str
    due: str
    met: str
    escalated: str
    missed: str


TERMS = (
    Term("ack", "ack_due_at", "ack_at", "ack_escalated_at", "反馈超时未确认"),
    Term("answer", "answer_due_at", "response_at", "answer_escalated_at", "反馈超时未答复"),
    Term("report", "report_due_at", "reported_at", "report_escalated_at", "不良反应超时未上报"),
)


def escalate_late(*, at: datetime) -> int:
    """Tell the managers of everything that is late and was not told; returns how many terms.

    Portions of ``PORTION``, each a transaction: a killed worker leaves whole portions, two at once share them.
    """
    told = 0
    for term in TERMS:
        while count := _portion(term, at):
            told += count
    return told


@transaction.atomic
def _portion(term: Term, at: datetime) -> int:
    late = Feedback.objects.filter(
        # of a customer in 回收站 nobody could open it; it escalates when the customer is back
        of_present_customers(), **{f"{term.due}__lt": at, f"{term.met}__isnull": True, f"{term.escalated}__isnull": True},
    )
    rows = list(
        late.select_for_update(of=("self",), skip_locked=True).select_related("position__holder").order_by(term.due)[:PORTION]
    )
    if not rows:
        return 0
    Feedback.objects.filter(pk__in=[row.pk for row in rows]).update(**{term.escalated: at})
    managers = Managers(unit_ids={row.unit_id for row in rows})
    told = [(row, _whom(row, managers)) for row in rows]
    send_all(messages=[_message(row, term, one) for row, people in told for one in people], at=at)
    add_entries(_line(row, term, people, at) for row, people in told)
    audit.record_all(
        audit.entry_for(
            action="feedback.escalated", by=None, at=at, subject=subject_of(row),
            reason=f"{term.missed}，已告知 {'、'.join(one.name for one in people) or '无人'}",
        )
        for row, people in told
    )  # fmt: skip
    return len(rows)


def _whom(row: Feedback, managers: Managers) -> Sequence[Staff]:
    """The manager of who answers for the customer, and that person too: both should know."""
    own = row.position
    head = managers.over(row.unit_id, without=[own.pk] if own else [])
    people = [one.holder for one in (head, own) if one is not None and one.holder is not None]
    return list({person.pk: person for person in people}.values())


def _message(row: Feedback, term: Term, to: Staff) -> Outgoing:
    holder = row.position.holder if row.position else None
    return Outgoing(
        to=to, kind=LATE, title=f"{term.missed}：{row.customer_name}",
        text=f"{row.get_type_display()}，负责人 {holder.name if holder else '空缺'}。{row.text[:200]}",
        url=reverse("service:feedback", args=[row.pk]), key=f"feedback:{row.pk}:{term.key}",
    )  # fmt: skip


def _line(row: Feedback, term: Term, people: Sequence[Staff], at: datetime) -> Entry:
    return Entry(
        customer_id=row.customer_id, at=at, kind="feedback", icon="alert-triangle", title=term.missed,
        text=f"已告知 {'、'.join(one.name for one in people)}" if people else "", actor_name="系统", subject_label=LABEL,
        subject_id=row.pk, url_name="service:feedback",
    )  # fmt: skip
