"""What the views of this department share."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from keqing.kit import pages
from keqing.kit.addresses import back
from keqing.kit.forms import VersionedForm
from keqing.lifecycle.actions.needs import NeedRefused, StaleNeed
from keqing.lifecycle.actions.targets import StaleTarget, TargetRefused
from keqing.lifecycle.queries.customer import is_contact_with
from keqing.people.models import Organisation


def stage_url(customer_id: int) -> str:
    """The customer's page, opened at 阶段与需求."""
    return f"{reverse('desk:customer', args=[customer_id])}?tab=stage"


def contact_of(*, customer: Organisation, contact_id: int | None) -> int | None:
    """The contact a form names as evidence; one with somebody else is none."""
    if contact_id is not None and not is_contact_with(customer_id=customer.pk, contact_id=contact_id):
        raise Http404
    return contact_id


def act(
    request: HttpRequest, *, form: Any, store: Callable[[], str], default: str, context: dict[str, Any],
    customer: Organisation | None = None,
) -> HttpResponse:
    """Form → one action → back to where the person was; a refused form comes back whole, a stale one with theirs."""
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                said = store()
            except (StaleNeed, StaleTarget) as stale:
                status = 409
                _conflict(form, stale)
            except (NeedRefused, TargetRefused) as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, said)
                return redirect(back(request, default))
    context = {
        **context, "form": form, "customer": customer, "next": back(request, ""), "cancel_url": back(request, default),
    }
    return pages.render(request=request, template="lifecycle/act.html", context=context, status=status)


def _conflict(form: Any, stale: StaleNeed | StaleTarget) -> None:
    """Mine beside theirs; saving again is a decision."""
    if isinstance(form, VersionedForm):
        current = {name: getattr(stale.theirs, name) for name in form.fields if name != "version"}
        if "position" in current:
            current["position"] = stale.theirs.position.pk  # type: ignore[union-attr]
        form.show_conflict(current=current, version=stale.theirs.version)
    form.add_error(None, str(stale))
