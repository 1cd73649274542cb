"""加入方案 for many customers at once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone

from keqing.access.models import Staff
from keqing.batches.registry import BatchAction, Result
from keqing.kit.formats import business_date
from keqing.people.models import Organisation
from keqing.playbooks import fitting
from keqing.playbooks.actions.enrolments import enrol, stop
from keqing.playbooks.forms import EnrolForm
from keqing.playbooks.models import Edition, Enrolment
from keqing.playbooks.permissions import Can


class EnrolBatch(BatchAction):
    """Customers of the plan's segment enter it; others are skipped with the reason (R-135)."""

    key, label, icon, word, lists = "enrol", "加入方案", "clipboard-check", str(Can.ENROL), ("customers", "attention")

    def form(self, data: Any, *, staff: Staff) -> forms.Form:
        return EnrolForm(data, today=business_date(timezone.now()))

    def parameters(self, form: forms.Form) -> dict[str, Any]:
        return {"edition": form.cleaned_data["playbook"].current_id}

    def sentence(self, form: forms.Form) -> str:
        return f"加入方案“{form.cleaned_data['playbook'].title}”"

    def within_reach(self, rows: QuerySet[Organisation], *, staff: Staff) -> QuerySet[Organisation]:
        return rows.alive().reached_by(staff, Can.ENROL)  # type: ignore[attr-defined,no-any-return]

    def apply(self, *, ids: Sequence[int], parameters: Mapping[str, Any], by: Staff, at: datetime) -> list[Result]:
        rows = Organisation.objects.alive().reached_by(by, Can.ENROL).filter(pk__in=ids).order_by("pk")
        names = dict(rows.values_list("pk", "name"))
        edition = Edition.objects.select_related("playbook__unit", "by").get(pk=parameters["edition"])
        if edition.playbook.closed_on is not None:
            return [Result(pk, name, reason="这个方案已停用。") for pk, name in names.items()]
        fits = fitting.who_may_enter(edition, today=business_date(at)).filter(pk__in=names)
        made = enrol(
            edition=edition, customers=list(fits.values_list("pk", flat=True)), origin=Enrolment.Origin.HAND, by=by, at=at
        )
        entered = {one.customer_id: one.pk for one in made}
        return [
            Result(pk, name, before={"enrolment": entered[pk]}) if pk in entered
            else Result(pk, name, reason="不在方案的适用范围，或正在、不久前在这个方案里。")
            for pk, name in names.items()
        ]  # fmt: skip

    def undo(
        self, *, before: Mapping[int, Mapping[str, Any]], parameters: Mapping[str, Any], by: Staff, at: datetime
    ) -> dict[int, str]:
        reached = Organisation.objects.alive().reached_by(by, Can.ENROL).filter(pk__in=before).values("pk")
        wanted = Enrolment.objects.filter(pk__in=[row["enrolment"] for row in before.values()], customer_id__in=reached)
        gone = {one.customer_id for one in stop(enrolments=wanted, end=Enrolment.End.UNDONE, by=by, at=at)}
        return {pk: "方案已经结束，或客户已不在您的范围。" for pk in before if pk not in gone}
