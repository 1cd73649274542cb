"""搜索: everything the reader may know, in one place; the palette asks here too."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from keqing.access.gate import allow
from keqing.desk.permissions import Can
from keqing.desk.queries.search import GLANCE, SHOWN
from keqing.desk.queries.search import search as find
from keqing.kit import pages
from keqing.kit.formats import business_date

LONGEST = 60
GLANCED = "palette-results"


@require_GET
@allow(Can.USE)
def search(request: HttpRequest) -> HttpResponse:
    """Results for ``?q=``: a page, its live region, or the few best of each type for the palette."""
    text = request.GET.get("q", "").strip()[:LONGEST]
    shown = GLANCE if request.headers.get("HX-Target") == GLANCED else SHOWN
    groups = find(text=text, staff=request.user, today=business_date(timezone.now()), shown=shown) if text else []
    context = {"search_text": text, "groups": groups, "found": sum(len(group.hits) for group in groups)}
    return pages.render(request=request, template="desk/search.html", context=context, partials=("results", GLANCED))
