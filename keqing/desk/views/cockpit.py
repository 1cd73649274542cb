"""经理驾驶舱 and the use of the system."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from keqing.access.gate import allow
from keqing.desk.adoption import dress, open_adoption
from keqing.desk.queries.cockpit import EFFECT_DAYS, MOVES_DAYS
from keqing.desk.queries.cockpit import cockpit as cockpit_of
from keqing.followups.permissions import Can
from keqing.kit import pages
from keqing.kit.formats import business_date
from keqing.kit.lists import respond


@require_GET
@allow(Can.VIEW_TEAM)
def cockpit(request: HttpRequest) -> HttpResponse:
    """The team today, movement of customers, who is at risk, whom to coach."""
    board = cockpit_of(staff=request.user, at=timezone.now())
    context = {"board": board, "moves_days": MOVES_DAYS, "effect_days": EFFECT_DAYS}
    return pages.render(request=request, template="desk/cockpit.html", context=context)


@require_GET
@allow(Can.VIEW_TEAM)
def adoption(request: HttpRequest) -> HttpResponse:
    """Who signs in and who records, person by person (R-098)."""
    today = business_date(timezone.now())
    opened = open_adoption(request)
    page = opened.spec.build(request=request, queryset=opened.rows, today=today)
    dress(page.rows, today=today)
    return respond(request=request, page=page, context={})
