"""Moving customers along the life cycle (R-181)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models.functions import Greatest

from keqing.access.models import Staff
from keqing.audit import actions as audit
from keqing.kit import bulk
from keqing.kit.formats import business_date
from keqing.lifecycle import entries
from keqing.lifecycle.actions.effects import keep_effects
from keqing.lifecycle.actions.targets import reach_stage_targets
from keqing.lifecycle.guards import Move, Refusal, refusals
from keqing.lifecycle.models import Competitor, LossReason, StageChange
from keqing.lifecycle.transitions import ILLEGAL, LABELS, MOVED_MEANWHILE, no_such_step, transition
from keqing.people.actions.organisations import subject_of
from keqing.people.models import Organisation
from keqing.people.stages import days_in
from keqing.timeline import actions as timeline
from keqing.timeline.models import Entry

LABEL = "lifecycle.stagechange"


class MoveRefused(Exception):
    """Some customer may not enter the stage; ``refused`` says why by customer, the text says the first."""

    def __init__(self, refused: Mapping[int, Refusal]) -> None:
        super().__init__(str(next(iter(refused.values()))))
        self.refused = refused


@dataclass(frozen=True)
class Moved:
    changes: Sequence[StageChange]
    refused: Mapping[int, Refusal] = field(default_factory=dict)


@transaction.atomic
def move_customers(
    *, customers: Sequence[Organisation], to: str, by: Staff | None, at: datetime, reason: str = "", evidence: str = "",
    contact_id: int | None = None, loss_reason: LossReason | None = None, competitor: Competitor | None = None,
    skip_refused: bool = False,
) -> Moved:
    """Bring customers into the stage ``to``; those already there are left alone. ``by`` None: the system.

    ``lifecycle`` of each customer must be the stage the user saw. ``contact_id`` is the contact that gave the
    evidence. Refuses (``MoveRefused``) everything when one may not move; with ``skip_refused`` the others move and
    ``Moved.refused`` says why these did not. Effects, few statements for any number: stage and date on the rows,
    history, timeline, audit, targets reached, effects of activities, and what participants do (``entries``).
    """
    seen = {one.pk: one.lifecycle for one in customers}
    rows = Organisation.objects.select_for_update(of=("self",), no_key=True).alive().filter(pk__in=seen).order_by("pk")
    stored = [one for one in rows if one.lifecycle != to or seen[one.pk] != to]
    move = Move(
        to=to, on=business_date(at), reason=reason, evidence=evidence, contact_id=contact_id, loss_reason=loss_reason,
        competitor=competitor,
    )
    refused = _impossible(stored, seen, to)
    refused |= refusals(customers=[one for one in stored if one.pk not in refused], move=move)
    if refused and not skip_refused:
        raise MoveRefused(refused)
    moving = [one for one in stored if one.pk not in refused]
    return Moved(_move(moving, move, by, at) if moving else [], refused)


def _impossible(stored: Sequence[Organisation], seen: Mapping[int, str], to: str) -> dict[int, Refusal]:
    found = {}
    for one in stored:
        if one.lifecycle != seen[one.pk]:
            text = f"“{one.name}”的阶段刚变为“{LABELS[one.lifecycle]}”，请看过再改。"
            found[one.pk] = Refusal(MOVED_MEANWHILE, text)
        elif transition(one.lifecycle, to) is None:
            found[one.pk] = Refusal(ILLEGAL, no_such_step(one.lifecycle, to))
    return found


def _move(moving: Sequence[Organisation], move: Move, by: Staff | None, at: datetime) -> list[StageChange]:
    former: dict[str, list[Organisation]] = defaultdict(list)
    changes = []
    for one in moving:
        former[one.lifecycle].append(one)
        changes.append(
            StageChange(
                customer_id=one.pk, customer_name=one.name, from_stage=one.lifecycle, to_stage=move.to,
                days=days_in(one.lifecycle_since, move.on), on=move.on, at=at, by=by, owner_position_id=one.owner_position_id,
                reason=move.reason.strip()[:300], evidence=move.evidence.strip()[:300], contact_id=move.contact_id,
                loss_reason=move.loss_reason, competitor=move.competitor,
            )
        )
    ids = [one.pk for one in moving]
    Organisation.objects.filter(pk__in=ids).update(
        lifecycle=move.to, lifecycle_since=move.on, last_activity_at=Greatest("last_activity_at", at)
    )
    changes = bulk.insert(changes)
    audit.record_all(_entry(change, one, by, at) for change, one in zip(changes, moving, strict=True))
    timeline.add_entries(_line(change, by, at) for change in changes)
    for one in moving:
        one.lifecycle, one.lifecycle_since = move.to, move.on
    reach_stage_targets(customers=moving, stage=move.to, on=move.on)
    keep_effects(at=at, customer_ids=ids)
    for stage, group in former.items():
        entries.left(customers=group, stage=stage, by=by, at=at)
    entries.entered(customers=moving, stage=move.to, by=by, at=at)
    return changes


def _entry(change: StageChange, one: Organisation, by: Staff | None, at: datetime):  # type: ignore[no-untyped-def]
    step = transition(change.from_stage, change.to_stage)
    told = {"lifecycle": [LABELS[change.from_stage], LABELS[change.to_stage]]}
    for name, value in (("evidence", change.evidence), ("loss_reason", change.loss_reason), ("competitor", change.competitor)):
        if value:
            told[name] = [None, str(value)]  # type: ignore[list-item]
    return audit.entry_for(
        action="stage.moved", by=by, at=at, subject=subject_of(one), changes=told, reason=change.reason,
        rule=step.rule if step else "",
    )


def _line(change: StageChange, by: Staff | None, at: datetime) -> Entry:
    parts = [str(change.loss_reason or ""), change.reason, change.evidence and f"依据：{change.evidence}"]
    return Entry(
        customer_id=change.customer_id, at=at, kind=Entry.Kind.STAGE, icon="stairs-up", actor_id=by.pk if by else None,
        actor_name=by.name if by else "系统", title=f"阶段 {change}", text="；".join(filter(None, parts)),
        subject_label=LABEL, subject_id=change.pk,
    )
