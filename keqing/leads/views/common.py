"""What the views of this department share."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from keqing.access.gate import fetch
from keqing.kit.addresses import back
from keqing.kit.pages import answer
from keqing.leads.actions.steps import LeadRefused, StaleLead
from keqing.leads.models import Lead

ROW = ("source_channel", "campaign__channel", "region", "position__holder", "position__unit", "unit", "judged_by", "created_by")


def fetch_lead(pk: int, request: HttpRequest, *, word: str | None = None) -> Lead:
    """The lead behind the gate, with what its page shows."""
    return fetch(Lead.objects.select_related(*ROW), pk, request, word=word)


def act(
    request: HttpRequest, *, form: Any, store: Callable[[], str], default: str, context: Mapping[str, Any]
) -> HttpResponse:
    """Form → one action → back to where the person was; refused forms come back whole, a stale one with 409."""
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                said = store()
            except StaleLead as stale:
                status = 409
                form.add_error(None, str(stale))
                form.data = {**form.data.dict(), "version": str(stale.theirs.version)}
                context = {**context, "stale": stale.theirs}
            except LeadRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, said)
                return redirect(back(request, default))
    full = {**context, "form": form, "next": back(request, ""), "cancel_url": back(request, default), "action": request.path}
    return answer(request, page="leads/act.html", fragment="leads/_act.html", context=full, status=status)


def as_seen(lead: Lead, form: Any) -> Lead:
    """The lead in the version the form was opened with."""
    lead.version = form.cleaned_data["version"]
    return lead
