"""搜索: customers and people in one place."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from keqing.access.gate import allow
from keqing.desk.permissions import Can
from keqing.desk.queries.search import search as find
from keqing.kit import pages

LONGEST = 60


@require_GET
@allow(Can.USE)
def search(request: HttpRequest) -> HttpResponse:
    """Results for ``?q=``; as a fragment for the palette when htmx asks for ``results``."""
    text = request.GET.get("q", "").strip()[:LONGEST]
    groups = find(text=text, staff=request.user) if text else []
    context = {"search_text": text, "groups": groups, "found": sum(len(group.hits) for group in groups)}
    return pages.render(request=request, template="desk/search.html", context=context, partials=("results",))
