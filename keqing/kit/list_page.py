"""What ``kit/list.html`` draws: one page of a list with everything around it."""

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from html import escape
from secrets import token_hex
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus, urlencode

from django import forms
from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe

from keqing.kit import counts, list_rows
from keqing.kit.addresses import replaced
from keqing.kit.keyset import Sort
from keqing.kit.list_filters import PLACE, SHOWN, Filters
from keqing.kit.list_parts import Chip, Column, Head, Jump, Offer, Total, a_day
from keqing.kit.list_seen import Seen

if TYPE_CHECKING:
    from keqing.kit.lists import ListSpec

SIZES = (50, 20, 100)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# what stands for a value in what is drawn once for all values: nobody can know it, and an address spells it otherwise than a page
MARK = f"\ue000{token_hex(8)}"


class Wish(str):
    """The address of a list as the name of what is drawn once for it: ``{% remembered page.wish … %}``.

    Drawn is ``page``, the same list as if a mark had been typed in the place of each of ``values``.
    """

    page: "ListPage"
    values: Mapping[str, str] = MappingProxyType({})

    def put_in(self, drawn: SafeString) -> SafeString:
        """The values where they belong, written as each place needs it."""
        if not self.values:
            return drawn
        filled: str = drawn
        coded = {quote_plus(mark): quote_plus(value) for mark, value in self.values.items()}
        # the innermost last: what was put in is not looked at again
        for mark, value in coded.items():
            filled = filled.replace(quote_plus(mark), quote_plus(value))
        for mark, value in coded.items():
            filled = filled.replace(mark, value)
        for mark, value in self.values.items():
            filled = filled.replace(mark, escape(value))
        return mark_safe(filled)  # noqa: S308  escaped in each place


