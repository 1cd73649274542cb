"""The filters of a list: read when something is filtered, drawn once for all pages that show the same."""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

if TYPE_CHECKING:
    from keqing.kit.list_page import ListPage
    from keqing.kit.lists import ListSpec

# What belongs to the place in the list, not to the list: dropped whenever the list changes.
PLACE = {"after": "", "before": "", "letter": "", "at": "", "count": "", "sums": ""}
NO_FILTERS = {*PLACE, "preset", "sort", "cols", "size", "view"}
SHOWN = 3


class Filters:
    """What the address filters by. Without a wish no form is made: its choices cost a statement."""

    def __init__(self, *, spec: "ListSpec", request: HttpRequest) -> None:
        self.spec, self.request = spec, request
        self.asked = spec.filter_form is not None and bool(request.GET.keys() - NO_FILTERS)

    @cached_property
    def form(self) -> forms.Form | None:
        if self.spec.filter_form is None:
            return None
        form = self.spec.filter_form(self.request.GET, **self.spec.filter_arguments(self.request))
        form.is_valid()  # a wrong field shows its error; the others still filter
        return form

    @cached_property
    def cleaned(self) -> Mapping[str, Any]:
        if not self.asked or self.form is None:
            return {}
        return {name: value for name, value in self.form.cleaned_data.items() if value not in (None, "", [], ())}

    @property
    def names(self) -> set[str]:
        """The filters there are, as far as the address may carry one of them."""
        return set(self.form.fields) if self.asked and self.form is not None else set()

    def on(self, *, beyond: int = 0) -> int:
        """How many filters are filled in, of all or of those behind the first few."""
        if not self.asked or self.form is None:
            return 0
        return sum(1 for name in list(self.form.fields)[beyond:] if self.cleaned.get(name, False) is not False)

    def area(self, page: "ListPage") -> SafeString:
        """The form above the list."""
        if not self.spec.filters_remembered or not (wish := page.wish_for("q")):
            return self.drawn(page)
        reader: Any = self.request.user
        drawn: SafeString = reader.recall(("filters", str(wish)), lambda: wish.page.filtering.drawn(wish.page))
        return wish.put_in(drawn)

    def drawn(self, page: "ListPage") -> SafeString:
        """As ``area``, made anew."""
        return render_to_string("kit/_list_filters.html", {"page": page, "path": self.request.path, "form": self.form})
