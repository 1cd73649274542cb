"""The form every page uses: Chinese messages, groups, a summary of errors, one idempotency key."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.forms.boundfield import BoundField
from django.forms.renderers import BaseRenderer, DjangoTemplates
from django.forms.widgets import Input
from django.template import loader
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from keqing.kit.widget_drawing import draw

CHOOSING = (forms.ChoiceField, forms.ModelChoiceField, forms.DateField, forms.FileField)
BARE = (
    forms.CheckboxInput,
    forms.CheckboxSelectMultiple,
    forms.RadioSelect,
    forms.HiddenInput,
    forms.MultipleHiddenInput,
)


class Renderer(DjangoTemplates):
    """Django's widgets, our field and form templates (these need the project's own template engine)."""

    form_template_name = "kit/form_fields.html"
    field_template_name = "kit/field.html"

    def render(self, template_name: str, context: Any, request: Any = None) -> Any:
        drawn = draw(template_name, context)
        return super().render(template_name, context, request) if drawn is None else drawn

    def get_template(self, template_name: str) -> Any:
        if template_name.startswith("kit/"):
            return loader.get_template(template_name)
        return super().get_template(template_name)


@dataclass(frozen=True)
class Group:
    title: str
    fields: Sequence[BoundField]


@dataclass(frozen=True)
class Problem:
    field_id: str
    label: str
    message: str


@dataclass(frozen=True)
class Conflict:
    """One field that two people changed: what I typed, what stands there now."""

    label: str
    mine: str
    theirs: str
    theirs_raw: str
    field_id: str


class ChineseForm:
    """Mixin for forms and model forms; ``layout`` names the groups, fields it leaves out follow unnamed."""

    layout: ClassVar[Sequence[tuple[str, Sequence[str]]]] = ()
    default_renderer: type[BaseRenderer] = Renderer

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for field in self.fields.values():  # type: ignore[attr-defined]
            _speak_chinese(field)
            _dress(field)

    @property
    def form_key(self) -> str:
        """The idempotency key: new for a fresh form, the same one when the form comes back with errors."""
        if not hasattr(self, "_form_key"):
            sent = self.data.get("form_key", "") if self.is_bound else ""  # type: ignore[attr-defined]
            self._form_key = sent or uuid.uuid4().hex
        return self._form_key

    def groups(self) -> list[Group]:
        """The visible fields in the groups of ``layout``."""
        visible = {field.name: field for field in self.visible_fields()}  # type: ignore[attr-defined]
        groups = [
            Group(title, [visible.pop(name) for name in names if name in visible]) for title, names in self.layout
        ]
        groups.append(Group("", list(visible.values())))
        return [group for group in groups if group.fields]

    def problems(self) -> list[Problem]:
        """Every error in page order, each with the field it leads to."""
        found = []
        for name, messages in self.errors.items():  # type: ignore[attr-defined]
            for message in messages:
                if name == NON_FIELD_ERRORS:
                    found.append(Problem("", "", message))
                else:
                    bound = self[name]  # type: ignore[index]
                    found.append(Problem(bound.id_for_label or bound.auto_id, bound.label, message))
        return found


class Form(ChineseForm, forms.Form):  # type: ignore[misc]
    """Base of forms that carry an action's arguments."""


class ModelForm(ChineseForm, forms.ModelForm):  # type: ignore[misc, type-arg]
    """Base of forms for simple master data."""


class VersionedForm(Form):
    """Knows which state of the record was edited; the action refuses when it has moved on."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    conflicts: Sequence[Conflict] = ()

    def show_conflict(self, *, current: Mapping[str, Any], version: int) -> None:
        """Put mine beside theirs and take over their version, so that saving again is a decision.

        ``current`` maps field names to what stands in the record now. Answer with status 409.
        """
        rows = []
        for name, theirs in current.items():
            bound = self[name]
            mine = bound.data
            if bound.field.has_changed(theirs, mine):
                raw = _raw(bound, theirs)
                rows.append(
                    Conflict(str(bound.label), _words(bound, mine), _words(bound, theirs), raw, bound.id_for_label)
                )
        self.conflicts = rows
        data: Any = self.data.copy()  # type: ignore[attr-defined]
        data[self.add_prefix("version")] = str(version)
        self.data = data


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self, attrs: Mapping[str, Any] | None = None) -> None:
        super().__init__(attrs=dict(attrs or {}), format="%Y-%m-%d")


class DateTimeInput(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self, attrs: Mapping[str, Any] | None = None) -> None:
        super().__init__(attrs=dict(attrs or {}), format="%Y-%m-%dT%H:%M")


class SeveralWidget(forms.CheckboxSelectMultiple):
    """A menu of ticks, as narrow as a select. Drawn without a template: it stands on every list."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = {str(one) for one in value or ()}
        labels = [str(label) for key, label in self.choices if str(key) in chosen]
        ticks = format_html_join(
            "",
            '<label><input type="checkbox" class="checkbox checkbox-sm" name="{}" value="{}"{}>{}</label>',
            ((name, key, " checked" if str(key) in chosen else "", label) for key, label in self.choices),
        )
        return format_html(
            '<details class="drop drop-left several" data-several><summary class="select" title="{}">{}</summary>'
            '<div class="drop-body choices">{}</div></details>',
            "、".join(labels), labels[0] if len(labels) == 1 else f"{len(labels)} 项" if labels else "全部", ticks,
        )


