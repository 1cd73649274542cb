"""Who may do what, and why."""

from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from keqing.access import queries
from keqing.access.actions.common import note_review
from keqing.access.forms import RightsForm
from keqing.access.gate import allow, fetch
from keqing.access.models import Staff
from keqing.access.permissions import Can
from keqing.access.unused import as_csv, dress, open_unused
from keqing.kit import lists, pages
from keqing.kit.formats import business_date


@require_GET
@allow(Can.VIEW_RIGHTS)
def rights(request: HttpRequest) -> HttpResponse:
    """One person's rights today with the position each comes from, and the catalogue of roles."""
    form = RightsForm(request.GET or None, reader=request.user)
    person = None
    if form.is_bound and form.is_valid() and form.cleaned_data["person"]:
        person = fetch(Staff, form.cleaned_data["person"].pk, request)
    context = {
        "title": _("权限"),
        "form": form if form.is_bound else RightsForm(reader=request.user),
        "person": person,
        "rights": queries.rights_of(person) if person else [],
        "roles": queries.role_catalogue(),
    }
    return pages.render(request=request, template="access/rights.html", context=context)


@require_GET
@allow(Can.VIEW_UNUSED)
def unused(request: HttpRequest) -> HttpResponse:
    """Rights nobody used for ninety days, position by position."""
    today = business_date(timezone.now())
    opened = open_unused(request)
    page = opened.spec.build(request=request, queryset=opened.rows, today=today)
    dress(page.rows, today=today)
    return lists.respond(request=request, page=page, template="access/unused.html")


@require_POST
@allow(Can.VIEW_UNUSED)
def unused_file(request: HttpRequest) -> HttpResponse:
    """The whole list as a csv for the review; it holds no customer, and who took it is on record."""
    at = timezone.now()
    rows = open_unused(request).rows
    note_review(by=request.user, at=at, rows=rows.count())
    answer = HttpResponse(as_csv(rows, today=business_date(at)), content_type="text/csv; charset=utf-8")
    name = quote(f"未用权限-{business_date(at)}.csv")
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    answer.headers["Cache-Control"] = "no-store"
    return answer
