"""Taking feedback down, thanking for it, answering it, reporting an adverse event."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse

from keqing.access.models import Staff
from keqing.audit import actions as audit
from keqing.kit.formats import day_bounds, format_datetime
from keqing.leads.managers import Managers
from keqing.messaging.actions import send
from keqing.people.models import Organisation, Person
from keqing.reference import work_calendar
from keqing.service.models import Feedback
from keqing.service.policy import policy
from keqing.timeline.actions import add_entry

LABEL = "service.feedback"
NEW, ADVERSE = "feedback.new", "feedback.adverse"
FIELDS = ("channel", "type", "text", "said_by", "product", "batch_no", "severity")
COMPLIANCE = "compliance"
SHOWN = 300


class FeedbackRefused(Exception):
    """It cannot be done; the text is for the user."""


class StaleFeedback(Exception):
    """Somebody else did something with it meanwhile."""

    def __init__(self, current: Feedback) -> None:
        super().__init__("这条反馈刚被别人处理过，请看过再做。")
        self.current = current


def subject_of(feedback: Feedback) -> audit.Subject:
    return audit.Subject(LABEL, feedback.pk, str(feedback), feedback.customer_id)


@transaction.atomic
def record_feedback(
    *, customer: Organisation | Person, fields: Mapping[str, Any], received_at: datetime, by: Staff, at: datetime
) -> Feedback:
    """Write it down; the terms run from when it was received.

    Effects: audit, the customer's line, a message to who answers for the customer if somebody else took it down.
    An adverse event goes to that person's manager and to compliance at once. Refuses a deleted customer.
    """
    if received_at > at:
        raise FeedbackRefused("收到时间不能晚于现在。")
    customer = _present(customer)
    feedback = Feedback(**{name: fields.get(name, "") for name in FIELDS})
    if feedback.is_adverse and not feedback.severity:
        raise FeedbackRefused("请选择不良反应的严重程度。")
    if not feedback.is_adverse:
        feedback.severity = ""
    _set_terms(feedback, received_at)
    feedback.customer_id, feedback.customer_name = customer.pk, customer.name
    feedback.position_id, feedback.unit_id = customer.owner_position_id, customer.unit_id
    feedback.taken_by, feedback.taken_at = by, at
    feedback.save()
    audit.record(action="feedback.recorded", by=by, at=at, subject=subject_of(feedback))
    _tell_story(feedback, f"客户反馈 · {feedback.get_type_display()}", feedback.text, by, at)
    _tell_people(feedback, customer, by, at)
    return feedback


@transaction.atomic
def acknowledge(*, feedback: Feedback, note: str, by: Staff, at: datetime) -> Feedback:
    """Received, with thanks. Refuses a second time."""
    stored = _locked(feedback)
    if stored.ack_at is not None:
        raise FeedbackRefused("这条反馈已经确认过。")
    stored.ack_at, stored.ack_note = at, note.strip()
    _save(stored, at)
    audit.record(action="feedback.acknowledged", by=by, at=at, subject=subject_of(stored), reason=stored.ack_note)
    return stored


@transaction.atomic
def answer(*, feedback: Feedback, text: str, by: Staff, at: datetime) -> Feedback:
    """What we said; an answer acknowledges as well. Refuses a second answer and an empty one."""
    stored = _locked(feedback)
    if stored.response_at is not None:
        raise FeedbackRefused("这条反馈已经答复过。")
    if not text.strip():
        raise FeedbackRefused("请填写答复。")
    stored.ack_at = stored.ack_at or at
    stored.response_at, stored.response, stored.answered_by = at, text.strip(), by
    _save(stored, at)
    audit.record(action="feedback.answered", by=by, at=at, subject=subject_of(stored))
    _tell_story(stored, f"答复{stored.get_type_display()}", stored.response, by, at)
    return stored


@transaction.atomic
def report_event(*, feedback: Feedback, number: str, by: Staff, at: datetime) -> Feedback:
    """The adverse event was reported under a number. Refuses anything else, and a second report."""
    stored = _locked(feedback)
    if not stored.is_adverse or stored.reported_at is not None:
        raise FeedbackRefused("这条反馈不需要上报，或已经上报。")
    if not number.strip():
        raise FeedbackRefused("请填写报告编号。")
    stored.reported_at, stored.report_no = at, number.strip()
    _save(stored, at)
    audit.record(
        action="feedback.reported", by=by, at=at, subject=subject_of(stored), changes={"report_no": ["", stored.report_no]}
    )
    _tell_story(stored, "不良反应已上报", f"报告编号 {stored.report_no}", by, at)
    return stored


def _present(seen: Organisation | Person) -> Organisation | Person:
    """The customer as it is now, locked: whoever answers for it from this moment on gets the feedback."""
    rows: Any = type(seen)._default_manager.select_for_update(of=("self",), no_key=True)
    found: Organisation | Person | None = rows.filter(pk=seen.pk, deleted_at__isnull=True).first()
    if found is None:
        raise FeedbackRefused("这家客户已被删除。")
    return found


def _set_terms(feedback: Feedback, received_at: datetime) -> None:
    terms, calendar = policy(), work_calendar.calendar()
    feedback.received_at = received_at
    feedback.ack_due_at = terms.due(received_at=received_at, workdays=terms.acknowledge, calendar=calendar)
    feedback.answer_due_at = terms.due(received_at=received_at, workdays=terms.answer, calendar=calendar)
    if feedback.is_adverse:
        last = terms.report_due_on(received_at=received_at, severity=feedback.severity)
        feedback.report_due_at = day_bounds(last)[1] - timedelta(seconds=1)


def _locked(seen: Feedback) -> Feedback:
    stored = Feedback.objects.select_for_update(of=("self",)).get(pk=seen.pk)
    if stored.version != seen.version:
        raise StaleFeedback(stored)
    return stored


def _save(feedback: Feedback, at: datetime) -> None:
    owes_report = feedback.report_due_at is not None and feedback.reported_at is None
    if feedback.response_at is not None and not owes_report:
        feedback.closed_at = at
    feedback.version += 1
    feedback.save()


def _tell_story(feedback: Feedback, title: str, text: str, by: Staff | None, at: datetime) -> None:
    add_entry(
        customer_id=feedback.customer_id, at=at, kind="feedback", icon="message-circle", title=title, text=text[:SHOWN],
        actor_id=by.pk if by else None, actor_name=by.name if by else "系统", subject_label=LABEL, subject_id=feedback.pk,
        url_name="service:feedback",
    )


def _tell_people(feedback: Feedback, customer: Organisation | Person, by: Staff, at: datetime) -> None:
    url = reverse("service:feedback", args=[feedback.pk])
    title = f"{feedback.get_type_display()}：{feedback.customer_name}"
    holder = feedback.position.holder if feedback.position else None
    if holder is not None and holder.pk != by.pk:
        text = f"{by.name} 登记了客户反馈，请在 {format_datetime(feedback.ack_due_at)} 前确认并致谢。"
        send(to=[holder], kind=NEW, title=title, text=text, url=url, key=f"feedback:{feedback.pk}:new", at=at)
    if feedback.is_adverse:
        manager = Managers(unit_ids=[feedback.unit_id]).over(feedback.unit_id)
        people = list(Staff.objects.active().filter(positions__role=COMPLIANCE).distinct())
        if manager is not None and manager.holder is not None:
            people.append(manager.holder)
        text = f"严重程度：{feedback.get_severity_display()}。{policy().duty}"
        others = [one for one in people if one.pk != by.pk]
        send(to=others, kind=ADVERSE, title=title, text=text, url=url, key=f"feedback:{feedback.pk}:adverse", at=at)

