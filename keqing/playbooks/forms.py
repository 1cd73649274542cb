"""What people type: a plan with its steps, why a step is skipped or a plan stopped, whom to take in."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from keqing.access.models import OrgUnit, Position, Staff
from keqing.followups.models import ContactRecord
from keqing.kit.addresses import whole_number
from keqing.kit.forms import Form, VersionedForm
from keqing.people.choices import Kind, Level, Stage
from keqing.people.models import Tag
from keqing.playbooks import filters
from keqing.playbooks.actions.playbooks import EditionDraft, StepDraft
from keqing.playbooks.models import Edition, Playbook, Step
from keqing.playbooks.permissions import Can
from keqing.playbooks.planning import PLACEHOLDERS

TICKS = forms.CheckboxSelectMultiple
BLANK_STEPS = 3


def units_managed(staff: Staff) -> list[OrgUnit]:
    """The units whose plans this person may make."""
    units = OrgUnit.objects.current().filter(staff.standing.rows(Can.MANAGE, kind="pk", owner="pk", unit="pk"))
    return sorted(units, key=lambda unit: (unit.depth, unit.path))


class HeadForm(Form):
    """Whom the plan is for and when it starts; the steps are forms of their own."""

    title = forms.CharField(label=_("名称"), max_length=60)
    purpose = forms.CharField(label=_("目的"), max_length=200, required=False)
    unit = forms.ChoiceField(label=_("适用组织"))
    valid_from = forms.DateField(label=_("启用日期"))
    valid_to = forms.DateField(label=_("截止日期"), required=False, help_text=_("到期后不再有客户加入。"))
    on_entry = forms.BooleanField(label=_("客户进入所选阶段时自动加入"), required=False)
    on_night = forms.BooleanField(label=_("每晚自动加入符合条件的客户"), required=False)
    on_alarm = forms.BooleanField(label=_("出现流失预警时自动加入"), required=False)
    again_after = forms.IntegerField(
        label=_("再次加入间隔（天）"), min_value=0, max_value=3650, help_text=_("方案结束多少天以后，可以再次加入同一个客户。")
    )
    stages = forms.MultipleChoiceField(label=_("阶段"), choices=Stage.choices, required=False, widget=TICKS)
    kinds = forms.MultipleChoiceField(label=_("客户类型"), choices=Kind.choices, required=False, widget=TICKS)
    levels = forms.MultipleChoiceField(label=_("医院等级"), choices=Level.choices, required=False, widget=TICKS)
    tags = forms.MultipleChoiceField(label=_("标签（任一）"), required=False, widget=TICKS)
    saved = forms.ChoiceField(label=_("按我保存的视图筛选"), required=False)

    layout = (
        (_("方案"), ("title", "purpose", "unit", "valid_from", "valid_to")),
        (_("适用客户（都不选就是全部）"), ("stages", "kinds", "levels", "tags", "saved")),
        (_("怎样加入"), ("on_entry", "on_night", "on_alarm", "again_after")),
    )

    def __init__(self, *args: Any, staff: Staff, kept: Edition | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Mapping[str, Any] = self.fields
        fields["unit"].choices = [(unit.pk, unit.name) for unit in units_managed(staff)]
        tags = Tag.objects.filter(closed_on__isnull=True, dimension__closed_on__isnull=True).select_related("dimension")
        fields["tags"].choices = [(tag.pk, f"{tag.dimension.name}：{tag.name}") for tag in tags]
        self.offered = {one.address: one.name for one in filters.offered_to(staff)}
        if kept is not None and kept.query:
            self.offered.setdefault(kept.query, kept.query_name)
        fields["saved"].choices = [("", _("不用")), *self.offered.items()]
        for name in ("stages", "kinds", "levels", "tags", "purpose"):
            fields[name].css = "field-wide"
        if not self.offered:
            del self.fields["saved"]
        if not fields["tags"].choices:
            del self.fields["tags"]

    def draft(self, steps: Sequence[StepDraft]) -> EditionDraft:
        """The valid form with these steps."""
        data = self.cleaned_data
        query = data.get("saved", "")
        return EditionDraft(
            steps=steps, valid_from=data["valid_from"], valid_to=data["valid_to"], purpose=data["purpose"],
            on_entry=data["on_entry"], on_night=data["on_night"], on_alarm=data["on_alarm"], stages=data["stages"],
            kinds=data["kinds"], levels=data["levels"], tag_ids=[int(pk) for pk in data.get("tags", ())], query=query,
            query_name=self.offered.get(query, ""), again_after=data["again_after"],
        )  # fmt: skip


class ReviseForm(HeadForm, VersionedForm):
    """The same for a plan that has customers: what becomes of them, and why it changes."""

    running = forms.ChoiceField(label=_("已加入的客户"), choices=Edition.Running.choices, widget=forms.RadioSelect)
    reason = forms.CharField(label=_("变更理由"), max_length=200)

    layout = (*HeadForm.layout, (_("版本"), ("running", "reason")))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["unit"]
        self.fields["running"].css = "field-wide"  # type: ignore[attr-defined]


class StepForm(Form):
    """One step. ``line`` names the step of the former edition it continues."""

    line = forms.IntegerField(widget=forms.HiddenInput, required=False)
    text = forms.CharField(
        label=_("做什么"), max_length=120, help_text=_("可以用 %(names)s") % {"names": " ".join(f"{{{one}}}" for one in PLACEHOLDERS)}
    )
    offset = forms.IntegerField(label=_("第几天"), min_value=0, max_value=730)
    in_workdays = forms.ChoiceField(label=_("天数"), choices=[("yes", _("工作日")), ("no", _("自然日"))])
    deadline_days = forms.IntegerField(label=_("几天内完成"), min_value=0, max_value=365)
    method = forms.ChoiceField(label=_("方式"), required=False, choices=[("", _("不限")), *ContactRecord.Method.choices])
    owner_rule = forms.ChoiceField(label=_("由谁做"), choices=Step.Owner.choices)
    position = forms.ChoiceField(label=_("指定岗位"), required=False)
    is_mandatory = forms.BooleanField(label=_("必做，不能跳过"), required=False)

    def __init__(self, *args: Any, positions: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["position"].choices = [("", _("不指定")), *positions]  # type: ignore[attr-defined]
        self.fields["text"].css = "field-wide"  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("owner_rule") == Step.Owner.POSITION and not data.get("position"):
            self.add_error("position", _("请选择岗位。"))
        return data

    def step(self, positions: Mapping[int, Position]) -> StepDraft:
        data = self.cleaned_data
        chosen = positions.get(int(data["position"])) if data["position"] else None
        return StepDraft(
            text=data["text"], offset=data["offset"], in_workdays=data["in_workdays"] == "yes", method=data["method"],
            owner_rule=data["owner_rule"], position=chosen, deadline_days=data["deadline_days"],
            is_mandatory=data["is_mandatory"], line=data["line"] or 0,
        )


FRESH = {"offset": 0, "in_workdays": "yes", "deadline_days": 2, "owner_rule": Step.Owner.OWNER}


def rows_of(sent: QueryDict) -> list[str]:
    """The steps in their order, by the names their fields begin with; what is none of ours is passed over."""
    numbers = [whole_number(one) for one in sent.get("rows", "").split(",")[:60]]
    return [f"s{number}" for number in dict.fromkeys(numbers) if number is not None]


def reordered(rows: Sequence[str], what: str) -> list[str]:
    """After 加一步, 上移, 下移 or 去掉; the fields keep their names, so nothing typed is lost."""
    verb, _mark, place = what.partition("-")
    order, at = list(rows), whole_number(place)
    if verb == "add":
        order.append(f"s{max((int(one[1:]) for one in order), default=-1) + 1}")
    elif at is not None and at < len(order):
        row = order.pop(at)
        if verb in ("up", "down"):
            order.insert(max(at - 1, 0) if verb == "up" else at + 1, row)
    return order


def typed(form_class: type[forms.Form], sent: QueryDict, prefix: str = "") -> dict[str, Any]:
    """What stands in the fields, as typed: to show the form again without judging it."""
    found: dict[str, Any] = {}
    for name, field in form_class.base_fields.items():
        key = f"{prefix}-{name}" if prefix else name
        found[name] = sent.getlist(key) if isinstance(field, forms.MultipleChoiceField) else sent.get(key, "")
    return found


class SkipForm(Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(label=_("跳过的理由"), max_length=150)


class StopForm(Form):
    reason = forms.CharField(label=_("停止的理由"), max_length=150)


class CloseForm(VersionedForm):
    reason = forms.CharField(label=_("停用的理由"), max_length=150)


class EnrolForm(Form):
    """Which plan; offered are those in force."""

    playbook = forms.ModelChoiceField(label=_("方案"), queryset=Playbook.objects.none())

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["playbook"]
        field.queryset = Playbook.objects.in_force(today).select_related("current", "unit").order_by("pk")
