"""What the views of this department share."""

from typing import Any

from django.http import Http404
from django.urls import reverse

from keqing.kit.form_action import FormAction
from keqing.lifecycle.actions.needs import NeedRefused, StaleNeed
from keqing.lifecycle.actions.targets import StaleTarget, TargetRefused
from keqing.lifecycle.models import Need, Target
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


def _standing_now(form: Any, theirs: Need | Target) -> dict[str, Any]:
    """Mine beside theirs; saving again is a decision."""
    current = {name: getattr(theirs, name) for name in form.fields if name != "version"}
    if "position" in current:
        current["position"] = current["position"].pk
    return current


act = FormAction(
    page="lifecycle/act.html", stale=(StaleNeed, StaleTarget), refused=(NeedRefused, TargetRefused), beside=_standing_now
)
