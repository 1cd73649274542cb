"""The rows before and after a record in the list one came from (U32)."""

from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from keqing.access.gate import allow
from keqing.desk.permissions import Can
from keqing.kit import list_registry, pages
from keqing.kit.addresses import whole_number
from keqing.kit.formats import business_date


@require_GET
@allow(Can.USE)
def neighbours(request: HttpRequest) -> HttpResponse:
    """Links to the list and to its rows beside record ``at``; ``from`` is the list's key and address. Nothing without."""
    place, pk = request.GET.get("from", ""), whole_number(request.GET.get("at"))
    key, _, query = place.partition("?")
    if not key or pk is None:
        return HttpResponse(status=204)
    if key.partition(":")[0] not in list_registry.names():
        raise Http404
    asked = list_registry.asked(user=request.user, query=query[:2000], key=key)
    opened = list_registry.open_list(key=key, request=asked)
    if not opened.spec.walks:
        raise Http404
    today = business_date(timezone.now())
    found = opened.spec.neighbours(request=asked, queryset=opened.rows, today=today, pk=pk)
    if found is None:
        raise Http404
    suffix = urlencode({"from": place})
    before, after = (f"{opened.spec.url_of(row)}?{suffix}" if row is not None else "" for row in found)
    context = {"list_url": f"{list_registry.address_of(key)}?{query}", "title": opened.spec.title, "before": before, "after": after}
    return pages.render(request=request, template="desk/_neighbours.html", context=context)
