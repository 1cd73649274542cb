"""公海: what may be picked."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from keqing.access.gate import allow
from keqing.kit import lists
from keqing.kit.formats import business_date
from keqing.leads.permissions import Can
from keqing.leads.policy import policy
from keqing.leads.pool import picked_on
from keqing.leads.pool_list import open_pool


@require_GET
@allow(Can.HANDLE)
def pool(request: HttpRequest) -> HttpResponse:
    """Leads without anybody, with how many more the reader may pick today."""
    today = business_date(timezone.now())
    opened = open_pool(request)
    page = opened.spec.build(request=request, queryset=opened.rows, today=today)
    picked = picked_on(day=today, staff=request.user)
    rules = policy()
    context = {"left": max(rules.per_day - picked, 0), "rules": rules}
    return lists.respond(request=request, page=page, context=context, template="leads/pool.html")
