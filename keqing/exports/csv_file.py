"""Plain values as csv. Text never becomes a formula (T35); numbers and dates stay what they are."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from keqing.kit.formats import format_datetime
from keqing.kit.formula_guard import SUSPECT, guarded


def csv_pieces(*, heads: Sequence[str], portions: Iterable[Sequence[Sequence[Any]]], encoding: str) -> Iterator[bytes]:
    """The file piece by piece, its first line at once. Encoded as asked; a byte-order mark stands only at the start."""
    buffer = io.StringIO(newline="")
    # every text in quotes: a reader that splits at other signs does not cut a cell open
    writer = csv.writer(buffer, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow([guarded(head) for head in heads])
    yield buffer.getvalue().encode(encoding)
    later = "utf-8" if encoding == "utf-8-sig" else encoding
    for portion in portions:
        buffer.seek(0)
        buffer.truncate()
        # nearly every cell is text that needs nothing: said here, it costs no call
        writer.writerows(
            [[value if value.__class__ is str and value[:1] not in SUSPECT else csv_value(value) for value in row] for row in portion]
        )
        yield buffer.getvalue().encode(later)


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
