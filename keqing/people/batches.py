"""What can be done to many customers at once: give them to somebody, label them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Max, QuerySet

from keqing.access.models import OrgUnit, Position, Staff
from keqing.batches.registry import BatchAction, Result
from keqing.people import queries
from keqing.people.actions import organisations as actions
from keqing.people.actions.tagging import tag_organisations
from keqing.people.forms.organisations import AssignForm, TagForm
from keqing.people.models import Organisation, OrganisationTag, Tag
from keqing.people.permissions import Can
from keqing.timeline.models import Entry

GONE = "客户已不在，或已不在您可以操作的范围。"
CHANGED = "之后又改了负责人，没有撤销。"


class AssignBatch(BatchAction):
    """分配负责人 (R-181). Undone while the customer is still with whom it was given to."""

    key, label, icon, word, lists = "assign", "分配负责人", "user-check", str(Can.ASSIGN), ("customers", "orphans")

    def form(self, data: Any, *, staff: Staff) -> AssignForm:
        return AssignForm(data, staff=staff)

    def parameters(self, form: forms.Form) -> dict[str, Any]:
        return {"position": form.cleaned_data["position"].pk, "reason": form.cleaned_data["reason"]}

    def sentence(self, form: forms.Form) -> str:
        return f"分配给{form.cleaned_data['position'].label}"

    def within_reach(self, rows: QuerySet[Organisation], *, staff: Staff) -> QuerySet[Organisation]:
        return _alive(rows, staff, Can.ASSIGN)

    def apply(self, *, ids: Sequence[int], parameters: Mapping[str, Any], by: Staff, at: datetime) -> list[Result]:
        position = queries.positions_reached(staff=by, word=Can.ASSIGN).filter(pk=parameters["position"]).first()
        if position is None:
            return [Result(pk, "", reason="这个岗位已撤销，或已不在您的范围。") for pk in ids]
        rows = list(_alive(Organisation.objects.filter(pk__in=ids), by, Can.ASSIGN).order_by("pk"))
        was = {row.pk: {"owner": row.owner_position_id, "unit": row.unit_id, "at": at.isoformat()} for row in rows}
        moved = actions.assign_organisations(
            organisations=rows, position=position, by=by, at=at, reason=parameters.get("reason", "")
        )
        done = {row.pk for row in moved}
        return [
            Result(row.pk, row.name, before=was[row.pk]) if row.pk in done else Result(row.pk, row.name, reason="本来就由这个岗位负责。")
            for row in rows
        ]

    def undo(
        self, *, before: Mapping[int, Mapping[str, Any]], parameters: Mapping[str, Any], by: Staff, at: datetime
    ) -> dict[int, str]:
        rows = _alive(Organisation.objects.filter(pk__in=before), by, Can.ASSIGN)
        moved = _moved_since(before)
        still = {
            row.pk: row for row in rows.filter(owner_position=parameters["position"]).order_by("pk") if row.pk not in moved
        }
        reached = set(rows.values_list("pk", flat=True))
        kept = {pk: CHANGED if pk in reached else GONE for pk in before if pk not in still}
        places: dict[tuple[int | None, int], list[Organisation]] = defaultdict(list)
        for pk, row in still.items():
            places[before[pk]["owner"], before[pk]["unit"]].append(row)
        positions = Position.objects.current().in_bulk({owner for owner, _unit in places if owner})
        units = OrgUnit.objects.in_bulk({unit for _owner, unit in places})
        for (owner, unit), group in places.items():
            if owner and owner not in positions:
                kept |= {row.pk: "原来的岗位已撤销。" for row in group}
                continue
            actions.assign_organisations(
                organisations=group, position=positions.get(owner) if owner else None, unit=units[unit], by=by, at=at,
                reason="撤销批量分配",
            )
        return kept


class TagBatch(BatchAction):
    """打标签: one label put on, or taken off (R-182)."""

    key, label, icon, word, lists = "tag", "打标签", "tag", str(Can.EDIT), ("customers",)

    def form(self, data: Any, *, staff: Staff) -> TagForm:
        return TagForm(data)

    def parameters(self, form: forms.Form) -> dict[str, Any]:
        return {"tag": form.cleaned_data["tag"].pk, "add": form.cleaned_data["what"] == "add"}

    def sentence(self, form: forms.Form) -> str:
        verb = "打上标签" if form.cleaned_data["what"] == "add" else "去掉标签"
        return f"{verb}“{form.cleaned_data['tag'].name}”"

    def within_reach(self, rows: QuerySet[Organisation], *, staff: Staff) -> QuerySet[Organisation]:
        return _alive(rows, staff, Can.EDIT)

    def apply(self, *, ids: Sequence[int], parameters: Mapping[str, Any], by: Staff, at: datetime) -> list[Result]:
        rows = list(_alive(Organisation.objects.filter(pk__in=ids), by, Can.EDIT).order_by("pk"))
        tag = Tag.objects.filter(pk=parameters["tag"], closed_on__isnull=True).first()
        if tag is None:
            return [Result(row.pk, row.name, reason="这个标签已停用。") for row in rows]
        changed = tag_organisations(organisations=rows, tag=tag, add=parameters["add"], by=by, at=at)
        idle = "已有这个标签。" if parameters["add"] else "本来就没有这个标签。"
        return [
            Result(row.pk, row.name, before={"link": changed[row.pk]}) if row.pk in changed else Result(row.pk, row.name, reason=idle)
            for row in rows
        ]

    def undo(
        self, *, before: Mapping[int, Mapping[str, Any]], parameters: Mapping[str, Any], by: Staff, at: datetime
    ) -> dict[int, str]:
        rows = list(_alive(Organisation.objects.filter(pk__in=before), by, Can.EDIT).order_by("pk"))
        reached = {row.pk for row in rows}
        tag = Tag.objects.get(pk=parameters["tag"])
        if parameters["add"]:  # the very link it made: one set anew since is somebody's later word
            ours = set(OrganisationTag.objects.filter(pk__in=[one["link"] for one in before.values()]).values_list("organisation", flat=True))
            rows = [row for row in rows if row.pk in ours]
        changed = tag_organisations(organisations=rows, tag=tag, add=not parameters["add"], by=by, at=at)
        return {pk: "标签之后又改过，没有撤销。" if pk in reached else GONE for pk in before if pk not in changed}


def _moved_since(before: Mapping[int, Mapping[str, Any]]) -> set[int]:
    """Customers who changed hands again after the batch, though they may be back where it put them."""
    kinds = [Entry.Kind.OWNER, Entry.Kind.HANDOVER]
    later = Entry.objects.filter(customer_id__in=before, kind__in=kinds).order_by()
    newest = dict(later.values_list("customer_id").annotate(Max("at")))
    return {pk for pk, at in newest.items() if at > datetime.fromisoformat(before[pk]["at"])}


def _alive(rows: QuerySet[Organisation], staff: Staff, word: str) -> QuerySet[Organisation]:
    return rows.alive().reached_by(staff, word)  # type: ignore[attr-defined,no-any-return]
