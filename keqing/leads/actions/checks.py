"""Learning of somebody else's lead, and looking at a masked phone: allowed, and never unseen (decision 4, R-301)."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from keqing.access.models import Staff
from keqing.audit import actions as audit
from keqing.leads.actions.steps import LeadRefused, subject_of
from keqing.leads.models import Lead


@transaction.atomic
def note_leads_found(*, asked: str, found: Sequence[Lead], by: Staff, at: datetime) -> None:
    """Audit that somebody learned of leads they may not see."""
    audit.record_all(
        audit.entry_for(action="duplicate.checked", by=by, at=at, reason=f"查重：{asked}"[:200], subject=subject_of(lead))
        for lead in found
    )


@transaction.atomic
def reveal_phone(*, lead: Lead, reason: str, by: Staff, at: datetime) -> str:
    """The full number. Refuses without a reason. Effect: one audit entry."""
    if not reason.strip():
        raise LeadRefused("请写明查看完整电话的原因。")
    audit.record(action="lead.phone_revealed", by=by, at=at, subject=subject_of(lead), reason=reason.strip())
    return lead.phone
