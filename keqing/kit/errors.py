"""Error pages: a sentence, what to do next, and a number to report; never data (quality §2.12, U55)."""

import logging
import secrets
import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

log = logging.getLogger("keqing.errors")


def _page(request: HttpRequest, status: int, template: str | None = None, **context: str) -> HttpResponse:
    number = secrets.token_hex(4)
    if status >= 500:
        log.error("error %s at %s", number, request.path)
    else:
        log.info("refused %s (%s) at %s", number, status, request.path)
    context["error_number"] = number
    # A broken server may have no database: its page asks for nothing that needs one.
    asking = request if status < 500 else None
    text = render_to_string(template or f"{status}.html", context, request=asking)
    response = HttpResponse(text, status=status)
    response["X-Error-Number"] = number
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 403, refusal=str(exception))


def too_many(request: HttpRequest, sentence: str) -> HttpResponse:
    """More than the policy allows; ``sentence`` says of what, and when it goes on."""
    return _page(request, 429, sentence=sentence)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """What went wrong by itself; a database that is away or overloaded is said as such, for it comes back (T17)."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        response = _page(request, 503)
        response["Retry-After"] = "5"
        return response
    return _page(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _page(request, 403, "403_csrf.html")
