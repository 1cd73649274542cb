from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.middleware.gzip import re_accepts_gzip as accepts_gzip
from django.utils.cache import patch_vary_headers
from django.utils.text import compress_string

POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
        "report-uri /policy-report/",
    ]
)


class ContentSecurityPolicy:
    """Sends the strict policy with every answer: nothing inline runs, nothing comes from elsewhere."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response


class WithoutNulls:
    """Takes the sign U+0000 out of what was sent: nobody types it, and the database cannot store or look for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: Any) -> None:
        """After the check of the token, which has read the form already."""
        if _has_null(request.GET):
            request.GET = _cleaned(request.GET)  # type: ignore[assignment]
        if request.method == "POST" and _has_null(request.POST):
            request.POST = _cleaned(request.POST)  # type: ignore[assignment]


def _has_null(sent: QueryDict) -> bool:
    return any("\x00" in text for name, values in sent.lists() for text in (name, *values))


def _cleaned(sent: QueryDict) -> QueryDict:
    cleaned = QueryDict(mutable=True, encoding=sent.encoding)
    for name, values in sent.lists():
        cleaned.setlist(name.replace("\x00", ""), [value.replace("\x00", "") for value in values])
    cleaned._mutable = False
    return cleaned


class PackedPages:
    """Pages leave compressed: a full list is a tenth of its size then (U67). Files are packed or streamed elsewhere.

    Some random bytes in the header keep the length from telling what is in the page.
    """

    LEAST, PADDING = 1024, 100

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.streaming or not response.get("Content-Type", "").startswith("text/html") or len(response.content) < self.LEAST:
            return response
        patch_vary_headers(response, ("Accept-Encoding",))
        if accepts_gzip.search(request.headers.get("Accept-Encoding", "")) and not response.has_header("Content-Encoding"):
            response.content = compress_string(response.content, max_random_bytes=self.PADDING)
            response["Content-Length"] = str(len(response.content))
            response["Content-Encoding"] = "gzip"
        return response
