"""What only an import does: taking leads back that nobody has touched since."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from keqing.access.models import Staff
from keqing.audit import actions as audit
from keqing.leads.actions.steps import subject_of
from keqing.leads.models import Lead

CHANGED, GONE = "导入后已有人处理", "已不存在"


@transaction.atomic
def withdraw_leads(*, versions: Mapping[int, int | None], by: Staff, at: datetime) -> dict[int, str]:
    """Remove imported leads still as they came, with their steps; returns id → why another one stays.

    Effect: one audit entry each.
    """
    rows = {row.pk: row for row in Lead.objects.select_for_update(of=("self",)).select_related("source_channel").filter(pk__in=versions).order_by("pk")}
    kept = {pk: GONE for pk in versions if pk not in rows}
    kept |= {pk: CHANGED for pk, row in rows.items() if row.version != versions[pk] or row.customer_id is not None}
    going = [row for pk, row in rows.items() if pk not in kept]
    audit.record_all(audit.entry_for(action="lead.withdrawn", by=by, at=at, subject=subject_of(row)) for row in going)
    Lead.objects.filter(pk__in=[row.pk for row in going]).delete()
    return kept
