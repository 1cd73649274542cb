"""Looking at a masked phone: allowed with a reason, and never unseen (R-301)."""

from datetime import datetime

from django.db import transaction

from keqing.access.models import Staff
from keqing.audit import actions as audit
from keqing.people.actions.people import subject_of
from keqing.people.models import Person


@transaction.atomic
def reveal_phone(*, person: Person, reason: str, by: Staff, at: datetime) -> tuple[str, str]:
    """The full mobile and landline. Effect: one audit entry under the person's customer."""
    primary = person.affiliations.filter(to_on__isnull=True, is_primary=True).values_list("organisation_id", flat=True).first()
    audit.record(action="person.phone_revealed", by=by, at=at, subject=subject_of(person, primary), reason=reason)
    return person.mobile, person.phone
