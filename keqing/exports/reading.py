"""Rows of a list as a file holds them: the columns asked for, read as plain values, without model instances."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from keqing.kit.list_files import FileColumn
from keqing.kit.list_filters import NO_FILTERS
from keqing.kit.lists import ListSpec

PORTION = 2_000

Row = Sequence[Any]


@dataclass(frozen=True, kw_only=True)
class Heading:
    """A column of the file, under the name it has on the screen."""

    held: FileColumn
    label: str
    numeric: bool = False


def file_columns(*, spec: ListSpec, request: HttpRequest, everything: bool = False) -> list[Heading]:
    """The columns on the screen in their order there, or all there are; those for the screen alone are left out."""
    held = {column.key: column for column in spec.file_columns}
    shown = spec.shown_columns(request)
    wanted = [*shown, *(column for column in spec.columns if column not in shown)] if everything else shown
    found = [
        Heading(held=held.pop(column.key), label=str(column.label), numeric=column.numeric)
        for column in wanted if column.key in held
    ]
    if everything:
        found += [Heading(held=column, label=column.label) for column in held.values() if column.label]
    return found


def portions(
    *, spec: ListSpec, rows: QuerySet[Any], columns: Sequence[Heading], size: int = PORTION, at_once: bool = False
) -> Iterator[list[Row]]:
    """The rows in portions of ``size``; what stands in other tables costs one statement a portion.

    ``at_once`` reads everything by one plain statement, for the few rows a page may answer with; otherwise the
    database keeps the result and hands out a portion at a time.
    """
    paths = ["pk", *dict.fromkeys(path for column in columns for path in column.held.paths)]
    lines = rows.values_list(*paths)
    source = iter(lines) if at_once else lines.iterator(chunk_size=size)
    beside = {column.held.key for column in columns if not column.held.paths}
    found: dict[str, Any] = {}
    makers = [_maker(column.held, paths, found) for column in columns]
    while portion := list(islice(source, size)):
        if beside:
            found.clear()
            found.update(spec.beside([line[0] for line in portion], beside))
        for begin in range(0, len(portion), PORTION):
            few = portion[begin : begin + PORTION]
            yield list(zip(*[make(few) for make in makers], strict=True))


def _maker(
    column: FileColumn, paths: Sequence[str], found: dict[str, Any]
) -> Callable[[Sequence[Sequence[Any]]], Iterable[Any]]:
    """What makes a column of the file from all lines: no call of ours for a cell that needs none."""
    if not column.paths:
        key = column.key

        def beside(lines: Sequence[Sequence[Any]]) -> Iterable[Any]:
            known = found.get(key, {})
            return [known.get(line[0], "") for line in lines]

        return beside
    places, value = [itemgetter(paths.index(path)) for path in column.paths], column.value
    if value is None:
        return lambda lines: map(places[0], lines)
    return lambda lines: map(value, *[map(place, lines) for place in places])


def wording(*, spec: ListSpec, request: HttpRequest) -> str:
    """Filter, chip and order of the address in words, for the audit and the head of a page."""
    if spec.said:
        return spec.said
    parts = []
    wanted = request.GET.get("preset", "")
    parts += [str(preset.label) for preset in spec.presets if preset.key == wanted]
    if spec.filter_form is not None and request.GET.keys() - NO_FILTERS:
        parts += _filled(spec.filter_form(request.GET, **spec.filter_arguments(request)))
    sort = request.GET.get("sort", "")
    for column in spec.columns:
        if column.sort and column.key == sort.removeprefix("-"):
            parts.append(f"按{column.label}{'倒序' if sort.startswith('-') else '顺序'}")
    return "；".join(parts)


def _filled(form: Any) -> list[str]:
    form.is_valid()
    words = []
    for name, field in form.fields.items():
        value = form.cleaned_data.get(name)
        if value in (None, "", [], (), False):
            continue
        choices = {str(key): str(text) for key, text in getattr(field, "choices", ())}
        many = value if isinstance(value, list | tuple) else [value]
        words.append(f"{field.label}：{'、'.join(choices.get(str(one), str(one)) for one in many)}")
    return words
