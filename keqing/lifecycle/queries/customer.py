"""阶段与需求 of one customer: its panel, and what to have at hand before a call."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from keqing.access.models import Position, Staff
from keqing.followups.models import ContactRecord
from keqing.followups.queries import positions_to_take_over
from keqing.kit.prepared import prepared
from keqing.lifecycle.models import Effect, Need, StageChange, Target
from keqing.lifecycle.permissions import Can
from keqing.lifecycle.transitions import LABELS, Transition, onward
from keqing.people.choices import Stage
from keqing.people.models import Organisation
from keqing.people.stages import FORWARD, RANKS, days_in

SHOWN = 20


@dataclass(frozen=True)
class Step:
    """One stage on the way: ``state`` done, now or ahead."""

    label: str
    state: str


@dataclass(frozen=True)
class StagePanel:
    customer: Organisation
    label: str
    days: int
    steps: Sequence[Step]
    ways: Sequence[tuple[str, str, Transition]]
    changes: Sequence[StageChange]
    needs: Sequence[Need]
    targets: Sequence[Target]
    effects: Sequence[Effect]
    may_edit: bool
    today: date


@dataclass(frozen=True)
class Precall:
    """出发前: the stage, what is still open, what is aimed at."""

    customer: Organisation
    label: str
    days: int
    needs: Sequence[Need]
    targets: Sequence[Target]
    may_edit: bool
    today: date


def stage_panel(*, customer: Organisation, staff: Staff, today: date) -> StagePanel:
    """Four statements for a customer already fetched."""
    pk = customer.pk
    return StagePanel(
        customer=customer, label=LABELS[customer.lifecycle], days=days_in(customer.lifecycle_since, today),
        steps=_steps(customer.lifecycle), ways=list(onward(customer.lifecycle)),
        changes=list(
            StageChange.objects.filter(customer_id=pk).select_related("by", "loss_reason", "competitor").order_by("-at", "-pk")[:SHOWN]
        ),
        needs=_sorted(_needs(Need.objects.filter(customer_id=pk))), targets=list(_targets(Target.objects.filter(customer_id=pk))),
        effects=list(Effect.objects.filter(customer_id=pk).select_related("tracker").order_by("-at", "-pk")[:5]),
        may_edit=customer.allows(staff, Can.EDIT), today=today,
    )


def precall(*, customer: Organisation, staff: Staff, today: date) -> Precall:
    """Two statements for a customer already fetched."""
    pk = customer.pk
    return Precall(
        customer=customer, label=LABELS[customer.lifecycle], days=days_in(customer.lifecycle_since, today),
        needs=_sorted(_open_needs(customer=pk)), targets=_open_targets(customer=pk),
        may_edit=customer.allows(staff, Can.EDIT), today=today,
    )


def positions_for_target(*, staff: Staff, customer: Organisation) -> QuerySet[Position]:
    """Whoever answers for the customer, and the colleagues this person may give it to."""
    others = positions_to_take_over(staff=staff, customer=customer).order_by().values("pk")
    owner = Position.objects.current().filter(pk=customer.owner_position_id).values("pk")
    return Position.objects.current().filter(pk__in=others.union(owner)).select_related("holder")


def _steps(stage: str) -> list[Step]:
    here = RANKS[stage]
    return [Step(LABELS[one], "now" if one == stage else "done" if RANKS[one] < here else "ahead") for one in FORWARD] + (
        [Step(LABELS[stage], "now")] if stage in (Stage.DORMANT, Stage.LOST) else []
    )


def _needs(rows: QuerySet[Need]) -> QuerySet[Need]:
    return rows.order_by("-raised_on", "-pk")[:SHOWN]


def _sorted(needs: Iterable[Need]) -> list[Need]:
    """Open ones first, the oldest of them on top."""
    return sorted(needs, key=lambda need: (need.met_on is not None, need.raised_on))


def _targets(rows: QuerySet[Target]) -> QuerySet[Target]:
    return rows.select_related("position__holder").order_by("-due_on", "-pk")[:SHOWN]


@prepared
def _open_needs(customer: int) -> QuerySet[Need]:
    return _needs(Need.objects.open().filter(customer_id=customer))


@prepared
def _open_targets(customer: int) -> QuerySet[Target]:
    return _targets(Target.objects.open().filter(customer_id=customer))


def is_contact_with(*, customer_id: int, contact_id: int) -> bool:
    """Whether the record tells of a contact with this customer."""
    return ContactRecord.objects.filter(pk=contact_id, customer_id=customer_id).exists()
