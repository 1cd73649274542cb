"""The forms of assignment rules: what a rule asks and where it leads; and the lead of a trial."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from keqing.access.models import OrgUnit, Position, Staff
from keqing.access.standing import roles
from keqing.kit.forms import Form, SeveralField, VersionedForm
from keqing.leads.forms import RegionField
from keqing.leads.models import Campaign, Channel, LeadRule
from keqing.leads.permissions import Can
from keqing.people.choices import CUSTOMER_KINDS
from keqing.reference.models import Division

Target = LeadRule.Target
SPLIT = re.compile(r"[\n,，、;；]+")
MOST = 40


class UnitChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: OrgUnit) -> str:
        return "　" * obj.depth + obj.name


class PositionsChoice(forms.ModelMultipleChoiceField):
    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, obj: Position) -> str:
        return f"{obj.unit.name} · {obj.label}"


class PositionChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Position) -> str:
        return f"{obj.unit.name} · {obj.label}"


class RuleForm(VersionedForm):
    """A rule as people write it: places and words one a line."""

    layout = (
        (_("规则"), ("name", "valid_from", "valid_to")),
        (_("条件（都不填则接全部线索）"), ("regions", "words", "kinds", "channels", "campaigns", "least_score")),
        (_("分配给"), ("target", "unit", "position", "members")),
    )

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    name = forms.CharField(label=_("规则名称"), max_length=60)
    valid_from = forms.DateField(label=_("启用"), error_messages={"invalid": _("日期格式不对。")})
    valid_to = forms.DateField(label=_("停用"), required=False, error_messages={"invalid": _("日期格式不对。")})
    regions = forms.CharField(
        label=_("地区"), required=False, widget=forms.Textarea(attrs={"rows": 3}), help_text=_("一行一个，写全称或代码，例如 广东省、440100。"),
    )
    words = forms.CharField(
        label=_("产品或需求中的词"), required=False, widget=forms.Textarea(attrs={"rows": 3}), help_text=_("一行一个，含其中一个即符合。")
    )
    kinds = SeveralField(label=_("客户类型"), required=False, choices=CUSTOMER_KINDS)
    channels = SeveralField(label=_("来源渠道"), required=False)
    campaigns = SeveralField(label=_("营销活动"), required=False)
    least_score = forms.IntegerField(label=_("最低匹配分"), required=False, min_value=0, max_value=100)
    target = forms.ChoiceField(label=_("分配方式"), choices=Target.choices)
    unit = UnitChoice(
        label=_("组织"), queryset=OrgUnit.objects.none(), empty_label=_("请选择"), help_text=_("组织队列时进入它的队列，由负责人再分配。")
    )
    position = PositionChoice(
        label=_("指定岗位"), queryset=Position.objects.none(), required=False, empty_label=_("（不指定）"), help_text=_("分配方式为指定岗位时填写。")
    )
    members = PositionsChoice(
        label=_("参与的岗位"), queryset=Position.objects.none(), required=False, help_text=_("轮流分配、给手上最少的人时选择。")
    )

    def __init__(self, *args: Any, staff: Staff, rule: LeadRule | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        positions, units = positions_for(staff), units_for(staff)
        if rule is not None:  # what stands there stays to be seen, also when it is closed by now
            positions = positions | Position.objects.filter(pk__in=[rule.position_id, *(one.pk for one in rule.members.all())])
        self.fields["unit"].queryset = units
        for name in ("position", "members"):
            self.fields[name].queryset = positions.select_related("unit", "holder").order_by("unit__path", "code")
        self.fields["channels"].choices = list(Channel.objects.values_list("key", "name"))
        self.fields["campaigns"].choices = list(Campaign.objects.order_by("-starts_on").values_list("pk", "name")[:200])

    def clean_regions(self) -> list[str]:
        texts = _lines(self.cleaned_data["regions"])
        codes = [text.ljust(6, "0") for text in texts if text.isdecimal()]
        known = set(Division.objects.filter(pk__in=codes).values_list("pk", flat=True))
        named = dict(Division.objects.filter(full_name__in=texts, valid_to__isnull=True).values_list("full_name", "pk"))
        found = []
        for text in texts:
            code = text.ljust(6, "0") if text.isdecimal() else named.get(text)
            if code is None or (text.isdecimal() and code not in known):
                raise forms.ValidationError(_("没有地区“%(text)s”，请写全称或代码，例如 广东省广州市、440100。") % {"text": text})
            found.append(code)
        return found

    def clean_words(self) -> list[str]:
        words = _lines(self.cleaned_data["words"])
        if len(words) > MOST or any(len(word) > MOST for word in words):
            raise forms.ValidationError(_("最多 %(most)s 个词，每个不超过 %(most)s 字。") % {"most": MOST})
        return words

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        target = data.get("target")
        if target == Target.POSITION and not data.get("position") and "position" not in self.errors:
            self.add_error("position", _("请选择分配给哪个岗位。"))
        if target in (Target.TURN, Target.LOAD) and not data.get("members") and "members" not in self.errors:
            self.add_error("members", _("请至少选择一个参与的岗位。"))
        return data

    def values(self) -> dict[str, Any]:
        """For the action; what the chosen way of assignment does not use is left empty."""
        data = {name: self.cleaned_data[name] for name in self.fields if name not in ("version", "members")}
        data["campaigns"] = [int(pk) for pk in data["campaigns"]]
        if data["target"] != Target.POSITION:
            data["position"] = None
        return data

    def chosen_members(self) -> list[Position]:
        shares = self.cleaned_data["target"] in (Target.TURN, Target.LOAD)
        return list(self.cleaned_data["members"]) if shares else []


class TrialForm(Form):
    """A lead that does not exist."""

    region = RegionField(label=_("地区"), required=False)
    text = forms.CharField(label=_("产品或需求"), required=False, max_length=200)
    kind = forms.ChoiceField(label=_("客户类型"), required=False, choices=[("", _("还不知道")), *CUSTOMER_KINDS])
    channel = forms.ModelChoiceField(label=_("来源渠道"), queryset=Channel.objects.none(), empty_label=None)
    campaign = forms.ModelChoiceField(label=_("营销活动"), queryset=Campaign.objects.none(), required=False, empty_label=_("没有"))
    score = forms.IntegerField(label=_("匹配分"), required=False, min_value=0, max_value=100)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["channel"].queryset = Channel.objects.all()
        self.fields["campaign"].queryset = Campaign.objects.order_by("-starts_on")


class AssignForm(VersionedForm):
    """By hand: to whom, and why."""

    position = PositionChoice(label=_("分配给"), queryset=Position.objects.none(), empty_label=_("请选择"))
    reason = forms.CharField(label=_("理由"), required=False, max_length=200)

    def __init__(self, *args: Any, staff: Staff, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        able = positions_for(staff, word=Can.ASSIGN).filter(holder__is_active=True)
        self.fields["position"].queryset = able.select_related("unit", "holder").order_by("unit__path", "code")


class NoteForm(VersionedForm):
    note = forms.CharField(label=_("说明"), required=False, max_length=200)


def positions_for(staff: Staff, *, word: str = Can.MANAGE) -> Any:
    """The positions within reach that can work at leads."""
    able = [role.key for role in roles().values() if Can.HANDLE in role.words]
    reached = Position.objects.current().filter(role__in=able)
    if staff.standing.reaches_everything(word):
        return reached
    return reached.filter(unit_id__in=staff.standing.headed_unit_ids)


def units_for(staff: Staff) -> Any:
    """The units whose queues a rule may lead to."""
    units = OrgUnit.objects.current().order_by("path")
    return units if staff.standing.reaches_everything(Can.MANAGE) else units.filter(pk__in=staff.standing.headed_unit_ids)


def _lines(text: str) -> list[str]:
    return list(dict.fromkeys(part.strip() for part in SPLIT.split(text) if part.strip()))
