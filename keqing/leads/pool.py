"""Reading 公海: what a person may pick there, and which leads nobody works at."""

from datetime import date, datetime

from django.db.models import DateTimeField, ExpressionWrapper, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Greatest

from keqing.access.models import Staff
from keqing.leads.choices import State, StepKind
from keqing.leads.models import Lead, PoolCount, Step
from keqing.people.models import Organisation, Person


def free_for(*, staff: Staff) -> QuerySet[Lead]:
    """Leads in the pools of the units this person's positions belong to, and of those above and below them."""
    return Lead.objects.filter(pooled_at__isnull=False, unit_id__in=pools_of(staff))


def pools_of(staff: Staff) -> set[int]:
    """The units whose pools a person may pick from. No statement."""
    units = {int(pk) for position in staff.standing.positions for pk in position.unit.path.strip("/").split("/")}
    return units | staff.standing.headed_unit_ids


def picked_on(*, day: date, staff: Staff) -> int:
    """How many leads a person has picked on a day."""
    return PoolCount.objects.filter(staff=staff, picked_on=day).values_list("picked", flat=True).first() or 0


def may_know(*, lead: Lead, staff: Staff) -> bool:
    """Whether a lead is, or was until somebody picked it, in a pool of this person."""
    pools = pools_of(staff)
    if lead.pooled_at is not None:
        return lead.unit_id in pools
    last = Step.objects.filter(lead=lead, kind=StepKind.PICKED).order_by("-pk").values_list("details", flat=True).first()
    return last is not None and last.get("pool") in pools


def forsaken(*, before: datetime) -> QuerySet[Lead]:
    """Accepted leads at which nothing happened since ``before``: neither at the lead nor with its customer.

    ``idle_since`` is when something last did.
    """
    contact = [
        Subquery(model.objects.filter(pk=OuterRef("customer_id")).values("last_activity_at")[:1])
        for model in (Organisation, Person)
    ]
    since = ExpressionWrapper(Greatest(F("updated_at"), *contact), output_field=DateTimeField())
    # an old lead has an old date itself: the index finds few, only they are compared with their customers
    rows = Lead.objects.filter(state=State.ACCEPTED, position__isnull=False, updated_at__lt=before)
    return rows.annotate(idle_since=since).filter(idle_since__lt=before)
