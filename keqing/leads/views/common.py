"""What the views of this department share."""

from typing import Any

from django.http import HttpRequest

from keqing.access.gate import fetch
from keqing.kit.form_action import FormAction
from keqing.leads.actions.steps import LeadRefused, StaleLead
from keqing.leads.models import Lead

ROW = ("source_channel", "campaign__channel", "region", "position__holder", "position__unit", "unit", "judged_by", "created_by")


act = FormAction(page="leads/act.html", fragment="leads/_act.html", stale=(StaleLead,), refused=(LeadRefused,))


def fetch_lead(pk: int, request: HttpRequest, *, word: str | None = None) -> Lead:
    """The lead behind the gate, with what its page shows."""
    return fetch(Lead.objects.select_related(*ROW), pk, request, word=word)


def as_seen(lead: Lead, form: Any) -> Lead:
    """The lead in the version the form was opened with."""
    lead.version = form.cleaned_data["version"]
    return lead
