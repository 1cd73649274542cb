"""The audit administrator's search (decision 15: a screen of the desk)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_GET

from keqing.access.gate import allow
from keqing.audit import labels
from keqing.audit.models import Entry
from keqing.desk.permissions import Can
from keqing.desk.tables import open_audit
from keqing.kit import lists, pages
from keqing.kit.formats import business_date


@require_GET
@allow(Can.SEARCH_AUDIT)
def audit(request: HttpRequest) -> HttpResponse:
    """Every entry of the company, newest first."""
    opened = open_audit(request)
    page = opened.spec.build(request=request, queryset=opened.rows, today=business_date(timezone.now()))
    return lists.respond(request=request, page=page)


@require_GET
@allow(Can.SEARCH_AUDIT)
def audit_entry(request: HttpRequest, pk: int) -> HttpResponse:
    """One entry with every value before and after, and its seal."""
    entry = get_object_or_404(Entry.objects.select_related("link"), pk=pk)
    _dress(entry)
    changes = [_change(entry.subject_label, name, value) for name, value in entry.changes.items()]
    link = getattr(entry, "link", None)
    context = {
        "entry": entry,
        "changes": changes,
        "seal": bytes(link.digest).hex() if link else "",
        "sealed_at": link.sealed_at if link else None,
    }
    return pages.render(request=request, template="desk/audit_entry.html", context=context)


def _dress(entry: Any) -> None:
    entry.action_label = labels.action_label(entry.action)
    entry.record_label = labels.record_label(entry.subject_label)


def _change(label: str, name: str, value: Any) -> tuple[str, str, str]:
    pair = value if isinstance(value, list) and len(value) == 2 else [None, value]
    before, after = (labels.value_text(label, name, one) for one in pair)
    return labels.field_label(label, name), before, after
