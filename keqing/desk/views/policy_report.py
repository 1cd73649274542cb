"""Browsers tell here what the content policy stopped (ASVS 3.4.7)."""

import json
import logging
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from keqing.access.gate import public
from keqing.kit.masks import mask_text

log = logging.getLogger("keqing.policy")
LONGEST = 8 * 1024
KINDS = {"application/csp-report", "application/json"}
PER_HOUR = 60


@csrf_exempt
@require_POST
@public("the browser itself reports, without cookies or token; nothing is stored, a line goes to the log")
def policy_report(request: HttpRequest) -> HttpResponse:
    """One line a report, so many an hour: a broken browser must not fill the log."""
    if request.content_type not in KINDS:
        return HttpResponse(status=415)
    length = request.headers.get("Content-Length", "")
    if not length.isdecimal() or int(length) > LONGEST:
        return HttpResponse(status=413)
    if (report := _read(request.body)) is not None and _counts():
        parts = (str(report.get(name, ""))[:200] for name in ("effective-directive", "blocked-uri", "document-uri"))
        log.warning("policy stopped %s of %s on %s", *(mask_text(part).encode("unicode_escape").decode() for part in parts))
    return HttpResponse(status=204)


def _read(body: bytes) -> dict[str, Any] | None:
    try:
        report = json.loads(body).get("csp-report")
    except (ValueError, AttributeError, RecursionError):
        return None
    return report if isinstance(report, dict) else None


def _counts() -> bool:
    cache.add("policy-reports", 0, 3600)
    try:
        return cache.incr("policy-reports") <= PER_HOUR
    except ValueError:  # the hour ended between the two
        return False
