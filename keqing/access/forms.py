"""Forms of the sign-in and administration pages."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from keqing.access.labels import KINDS
from keqing.access.models import OrgUnit, Position, Staff
from keqing.access.standing import role_choices
from keqing.kit.forms import Form, VersionedForm
from keqing.kit.validators import clean_mobile
from keqing.reference.models import Division

PASSWORD_RULES = _("至少 10 位，不能全是数字，不能是常见密码，不能与登录名或姓名相似。")


class SignInForm(Form):
    login_name = forms.CharField(
        label=_("登录名"), max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "autofocus": True}),
    )  # fmt: skip
    password = forms.CharField(
        label=_("密码"), max_length=200, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


class PasswordForm(Form):
    old = forms.CharField(
        label=_("现在的密码"), max_length=200, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )  # fmt: skip
    new = forms.CharField(
        label=_("新密码"), max_length=200, strip=False, help_text=PASSWORD_RULES,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip
    again = forms.CharField(
        label=_("再输一遍新密码"), max_length=200, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("new") and data.get("again") and data["new"] != data["again"]:
            self.add_error("again", _("两次输入的新密码不一样。"))
        return data


class StaffForm(VersionedForm):
    """A person's facts; rights come from positions."""

    layout = [
        (_("账号"), ["login_name", "name", "employee_no"]),
        (_("联系"), ["mobile", "email"]),
        (_("医药代表备案"), ["is_medical_rep_filed", "rep_filing_no", "rep_filing_valid_to"]),
    ]

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    login_name = forms.RegexField(
        r"^[\w.@+-]+$", label=_("登录名"), max_length=40,
        error_messages={"invalid": _("登录名只能用字母、汉字、数字和 . @ + - _。")},
    )  # fmt: skip
    name = forms.CharField(label=_("姓名"), max_length=40)
    employee_no = forms.CharField(label=_("工号"), max_length=30, required=False)
    mobile = forms.CharField(label=_("手机"), max_length=20, required=False)
    email = forms.EmailField(label=_("邮箱"), required=False, error_messages={"invalid": _("邮箱格式不对。")})
    is_medical_rep_filed = forms.BooleanField(label=_("已备案医药代表"), required=False)
    rep_filing_no = forms.CharField(label=_("备案号"), max_length=40, required=False)
    rep_filing_valid_to = forms.DateField(
        label=_("备案有效期至"), required=False, error_messages={"invalid": _("日期格式不对。")}
    )

    def clean_mobile(self) -> str:
        text = self.cleaned_data["mobile"]
        if not text:
            return ""
        try:
            return clean_mobile(text)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def values(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class LeaveForm(VersionedForm):
    """Who takes over when a person leaves."""

    takes_over = forms.ChoiceField(label=_("未移交的工作由谁接手"), required=False)

    def __init__(self, *args: Any, staff: Staff, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._others = {str(one.pk): one for one in Staff.objects.active().exclude(pk=staff.pk).order_by("initials", "pk")}
        self.fields["takes_over"].choices = [
            ("", _("无人接手（岗位没有未移交的工作时）")),
            ("manager", _("各岗位的直接上级")),
            *((pk, f"{one.name}（{one.login_name}）") for pk, one in self._others.items()),
        ]

    @property
    def successor(self) -> Staff | None:
        return self._others.get(self.cleaned_data["takes_over"])

    @property
    def manager_takes_over(self) -> bool:
        return bool(self.cleaned_data["takes_over"] == "manager")


class UnitChoice(forms.ModelChoiceField):
    """The units in use, indented as in the tree."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=OrgUnit.objects.current().order_by("path"), empty_label=_("请选择"), **kwargs)

    def label_from_instance(self, obj: OrgUnit) -> str:
        return "　" * obj.depth + obj.name


class PositionChoice(forms.ModelChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        positions = Position.objects.current().select_related("holder", "unit").order_by("unit__path", "code")
        super().__init__(queryset=positions, empty_label=_("请选择"), **kwargs)

    def label_from_instance(self, obj: Position) -> str:
        return f"{obj.unit.name} · {obj.name}（{obj.holder.name if obj.holder else _('空缺')}）"


class UnitForm(VersionedForm):
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    name = forms.CharField(label=_("名称"), max_length=60)
    kind = forms.ChoiceField(label=_("层级"), choices=[c for c in OrgUnit.Kind.choices if c[0] != "company"])
    parent = UnitChoice(label=_("上级"))


class UnitEditForm(VersionedForm):
    """Name and place in the tree; the company has no place to choose."""

    name = forms.CharField(label=_("名称"), max_length=60)
    parent = UnitChoice(label=_("上级"))

    def __init__(self, *args: Any, unit: OrgUnit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if unit.parent_id is None:
            del self.fields["parent"]


class PositionForm(VersionedForm):
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    name = forms.CharField(label=_("岗位名称"), max_length=60)
    code = forms.CharField(label=_("岗位编号"), max_length=30, required=False, help_text=_("空着会自动编号。"))
    unit = UnitChoice(label=_("所属组织"))
    role = forms.ChoiceField(label=_("角色"), choices=role_choices)
    is_head = forms.BooleanField(
        label=_("负责人岗位"), required=False, help_text=_("负责人看到并负责这个组织之下的全部客户。")
    )

    def __init__(self, *args: Any, new: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not new:
            del self.fields["code"]

    def values(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class AppointForm(VersionedForm):
    staff = forms.ModelChoiceField(
        label=_("任职人"), queryset=Staff.objects.active().order_by("initials", "pk"), empty_label=_("请选择")
    )
    on = forms.DateField(label=_("任职日期"), error_messages={"invalid": _("日期格式不对。")})


class VacateForm(VersionedForm):
    on = forms.DateField(label=_("离任日期"), error_messages={"invalid": _("日期格式不对。")})


class TerritoryForm(Form):
    division_code = forms.CharField(
        label=_("行政区划"), max_length=60, help_text=_("写名称或代码，例如 广东省、广州市、4401。")
    )
    position = PositionChoice(label=_("负责岗位"))
    kinds = forms.MultipleChoiceField(
        label=_("客户类型"), required=False, choices=list(KINDS.items()), widget=forms.CheckboxSelectMultiple,
        help_text=_("不选为全部类型。"),
    )  # fmt: skip
    valid_from = forms.DateField(label=_("启用"), error_messages={"invalid": _("日期格式不对。")})
    valid_to = forms.DateField(label=_("停用"), required=False, error_messages={"invalid": _("日期格式不对。")})

    def clean_division_code(self) -> Division:
        return division_named(self.cleaned_data["division_code"])


def division_named(text: str) -> Division:
    """The one division of a name or code; says which there are when it is not one."""
    text = text.strip()
    if text.isascii() and text.isdecimal():
        found = list(Division.objects.filter(code=text.ljust(6, "0")))
    else:
        found = list(Division.objects.filter(full_name=text) or Division.objects.filter(name=text)[:5])
    if not found:
        raise forms.ValidationError(_("没有这个行政区划，请写全称或代码。"))
    if len(found) > 1:
        names = "、".join(f"{one.full_name}（{one.code}）" for one in found)
        raise forms.ValidationError(_("同名的不止一个，请写全称或代码：%(names)s。") % {"names": names})
    return found[0]


class StaffFilter(Form):
    q = forms.CharField(label=_("姓名、登录名、工号"), required=False, max_length=40)
    role = forms.ChoiceField(
        label=_("角色"), required=False, choices=lambda: [("", _("全部")), *role_choices()]
    )


class PositionFilter(Form):
    q = forms.CharField(label=_("岗位、任职人"), required=False, max_length=40)
    role = forms.ChoiceField(label=_("角色"), required=False, choices=lambda: [("", _("全部")), *role_choices()])
    unit = UnitChoice(label=_("组织"), required=False)


class RightsForm(Form):
    """Whose rights to show; only people the reader may ask about."""

    person = forms.ModelChoiceField(label=_("员工"), queryset=Staff.objects.none(), required=False, empty_label=_("请选择"))

    def __init__(self, *args: Any, reader: Staff, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = Staff.objects.visible_to(reader).active().order_by("initials", "pk")


class ReasonForm(Form):
    reason = forms.CharField(label=_("解除原因"), min_length=4, max_length=200)
