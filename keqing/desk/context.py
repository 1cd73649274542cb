"""What the frame of every page needs (``kit/templates/page.html``)."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from keqing.access.models import OrgUnit, Staff
from keqing.desk import navigation
from keqing.followups.queries import badge_counts
from keqing.kit.formats import business_date


def shell(request: HttpRequest) -> dict[str, object]:
    """Company, sections, tabs, numbers, links. Computed when a whole page is drawn, not for fragments."""
    return {"shell": SimpleLazyObject(lambda: _shell(request))}


def _shell(request: HttpRequest) -> dict[str, Any]:
    staff: Staff | None = getattr(request, "staff", None)
    if staff is None:
        return {"company_name": _company_name()}
    counts = badge_counts(staff, business_date(timezone.now()))
    sections = navigation.sections_for(staff, path=request.path, badges={"today": counts.due})
    return {
        "company_name": staff.standing.company_name,
        "deputyships": staff.standing.deputyships,
        "sections": sections,
        "tabs": navigation.tabs_of(sections),
        "unread": counts.unread,
        "create_links": navigation.create_links(staff),
        "search_url": reverse("desk:search"),
    }


def _company_name() -> str:
    """For pages before sign-in; afterwards the name comes with the person's standing."""
    return OrgUnit.objects.filter(parent__isnull=True).values_list("name", flat=True).first() or ""
