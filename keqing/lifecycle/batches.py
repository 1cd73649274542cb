"""变更阶段 for many customers at once. What a step needs of each customer is checked as for one."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import QuerySet

from keqing.access.models import Staff
from keqing.batches.registry import BatchAction, Result
from keqing.lifecycle.actions import move_customers
from keqing.lifecycle.forms import BatchMoveForm
from keqing.lifecycle.models import Competitor, LossReason
from keqing.lifecycle.permissions import Can
from keqing.lifecycle.transitions import LABELS
from keqing.people.models import Organisation


class MoveBatch(BatchAction):
    """Who may not move is skipped with the reason. A step is history: it is not taken back, only followed by another."""

    key, label, icon, word, lists = "stage", "变更阶段", "stairs-up", str(Can.EDIT), ("customers",)

    def form(self, data: Any, *, staff: Staff) -> forms.Form:
        return BatchMoveForm(data)

    def parameters(self, form: forms.Form) -> dict[str, Any]:
        data = form.cleaned_data
        return {
            "to": data["to"], "reason": data["reason"], "evidence": data["evidence"],
            "loss_reason": data["loss_reason"].pk if data["loss_reason"] else None,
            "competitor": data["competitor"].pk if data["competitor"] else None,
        }

    def sentence(self, form: forms.Form) -> str:
        return f"变更阶段为{LABELS[form.cleaned_data['to']]}"

    def within_reach(self, rows: QuerySet[Organisation], *, staff: Staff) -> QuerySet[Organisation]:
        return rows.alive().reached_by(staff, Can.EDIT)  # type: ignore[attr-defined,no-any-return]

    def apply(self, *, ids: Sequence[int], parameters: Mapping[str, Any], by: Staff, at: datetime) -> list[Result]:
        to = parameters["to"]
        rows = list(Organisation.objects.alive().reached_by(by, Can.EDIT).filter(pk__in=ids).order_by("pk"))
        moved = move_customers(
            customers=rows, to=to, by=by, at=at, reason=parameters["reason"], evidence=parameters["evidence"],
            loss_reason=LossReason.objects.filter(pk=parameters["loss_reason"]).first() if parameters["loss_reason"] else None,
            competitor=Competitor.objects.filter(pk=parameters["competitor"]).first() if parameters["competitor"] else None,
            skip_refused=True,
        )
        done = {change.customer_id for change in moved.changes}
        return [
            Result(one.pk, one.name) if one.pk in done else Result(one.pk, one.name, reason=str(moved.refused.get(one.pk, "已在这个阶段。")))
            for one in rows
        ]

    def undo(
        self, *, before: Mapping[int, Mapping[str, Any]], parameters: Mapping[str, Any], by: Staff, at: datetime
    ) -> dict[int, str]:
        return dict.fromkeys(before, "阶段变化不能撤销，请按规则再变更一次。")
