"""What every action on a lead shares: refusals, the locked row, and the step it leaves behind."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from keqing.access.models import Staff
from keqing.audit import actions as audit
from keqing.kit import bulk
from keqing.leads.models import Lead, Step

LABEL = "leads.lead"
URL_NAME = "leads:lead"


class LeadRefused(Exception):
    """The lead cannot be changed so; the text is for the user."""


class StaleLead(LeadRefused):
    """Somebody else was faster; ``theirs`` holds the stored row."""

    def __init__(self, theirs: Lead) -> None:
        super().__init__("这条线索刚被别人处理过，请核对后再保存。")
        self.theirs = theirs


def subject_of(lead: Lead) -> audit.Subject:
    return audit.Subject(LABEL, lead.pk, lead.title, lead.customer_id)


def locked(seen: Lead) -> Lead:
    """The stored row of one lead, if nobody changed it since."""
    stored = Lead.objects.select_for_update(of=("self",)).select_related("source_channel", "position__holder", "unit").get(pk=seen.pk)
    if stored.version != seen.version:
        raise StaleLead(stored)
    return stored


def step_for(*, lead: Lead, kind: str, title: str, by: Staff | None, at: datetime, **rest: Any) -> Step:
    """An unsaved step; ``rest`` are further fields of ``Step``."""
    rest["reason"] = rest.get("reason", "").strip()[:300]
    return Step(lead=lead, customer_id=lead.customer_id, at=at, kind=kind, title=title[:200], by=by, **rest)


def keep_steps(steps: Iterable[Step]) -> None:
    """Store many steps in few statements."""
    bulk.insert(list(steps))


def save(lead: Lead, *fields: str, at: datetime) -> None:
    """Store changed fields of one locked lead, with its next version."""
    lead.version += 1
    lead.updated_at = at
    lead.save(update_fields=[*dict.fromkeys(fields), "version", "updated_at"])


def save_all(leads: Sequence[Lead], *fields: str, at: datetime) -> None:
    """The same for many locked leads."""
    for lead in leads:
        lead.version += 1
        lead.updated_at = at
    Lead.objects.bulk_update(leads, [*dict.fromkeys(fields), "version", "updated_at"], batch_size=1000)
