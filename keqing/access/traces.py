"""What somebody who leaves looked at and took along in the last thirty days, from the audit and the card counts."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, IntegerField, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from keqing.access.models import CardRate, Staff
from keqing.audit.models import Entry

TRACE_DAYS = 30


def traces_of(*, staff: Staff, at: datetime) -> dict[str, Any]:
    """Labels and numbers for the report of a leaver; three statements."""
    since = at - timedelta(days=TRACE_DAYS)
    entries = Entry.objects.filter(actor_id=staff.pk, at__gte=since).order_by()
    exports = entries.filter(action__startswith="export.").aggregate(
        files=Count("pk"), rows=Sum(Cast(KT("changes__rows"), IntegerField()))
    )
    return {
        "打开客户资料": CardRate.objects.filter(staff=staff, hour_at__gte=since).aggregate(n=Sum("opened"))["n"] or 0,
        "导出记录": exports["files"],
        "导出行数": exports["rows"] or 0,
        "查看完整电话": entries.filter(action="person.phone_revealed").count(),
    }
