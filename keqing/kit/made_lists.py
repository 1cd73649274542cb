"""A report as a list, so that the one exporter takes it out: rows that were worked out and stand in no table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import NoneType
from typing import Any

from django.http import HttpRequest

from keqing.kit.list_files import FileColumn
from keqing.kit.list_parts import Column
from keqing.kit.list_registry import OpenList
from keqing.kit.lists import ListSpec

NUMBERS = (int, Decimal, NoneType)  # a figure there is none of stays empty


@dataclass(frozen=True)
class MadeRows:
    """What the exporter asks of a queryset, for rows at hand."""

    keys: Sequence[str]
    rows: Sequence[Sequence[Any]]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, part: slice) -> "MadeRows":
        return MadeRows(self.keys, self.rows[part])

    def values_list(self, *paths: str) -> "_Values":
        places = [self.keys.index(path) for path in paths if path != "pk"]
        return _Values([(number, *(row[place] for place in places)) for number, row in enumerate(self.rows)])


class _Values(list[tuple[Any, ...]]):
    def iterator(self, chunk_size: int = 0) -> Iterator[tuple[Any, ...]]:
        return iter(self)


class MadeList(ListSpec):
    """``said`` are the settings of the report in words, for the record and the head of a page on paper."""

    def __init__(self, *, key: str, title: str, columns: Sequence[Column], said: str) -> None:
        self.key, self.said = key, said
        self.title, self.columns = title, columns  # type: ignore[misc]
        self.file_columns = [FileColumn(key=one.key, paths=(one.key,)) for one in columns]

    def chosen(self, *, request: HttpRequest, queryset: Any, today: date, lenient: bool = False) -> Any:
        """The address was read when the rows were made."""
        return queryset


def made_list(*, key: str, title: str, heads: Sequence[str], rows: Sequence[Sequence[Any]], said: str = "") -> OpenList:
    """A table as the exporter knows lists: ``heads`` and rows of plain values, in the order of the screen."""
    keys = [f"c{place}" for place in range(len(heads))]
    columns = [
        Column(key=name, label=head, numeric=all(isinstance(row[place], NUMBERS) for row in rows))
        for place, (name, head) in enumerate(zip(keys, heads, strict=True))
    ]
    spec = MadeList(key=key, title=title, columns=columns, said=said)
    return OpenList(spec, MadeRows(keys, rows))  # type: ignore[arg-type]
