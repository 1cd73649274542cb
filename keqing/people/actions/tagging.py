"""One label on many customers."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from keqing.access.models import Staff
from keqing.audit import actions as audit
from keqing.people.actions.organisations import BATCH, subject_of
from keqing.people.models import Organisation, OrganisationTag, Tag


@transaction.atomic
def tag_organisations(*, organisations: Sequence[Organisation], tag: Tag, add: bool, by: Staff, at: datetime) -> set[int]:
    """Put the label on, or take it off; returns the ids of those it changed.

    Effects: the links, one audit entry each. Rows are locked in the order of their ids, as every action here does.
    """
    ids = [organisation.pk for organisation in organisations]
    stored = list(Organisation.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk"))
    links = OrganisationTag.objects.filter(organisation__in=ids, tag=tag)
    labelled = set(links.values_list("organisation_id", flat=True))
    changed = [row for row in stored if (row.pk in labelled) is not add]
    if add:
        OrganisationTag.objects.bulk_create([OrganisationTag(organisation=row, tag=tag) for row in changed], batch_size=BATCH)
    else:
        links.delete()
    difference = [[], [tag.name]] if add else [[tag.name], []]
    audit.record_all(
        audit.entry_for(action="organisation.edited", by=by, at=at, subject=subject_of(row), changes={"tags": difference})
        for row in changed
    )
    return {row.pk for row in changed}
