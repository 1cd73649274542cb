"""The rows an address asks for, and the statements about them: written once for all values of some filters."""

from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from keqing.kit.addresses import whole_number
from keqing.kit.list_filters import PLACE
from keqing.kit.prepared import NOTHING_GIVEN, Given
from keqing.kit.search import MarkedText, SearchQuery, query_plan

if TYPE_CHECKING:
    from keqing.kit.lists import ListSpec

T = TypeVar("T")
NUMBER = 2_100_000_000  # no key of a row


class Wanted:
    """``rows`` narrowed by the filters of the address, and by ``condition``, that of the chip in use."""

    def __init__(
        self, *, spec: "ListSpec", request: HttpRequest, queryset: QuerySet[Any], cleaned: Mapping[str, Any], condition: Q, today: date
    ) -> None:
        self.condition = condition
        self._spec, self._queryset, self._cleaned = spec, queryset, cleaned
        self._reader: Any = request.user if spec.steady and "view" not in request.GET else None
        self.given = NOTHING_GIVEN
        if self._reader is not None:
            self._marked, self.given, shape = _marked(cleaned, spec.passed_on)
            left_out = {*PLACE, *(name for name, _kind in shape)}
            asked = tuple((name, *values) for name, values in request.GET.lists() if name not in left_out)
            self._key = (spec.key, asked, shape, today)

    @cached_property
    def rows(self) -> QuerySet[Any]:
        """With the filters, whatever the chip."""
        return self._spec.filter(self._queryset, self._cleaned)

    @property
    def narrowed(self) -> QuerySet[Any]:
        return self.rows.filter(self.condition)

    def keep(self, name: str, make: Callable[[QuerySet[Any]], T], *, bulky: bool = True) -> T:
        """What was made of the filtered rows under this name, for the reader and the day; to be asked with ``given``."""
        if self._reader is None:
            return make(self.rows)
        made: T = self._reader.recall(
            (name, *self._key), lambda: make(self._spec.filter(self._queryset, self._marked)), bulky=bulky
        )
        return made


def _marked(cleaned: Mapping[str, Any], names: Collection[str]) -> tuple[Mapping[str, Any], Given, tuple[tuple[str, Hashable], ...]]:
    """The filters with marks in the place of the values named, the values, and what kind of value each was."""
    marked, pairs, shape = dict(cleaned), list[tuple[Any, Any]](), list[tuple[str, Hashable]]()
    for number, name in enumerate(names):
        value = cleaned.get(name)
        if not isinstance(value, str):
            continue
        if name == "q":
            plan = query_plan(value)
            marks = _Marks(number)
            marked[name] = MarkedText.of(SearchQuery(words=tuple(tuple(marks.way(way) for way in word) for word in plan.words)))
            pairs += marks.pairs
            shape.append((name, tuple(tuple((len(w.terms), w.column, tuple(c for c, _ in w.more)) for w in word) for word in plan.words)))
        elif (chosen := whole_number(value)) and str(chosen) == value:  # 0 and 007 are names to look for
            marked[name] = str(NUMBER + number)
            pairs.append((NUMBER + number, chosen))
            shape.append((name, "number"))
    return marked, Given(pairs), tuple(shape)


class _Marks:
    """Marks for the words of one text; those of a kind of term keep its first letters, which are looked at."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.pairs: list[tuple[str, str]] = []

    def _mark(self, value: str) -> str:
        kind = value[:2] if value[1:2] == ":" else ""
        mark = f"{kind}\ue002{self.number}.{len(self.pairs)}\ue003"
        self.pairs.append((mark, value))
        return mark

    def way(self, way: Any) -> Any:
        return replace(
            way, terms=tuple(self._mark(term) for term in way.terms), contains=way.contains and self._mark(way.contains),
            more=tuple((column, self._mark(part)) for column, part in way.more),
        )
