"""One form per kind of organisation, made from config/policies/fields.toml (R-001, R-004)."""

from collections.abc import Callable
from functools import cache
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from keqing.access.models import Position, Staff
from keqing.kit.forms import Form, VersionedForm
from keqing.kit.validators import clean_hospital_licence, clean_phone, clean_uscc
from keqing.people import queries
from keqing.people.actions.organisations import ASSESSED
from keqing.people.choices import Kind, Source
from keqing.people.fields import organisation_fields
from keqing.people.forms.fields import LinesField, OrganisationField, RegionField
from keqing.people.models import Organisation, Tag
from keqing.people.permissions import Can

SOURCES = [("", _("未注明")), *Source.choices]
PROVENANCE = ("source", "source_note", "collected_on")


def checked(clean: Callable[[str], str], text: str) -> str:
    """A number in its written form; the kit's sentence beside the field when it is not one."""
    if not text.strip():
        return ""
    try:
        return clean(text)
    except ValueError as error:
        raise forms.ValidationError(str(error)) from error


def _field(name: str) -> forms.Field:
    model_field = Organisation._meta.get_field(name)
    label = str(model_field.verbose_name)
    match name:
        case "region":
            return RegionField(label=label, required=False)
        case "chain":
            return OrganisationField(label=label, required=False, kinds=[Kind.CHAIN])
        case "main_distributor":
            return OrganisationField(label=label, required=False, kinds=[Kind.DISTRIBUTOR])
        case "aliases":
            return LinesField(label=label, required=False, max_length=400, help_text=_("多个别名用顿号分开，搜索时同样能找到。"))
        case "is_medicare" | "is_dtp":
            return forms.TypedChoiceField(
                label=label, required=False, choices=[("", _("未知")), ("1", _("是")), ("0", _("否"))],
                coerce=lambda v: v == "1", empty_value=None,
            )
    field = model_field.formfield()
    field.required = name == "name"
    if model_field.choices:
        default = [] if name == "business_state" else [("", _("请选择"))]
        field.choices = [*default, *model_field.choices]
    if name in ("specialties", "gsp_scope", "remark"):
        field.widget = forms.Textarea(attrs={"rows": 2, "maxlength": model_field.max_length})
        field.css = " field-wide"
    return field


class OrganisationForm(VersionedForm):
    """The fields of one kind, their sources, and its tags; ``kind`` is set by the class made for it.

    ``before`` is the organisation being edited.
    """

    kind = ""

    def __init__(self, *args: Any, staff: Staff, before: Organisation | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if isinstance(field, OrganisationField):
                field.staff, field.current = staff, getattr(before, name, None)
        self.dimensions: dict[str, list[tuple[str, str]]] = {}
        for tag in Tag.objects.filter(closed_on__isnull=True, dimension__closed_on__isnull=True).select_related("dimension"):
            self.dimensions.setdefault(tag.dimension.name, []).append((str(tag.pk), tag.name))
        tags = self.fields["tags"]
        tags.choices = list(self.dimensions.items())  # type: ignore[attr-defined]
        if not self.dimensions:
            del self.fields["tags"]

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())

    def clean_uscc(self) -> str:
        return checked(clean_uscc, self.cleaned_data["uscc"])

    def clean_phone(self) -> str:
        return checked(clean_phone, self.cleaned_data["phone"])

    def clean_hco_code(self) -> str:
        return checked(clean_hospital_licence, self.cleaned_data["hco_code"])

    def values(self) -> dict[str, Any]:
        """What goes to the action: model field names only, assessed figures with their sources."""
        clean = self.cleaned_data
        values = {name: clean[name] for name in organisation_fields(self.kind).columns if name in clean}
        values |= {name: clean[name] for name in PROVENANCE if name in clean}
        return values

    def tags(self) -> list[Tag] | None:
        if "tags" not in self.fields:
            return None
        return list(Tag.objects.filter(pk__in=self.cleaned_data["tags"]))

    def figure_sources(self, *, before: Organisation | None, by: Staff, on: str) -> dict[str, Any]:
        """Provenance of each assessed figure: newly said, or kept where nothing changed."""
        old = dict(before.figure_sources) if before else {}
        for name in ASSESSED:
            if f"{name}_source" not in self.fields:
                continue
            figure = self.cleaned_data.get(name)
            source, note = self.cleaned_data[f"{name}_source"], self.cleaned_data[f"{name}_note"]
            known = old.get(name) or {}
            if figure is None:
                old.pop(name, None)
            elif (source, note) != (known.get("source", ""), known.get("note", "")) or (
                before is None or getattr(before, name) != figure
            ):
                old[name] = {
                    "source": source or self.cleaned_data.get("source", ""), "note": note or ("" if source else self.cleaned_data.get("source_note", "")),
                    "on": on, "by": by.name,
                }
        return old


