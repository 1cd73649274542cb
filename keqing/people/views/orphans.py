"""无人负责: the list, from which customers are given to somebody at once."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from keqing.access.gate import allow
from keqing.kit import lists
from keqing.kit.formats import business_date
from keqing.people.orphans import open_orphans
from keqing.people.permissions import Can


@require_GET
@allow(Can.VIEW_ORPHANS)
def orphans(request: HttpRequest) -> HttpResponse:
    today = business_date(timezone.now())
    opened = open_orphans(request, today)
    page = opened.spec.build(request=request, queryset=opened.rows, today=today)
    return lists.respond(request=request, page=page)
