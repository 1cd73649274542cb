"""Background work: the seal of the audit."""

from django.utils import timezone

from keqing.audit.actions import seal_entries
from keqing.kit.jobs import periodic


@periodic(cron="* * * * *")
def seal_audit() -> None:
    """Every minute; what does not fit into one batch is sealed the next minute."""
    seal_entries(at=timezone.now())
