"""Plain values as csv. Text never becomes a formula (T35); numbers and dates stay what they are."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from operator import itemgetter
from typing import Any

from keqing.kit.formats import format_datetime
from keqing.kit.formula_guard import SUSPECT, guarded

_NUMBERS, _TEXTS, _DAYS = {int, float, Decimal}, {str, type(None)}, {date, type(None)}
# the first sign of a text, or nothing
_FIRST = itemgetter(slice(1))


def csv_pieces(*, heads: Sequence[str], portions: Iterable[Sequence[Sequence[Any]]], encoding: str) -> Iterator[bytes]:
    """The file piece by piece, its first line at once. Encoded as asked; a byte-order mark stands only at the start."""
    yield _lines([[head] for head in heads]).encode(encoding)
    later = "utf-8" if encoding == "utf-8-sig" else encoding
    for portion in portions:
        yield _lines(zip(*portion, strict=True)).encode(later)


def _lines(columns: Iterable[Sequence[Any]]) -> str:
    """Rows given as columns: a look at a whole column spares a look at each of its cells, and takes a third of the time."""
    return "".join([f"{line}\r\n" for line in map(",".join, zip(*map(_cells, columns), strict=True))])


def _cells(values: Sequence[Any]) -> Iterable[str]:
    """One column as the file has it: every text in quotes, so that a reader that splits at other signs cuts no cell open."""
    kinds = set(map(type, values))
    if kinds <= _NUMBERS:
        return map(str, values)
    if kinds <= _DAYS:
        known = {day: '""' if day is None else f'"{day.isoformat()}"' for day in set(values)}
        return map(known.__getitem__, values)
    if not kinds <= _TEXTS:
        return [str(made) if type(made) in _NUMBERS else _quoted(made) for made in map(csv_value, values)]
    texts = [value or "" for value in values] if type(None) in kinds else values
    # nearly every column is text that needs nothing
    if not SUSPECT.isdisjoint(map(_FIRST, texts)):
        texts = [guarded(text) for text in texts]
    return map(_quoted, texts) if '"' in "".join(texts) else [f'"{text}"' for text in texts]


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def csv_value(value: Any) -> Any:
    """Numbers as they are, everything else as harmless text."""
    kind = type(value)
    if kind is str:
        return guarded(value)
    if value is None:
        return ""
    if kind is int or kind is float or kind is Decimal:
        return value
    if kind is date:
        return value.isoformat()
    return guarded(shown_text(value))


def shown_text(value: Any) -> str:
    """A value as a person reads it."""
    kind = type(value)
    if value is None:
        return ""
    if kind is datetime:
        return format_datetime(value)
    if kind is date:
        return value.isoformat()
    return plain_text(value)


def plain_text(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list | tuple):
        return "、".join(str(one) for one in value)
    return str(value)