@dataclass(frozen=True, kw_only=True)
class ListPage:
    """What ``kit/list.html`` draws; what leads on from it is made when it is asked for."""

    spec: "ListSpec"
    request: HttpRequest
    rows: Sequence[Any]
    seen: Seen
    sort: Sort
    columns: Sequence[Column]
    filtering: Filters
    exact: bool
    size: int
    by_day: bool
    after: str
    before: str
    today: date
    offers: Sequence[Offer]

    def body(self) -> SafeString:
        """The rows as HTML, drawn when the page is: a view may dress the rows before."""
        return list_rows.draw(
            spec=self.spec, rows=self.rows, columns=self.columns, reader=self.request.user, today=self.today,
            place=f"{self.spec.key}?{self.request.GET.urlencode()}" if self.spec.walks else "",
        )  # fmt: skip

    @property
    def has_filters(self) -> bool:
        return self.spec.filter_form is not None

    @property
    def filters(self) -> forms.Form | None:
        return self.filtering.form

    @property
    def filter_area(self) -> SafeString:
        return self.filtering.area(self)

    @property
    def filters_on(self) -> int:
        return self.filtering.on()

    @property
    def filters_open(self) -> bool:
        return self.filtering.on(beyond=SHOWN) > 0

    @cached_property
    def wish(self) -> Wish:
        """For all texts and all other values that are passed on; empty where the place in the list shows."""
        return self._wish(dict.fromkeys(["q", *self.spec.passed_on]))

    def wish_for(self, *names: str) -> Wish:
        """For all values of these filters, their form included: it must take a mark for one."""
        wish = self._wish(names)
        if wish.values:
            wish.page = replace(wish.page, filtering=Filters(spec=self.spec, request=wish.page.request))
        return wish

    def _wish(self, names: Iterable[str]) -> Wish:
        sent = self.request.GET
        if not PLACE.keys().isdisjoint(sent.keys()):
            return Wish("")
        typed = {name: sent.getlist(name) for name in names if name in sent}
        # a value that is not looked for as it stands there is drawn as it is
        if any(len(texts) > 1 or self.filtering.cleaned.get(name) != texts[0] for name, texts in typed.items()):
            return Wish("")
        marks = {name: f"{MARK}{number}\ue000" for number, name in enumerate(typed)}
        page = self._with(marks) if typed else self
        wish = Wish(page.here_url)
        wish.page, wish.values = page, {marks[name]: texts[0] for name, texts in typed.items()}
        return wish

    def _with(self, marks: Mapping[str, str]) -> "ListPage":
        """The same page, with these values in its address."""
        request = copy(self.request)
        get = self.request.GET.copy()
        for name, mark in marks.items():
            get[name] = mark
        get._mutable = False
        request.GET = get  # type: ignore[assignment]
        request.META = {**self.request.META, "QUERY_STRING": get.urlencode()}
        return replace(self, request=request)

    @property
    def more_filters(self) -> bool:
        return self.filters is not None and len(self.filters.fields) > SHOWN

    @property
    def narrowed(self) -> bool:
        """Whether a filter or chip may be the reason that nothing is shown."""
        return self.filters_on > 0 or any(chip.active for chip in self.chips[1:])

    @property
    def views_query(self) -> str:
        """What the menu of saved views has to know: the list, its address, the view in use."""
        return urlencode({"list": self.spec.key, "query": self.query})

    @property
    def rearranged(self) -> bool:
        """Whether other columns are asked for than the list has by itself."""
        return list(self.columns) != [one for one in self.spec.columns if one.shown]

    @property
    def total_label(self) -> str:
        return f"{self.count:,}" if self.exact else counts.said(self.count)

    @property
    def count(self) -> int:
        return self.seen.count

    @property
    def totals(self) -> Sequence[Total]:
        return self.seen.totals

    @cached_property
    def chips(self) -> Sequence[Chip]:
        return [
            Chip(label=preset.label, count=number, url=self._url(preset=preset.key), active=preset is self.seen.preset)
            for preset, number in zip(self.seen.presets, self.seen.numbers, strict=True)
        ]

    @cached_property
    def heads(self) -> Sequence[Head]:
        return [self._head(column) for column in self.columns]

    def _head(self, column: Column) -> Head:
        sort = self.sort
        on = sort.key == column.key
        direction = ("descending" if sort.descending else "ascending") if on else ""
        # figures and days are wanted largest first, words from A
        first = f"-{column.key}" if column.numeric else column.key
        other = column.key if direction == "descending" else f"-{column.key}"
        css = [column.css, "num" if column.numeric else "", "lead" if column is self.spec.columns[0] else ""]
        return Head(
            column=column,
            css=" ".join(filter(None, css)),
            url=self._url(sort=other if on else first) if column.sort else "",
            direction=direction,
        )

    @property
    def column_choices(self) -> Sequence[tuple[Column, bool]]:
        others = [column for column in self.spec.columns if column not in self.columns]
        return [*((column, True) for column in self.columns), *((column, False) for column in others)]

    @property
    def kept(self) -> Sequence[tuple[str, str]]:
        return self._kept(without=self.filtering.names)

    @property
    def kept_for_columns(self) -> Sequence[tuple[str, str]]:
        return self._kept(without={"cols"})

    @property
    def kept_for_jump(self) -> Sequence[tuple[str, str]]:
        return self._kept(without=set())

    def _kept(self, *, without: set[str]) -> list[tuple[str, str]]:
        """Parameters a GET form must carry along as hidden fields."""
        left_out = without | set(PLACE)
        return [(name, value) for name, values in self.request.GET.lists() if name not in left_out for value in values]

    @property
    def sizes(self) -> Sequence[tuple[int, str, bool]]:
        return [(one, self._url(size="" if one == SIZES[0] else one), one == self.size) for one in sorted(SIZES)]

    @cached_property
    def jump(self) -> Jump:
        get = self.request.GET
        if self.spec.lettered(self.sort):
            letters = [(letter, self._url(letter=letter)) for letter in LETTERS]
            return Jump(letters=letters, letter=get.get("letter", "")[:1].upper())
        return Jump(by_day=self.by_day, day=get.get("at", "") if a_day(get.get("at", "")) else "")

    @property
    def next_url(self) -> str:
        return self._url(after=self.after) if self.after else ""

    @property
    def prev_url(self) -> str:
        return self._url(before=self.before) if self.before else ""

    @property
    def first_url(self) -> str:
        return self._url()

    @property
    def plain_columns_url(self) -> str:
        return self._url(cols="")

    @property
    def exact_url(self) -> str:
        return replaced(request=self.request, changes={"count": "exact"})

    @property
    def sums_url(self) -> str:
        return replaced(request=self.request, changes={"sums": "1"})

    @cached_property
    def here_url(self) -> str:
        return self.request.get_full_path()

    @property
    def query(self) -> str:
        return query_of(self.request)

    @property
    def reset_url(self) -> str:
        view = "none" if "view" in self.request.GET else ""
        return self._url(preset="", view=view, **dict.fromkeys(self.filtering.names, ""))

    def _url(self, **changes: Any) -> str:
        return replaced(request=self.request, changes={**PLACE, **changes})


def query_of(request: HttpRequest) -> str:
    """The list itself without the place in it, as a saved view or a link back holds it."""
    return replaced(request=request, changes=PLACE).removeprefix("?")