class SeveralField(forms.MultipleChoiceField):
    """Any of these; nothing ticked means all. For filters."""

    widget = SeveralWidget


def _speak_chinese(field: forms.Field) -> None:
    standard = type(field).default_error_messages.get("required", forms.Field.default_error_messages["required"])
    if field.label and field.error_messages.get("required") == standard:
        verb = "请选择" if isinstance(field, CHOOSING) else "请填写"
        field.error_messages["required"] = f"{verb}{field.label}。"


def _dress(field: forms.Field) -> None:
    """Give the widget its looks and the keyboard that fits on a phone."""
    if type(field.widget) is forms.DateInput:
        field.widget = _replaced(field.widget, DateInput())
    elif type(field.widget) is forms.DateTimeInput:
        field.widget = _replaced(field.widget, DateTimeInput())
    elif type(field.widget) is forms.NumberInput:
        # a browser empties a number field it cannot read; what was typed must come back with the error
        field.widget = _replaced(field.widget, forms.TextInput())
    widget = field.widget
    if isinstance(widget, SeveralWidget):
        return
    if isinstance(widget, forms.CheckboxSelectMultiple | forms.RadioSelect):
        widget.template_name = "kit/choices.html"
        return
    css = _css(widget)
    if css and css not in widget.attrs.get("class", "").split():
        widget.attrs["class"] = f"{css} {widget.attrs.get('class', '')}".strip()
    if isinstance(widget, BARE):
        return
    if isinstance(field, forms.DecimalField | forms.FloatField):
        widget.attrs.setdefault("inputmode", "decimal")
    elif isinstance(field, forms.IntegerField) and not isinstance(widget, forms.Select):
        widget.attrs.setdefault("inputmode", "numeric")
    if isinstance(widget, forms.TextInput | forms.Textarea) and not isinstance(widget, forms.PasswordInput):
        widget.attrs.setdefault("autocomplete", "off")
    if isinstance(widget, forms.Textarea):
        widget.attrs["rows"] = widget.attrs.get("rows") if widget.attrs.get("rows") not in (None, "10") else 3
        widget.attrs.pop("cols", None)


def _replaced(old: forms.Widget, new: forms.Widget) -> forms.Widget:
    new.attrs.update({name: value for name, value in old.attrs.items() if name not in {"min", "max", "step"}})
    new.is_required, new.is_localized = old.is_required, old.is_localized
    return new


def _css(widget: forms.Widget) -> str:
    if isinstance(widget, forms.CheckboxInput):
        return "checkbox checkbox-sm"
    if isinstance(widget, forms.Select):
        return "select"
    if isinstance(widget, forms.Textarea):
        return "textarea"
    if isinstance(widget, forms.FileInput):
        return "file-input"
    return "" if isinstance(widget, BARE) or not isinstance(widget, Input) else "input"


def _raw(bound: BoundField, value: Any) -> str:
    prepared = bound.field.prepare_value(value)
    formatted = bound.field.widget.format_value(prepared)
    if isinstance(formatted, list | tuple):
        return str(formatted[0]) if formatted else ""
    return "" if formatted is None else str(formatted)


def _words(bound: BoundField, value: Any) -> str:
    """The value as the reader knows it: the choice's label rather than its code."""
    raw = value if isinstance(value, list | tuple) else [_raw(bound, value)]
    choices = getattr(bound.field, "choices", None)
    if choices is None:
        return "是" if value is True else "否" if value is False else str(raw[0])
    labels = {str(key): str(label) for key, label in _flat(choices)}
    return "、".join(labels.get(str(one), str(one)) for one in raw if one not in (None, ""))


def _flat(choices: Any) -> list[tuple[Any, Any]]:
    flat: list[tuple[Any, Any]] = []
    for key, label in choices:
        flat.extend(label if isinstance(label, list | tuple) else [(key, label)])
    return flat
