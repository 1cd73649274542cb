"""今日: the first page of every person."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from keqing.access.gate import allow
from keqing.desk.permissions import Can
from keqing.desk.queries.today import today_board
from keqing.followups.queries import comments_for
from keqing.kit import pages
from keqing.kit.formats import business_date
from keqing.messaging.queries import inbox
from keqing.people.permissions import Can as PeopleCan

NOTICES = 100


@require_GET
@allow(Can.USE)
def today(request: HttpRequest) -> HttpResponse:
    """Due, overdue and coming follow-ups, unread comments, recent customers; for managers the team as well."""
    board = today_board(staff=request.user, today=business_date(timezone.now()))
    return pages.render(request=request, template="desk/today.html", context={"board": board, "may_search": request.user.may(PeopleCan.VIEW)})


@require_GET
@allow(Can.USE)
def notices(request: HttpRequest) -> HttpResponse:
    """What was written to me: the newest messages, and comments and replies, unread ones first."""
    comments = list(comments_for(request.user)[:NOTICES])
    board = inbox(staff=request.user, unread=False, before=None)
    return pages.render(request=request, template="desk/notices.html", context={"comments": comments, "board": board})
