"""Which customers a plan is for, and which customers need attention: conditions on rows, the same for lists, previews and the night."""

from datetime import date, timedelta

from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404

from keqing.access.models import OrgUnit
from keqing.kit import list_registry
from keqing.kit.formats import day_bounds
from keqing.people.models import Organisation, OrganisationTag
from keqing.playbooks import decline
from keqing.playbooks.cadence import Cadence
from keqing.playbooks.models import Edition, Enrolment


def customers_for(edition: Edition, *, today: date, any_stage: bool = False) -> QuerySet[Organisation]:
    """The segment of an edition, whoever is in the plan already. Without conditions: every customer of its unit."""
    rows = Organisation.objects.alive()
    stages = [] if any_stage else edition.stages
    for column, values in (("lifecycle", stages), ("kind", edition.kinds), ("level", edition.levels)):
        if values:
            rows = rows.filter(**{f"{column}__in": values})
    if edition.tag_ids:
        rows = rows.filter(pk__in=OrganisationTag.objects.filter(tag__in=edition.tag_ids).values("organisation"))
    unit = edition.playbook.unit
    if unit.kind != OrgUnit.Kind.COMPANY:
        rows = rows.filter(unit__in=OrgUnit.objects.filter(path__startswith=unit.path).values("pk"))
    return _in_saved_filter(rows, edition, today) if edition.query else rows


def _in_saved_filter(rows: QuerySet[Organisation], edition: Edition, today: date) -> QuerySet[Organisation]:
    """Narrowed by a list's filters as whoever wrote the edition sees them; filters that no longer hold find nobody (``lapsed``)."""
    chosen = in_view_of(edition, today=today)
    return rows.none() if chosen is None else rows.filter(pk__in=chosen.order_by().values("pk"))


def in_view_of(edition: Edition, *, today: date) -> QuerySet[Organisation] | None:
    """The customers of the edition's saved filter; None when the filter does not hold any more."""
    key, _mark, query = edition.query.partition("?")
    try:
        asked = list_registry.asked(user=edition.by, query=query, key=key)
        opened = list_registry.open_list(key=key, request=asked)
        return opened.spec.chosen(request=asked, queryset=opened.rows, today=today)  # type: ignore[no-any-return]
    except (BadRequest, PermissionDenied, Http404):
        return None


def who_may_enter(
    edition: Edition, *, today: date, any_stage: bool = False, entering: bool = False
) -> QuerySet[Organisation]:
    """Those of the segment who are not in the plan, and were not lately: what the preview counts and enrolling takes.

    Who enters a stage anew (``entering``) begins anew, however short the pause.
    """
    here = Enrolment.objects.filter(customer_id=OuterRef("pk"), playbook=edition.playbook_id)
    since = today - timedelta(days=edition.again_after)
    # counted from the end: a plan that runs longer than the pause does not begin again at once
    lately = Q(stopped_at__isnull=True) if entering else Q(stopped_at__isnull=True) | Q(stopped_at__gte=day_bounds(since)[1])
    return customers_for(edition, today=today, any_stage=any_stage).filter(~Exists(here.filter(lately)))


def not_contacted_since(day: date) -> Q:
    """No contact after this day; who was never contacted counts from the day the record was made."""
    return Q(last_contact_on__lte=day) | Q(last_contact_on__isnull=True, created_at__lt=day_bounds(day)[1])


def overdue_for_contact(policy: Cadence, today: date) -> Q:
    """Longer without contact than the policy allows for stage and level."""
    found = Q(pk__in=[])
    named = list(policy.by_level)
    for days, stages in policy.groups.items():
        here = Q(pk__in=[])
        for stage, levels in stages:
            here |= Q(lifecycle=stage) & _levels(levels, named)
        found |= here & not_contacted_since(today - timedelta(days=days))
    return found


def _levels(levels: tuple[str, ...] | list[str], named: list[str]) -> Q:
    written = Q(level__in=[one for one in levels if one])
    return written | ~Q(level__in=named) if "" in levels else written


def without_next_step(policy: Cadence) -> Q:
    """Nothing is planned although the stage asks for a next step."""
    return Q(next_due_on__isnull=True, lifecycle__in=policy.next_step_stages)


def silent(policy: Cadence, today: date) -> Q:
    """沉默客户 (R-096): no contact for long, and orders falling as soon as some department can tell."""
    quiet = Q(lifecycle__in=policy.silent_stages) & not_contacted_since(today - timedelta(days=policy.silent_days))
    falling = decline.falling(today=today, percent=policy.silent_drop)
    return quiet if falling is None else quiet & Q(pk__in=falling)
