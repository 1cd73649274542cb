"""The rows of a list as HTML, written by Python: a template with a tag per cell takes ten times as long."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape as escape_marks
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.utils.safestring import SafeString, mark_safe

from keqing.kit.formats import NOTHING

if TYPE_CHECKING:
    from keqing.kit.list_parts import Column
    from keqing.kit.lists import ListSpec


_MARKS = re.compile("[&<>\"']")


def escape(text: str) -> str:
    """Most cells hold no mark: to look once is quicker than to replace five times."""
    return escape_marks(text) if _MARKS.search(text) else text


@dataclass(slots=True)  # not frozen: a page makes 500, and each would take three times as long
class Cell:
    """One cell. ``text`` is escaped unless it is safe; ``label`` is what a phone shows before it."""

    text: Any = ""
    css: str = ""
    label: str = ""
    badge: str = ""
    tone: str = "warning"
    title: str = ""


PLAIN = Cell()
Drawn = Cell | str | None
CellOf = Callable[[Any, date], Drawn]


def draw(
    *, spec: "ListSpec", rows: Sequence[Any], columns: Sequence["Column"], reader: Any, today: date, place: str = ""
) -> SafeString:
    """The ``<tr>`` of ``rows``. ``place`` is what a row's links carry so that its page knows this list."""
    makers = [(column, column.cell or _attribute(column.key), _css(column, first)) for first, column in _firsts(columns)]
    suffix = escape(f"?{urlencode({'from': place})}") if place else ""
    return mark_safe("".join(_row(spec, row, makers, reader, today, suffix) for row in rows))  # noqa: S308  escaped below


def _row(
    spec: "ListSpec", row: Any, makers: Sequence[tuple["Column", CellOf, str]], reader: Any, today: date, suffix: str
) -> str:
    url, panel = spec.url_of(row), spec.panel_of(row)
    link = escape(url) + suffix if url else ""
    parts = [f'<tr data-row data-id="{escape(str(row.pk))}"']
    if panel:
        parts.append(f' data-panel-url="{escape(panel)}{suffix}">')
    else:
        parts.append(f' data-href="{link}">' if url else ">")
    if spec.selectable:
        parts.append(
            f'<td class="check"><input type="checkbox" class="checkbox checkbox-xs" name="selected" value="{row.pk}"'
            f' form="bulk" aria-label="选择 {escape(str(row))}"></td>'
        )
    editable = spec.editable(row, reader) if spec.edit_url else ()
    for column, make, css in makers:
        parts.append(_cell(make(row, today), css, column.key if column.edit and column.edit in editable else "", link))
        link = ""
    parts.append("</tr>")
    return "".join(parts)


def cell_html(*, column: "Column", row: Any, today: date) -> SafeString:
    """One cell that may be edited, as it stands in the row: what a saved edit puts back."""
    make = column.cell or _attribute(column.key)
    return mark_safe(_cell(make(row, today), _css(column, False), column.key, ""))  # noqa: S308  escaped below


def _cell(drawn: Drawn, css: str, edit: str, link: str) -> str:
    cell = drawn if isinstance(drawn, Cell) else PLAIN
    value: Any = drawn if cell is PLAIN else cell.text
    empty = value is None or value == ""
    text: str = NOTHING if empty else value if hasattr(value, "__html__") else escape(str(value))
    if link:
        text = f'<a href="{link}">{text}</a>'
    if cell.badge:
        text += f' <span class="badge badge-sm badge-soft badge-{cell.tone}">{escape(cell.badge)}</span>'
    classes = f"{css} {cell.css}".strip() if cell.css else css
    if empty:
        classes = f"{classes} text-muted phone-hide".strip()
    out = f'<td class="{classes}"' if classes else "<td"
    if cell.label:
        out += f' data-label="{escape(cell.label)}"'
    if cell.title:
        out += f' title="{escape(cell.title)}"'
    if edit:
        out += f' data-edit="{edit}"'
    return f"{out}>{text}</td>"


def _css(column: "Column", first: bool) -> str:
    return " ".join(filter(None, ["lead" if first else "", column.css, "num" if column.numeric else ""]))


def _firsts(columns: Sequence["Column"]) -> list[tuple[bool, "Column"]]:
    return [(number == 0, column) for number, column in enumerate(columns)]


def _attribute(name: str) -> CellOf:
    return lambda row, _today: getattr(row, name)
