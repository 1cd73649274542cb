"""Cells as a person would have typed them."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

_INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u00ad]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|_x000D_")
_SPACES = re.compile("[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]|&nbsp;?")
_LINE_ENDS = re.compile(r" *(?:\r\n|\r|\n) *")


class CleanedTexts(dict[str, str]):
    """Raw text → clean text, worked out once: a large sheet repeats a few texts many times."""

    def __missing__(self, raw: str) -> str:
        self[raw] = clean = clean_text(raw)
        return clean


def table_texts(rows: Iterable[Sequence[Any]]) -> list[list[str]]:
    """Every cell of a table as text."""
    texts = CleanedTexts()
    return [[texts[cell] if type(cell) is str else cell_text(cell) for cell in row] for row in rows]


def cell_text(value: Any) -> str:
    """Text of a cell: 3.0 is 3, a date YYYY-MM-DD, spaces of every kind trimmed."""
    if isinstance(value, str):
        return clean_text(value)
    if value is None:
        return ""
    if value is True or value is False:
        return "是" if value else "否"
    if isinstance(value, (int, float)):
        return number_text(value)
    return _moment_text(value)


def clean_text(text: str) -> str:
    """Trimmed, with ordinary spaces and line ends and nothing invisible."""
    text = _SPACES.sub(" ", _INVISIBLE.sub("", text))
    return _LINE_ENDS.sub("\n", text).strip()


def number_text(number: float) -> str:
    """The number Excel shows: fifteen digits, no exponent, no trailing .0."""
    if isinstance(number, int) or (number.is_integer() and abs(number) < 1e15):
        return str(int(number))
    if number != number or number in (float("inf"), float("-inf")):
        return ""
    exact = Decimal(f"{number:.15g}")
    return f"{exact:f}" if abs(exact.adjusted()) < 40 else f"{number:.15g}"


def _moment_text(value: Any) -> str:
    if isinstance(value, datetime):
        value = (value + timedelta(microseconds=500_000)).replace(microsecond=0) if value.microsecond else value
        return value.date().isoformat() if value.time() == time(0) else value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, timedelta):
        seconds = round(value.total_seconds())
        return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}:{seconds % 60:02d}"
    if isinstance(value, time):
        return value.strftime("%H:%M:%S")
    return value.isoformat() if isinstance(value, date) else clean_text(str(value))
