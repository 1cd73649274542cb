"""The list every department uses: filters, chips with counts, sorting and keyset paging, all in the URL."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.db.models import Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse

from keqing.kit import counts, keyset, pages
from keqing.kit.addresses import replaced, whole_number

SIZES = (50, 20, 100)
FILTERS_SHOWN = 3
NEWEST = keyset.Sort(key="newest", path="pk", descending=True)
# What belongs to the place in the list, not to the list: dropped whenever the list changes.
PLACE = {"after": "", "before": "", "letter": ""}
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Asked:
    """Who asks, and on which day: what a preset may depend on."""

    user: Any
    today: date


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column; ``sort`` is the ORM path to order by (empty: not sortable), ``letters`` allows a jump to a letter.

    An export reads ``paths`` of each row and writes ``value(*them)``, or the first as it is.
    """

    key: str
    label: str
    sort: str = ""
    css: str = ""
    numeric: bool = False
    letters: bool = False
    hideable: bool = True
    total: str = ""
    paths: tuple[str, ...] = ()
    value: Callable[..., Any] | None = None


@dataclass(frozen=True, kw_only=True)
class Preset:
    """One chip above the list; ``condition`` narrows the filtered rows."""

    key: str
    label: str
    condition: Callable[[Asked], Q]


@dataclass(frozen=True, kw_only=True)
class Chip:
    label: str
    count: int
    url: str
    active: bool


@dataclass(frozen=True, kw_only=True)
class Head:
    """A column as the head of the table shows it."""

    column: Column
    css: str
    url: str
    direction: str
    hidden: bool


@dataclass(frozen=True, kw_only=True)
class Total:
    label: str
    value: Decimal | int | None


@dataclass(frozen=True, kw_only=True)
class ListPage:
    """What ``kit/list.html`` draws."""

    spec: "ListSpec"
    rows: Sequence[Any]
    chips: Sequence[Chip]
    heads: Sequence[Head]
    filters: forms.Form | None
    filters_open: bool
    filters_on: int
    kept: Sequence[tuple[str, str]]
    kept_for_columns: Sequence[tuple[str, str]]
    count: int
    exact: bool
    exact_url: str
    next_url: str
    prev_url: str
    letters: Sequence[tuple[str, str]]
    sizes: Sequence[tuple[int, str, bool]]
    totals: Sequence[Total]
    hidden_css: str
    reset_url: str

    @property
    def narrowed(self) -> bool:
        """Whether a filter or chip may be the reason that nothing is shown."""
        return self.filters_on > 0 or any(chip.active for chip in self.chips[1:])

    @property
    def total_label(self) -> str:
        return f"{counts.CAP:,}+" if self.count > counts.CAP and not self.exact else f"{self.count:,}"


