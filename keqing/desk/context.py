"""What the frame of every page needs (``kit/templates/page.html``)."""

from collections.abc import Sequence
from functools import cached_property

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from keqing.access.delegated import Deputyship
from keqing.access.models import OrgUnit, Staff
from keqing.desk import navigation
from keqing.followups.queries import BadgeCounts, badge_counts
from keqing.kit.formats import business_date


def shell(request: HttpRequest) -> dict[str, object]:
    """Computed as far as a page draws it, not at all for fragments."""
    return {"shell": Shell(request, getattr(request, "staff", None))}


class Shell:
    """Company, sections, tabs, numbers, links."""

    def __init__(self, request: HttpRequest, staff: Staff | None) -> None:
        self._path, self._staff = request.path, staff

    @cached_property
    def company_name(self) -> str:
        if self._staff is not None:
            return self._staff.standing.company_name
        # before sign-in; afterwards the name comes with the person's standing
        return OrgUnit.objects.filter(parent__isnull=True).values_list("name", flat=True).first() or ""

    @property
    def deputyships(self) -> Sequence[Deputyship]:
        """Those this person stands in for today."""
        return self._staff.standing.deputyships if self._staff else ()

    @cached_property
    def _counts(self) -> BadgeCounts:
        return badge_counts(self._staff, business_date(timezone.now())) if self._staff else BadgeCounts(0, 0)

    @property
    def due(self) -> int:
        return self._counts.due

    @property
    def unread(self) -> int:
        return self._counts.unread

    @cached_property
    def place(self) -> tuple[str, str]:
        """The section and the entry this page belongs to."""
        return navigation.place_of(navigation.open_sections(self._staff), self._path) if self._staff else ("", "")

    @cached_property
    def sections(self) -> list[navigation.Item]:
        if self._staff is None:
            return []
        return navigation.sections_for(self._staff, path=self._path, badges={"today": self.due})

    @property
    def tabs(self) -> list[navigation.Item]:
        return navigation.tabs_of(self.sections)

    @property
    def create_links(self) -> list[tuple[str, str]]:
        return navigation.create_links(self._staff) if self._staff else []

    @property
    def search_url(self) -> str:
        return reverse("desk:search") if self._staff else ""
