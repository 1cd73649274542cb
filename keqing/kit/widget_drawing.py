"""Draws the commonest form widgets without a template: a filter with a hundred choices takes a millisecond, not ten.

The output is Django's own, sign for sign (``test_widget_drawing`` compares); whatever is not known here is left to
Django's templates.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

_WIDGETS = "django/forms/widgets/"


def draw(template_name: str, context: Mapping[str, Any]) -> SafeString | None:
    """The widget as HTML, or None when Django's template has to draw it."""
    drawn = _DRAWERS.get(template_name)
    return None if drawn is None else mark_safe(drawn(context["widget"]))  # noqa: S308 every part below is escaped


def _text(value: Any) -> str:
    """As ``{{ value|stringformat:'s' }}`` prints it."""
    return str(conditional_escape(value if isinstance(value, SafeString) else str(value)))


def _attributes(attrs: Mapping[str, Any]) -> str:
    return "".join(
        f" {name}" if value is True else f' {name}="{_text(value)}"' for name, value in attrs.items() if value is not False
    )


def _input(widget: Mapping[str, Any]) -> str:
    value = "" if widget["value"] is None else f' value="{_text(widget["value"])}"'
    return f'<input type="{_text(widget["type"])}" name="{_text(widget["name"])}"{value}{_attributes(widget["attrs"])}>'


def _textarea(widget: Mapping[str, Any]) -> str:
    value = _text(widget["value"]) if widget["value"] else ""
    return f'<textarea name="{_text(widget["name"])}"{_attributes(widget["attrs"])}>\n{value}</textarea>'


def _select(widget: Mapping[str, Any]) -> str:
    parts = [f'<select name="{_text(widget["name"])}"{_attributes(widget["attrs"])}>']
    for group, options, _ in widget["optgroups"]:
        parts.append(f'\n  <optgroup label="{_text(group)}">' if group else "")
        for option in options:
            label = conditional_escape(str(option["label"]))
            parts.append(f'\n  <option value="{_text(option["value"])}"{_attributes(option["attrs"])}>{label}</option>\n')
        parts.append("\n  </optgroup>" if group else "")
    return "".join([*parts, "\n</select>"])


_DRAWERS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    **{f"{_WIDGETS}{name}.html": _input for name in ("input", "text", "search", "hidden", "date", "number", "email", "tel", "url")},
    f"{_WIDGETS}textarea.html": _textarea,
    f"{_WIDGETS}select.html": _select,
}