@cache
def organisation_form(kind: str) -> type[OrganisationForm]:
    """The form class of a kind; new customers and edits share it."""
    fields = organisation_fields(kind)
    parts: dict[str, forms.Field] = {}
    required, useful = [], []
    for name in fields.columns:
        parts[name] = _field(name)
        group = required if name in fields.required else useful
        group.append(name)
        if name in ASSESSED:
            label = str(Organisation._meta.get_field(name).verbose_name).split("（")[0]
            parts[f"{name}_source"] = forms.ChoiceField(label=_("%s来源") % label, required=False, choices=SOURCES)
            parts[f"{name}_note"] = forms.CharField(label=_("%s出处") % label, required=False, max_length=100)
            parts[f"{name}_note"].widget.attrs["placeholder"] = _("如：官网 2026-03")
            parts[f"{name}_note"].css = " field-wide"  # type: ignore[attr-defined]
            group += [f"{name}_source", f"{name}_note"]
    parts["source"] = forms.ChoiceField(label=_("资料来源"), required=False, choices=SOURCES)
    parts["source_note"] = forms.CharField(label=_("来源说明"), required=False, max_length=200)
    parts["collected_on"] = forms.DateField(label=_("收集日期"), required=False)
    parts["tags"] = forms.MultipleChoiceField(label=_("标签"), required=False, widget=forms.CheckboxSelectMultiple)
    layout = [
        (_("必要资料（计入完整度）"), required), (_("其他资料"), useful), (_("标签"), ["tags"]), (_("资料来源"), list(PROVENANCE)),
    ]
    return type(f"{kind.title()}Form", (OrganisationForm,), {**parts, "kind": kind, "layout": layout})


def initial_of(organisation: Organisation) -> dict[str, Any]:
    """The form's values of a stored organisation."""
    values: dict[str, Any] = {"version": organisation.version}
    for name in (*organisation_fields(organisation.kind).columns, *PROVENANCE):
        values[name] = getattr(organisation, name)
        if name in ("is_medicare", "is_dtp"):
            values[name] = {True: "1", False: "0", None: ""}[values[name]]
    for name in ASSESSED:
        known = organisation.figure_sources.get(name) or {}
        values[f"{name}_source"], values[f"{name}_note"] = known.get("source", ""), known.get("note", "")
    values["tags"] = [str(link.tag_id) for link in organisation.tag_links.all()]
    return values


class OwnerChoice(forms.ModelChoiceField):
    def label_from_instance(self, position: Position) -> str:
        return f"{position.holder.name}（{position.name}）" if position.holder else f"{position.name}（空缺）"


class TagChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Tag) -> str:
        return f"{obj.dimension.name} · {obj.name}"


class AssignForm(Form):
    """Whom the chosen customers go to."""

    position = OwnerChoice(label=_("新的负责人"), queryset=Position.objects.none(), empty_label=_("请选择"))
    reason = forms.CharField(label=_("原因"), required=False, max_length=200)

    def __init__(self, *args: Any, staff: Staff, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = queries.positions_reached(staff=staff, word=Can.ASSIGN).select_related("holder", "unit")
        self.fields["position"].queryset = rows.order_by("unit__path", "code")  # type: ignore[attr-defined]


class TagForm(Form):
    """Which label to put on the chosen customers, or take off."""

    tag = TagChoice(label=_("标签"), queryset=Tag.objects.none(), empty_label=_("请选择"))
    what = forms.ChoiceField(label=_("做什么"), choices=[("add", _("打上")), ("remove", _("去掉"))], initial="add")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Tag.objects.filter(closed_on__isnull=True, dimension__closed_on__isnull=True).select_related("dimension")
        self.fields["tag"].queryset = rows.order_by("dimension__order", "pk")  # type: ignore[attr-defined]


class NewOwnerForm(Form):
    """For those who enter customers for others: whose it will be."""

    owner = OwnerChoice(
        label=_("负责人"), queryset=Position.objects.none(), required=False, empty_label=_("按辖区规则分配，无规则则待分配")
    )

    def __init__(self, *args: Any, staff: Staff, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = queries.positions_reached(staff=staff, word=Can.CREATE, kind=kind).select_related("holder", "unit")
        self.fields["owner"].queryset = rows.order_by("unit__path", "code")  # type: ignore[attr-defined]


class ReasonForm(Form):
    reason = forms.CharField(label=_("原因"), max_length=200, required=False)
