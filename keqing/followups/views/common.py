"""What the views of this department share."""

from collections.abc import Collection
from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils import timezone

from keqing.access.gate import fetch
from keqing.compliance.actions import log_refusal
from keqing.followups.actions.commitments import CommitmentRefused, StaleCommitment
from keqing.followups.actions.reminders import LabelRefused, ReminderRefused, StaleReminder
from keqing.followups.appointing import with_appointments
from keqing.followups.attendees import with_people
from keqing.kit.form_action import FormAction
from keqing.people.models import Organisation, Person


def fetch_customer(
    pk: int, request: HttpRequest, *, word: str | None = None, people: Collection[int] | None = None,
    chosen_only: bool = False, appointments: bool = False, once: bool = False,
) -> Organisation | Person:
    """The customer behind the gate, an organisation or a person who belongs to none.

    With ``once`` also a person who did so before: what was written then is read and corrected, nothing is added.
    With ``people`` its staff come along in the same statement (``attendees.with_people``), with ``chosen_only`` no
    others than these; with ``appointments`` the days of its appointments.
    """
    organisations = Organisation.objects.all()
    if people if chosen_only else people is not None:
        organisations = with_people(organisations, wanted=people or (), chosen_only=chosen_only)
    if appointments:
        organisations = with_appointments(organisations)
    try:
        return fetch(organisations, pk, request, word=word)
    except Http404:
        people_rows = Person.objects.unaffiliated()
        return fetch(people_rows | Person.objects.once_customers() if once else people_rows, pk, request, word=word)


def customer_url(customer: Organisation | Person) -> str:
    return reverse("desk:customer", args=[customer.pk])


TEXTS = ("next_text", "text", "promise")


def _refuse(request: HttpRequest, form: Any, refusal: ReminderRefused | CommitmentRefused) -> None:
    """The sentence at the form; a denied word beside its text, and on record (RX-05)."""
    hit = refusal.hit if isinstance(refusal, LabelRefused | CommitmentRefused) else None
    if hit is None:
        form.add_error(None, str(refusal))
        return
    log_refusal(hit=hit, by=request.user, at=timezone.now(), where=f"跟进事项 {request.path}")
    form.add_error(next(name for name in TEXTS if name in form.fields), str(refusal))


act = FormAction(
    page="followups/act.html", fragment="followups/_act.html", stale=(StaleReminder, StaleCommitment),
    refused=(ReminderRefused, CommitmentRefused), refuse=_refuse,
)
