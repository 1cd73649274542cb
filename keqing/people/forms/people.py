"""Forms of people, their affiliations, departments, tags."""

from functools import cache
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from keqing.access.models import Staff
from keqing.kit.forms import Form, VersionedForm
from keqing.kit.validators import clean_mobile, clean_phone
from keqing.people.choices import ROLES_OF, TIME_CHOICES, Kind, PersonKind, Role
from keqing.people.fields import person_fields
from keqing.people.forms.fields import OrganisationField
from keqing.people.forms.organisations import PROVENANCE, SOURCES, checked
from keqing.people.models import Affiliation, Department, Organisation, Person
from keqing.people.permissions import Can

LONG = ("specialty", "publications", "academic_posts", "profile", "remark")


def _field(name: str) -> forms.Field:
    model_field = Person._meta.get_field(name)
    label = str(model_field.verbose_name)
    if name == "best_times":
        field: forms.Field = forms.MultipleChoiceField(
            label=label, required=False, choices=TIME_CHOICES, widget=forms.CheckboxSelectMultiple
        )
        field.css = " field-wide"  # type: ignore[attr-defined]
        return field
    field = model_field.formfield()
    field.required = name == "name"
    if model_field.choices:
        field.choices = [("", _("请选择")), *model_field.choices]  # type: ignore[attr-defined]
    if name in LONG:
        field.widget = forms.Textarea(attrs={"rows": 2, "maxlength": model_field.max_length or 2000})
        field.css = " field-wide"  # type: ignore[attr-defined]
    return field


class PersonForm(VersionedForm):
    """The fields of one kind of person; identity numbers are not collected (X-05)."""

    kind = ""

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())

    def clean_mobile(self) -> str:
        return checked(clean_mobile, self.cleaned_data["mobile"])

    def clean_phone(self) -> str:
        return checked(clean_phone, self.cleaned_data["phone"])

    def values(self) -> dict[str, Any]:
        clean = self.cleaned_data
        return {name: clean[name] for name in (*person_fields(self.kind).columns, *PROVENANCE) if name in clean}


@cache
def person_form(kind: str) -> type[PersonForm]:
    fields = person_fields(kind)
    parts = {name: _field(name) for name in fields.columns}
    parts["source"] = forms.ChoiceField(label=_("资料来源"), required=False, choices=SOURCES)
    parts["source_note"] = forms.CharField(label=_("来源说明"), required=False, max_length=200)
    parts["collected_on"] = forms.DateField(label=_("收集日期"), required=False)
    layout = [
        (_("必要资料（计入完整度）"), [n for n in fields.columns if n in fields.required]),
        (_("其他资料"), [n for n in fields.columns if n not in fields.required]),
        (_("资料来源"), list(PROVENANCE)),
    ]
    return type(f"{kind.title()}Form", (PersonForm,), {**parts, "kind": kind, "layout": layout})


def initial_of(person: Person) -> dict[str, Any]:
    values = {name: getattr(person, name) for name in (*person_fields(person.kind).columns, *PROVENANCE)}
    return {**values, "version": person.version}


def person_kinds(organisation: Organisation | None) -> list[tuple[str, str]]:
    """Which kinds of person may work there; without an organisation, those who need none come first."""
    if organisation is None:
        return list(PersonKind.choices)
    if organisation.kind in (Kind.HOSPITAL, Kind.CLINIC):
        return [(k.value, k.label) for k in (PersonKind.DOCTOR, PersonKind.CARE_STAFF)]
    return [(PersonKind.COMPANY_STAFF.value, PersonKind.COMPANY_STAFF.label)]


class PostForm(Form):
    """One affiliation: where, in which role, since when. The department is made when it is new."""

    organisation = OrganisationField(label=_("机构"))
    role = forms.ChoiceField(label=_("角色"), choices=Role.choices)
    department = forms.CharField(label=_("科室"), required=False, max_length=80, help_text=_("没有的科室会自动新建。"))
    post = forms.CharField(label=_("职务"), required=False, max_length=60)
    is_department_head = forms.BooleanField(label=_("科室主任"), required=False)
    from_on = forms.DateField(label=_("开始日期"), required=False)
    is_primary = forms.BooleanField(label=_("主要任职"), required=False)

    def __init__(self, *args: Any, staff: Staff, organisation: Organisation | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["organisation"]
        field.staff, field.word = staff, Can.CREATE_PERSON  # type: ignore[attr-defined]
        kind = organisation.kind if organisation else None
        roles = [(r.value, r.label) for r in ROLES_OF[Kind(kind)]] if kind else Role.choices
        self.fields["role"].choices = [("", _("请选择")), *roles]  # type: ignore[attr-defined]
        if kind and kind not in (Kind.HOSPITAL, Kind.CLINIC):
            del self.fields["department"], self.fields["is_department_head"]

    def clean(self) -> dict[str, Any]:
        clean = super().clean() or self.cleaned_data
        organisation, role = clean.get("organisation"), clean.get("role")
        if organisation and not role and "role" not in self.errors:
            self.add_error("role", _("请选择在这家机构的角色。"))
        if organisation and role and role not in ROLES_OF[Kind(organisation.kind)]:
            self.add_error("role", _("%(kind)s没有这个角色。") % {"kind": organisation.get_kind_display()})
        if clean.get("is_department_head") and not clean.get("department"):
            self.add_error("department", _("科室主任要写明科室。"))
        return clean


class EndForm(Form):
    """When somebody left."""

    on = forms.DateField(label=_("结束日期"))
    reason = forms.CharField(label=_("原因"), required=False, max_length=200)


class RevealForm(Form):
    """Why a masked phone is looked at; kept in the audit."""

    reason = forms.CharField(label=_("查看原因"), min_length=4, max_length=200, error_messages={"min_length": _("请写明原因，至少 4 个字。")})


class DepartmentForm(VersionedForm):
    name = forms.CharField(label=_("科室名称"), max_length=80)
    standard_name = forms.CharField(label=_("标准科室"), required=False, max_length=40)
    beds = forms.IntegerField(label=_("床位（张）"), required=False, min_value=0, max_value=5000)
    remark = forms.CharField(label=_("备注"), required=False, max_length=300)
    closed_on = forms.DateField(label=_("撤销日期"), required=False, help_text=_("填写后科室不再显示，历史保留。"))

    def __init__(self, *args: Any, department: Department, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.department = department

    def clean_name(self) -> str:
        name = self.cleaned_data["name"].strip()
        others = Department.objects.filter(organisation=self.department.organisation_id, name=name, closed_on__isnull=True)
        if others.exclude(pk=self.department.pk).exists():
            raise forms.ValidationError(_("这家机构已有同名科室。"))
        return name


def current_affiliations(person: Person) -> list[Affiliation]:
    return list(person.affiliations.select_related("organisation__region", "department").order_by("to_on", "-is_primary", "-pk"))
