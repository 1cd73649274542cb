"""Recording what comes in. One row is the bulk action with one row (decision 8)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from keqing.access.models import OrgUnit, Position, Staff
from keqing.audit import actions as audit
from keqing.kit import bulk
from keqing.leads import icp
from keqing.leads.actions.assigning import assign_by_rules
from keqing.leads.actions.rulebook import Place
from keqing.leads.actions.steps import LeadRefused, keep_steps, locked, save, step_for, subject_of
from keqing.leads.choices import Judgement, State, StepKind
from keqing.leads.models import Channel, Lead

# what people type about a lead; everything else is set by actions
TYPED = (
    "source_channel", "campaign", "first_touch_at", "referrer_id", "referrer", "caller_name", "phone", "organisation_name",
    "kind", "region", "products", "need", "current_supplier", "decision_maker", "budget", "estimate", "next_step",
    "next_step_on",
)  # fmt: skip
DERIVED = ("score", "score_reasons", *Lead.SEARCH_FIELDS)
AHEAD = timedelta(minutes=5)


@dataclass(frozen=True)
class Draft:
    """A new lead: ``values`` by the names of ``TYPED``. Without ``position`` it waits in the queue of ``unit``."""

    values: Mapping[str, Any]
    unit: OrgUnit
    position: Position | None = None


@transaction.atomic
def record_leads(
    *, drafts: Sequence[Draft], by: Staff, at: datetime, action: str = "lead.recorded"
) -> list[Lead]:
    """Store inbound contacts, identified or not (R-185), and hand those without a position to the rules.

    Effects: rows, score by the ideal customer (R-093), a step and an audit entry each. A lead outside a *hard*
    profile is stored as 无效. Refuses a first touch that has yet to come.
    """
    made = [_new(draft, by=by, at=at) for draft in drafts]
    bulk.insert(made)
    steps = [_first_step(lead, by=by, at=at) for lead in made]
    steps += [_rejection(lead, at=at) for lead in made if lead.state == State.REJECTED]
    keep_steps(steps)
    audit.record_all(audit.entry_for(action=action, by=by, at=at, subject=subject_of(lead)) for lead in made)
    pass_on(leads=made, at=at)
    return made


def record_lead(*, draft: Draft, by: Staff, at: datetime) -> Lead:
    """One row of ``record_leads``."""
    return record_leads(drafts=[draft], by=by, at=at)[0]


@transaction.atomic
def edit_lead(*, lead: Lead, values: Mapping[str, Any], by: Staff, at: datetime) -> Lead:
    """What was learned since. Effects: new score, a step that says what changed, an audit entry; a lead nobody has
    yet goes to the rules again. ``lead.version`` must be the one the user saw (``StaleLead``).
    """
    stored = locked(lead)
    _check_touch(values.get("first_touch_at"), at)
    changes: dict[str, list[Any]] = {}
    for name in TYPED:
        if name in values and getattr(stored, name) != values[name]:
            changes[name] = [_plain(getattr(stored, name)), _plain(values[name])]
            setattr(stored, name, values[name])
    if not changes:
        return stored
    before = stored.score
    _rate(stored)
    stored.index_for_search()
    save(stored, *changes, *DERIVED, at=at)
    labels = "、".join(str(Lead._meta.get_field(name).verbose_name) for name in changes)
    title = f"修改{labels}" + (f"，匹配分 {before} → {stored.score}" if before != stored.score else "")
    keep_steps([step_for(lead=stored, kind=StepKind.EDITED, title=title, by=by, at=at)])
    audit.record(action="lead.edited", by=by, at=at, subject=subject_of(stored), changes=changes)
    pass_on(leads=[stored], at=at)
    return stored


def pass_on(*, leads: Sequence[Lead], at: datetime) -> None:
    """Leads that nobody holds go to the assignment rules; where no rule takes one, it waits where it was recorded.

    A prospect is cultivated where it waits until it is judged an opportunity (R-187, R-188).
    """
    waiting = [one for one in leads if one.position_id is None and one.pooled_at is None and _is_for_sales(one)]
    if waiting:
        assign_by_rules(leads=waiting, at=at, otherwise={one.pk: Place(one.unit) for one in waiting})


def _is_for_sales(lead: Lead) -> bool:
    if lead.state == State.RETURNED:
        return lead.judgement == Judgement.OPPORTUNITY
    return lead.state == State.NEW and lead.judgement != Judgement.PROSPECT


def _new(draft: Draft, *, by: Staff, at: datetime) -> Lead:
    values = {name: value for name, value in draft.values.items() if value is not None}
    _check_touch(values.get("first_touch_at"), at)
    position = draft.position
    lead = Lead(
        **{"first_touch_at": at, **values}, position=position, unit=position.unit if position else draft.unit,
        created_by=by, created_at=at, updated_at=at,
    )
    if position is not None:  # taken by whoever entered it: nobody has to be asked
        lead.state, lead.assigned_at, lead.accepted_at = State.ACCEPTED, at, at
    rating = _rate(lead)
    if rating.rejected:
        lead.state, lead.judgement, lead.judged_at = State.REJECTED, Judgement.INVALID, at
        lead.judge_reason = f"不符合目标客户画像：{'、'.join(rating.outside)}"[:200]
    lead.index_for_search()
    return lead


def _rate(lead: Lead) -> icp.Rating:
    channel: Channel = lead.source_channel
    rating = icp.rate(facts=icp.facts_of(lead=lead, channel=channel.key))
    lead.score, lead.score_reasons = rating.score, rating.stored()
    return rating


def _first_step(lead: Lead, *, by: Staff, at: datetime) -> Any:
    who = "由登记人跟进" if lead.position_id else "等待分配"
    reasons = icp.reasons_in_words(lead.score_reasons)
    return step_for(
        lead=lead, kind=StepKind.RECORDED, title=f"{lead.source_channel.name}登记，{who}", by=by, at=at,
        reason=f"匹配分 {lead.score}" + (f"：{reasons}" if reasons else ""), to_position_id=lead.position_id,
    )


def _rejection(lead: Lead, *, at: datetime) -> Any:
    return step_for(lead=lead, kind=StepKind.INVALID, title="判为无效", by=None, at=at, reason=lead.judge_reason)


def _check_touch(touched: datetime | None, at: datetime) -> None:
    if touched is not None and touched > at + AHEAD:
        raise LeadRefused("首次接触不能晚于现在。")


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int | bool) else str(value)
