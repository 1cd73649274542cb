from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render as django_render
from django.utils.cache import patch_vary_headers

NAVIGATION_WIDTHS = {"narrow", "wide"}
DENSITIES = {"compact", "comfortable"}
THEMES = {"light": "keqing", "dark": "keqing-dark"}


def render(
    *,
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    partials: Sequence[str] = (),
    status: int = 200,
) -> HttpResponse:
    """The whole page, or just the named partial when htmx asks for the region of that name.

    ``partials`` are the names of the page's live regions; the region's id is the partial's name.
    """
    target = request.headers.get("HX-Target", "")
    if wants_fragment(request) and target in partials:
        template = f"{template}#{target}"
    response = django_render(request, template, dict(context or {}), status=status)
    # One address, two answers: a cache between must keep them apart.
    response.headers["Vary"] = ", ".join(filter(None, [response.headers.get("Vary"), "HX-Request", "HX-Target"]))
    return response


def wants_fragment(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of the page, not for the page itself after going back to it."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-History-Restore-Request") != "true"


def answer(request: HttpRequest, *, page: str, fragment: str, context: Mapping[str, Any], status: int = 200) -> HttpResponse:
    """The whole page, or its inner part from a file of its own when htmx asks."""
    response = django_render(request, fragment if wants_fragment(request) else page, dict(context), status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def theme(request: HttpRequest | None) -> str:
    """The theme's name for ``data-theme``; empty when the person's system decides."""
    return THEMES.get(_cookie(request, "theme"), "")


def theme_choice(request: HttpRequest | None) -> str:
    choice = _cookie(request, "theme")
    return choice if choice in THEMES else "system"


def density(request: HttpRequest | None) -> str:
    choice = _cookie(request, "density")
    return choice if choice in DENSITIES else "comfortable"


def navigation_width(request: HttpRequest | None) -> str:
    choice = _cookie(request, "nav")
    return choice if choice in NAVIGATION_WIDTHS else "wide"


def _cookie(request: HttpRequest | None, name: str) -> str:
    # an error page may be drawn without a request
    return request.COOKIES.get(name, "") if request is not None else ""
