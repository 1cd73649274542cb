"""安排跟进 for many customers at once."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone

from keqing.access.models import Staff
from keqing.batches.registry import BatchAction, Result
from keqing.followups.actions.planned import plan_reminders, withdraw_reminders
from keqing.followups.forms import ScheduleForm
from keqing.followups.permissions import Can
from keqing.kit.formats import business_date
from keqing.people.models import Organisation


class ScheduleBatch(BatchAction):
    """A reminder at each customer, for whoever answers for it. Taken back while nobody has touched it."""

    key, label, icon, word, lists = "schedule", "安排跟进", "calendar-plus", str(Can.RECORD), ("customers",)

    def form(self, data: Any, *, staff: Staff) -> forms.Form:
        return ScheduleForm(data, today=business_date(timezone.now()))

    def parameters(self, form: forms.Form) -> dict[str, Any]:
        return {"due_on": form.cleaned_data["due_on"].isoformat(), "text": form.cleaned_data["text"]}

    def sentence(self, form: forms.Form) -> str:
        return f"安排 {form.cleaned_data['due_on']:%m-%d} 跟进“{form.cleaned_data['text'][:40]}”"

    def within_reach(self, rows: QuerySet[Organisation], *, staff: Staff) -> QuerySet[Organisation]:
        return rows.alive().reached_by(staff, Can.RECORD)  # type: ignore[attr-defined,no-any-return]

    def apply(self, *, ids: Sequence[int], parameters: Mapping[str, Any], by: Staff, at: datetime) -> list[Result]:
        rows = Organisation.objects.alive().reached_by(by, Can.RECORD).filter(pk__in=ids).order_by("pk")
        due_on = max(date.fromisoformat(parameters["due_on"]), business_date(at))  # a job may start after midnight
        made = plan_reminders(customers=list(rows), text=parameters["text"], due_on=due_on, by=by, at=at)
        return [Result(one.customer_id, one.customer_name, before={"reminder": one.pk}) for one in made]

    def undo(
        self, *, before: Mapping[int, Mapping[str, Any]], parameters: Mapping[str, Any], by: Staff, at: datetime
    ) -> dict[int, str]:
        wanted = {row["reminder"]: pk for pk, row in before.items()}
        reached = set(Organisation.objects.reached_by(by, Can.RECORD).filter(pk__in=before).values_list("pk", flat=True))
        kept = {pk: "客户已不在您的范围。" for pk in before if pk not in reached}
        gone = withdraw_reminders(ids=[one for one, pk in wanted.items() if pk in reached], by=by, at=at)
        return kept | {pk: "跟进已完成或改过，没有撤销。" for one, pk in wanted.items() if pk in reached and one not in gone}
