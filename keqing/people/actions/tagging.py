"""One label on many customers."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F

from keqing.access.models import Staff
from keqing.audit import actions as audit
from keqing.people.actions.organisations import BATCH, subject_of
from keqing.people.models import Organisation, OrganisationTag, Tag


@transaction.atomic
def tag_organisations(*, organisations: Sequence[Organisation], tag: Tag, add: bool, by: Staff, at: datetime) -> dict[int, int]:
    """Put the label on, or take it off; returns the ids of those it changed, with the id of the link.

    Effects: the links, the rows' version (an open form must not put the old labels back), one audit entry each.
    Rows are locked in the order of their ids, as every action here does.
    """
    ids = [organisation.pk for organisation in organisations]
    stored = list(Organisation.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk"))
    links = OrganisationTag.objects.filter(organisation__in=ids, tag=tag)
    labelled = dict(links.values_list("organisation_id", "pk"))
    changed = [row for row in stored if (row.pk in labelled) is not add]
    if add:
        new = [OrganisationTag(organisation=row, tag=tag) for row in changed]
        OrganisationTag.objects.bulk_create(new, batch_size=BATCH)
        labelled = {link.organisation_id: link.pk for link in new}
    else:
        links.delete()
    Organisation.objects.filter(pk__in=[row.pk for row in changed]).update(version=F("version") + 1, updated_at=at)
    difference = [[], [tag.name]] if add else [[tag.name], []]
    audit.record_all(
        audit.entry_for(action="organisation.edited", by=by, at=at, subject=subject_of(row), changes={"tags": difference})
        for row in changed
    )
    return {row.pk: labelled[row.pk] for row in changed}
