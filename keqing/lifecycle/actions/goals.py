"""New customers wanted of a position in a month (R-126)."""

from datetime import date, datetime

from django.db import transaction

from keqing.access.models import Position, Staff
from keqing.audit import actions as audit
from keqing.lifecycle.models import PipelineGoal

LABEL = "lifecycle.pipelinegoal"


class GoalRefused(Exception):
    """The goal cannot be set; the text is for the user."""


@transaction.atomic
def set_goal(*, position: Position, month: date, wanted: int, by: Staff, at: datetime) -> PipelineGoal:
    """Set or replace the goal of a month, which is any day of it. The last one to set it wins; one audit entry.

    Refuses a registered medical representative: they get no sales targets (REP-01).
    """
    if position.role == "representative" or (position.holder and position.holder.is_medical_rep_filed):
        raise GoalRefused("医药代表不承担销售任务（REP-01）：请把新增目标下达给团队负责人或商务岗位。")
    first = month.replace(day=1)
    facts = {"wanted": wanted, "set_by": by, "set_at": at, "version": 0}
    # two who set it first at once: the second replaces the first
    row, is_new = PipelineGoal.objects.get_or_create(position=position, month=first, defaults=facts)
    goal = PipelineGoal.objects.select_for_update(of=("self",)).get(pk=row.pk)
    before = None if is_new else goal.wanted
    goal.wanted, goal.set_by, goal.set_at, goal.version = wanted, by, at, goal.version + 1
    goal.save()
    audit.record(
        action="goal.set", by=by, at=at, subject=audit.Subject(LABEL, goal.pk, f"{position.name} {first:%Y-%m}"),
        changes={"wanted": [before, wanted]},
    )
    return goal
