"""What ``kit/list.html`` draws: one page of a list with everything around it."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from html import escape
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
# stands for the text somebody looks for in what is drawn once for all texts: nobody types it, and an address spells it
# otherwise than a page
TYPED = "\ue000\ue001"
_IN_ADDRESS, _IN_ADDRESS_OF_ADDRESS = quote_plus(TYPED), quote_plus(quote_plus(TYPED))


class Wish(str):
    """The address of a list as the name of what is drawn once for it: ``{% remembered page.wish … %}``.

    Everything that shows a text somebody looks for is drawn with ``TYPED`` in its place: ``page`` is that page.
    """

    page: "ListPage"
    text: str

    def put_in(self, drawn: SafeString) -> SafeString:
        """The text where it belongs, written as each place needs it."""
        if not self.text:
            return drawn
        once = quote_plus(self.text)
        filled = drawn.replace(_IN_ADDRESS_OF_ADDRESS, quote_plus(once)).replace(_IN_ADDRESS, once)
        return mark_safe(filled.replace(TYPED, escape(self.text)))  # noqa: S308  escaped in each place


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
        """Empty for places deep in a list and for texts that are not looked for as they stand there."""
        get = self.request.GET
        typed = get.getlist("q")
        if not PLACE.keys().isdisjoint(get.keys()) or len(typed) > 1:
            return Wish("")
        if typed and (self.filtering.cleaned.get("q") != typed[0] or TYPED[0] in typed[0]):
            return Wish("")
        page = self._with_text(TYPED) if typed else self
        wish = Wish(page.here_url)
        wish.page, wish.text = page, typed[0] if typed else ""
        return wish

    def _with_text(self, text: str) -> "ListPage":
        """The same page, as if this text had been typed."""
        request = copy(self.request)
        get = self.request.GET.copy()
        get["q"] = text
        get._mutable = False
        request.GET = get  # type: ignore[assignment]
        request.META = {**self.request.META, "QUERY_STRING": get.urlencode()}
        return replace(self, request=request, filtering=Filters(spec=self.spec, request=request))

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
        return f"{counts.CAP:,}+" if self.count > counts.CAP and not self.exact else f"{self.count:,}"

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
