"""往来 of one customer: more lines, other chips, a search in it."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from keqing.access.gate import allow
from keqing.followups.permissions import Can
from keqing.followups.queries import stream_board
from keqing.followups.views.common import customer_url, fetch_customer
from keqing.kit.formats import business_date
from keqing.kit.pages import answer


@allow(Can.VIEW)
def stream(request: HttpRequest, pk: int) -> HttpResponse:
    """The lines alone for htmx, a page of its own otherwise."""
    customer = fetch_customer(pk, request, once=True)
    get = request.GET
    more = bool(get.get("after"))
    board = stream_board(
        customer=customer, staff=request.user, today=business_date(timezone.now()), after=get.get("after", ""),
        kind=get.get("kind", ""), text=get.get("text", "")[:100],
        with_composer=not request.headers.get("HX-Request"),
    )
    context = {"board": board, "customer_url": customer_url(customer)}
    fragment = "followups/_stream_more.html" if more else "followups/_stream_body.html"
    return answer(request, page="followups/stream.html", fragment=fragment, context=context)
