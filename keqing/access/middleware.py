"""Puts the acting staff member on the request."""

import time
from collections.abc import Callable

from django.contrib import auth
from django.http import HttpRequest, HttpResponse

from keqing.access import lifetime
from keqing.audit import acting
from keqing.kit.remembered import Mark

READS = ("GET", "HEAD")


class StaffMiddleware:
    """``request.staff`` is the signed-in staff member or None; a disabled one is signed out at once.

    So is one who rested too long (``keqing.access.lifetime``).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        acting.forget()
        if request.user.is_authenticated:
            now = int(time.time())
            if lifetime.is_over(request.session, now=now):
                auth.logout(request)
            else:
                lifetime.note_use(request.session, now=now)
                request.user.mark = _mark(request)
        request.staff = request.user if request.user.is_authenticated else None  # type: ignore[attr-defined]
        return self.get_response(request)


def _mark(request: HttpRequest) -> Mark | None:
    number = getattr(request.user, "mark_number", None)
    return None if number is None else Mark(number, keeps=request.method in READS)
