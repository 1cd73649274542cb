"""What people type: moves, needs, targets, goals, picklists."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from keqing.access.models import Position
from keqing.kit.forms import Form, VersionedForm
from keqing.lifecycle.actions.targets import GRADES, RELATIONSHIPS
from keqing.lifecycle.models import Competitor, LossReason, Target
from keqing.lifecycle.transitions import Transition
from keqing.people.choices import Stage
from keqing.people.stages import FORWARD

LONG = forms.Textarea(attrs={"rows": 2})
CHOOSE = ("", _("请选择"))
REASONS = LossReason.objects.filter(closed_on__isnull=True)
RIVALS = Competitor.objects.filter(closed_on__isnull=True)


class MoveForm(Form):
    """Into another stage; asks for what the step needs. ``seen`` is the stage the form was opened with."""

    to = forms.ChoiceField(label=_("变为"))
    reason = forms.CharField(label=_("原因"), max_length=300, required=False, widget=LONG)
    evidence = forms.CharField(label=_("依据"), max_length=300, required=False, widget=LONG)
    loss_reason = forms.ModelChoiceField(label=_("流失原因"), queryset=REASONS, required=False, empty_label=_("请选择"))
    competitor = forms.ModelChoiceField(label=_("去了哪家"), queryset=RIVALS, required=False, empty_label=_("没有或不清楚"))
    seen = forms.ChoiceField(choices=Stage.choices, widget=forms.HiddenInput)
    contact = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, ways: Sequence[tuple[str, str, Transition]], to: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        steps = {stage: step for stage, _label, step in ways}
        field = self.fields["to"]
        field.choices = [CHOOSE, *((stage, label) for stage, label, _step in ways)]  # type: ignore[attr-defined]
        self.chosen = steps.get(to)
        if self.chosen is not None:
            field.help_text = self.chosen.text
            self.fields["reason"].required = "reason" in self.chosen.asks
            self.fields["loss_reason"].required = "loss_reason" in self.chosen.asks
        if Stage.LOST not in steps or (self.chosen and "loss_reason" not in self.chosen.asks):
            del self.fields["loss_reason"], self.fields["competitor"]


class BatchMoveForm(Form):
    """The same step for many customers."""

    to = forms.ChoiceField(label=_("变为"), choices=[CHOOSE, *Stage.choices])
    reason = forms.CharField(label=_("原因"), max_length=300, widget=LONG)
    evidence = forms.CharField(label=_("依据"), max_length=300, required=False, widget=LONG)
    loss_reason = forms.ModelChoiceField(
        label=_("流失原因"), queryset=REASONS, required=False, empty_label=_("请选择"), help_text=_("变为流失时必选。")
    )
    competitor = forms.ModelChoiceField(label=_("去了哪家"), queryset=RIVALS, required=False, empty_label=_("没有或不清楚"))


class NeedForm(Form):
    """A new need: without evidence it is an opinion."""

    text = forms.CharField(label=_("需求"), max_length=200)
    evidence = forms.CharField(label=_("依据"), max_length=300, widget=LONG, help_text=_("谁在什么时候说的，或哪份资料。"))
    raised_on = forms.DateField(label=_("提出日期"))
    answer = forms.CharField(label=_("回应"), max_length=500, required=False, widget=LONG)
    contact = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput)


class NeedEditForm(VersionedForm):
    text = forms.CharField(label=_("需求"), max_length=200)
    evidence = forms.CharField(label=_("依据"), max_length=300, widget=LONG)
    raised_on = forms.DateField(label=_("提出日期"))
    answer = forms.CharField(label=_("回应"), max_length=500, required=False, widget=LONG)
    met_on = forms.DateField(label=_("满足日期"), required=False)


class TargetForm(Form):
    """A target: the wanted value is of the kind chosen; of a stage the present one is known."""

    kind = forms.ChoiceField(label=_("提升什么"), choices=Target.Kind.choices)
    now = forms.ChoiceField(label=_("现状"), required=False, help_text=_("生命周期的现状系统已知，不用选。"))
    wanted = forms.ChoiceField(label=_("目标"))
    due_on = forms.DateField(label=_("目标日期"))
    actions = forms.CharField(label=_("行动"), max_length=500, widget=LONG)
    position = forms.ModelChoiceField(label=_("负责岗位"), queryset=Position.objects.none(), empty_label=_("请选择"))

    def __init__(self, *args: Any, positions: QuerySet[Position], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stages = [(str(one), str(Stage(one).label)) for one in FORWARD]
        levels = [(Target.Kind.GRADE.label, [(g, g) for g in GRADES]), (Target.Kind.RELATIONSHIP.label, [(r, r) for r in RELATIONSHIPS])]
        self.fields["wanted"].choices = [CHOOSE, (Target.Kind.STAGE.label, stages), *levels]  # type: ignore[attr-defined]
        self.fields["now"].choices = [CHOOSE, *levels]  # type: ignore[attr-defined]
        self.fields["position"].queryset = positions  # type: ignore[attr-defined]
        self.fields["position"].label_from_instance = lambda one: one.label  # type: ignore[attr-defined]


class TargetEditForm(VersionedForm):
    due_on = forms.DateField(label=_("目标日期"))
    actions = forms.CharField(label=_("行动"), max_length=500, widget=LONG)
    position = forms.ModelChoiceField(label=_("负责岗位"), queryset=Position.objects.none(), empty_label=_("请选择"))

    def __init__(self, *args: Any, positions: QuerySet[Position], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["position"].queryset = positions  # type: ignore[attr-defined]
        self.fields["position"].label_from_instance = lambda one: one.label  # type: ignore[attr-defined]


class ReachForm(VersionedForm):
    evidence = forms.CharField(label=_("达成依据"), max_length=300, widget=LONG)


class GoalForm(Form):
    """New customers wanted of a position in a month."""

    position = forms.ModelChoiceField(label=_("岗位"), queryset=Position.objects.none(), empty_label=_("请选择"))
    month = forms.CharField(label=_("月份"), max_length=7, widget=forms.TextInput(attrs={"type": "month"}))
    wanted = forms.IntegerField(label=_("目标新增（家）"), min_value=0, max_value=100_000)

    def __init__(self, *args: Any, positions: QuerySet[Position], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["position"].queryset = positions  # type: ignore[attr-defined]
        self.fields["position"].label_from_instance = lambda one: f"{one.unit.name} · {one.label}"  # type: ignore[attr-defined]

    def clean_month(self) -> date:
        try:
            month = date.fromisoformat(f"{self.cleaned_data['month']}-01")
        except ValueError:
            raise forms.ValidationError(_("月份格式不对，如 2026-11。")) from None
        if not 2000 <= month.year < 2100:
            raise forms.ValidationError(_("月份格式不对，如 2026-11。"))
        return month


class ValueForm(Form):
    noun = forms.ChoiceField(label=_("加到"), choices=[("reason", _("流失原因")), ("competitor", _("竞争对手"))])
    name = forms.CharField(label=_("名称"), max_length=40)
