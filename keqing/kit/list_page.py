"""What ``kit/list.html`` draws: one page of a list with everything around it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django import forms
from django.utils.safestring import SafeString

from keqing.kit import counts, list_rows
from keqing.kit.list_filters import PLACE, SHOWN, Filters
from keqing.kit.list_parts import Chip, Column, Head, Jump, Offer, Total

if TYPE_CHECKING:
    from keqing.kit.lists import ListSpec


@dataclass(frozen=True, kw_only=True)
class ListPage:
    """What ``kit/list.html`` draws."""

    spec: "ListSpec"
    rows: Sequence[Any]
    chips: Sequence[Chip]
    heads: Sequence[Head]
    columns: Sequence[Column]
    column_choices: Sequence[tuple[Column, bool]]
    filtering: Filters
    kept: Sequence[tuple[str, str]]
    kept_for_columns: Sequence[tuple[str, str]]
    kept_for_jump: Sequence[tuple[str, str]]
    count: int
    exact: bool
    exact_url: str
    next_url: str
    prev_url: str
    jump: Jump
    sizes: Sequence[tuple[int, str, bool]]
    totals: Sequence[Total]
    sums_url: str
    reset_url: str
    here_url: str
    plain_columns_url: str
    first_url: str
    place: str
    query: str
    reader: Any
    today: date
    offers: Sequence[Offer]

    def body(self) -> SafeString:
        """The rows as HTML, drawn when the page is: a view may dress the rows before."""
        return list_rows.draw(
            spec=self.spec, rows=self.rows, columns=self.columns, reader=self.reader, today=self.today,
            place=self.place if self.spec.walks else "",
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

    @property
    def wish(self) -> str:
        """The address as the name of what is drawn once for it; empty for places deep in a list and for searches."""
        return "" if PLACE.keys() & self.filtering.request.GET.keys() or "q" in self.filtering.request.GET else self.here_url

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
