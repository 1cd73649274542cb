"""The list every department uses: filters, chips with counts, sorting and keyset paging, all in the URL."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import BadRequest
from django.db.models import DateTimeField, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from keqing.kit import counts, keyset, pages
from keqing.kit.addresses import whole_number
from keqing.kit.formats import day_bounds
from keqing.kit.list_files import FileColumn
from keqing.kit.list_filters import Filters
from keqing.kit.list_page import SIZES, ListPage
from keqing.kit.list_parts import Asked, Column, Offer, Preset, a_day
from keqing.kit.list_seen import look
from keqing.kit.list_wanted import Wanted

NEWEST = keyset.Sort(key="newest", path="pk", descending=True)

_offers: list[Callable[[str, Any], Sequence[Offer]]] = []


def offer_batches(provider: Callable[[str, Any], Sequence[Offer]]) -> None:
    """A department that changes many rows at once says here what it offers for a list and a reader."""
    if provider not in _offers:
        _offers.append(provider)


class ListSpec:
    """Subclass per list and say what is in it; ``build`` reads the request and fetches one page.

    The first column is the name of the row: it stands first whatever the order, carries the link and stays in sight.
    """

    # how saved views, exports and bulk changes call this list, see list_registry
    key: str = ""
    title: ClassVar[str]
    columns: ClassVar[Sequence[Column]]
    presets: ClassVar[Sequence[Preset]] = ()
    filter_form: ClassVar[type[forms.Form] | None] = None
    # whether all that ``filter_arguments`` reads moves the mark on when it changes (``kit.remembered``)
    filters_remembered: ClassVar[bool] = False
    default_sort: ClassVar[str] = ""
    # when no column is asked for: an order that need not be a column
    default_order: ClassVar[keyset.Sort | None] = None
    all_label: ClassVar[str] = "全部"
    noun: ClassVar[str] = "条"
    selectable: ClassVar[bool] = False
    empty_text: ClassVar[str] = "这里还没有记录。"
    # whether the page of a row leads to the rows before and after it in this list
    walks: ClassVar[bool] = False
    # the address of the editor of a cell, with 0 for the row and ``column`` for the column: /customers/0/cell/column/
    edit_url: str = ""
    # sorts and chips of a fuller list at the same address: a link to that one opens this one without them
    elsewhere: ClassVar[Collection[str]] = ()
    # whether the reader's rights, the day and the address alone make the statements of the list (not its rows): kept then
    steady: ClassVar[bool] = False
    # of a steady list: filters whose value reaches the statement as it is, so that one statement serves all values
    passed_on: ClassVar[Collection[str]] = ()
    # filter and order in words, for a file; empty: as the fields, chips and columns of the address say it
    said: str = ""
    # what a file holds, see list_files; a column of the screen that is not here stays out of it
    file_columns: Sequence[FileColumn] = ()

    def exported(self, queryset: QuerySet[Any], *, reader: Any) -> QuerySet[Any]:
        """Those of the rows that may leave in a file."""
        return queryset

    def beside(self, keys: Sequence[Any], wanted: Collection[str]) -> Mapping[str, Mapping[Any, Any]]:
        """For an export: values of the wanted columns that stand in other tables, by column and row key."""
        return {}

    def filter(self, queryset: QuerySet[Any], cleaned: Mapping[str, Any]) -> QuerySet[Any]:
        """Narrow the rows by the fields of ``filter_form`` that were filled in; override beside the form."""
        return queryset

    def url_of(self, row: Any) -> str:
        """The page of a row."""
        return ""

    def panel_of(self, row: Any) -> str:
        """What opens beside the list when the row is clicked; empty: its page."""
        return ""

    def editable(self, row: Any, reader: Any) -> Collection[str]:
        """The fields of this row the reader may change in their cells; asked only where the list has ``edit_url``."""
        return ()

    def filter_arguments(self, request: HttpRequest) -> dict[str, Any]:
        """More keyword arguments for ``filter_form``, such as whose choices it offers."""
        return {}

    def build(self, *, request: HttpRequest, queryset: QuerySet[Any], today: date) -> ListPage:
        """One page of ``queryset`` (already narrowed to what the reader may see), everything taken from the URL."""
        filtering = Filters(spec=self, request=request)
        asked, active = Asked(user=request.user, today=today), self._active_preset(request)
        presets = [Preset(key="", label=self.all_label, condition=lambda _: Q()), *self.presets]
        conditions = [one.condition(asked) for one in presets]
        chosen = next(index for index, preset in enumerate(presets) if preset.key == active)
        wanted = Wanted(
            spec=self, request=request, queryset=queryset, cleaned=filtering.cleaned, condition=conditions[chosen], today=today,
        )
        columns = self.shown_columns(request)
        exact, typed = request.GET.get("count") == "exact", bool(filtering.cleaned.get("q"))
        seen = look(
            wanted=wanted, presets=presets, conditions=conditions[1:], chosen=chosen,
            summed=[column for column in columns if column.total], exact=exact, unasked=request.GET.get("sums") == "1",
            typed=typed, name=(self.key, request.user.pk),
        )
        size, sort = self._size(request), self._sort(request) or NEWEST
        day_field = wanted.keep("day", lambda rows: keyset.date_field(queryset=rows, path=sort.path), bulky=False)
        page = self._page(
            request, wanted, sort, size, day_field, typed=typed, common=typed and counts.is_beyond(seen.count)
        )
        offers = [one for provider in _offers for one in provider(self.key, request.user)] if self.selectable else []
        self.selectable = bool(offers)  # type: ignore[misc]
        return ListPage(
            spec=self, request=request, rows=page.rows, seen=seen, sort=sort, columns=columns, filtering=filtering, exact=exact,
            size=size, by_day=day_field is not None, after=page.after, before=page.before, today=today, offers=offers,
        )

    def chosen(self, *, request: HttpRequest, queryset: QuerySet[Any], today: date, lenient: bool = False) -> QuerySet[Any]:
        """All rows the address asks for, in its order: what an export writes and 全部 N 条 means.

        Refuses a filter that no longer holds, such as a label closed since: without it all the other rows would come.
        A page that shows the form with its error passes it over (``lenient``), as the list does.
        """
        filtering = Filters(spec=self, request=request)
        form = filtering.form if filtering.asked and not lenient else None
        if form is not None and form.errors:
            wrong = "、".join(str(form.fields[name].label or name) for name in form.errors if name in form.fields)
            raise BadRequest(_("筛选条件“%(wrong)s”现在不能用，请回到列表改正后再试。") % {"wrong": wrong or _("全部")})
        return self._narrowed(request, queryset, filtering.cleaned, today)

    def _narrowed(self, request: HttpRequest, queryset: QuerySet[Any], cleaned: Mapping[str, Any], today: date) -> QuerySet[Any]:
        active = self._active_preset(request)
        # as in ``build`` the filter first: that of an audit list puts other rows in the place of those given
        queryset = self.filter(queryset, cleaned)
        for preset in self.presets:
            if preset.key == active:
                queryset = queryset.filter(preset.condition(Asked(user=request.user, today=today)))
        return keyset.ordered(queryset=queryset, sort=self._sort(request) or NEWEST)

    def neighbours(
        self, *, request: HttpRequest, queryset: QuerySet[Any], today: date, pk: Any
    ) -> tuple[Any, Any] | None:
        """The rows before and after one of ``queryset`` in the list the address asks for; None when it is not there."""
        sort = self._sort(request) or NEWEST
        place = queryset.filter(pk=pk).values_list(sort.path, flat=True).order_by()[:1]
        for value in place:
            # a wrong filter is passed over, as on the list one came from
            cleaned = Filters(spec=self, request=request).cleaned
            rows = self._narrowed(request, queryset, cleaned, today).order_by()
            return keyset.neighbours(queryset=rows, sort=sort, value=value, pk=pk)
        return None

    def shown_columns(self, request: HttpRequest) -> list[Column]:
        """The columns in the order asked for (``cols``); unknown ones are passed over, a saved view may be old."""
        first, *others = self.columns
        wanted = [key for text in request.GET.getlist("cols") for key in text.split(",")]
        if not wanted:
            return [first, *(column for column in others if column.shown)]
        known = {column.key: column for column in others}
        fixed = [column for column in others if not column.hideable and column.key not in wanted]
        return [first, *fixed, *(known[key] for key in dict.fromkeys(wanted) if key in known)]

    def _active_preset(self, request: HttpRequest) -> str:
        wanted = request.GET.get("preset", "")
        if not wanted or any(preset.key == wanted for preset in self.presets):
            return wanted
        if wanted in self.elsewhere:
            return ""
        raise BadRequest(_("这个列表没有这样的筛选。"))

    def _size(self, request: HttpRequest) -> int:
        wanted = whole_number(request.GET.get("size"))
        return wanted if wanted in SIZES else SIZES[0]

    def _sort(self, request: HttpRequest) -> keyset.Sort | None:
        asked = request.GET.get("sort", "")
        if asked and not self._sortable(asked):
            if asked.removeprefix("-") not in self.elsewhere:
                raise BadRequest(_("这个列表不能这样排序。"))
            asked = ""
        wanted = asked or self.default_sort
        column = self._sortable(wanted)
        if column is None:
            return self.default_order
        return keyset.Sort(key=column.key, path=column.sort, descending=wanted.startswith("-"))

    def _sortable(self, wanted: str) -> Column | None:
        return next((one for one in self.columns if one.sort and one.key == wanted.removeprefix("-")), None)

    def _page(
        self, request: HttpRequest, wanted: Wanted, sort: keyset.Sort, size: int, day_field: Any, *, typed: bool, common: bool
    ) -> keyset.Page:
        get = request.GET
        start: Any = get.get("letter", "")[:1].lower() if self.lettered(sort) else ""
        if day_field is not None and (day := a_day(get.get("at", ""))):
            start = day
            if isinstance(day_field, DateTimeField):
                first, following = day_bounds(day)
                start = following - timedelta(microseconds=1) if sort.descending else first
        if start == "" and not (get.get("after") or get.get("before") or common):
            opening = wanted.keep(f"opening {size}", lambda rows: keyset.Opening(
                queryset=rows.filter(wanted.condition), sort=sort, size=size, gathered=typed,
            ))  # fmt: skip
            return opening.page(wanted.given)
        return keyset.page(
            queryset=wanted.narrowed,
            sort=sort,
            size=size,
            after=get.get("after", ""),
            before=get.get("before", ""),
            start=start,
            common=common,
        )

    def lettered(self, sort: keyset.Sort) -> bool:
        """Whether the order can be entered at a letter."""
        if sort.descending:
            return False
        return any(column.key == sort.key and column.letters for column in self.columns)


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
        context={"page": page, "fragment": fragment, **(context or {})},
        partials=("list",),
    )