class ListSpec:
    """Subclass per list and say what is in it; ``build`` reads the request and fetches one page.

    The row template receives ``row`` and writes the whole ``<tr data-row data-panel-url=…>`` in the
    order of ``columns`` (with ``selectable`` a ``<td class="check">`` first).
    """

    # how saved views, exports and bulk changes call this list, see list_registry
    key: str = ""
    title: ClassVar[str]
    row_template: ClassVar[str]
    columns: ClassVar[Sequence[Column]]
    presets: ClassVar[Sequence[Preset]] = ()
    filter_form: ClassVar[type[forms.Form] | None] = None
    default_sort: ClassVar[str] = ""
    # when no column is asked for: an order that need not be a column
    default_order: ClassVar[keyset.Sort | None] = None
    all_label: ClassVar[str] = "全部"
    noun: ClassVar[str] = "条"
    selectable: ClassVar[bool] = False
    empty_text: ClassVar[str] = "这里还没有记录。"

    def filter(self, queryset: QuerySet[Any], cleaned: Mapping[str, Any]) -> QuerySet[Any]:
        """Narrow the rows by the fields of ``filter_form`` that were filled in; override beside the form."""
        return queryset

    def filter_arguments(self, request: HttpRequest) -> dict[str, Any]:
        """More keyword arguments for ``filter_form``, such as whose choices it offers."""
        return {}

    def build(self, *, request: HttpRequest, queryset: QuerySet[Any], today: date) -> ListPage:
        """One page of ``queryset`` (already narrowed to what the reader may see), everything taken from the URL."""
        asked = Asked(user=request.user, today=today)
        filters, cleaned = self._filters(request)
        filtered = self.filter(queryset, cleaned)
        presets = [Preset(key="", label=self.all_label, condition=lambda _: Q()), *self.presets]
        active = self._active_preset(request)
        parts = [filtered.filter(preset.condition(asked)) if preset.key else filtered for preset in presets]
        numbers = counts.capped(querysets=parts)
        chosen = next(index for index, preset in enumerate(presets) if preset.key == active)
        narrowed, count = parts[chosen], numbers[chosen]
        exact = request.GET.get("count") == "exact"
        if exact and count > counts.CAP:
            count = narrowed.order_by().count()
        size = self._size(request)
        sort = self._sort(request) or NEWEST
        page = self._page(request, narrowed, sort, size)
        return ListPage(
            spec=self,
            rows=page.rows,
            chips=[
                Chip(
                    label=preset.label,
                    count=number,
                    url=self._url(request, preset=preset.key),
                    active=preset.key == active,
                )
                for preset, number in zip(presets, numbers, strict=True)
            ],
            heads=self._heads(request, sort),
            filters=filters,
            filters_open=filters is not None and _filled(filters, cleaned, FILTERS_SHOWN) > 0,
            filters_on=_filled(filters, cleaned, 0) if filters is not None else 0,
            kept=self._kept(request, without=set(filters.fields) if filters else set()),
            kept_for_columns=self._kept(request, without={"cols"}),
            count=count,
            exact=exact,
            exact_url=replaced(request=request, changes={"count": "exact"}),
            next_url=self._url(request, after=page.after) if page.after else "",
            prev_url=self._url(request, before=page.before) if page.before else "",
            letters=self._letters(request, sort),
            sizes=[
                (one, self._url(request, size="" if one == SIZES[0] else one), one == size) for one in sorted(SIZES)
            ],
            totals=self._totals(narrowed, count),
            hidden_css=" ".join(f"hide-{place}" for place in self._hidden_places(request)),
            reset_url=replaced(
                request=request, changes={**PLACE, "preset": "", **dict.fromkeys(filters.fields if filters else (), "")}
            ),
        )

    def chosen(self, *, request: HttpRequest, queryset: QuerySet[Any], today: date) -> QuerySet[Any]:
        """All rows the address asks for, in its order: what an export writes and 全部 N 条 means."""
        _form, cleaned = self._filters(request)
        active = self._active_preset(request)
        for preset in self.presets:
            if preset.key == active:
                queryset = queryset.filter(preset.condition(Asked(user=request.user, today=today)))
        return keyset.ordered(queryset=self.filter(queryset, cleaned), sort=self._sort(request) or NEWEST)

    def _filters(self, request: HttpRequest) -> tuple[forms.Form | None, dict[str, Any]]:
        if self.filter_form is None:
            return None, {}
        form = self.filter_form(request.GET, **self.filter_arguments(request))
        form.is_valid()  # a wrong field shows its error; the others still filter
        return form, {name: value for name, value in form.cleaned_data.items() if value not in (None, "", [], ())}

    def _active_preset(self, request: HttpRequest) -> str:
        wanted = request.GET.get("preset", "")
        return wanted if any(preset.key == wanted for preset in self.presets) else ""

    def _size(self, request: HttpRequest) -> int:
        wanted = whole_number(request.GET.get("size"))
        return wanted if wanted in SIZES else SIZES[0]

    def _sort(self, request: HttpRequest) -> keyset.Sort | None:
        for wanted in (request.GET.get("sort", ""), self.default_sort):
            column = next((one for one in self.columns if one.sort and one.key == wanted.removeprefix("-")), None)
            if column:
                return keyset.Sort(key=column.key, path=column.sort, descending=wanted.startswith("-"))
        return self.default_order

    def _page(self, request: HttpRequest, queryset: QuerySet[Any], sort: keyset.Sort, size: int) -> keyset.Page:
        get = request.GET
        asked_letter = get.get("letter", "")[:1].lower() if self._lettered(sort) else ""
        return keyset.page(
            queryset=queryset,
            sort=sort,
            size=size,
            after=get.get("after", ""),
            before=get.get("before", ""),
            start=asked_letter,
        )

    def _heads(self, request: HttpRequest, sort: keyset.Sort) -> list[Head]:
        hidden = self._hidden_keys(request)
        heads = []
        for column in self.columns:
            on = sort.key == column.key
            direction = ("descending" if sort.descending else "ascending") if on else ""
            # figures and days are wanted largest first, words from A
            first = f"-{column.key}" if column.numeric else column.key
            other = column.key if direction == "descending" else f"-{column.key}"
            heads.append(
                Head(
                    column=column,
                    css=f"{column.css} num" if column.numeric else column.css,
                    url=self._url(request, sort=other if on else first) if column.sort else "",
                    direction=direction,
                    hidden=column.key in hidden,
                )
            )
        return heads

    def _hidden_keys(self, request: HttpRequest) -> set[str]:
        if "cols" not in request.GET:
            return set()
        shown = set(request.GET.getlist("cols"))
        return {column.key for column in self.columns if column.hideable and column.key not in shown}

    def _hidden_places(self, request: HttpRequest) -> list[int]:
        hidden = self._hidden_keys(request)
        first = 2 if self.selectable else 1
        return [place for place, column in enumerate(self.columns, start=first) if column.key in hidden]

    def _lettered(self, sort: keyset.Sort) -> bool:
        if sort.descending:
            return False
        return any(column.key == sort.key and column.letters for column in self.columns)

    def _letters(self, request: HttpRequest, sort: keyset.Sort) -> list[tuple[str, str]]:
        if not self._lettered(sort):
            return []
        return [(letter, self._url(request, letter=letter)) for letter in LETTERS]

    def _totals(self, queryset: QuerySet[Any], count: int) -> list[Total]:
        summed = [column for column in self.columns if column.total]
        if not summed:
            return []
        if count > counts.CAP:  # a sum over everything would scan everything
            return [Total(label=f"{column.label}合计", value=None) for column in summed]
        sums = queryset.order_by().aggregate(**{f"sum_{column.key}": Sum(column.total) for column in summed})
        return [Total(label=f"{column.label}合计", value=sums[f"sum_{column.key}"] or 0) for column in summed]

    def _kept(self, request: HttpRequest, *, without: set[str]) -> list[tuple[str, str]]:
        """Parameters a GET form must carry along as hidden fields."""
        left_out = without | set(PLACE)
        return [(name, value) for name, values in request.GET.lists() if name not in left_out for value in values]

    def _url(self, request: HttpRequest, **changes: Any) -> str:
        return replaced(request=request, changes={**PLACE, **changes})


def respond(
    *, request: HttpRequest, page: ListPage, context: Mapping[str, Any] | None = None, template: str = "kit/list.html"
) -> HttpResponse:
    """The list page, or only its rows and chips when htmx changes the filter.

    ``template`` may extend ``kit/list.html``; the live region always comes from ``kit/list.html``.
    """
    fragment = request.headers.get("HX-Target") == "list"
    return pages.render(
        request=request,
        template="kit/list.html" if fragment else template,
        context={"page": page, **(context or {})},
        partials=("list",),
    )


def _filled(form: forms.Form, cleaned: Mapping[str, Any], skip: int) -> int:
    return sum(1 for name in list(form.fields)[skip:] if name in cleaned and cleaned[name] is not False)
