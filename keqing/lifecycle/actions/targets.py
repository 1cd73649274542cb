"""客户提升目标 (R-285)."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from keqing.access.models import Position, Staff
from keqing.audit import actions as audit
from keqing.kit.formats import business_date
from keqing.lifecycle.actions.effects import keep_effects
from keqing.lifecycle.models import Target
from keqing.people.choices import Stage
from keqing.people.models import Organisation
from keqing.people.stages import FORWARD, RANKS
from keqing.timeline import actions as timeline

LABEL = "lifecycle.target"
URL_NAME = "lifecycle:target"
GRADES = ("C", "B", "A")
RELATIONSHIPS = ("陌生", "认识", "熟悉", "认可", "支持")
SCALES: Mapping[str, Sequence[str]] = {
    Target.Kind.STAGE: [str(one) for one in FORWARD], Target.Kind.GRADE: GRADES, Target.Kind.RELATIONSHIP: RELATIONSHIPS,
}


class TargetRefused(Exception):
    """The target cannot be set or met so; the text is for the user."""


class StaleTarget(TargetRefused):
    def __init__(self, theirs: Target) -> None:
        super().__init__("这个目标刚被别人改过，请核对后再保存。")
        self.theirs = theirs


def subject_of(target: Target) -> audit.Subject:
    return audit.Subject(LABEL, target.pk, f"{target.customer_name} · {target}", target.customer_id)


@transaction.atomic
def set_target(
    *, customer: Organisation, kind: str, wanted: str, due_on: date, actions: str, position: Position, by: Staff,
    at: datetime, now: str = "",
) -> Target:
    """Where this customer is to be by ``due_on``. Of a stage the present one is known; else ``now`` says it.

    Refuses a day that is past, an aim that is not above the present, and a second open one of the kind.
    Effects: the target, a timeline line, an audit entry.
    """
    present = customer.lifecycle if kind == Target.Kind.STAGE else now
    _check(kind, present, wanted, due_on, actions, position, business_date(at))
    try:
        with transaction.atomic():
            made = Target.objects.create(
                customer_id=customer.pk, customer_name=customer.name, kind=kind, now=present, wanted=wanted, due_on=due_on,
                actions=actions.strip(), position=position, created_by=by, created_at=at,
            )
    except IntegrityError as error:
        if "target_one_open" not in str(error):
            raise
        raise TargetRefused("这位客户已有一个同类目标没有完成，请先完成或修改它。") from error
    _tell(made, f"提升目标 {made}", f"{due_on:%Y-%m-%d} 前；{made.actions}", by, at)
    audit.record(action="target.set", by=by, at=at, subject=subject_of(made), changes={"due_on": [None, due_on.isoformat()]})
    return made


@transaction.atomic
def change_target(*, target: Target, values: Mapping[str, Any], by: Staff, at: datetime) -> Target:
    """Other day, actions or position. Refuses a target that is reached or was changed meanwhile. One audit entry."""
    stored = _locked(target)
    _check(
        stored.kind, stored.now, stored.wanted, values["due_on"], values["actions"], values["position"],
        min(business_date(at), stored.due_on),
    )
    changes = {}
    for name in ("due_on", "actions", "position"):
        old, new = getattr(stored, name), values[name]
        if old != new:
            changes[name] = [str(old), str(new)]
            setattr(stored, name, new)
    if changes:
        _save(stored, *changes)
        audit.record(action="target.changed", by=by, at=at, subject=subject_of(stored), changes=changes)
    return stored


@transaction.atomic
def reach_target(*, target: Target, evidence: str, by: Staff, at: datetime) -> Target:
    """Grade or relationship was reached; says by what that shows. A stage is reached by moving the customer there.

    Effects: the day, a timeline line, an audit entry, the effect of the last contact.
    """
    stored = _locked(target)
    if stored.kind == Target.Kind.STAGE:
        raise TargetRefused("阶段目标在客户进入该阶段时自动达成，请变更客户阶段。")
    if not evidence.strip():
        raise TargetRefused("请写明达成的依据。")
    stored.reached_on, stored.evidence = business_date(at), evidence.strip()[:300]
    _save(stored, "reached_on", "evidence")
    keep_effects(at=at, customer_ids=[stored.customer_id])
    _tell(stored, f"达成提升目标 {stored}", stored.evidence, by, at)
    audit.record(
        action="target.reached", by=by, at=at, subject=subject_of(stored), changes={"reached_on": [None, stored.reached_on.isoformat()]}
    )
    return stored


def reach_stage_targets(*, customers: Sequence[Organisation], stage: str, on: date) -> int:
    """Customers entered ``stage``: targets of it or of a stage below are reached. One statement; the move is on record."""
    if stage not in FORWARD:
        return 0
    reached = [one for one in FORWARD if RANKS[one] <= RANKS[stage]]
    rows = Target.objects.open().filter(
        customer_id__in=[one.pk for one in customers], kind=Target.Kind.STAGE, wanted__in=reached
    )
    return rows.update(reached_on=on, evidence=f"客户进入{Stage(stage).label}", version=F("version") + 1)


def _check(kind: str, now: str, wanted: str, due_on: date, actions: str, position: Position, today: date) -> None:
    scale = [str(one) for one in SCALES.get(kind, ())]
    if wanted not in scale:
        raise TargetRefused("请选择目标。")
    if now in scale and scale.index(wanted) <= scale.index(now):
        raise TargetRefused("目标要高于现状。")
    if due_on < today:
        raise TargetRefused("目标日期不能早于今天。")
    if not actions.strip():
        raise TargetRefused("请写明要采取的行动。")
    if position.closed_on is not None:
        raise TargetRefused("这个岗位已撤销。")


def _locked(seen: Target) -> Target:
    stored = Target.objects.select_for_update(of=("self",)).select_related("position__holder").get(pk=seen.pk)
    if stored.version != seen.version:
        raise StaleTarget(stored)
    if stored.reached_on is not None:
        raise TargetRefused("这个目标已经达成。")
    return stored


def _save(target: Target, *fields: str) -> None:
    target.version += 1
    target.save(update_fields=[*fields, "version"])


def _tell(target: Target, title: str, text: str, by: Staff, at: datetime) -> None:
    timeline.add_entry(
        customer_id=target.customer_id, at=at, kind="stage", icon="target-arrow", title=title, text=text, actor_id=by.pk,
        actor_name=by.name, subject_label=LABEL, subject_id=target.pk, url_name=URL_NAME,
    )
