from collections.abc import Iterator
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from django import forms
from django.core.exceptions import BadRequest
from django.db import connection, models
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext, isolate_apps

from keqing.kit import counts, keyset
from keqing.kit.forms import ChineseForm
from keqing.kit.lists import Column, ListPage, ListSpec, Preset, a_day, respond

TODAY = date(2026, 11, 21)

with isolate_apps("keqing.kit"):

    class Shop(models.Model):
        """A table only these tests have."""

        name = models.CharField(max_length=40)
        beds = models.IntegerField()
        due = models.DateField(null=True)

        class Meta:
            app_label = "kit"
            db_table = "kit_test_shop"
            indexes = (
                models.Index(fields=["beds", "id"], name="shop_beds"),
                models.Index(F("due").desc(nulls_last=True), F("id").desc(), name="shop_due"),
            )


class ShopFilters(ChineseForm, forms.Form):
    least = forms.IntegerField(label="床位不少于", required=False)
    named = forms.CharField(label="名称", required=False)
    q = forms.CharField(label="查找", required=False)
    large = forms.BooleanField(label="大型", required=False)
    until = forms.DateField(label="到期不晚于", required=False)


class Shops(ListSpec):
    title = "药店"
    filter_form = ShopFilters
    default_sort = "-due"
    columns = (
        Column(key="name", label="名称", sort="name", hideable=False, letters=True),
        Column(key="beds", label="床位", sort="beds", numeric=True, total="beds"),
        Column(key="due", label="到期", sort="due"),
        Column(key="note", label="备注", cell=lambda row, today: f"<{row.name}>"),
    )
    presets = (
        Preset(key="late", label="逾期", condition=lambda asked: Q(due__lt=asked.today)),
        Preset(key="never", label="无日期", condition=lambda asked: Q(due__isnull=True)),
        Preset(key="none", label="没有", condition=lambda asked: Q(pk__in=[])),
    )

    def filter(self, queryset: QuerySet[Any], cleaned: Any) -> QuerySet[Any]:
        if "least" in cleaned:
            queryset = queryset.filter(beds__gte=cleaned["least"])
        if "q" in cleaned:
            queryset = queryset.filter(name__contains=cleaned["q"])
        return queryset


@pytest.fixture
def shops(db: None) -> Iterator[QuerySet[Any]]:
    with connection.schema_editor() as editor:
        editor.create_model(Shop)
    Shop.objects.bulk_create(
        Shop(
            name=f"{'abc'[number % 3]}{number:03}",
            beds=number % 7,
            due=None if number % 5 == 0 else TODAY + timedelta(days=number % 9 - 4),
        )
        for number in range(130)
    )
    yield Shop.objects.all()
    with connection.schema_editor() as editor:
        editor.delete_model(Shop)


def _request(**parameters: Any) -> HttpRequest:
    request = RequestFactory().get(f"/shops/?{urlencode(parameters)}")
    request.user = SimpleNamespace(pk=1)  # type: ignore[assignment]
    return request


def _build(shops: QuerySet[Any], url: str = "") -> ListPage:
    request = _request()
    request.GET = QueryDict(url.removeprefix("?"))  # type: ignore[assignment]
    return Shops().build(request=request, queryset=shops, today=TODAY)


@pytest.mark.proves("U26")
@pytest.mark.parametrize("sort", ["due", "-due", "beds", "-beds", "name", "-name"])
def test_walking_forward_shows_every_row_once_in_order_with_empty_values_last(shops: QuerySet[Any], sort: str) -> None:
    seen: list[Any] = []
    page = _build(shops, f"?sort={sort}")
    seen += page.rows
    while page.next_url:
        page = _build(shops, page.next_url)
        seen += page.rows

    assert len(seen) == len({row.pk for row in seen}) == 130
    field = sort.removeprefix("-")
    values = [getattr(row, field) for row in seen]
    filled = [value for value in values if value is not None]
    assert values[: len(filled)] == sorted(filled, reverse=sort.startswith("-"))


@pytest.mark.proves("U26")
@pytest.mark.parametrize("sort", ["due", "-due", "-beds"])
def test_walking_back_shows_the_same_pages_again(shops: QuerySet[Any], sort: str) -> None:
    pages = [_build(shops, f"?sort={sort}")]
    while pages[-1].next_url:
        pages.append(_build(shops, pages[-1].next_url))
    back = _build(shops, pages[-1].prev_url)

    assert len(pages) == 3
    assert [row.pk for row in back.rows] == [row.pk for row in pages[1].rows]
    first = _build(shops, back.prev_url)
    assert [row.pk for row in first.rows] == [row.pk for row in pages[0].rows]
    assert first.prev_url == ""


def test_a_page_is_read_without_offset_and_in_few_queries(shops: QuerySet[Any]) -> None:
    second = _build(shops).next_url
    with CaptureQueriesContext(connection) as queries:
        _build(shops, second)

    assert len(queries) <= 4
    assert not any("OFFSET" in query["sql"] for query in queries)


@pytest.mark.parametrize("cursor", ["xx", "e30", "W10", "%", "WyJkdWUiLCAieCIsICJ5Il0"])
def test_a_broken_cursor_shows_the_first_page(shops: QuerySet[Any], cursor: str) -> None:
    first = _build(shops, "?sort=due")
    assert [row.pk for row in _build(shops, f"?{urlencode({'sort': 'due', 'after': cursor})}").rows] == [
        row.pk for row in first.rows
    ]


def test_a_cursor_of_another_order_is_ignored(shops: QuerySet[Any]) -> None:
    cursor = keyset.page(queryset=shops, sort=keyset.Sort(key="beds", path="beds", descending=False), size=10).after
    assert [row.pk for row in _build(shops, f"?sort=due&after={cursor}").rows] == [
        row.pk for row in _build(shops, "?sort=due").rows
    ]


def test_chips_count_what_a_click_on_them_shows(shops: QuerySet[Any]) -> None:
    page = _build(shops, "?least=3")
    for chip in page.chips:
        assert _build(shops, chip.url).count == chip.count
    assert [chip.label for chip in page.chips if chip.active] == ["全部"]
    assert [chip.count for chip in page.chips if chip.label == "没有"] == [0]


def test_counting_stops_at_the_cap_and_is_exact_on_request(
    shops: QuerySet[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counts, "CAP", 100)
    assert _build(shops).total_label == "100+"
    assert [total.value for total in _build(shops).totals] == [None]
    assert _build(shops, "?count=exact").total_label == "130"


def test_changing_the_sort_or_chip_keeps_the_filter_and_leaves_the_place(shops: QuerySet[Any]) -> None:
    page = _build(shops, "?least=2&sort=beds&after=abc&preset=late")
    assert page.heads[0].url == "?least=2&sort=name&preset=late"
    assert page.chips[0].url == "?least=2&sort=beds"
    assert page.kept == [("sort", "beds"), ("preset", "late")]


def test_the_head_in_use_says_its_direction_and_offers_the_other(shops: QuerySet[Any]) -> None:
    page = _build(shops, "?sort=-beds")
    assert [head.direction for head in page.heads] == ["", "descending", "", ""]
    assert page.heads[1].url == "?sort=beds"
    assert page.heads[3].url == ""


def test_a_wrong_filter_shows_its_error_and_the_others_still_work(shops: QuerySet[Any]) -> None:
    page = _build(shops, "?least=5&until=never")
    assert page.filters is not None and "until" in page.filters.errors
    assert page.count == shops.filter(beds__gte=5).count()


@pytest.mark.parametrize("query", ["until=never", "least=5&until=never", "least=x&sort=name"])
def test_all_rows_are_not_taken_by_a_filter_that_does_not_hold(shops: QuerySet[Any], query: str) -> None:
    request = _request()
    request.GET = QueryDict(query)  # type: ignore[assignment]
    with pytest.raises(BadRequest, match="筛选条件“(到期不晚于|床位不少于)”现在不能用"):
        Shops().chosen(request=request, queryset=shops, today=TODAY)
    assert Shops().neighbours(request=request, queryset=shops, today=TODAY, pk=shops[0].pk) is not None


def test_columns_can_be_switched_off_but_not_the_name(shops: QuerySet[Any]) -> None:
    page = _build(shops, "?cols=due")
    assert [head.column.key for head in page.heads] == ["name", "due"]
    assert [(column.key, on) for column, on in page.column_choices] == [
        ("name", True), ("due", True), ("beds", False), ("note", False),
    ]


@pytest.mark.parametrize(("asked", "rows"), [("", 50), ("20", 20), ("100", 100), ("7", 50), ("x", 50)])
def test_the_page_size_is_one_of_three(shops: QuerySet[Any], asked: str, rows: int) -> None:
    assert len(_build(shops, f"?size={asked}").rows) == rows


def test_a_letter_jumps_within_the_order_by_name(shops: QuerySet[Any]) -> None:
    page = _build(shops, "?sort=name&letter=B")
    assert page.rows[0].name.startswith("b")
    assert _build(shops, page.prev_url).rows[0].name.startswith("a")
    assert _build(shops, "?sort=-due").jump.letters == ()


def test_totals_add_up_the_whole_result_and_not_only_the_page(shops: QuerySet[Any]) -> None:
    assert [total.value for total in _build(shops, "?size=20").totals] == [sum(number % 7 for number in range(130))]


def test_htmx_gets_only_the_region(shops: QuerySet[Any]) -> None:
    request = RequestFactory().get("/shops/", headers={"HX-Request": "true", "HX-Target": "list"})
    request.user = SimpleNamespace(pk=1)  # type: ignore[assignment]
    page = Shops().build(request=request, queryset=shops.none(), today=TODAY)
    answer = respond(request=request, page=page)

    text = answer.content.decode()
    assert text.lstrip().startswith('<div id="list"')
    assert "<c-" not in text
    assert "HX-Target" in answer.headers["Vary"]


@pytest.mark.proves("T32")
def test_the_last_day_there_is_leads_nowhere(shops: QuerySet[Any]) -> None:
    first = _build(shops, "?sort=-due")
    assert [row.pk for row in _build(shops, "?sort=-due&at=9999-12-31").rows] == [row.pk for row in first.rows]
    assert a_day("9999-12-31") is None and a_day("9999-12-30") == date(9999, 12, 30)


@pytest.mark.proves("U26")
@pytest.mark.parametrize("sort", ["due", "-due", "beds", "-beds", "name"])
def test_a_text_that_very_many_rows_hold_pages_as_any_other(
    shops: QuerySet[Any], monkeypatch: pytest.MonkeyPatch, sort: str
) -> None:
    pages = [_build(shops, f"?sort={sort}&q=0")]
    while pages[-1].next_url:
        pages.append(_build(shops, pages[-1].next_url))
    monkeypatch.setattr(counts, "TYPED_CAP", 10)

    walked = [_build(shops, f"?sort={sort}&q=0")]
    while walked[-1].next_url:
        walked.append(_build(shops, walked[-1].next_url))
    back = _build(shops, walked[-1].prev_url)

    assert len(pages) == 3
    assert [[row.pk for row in page.rows] for page in walked] == [[row.pk for row in page.rows] for page in pages]
    assert [row.pk for row in back.rows] == [row.pk for row in pages[-2].rows]


def test_the_rows_of_such_a_text_are_met_along_the_index_of_the_order(
    shops: QuerySet[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counts, "TYPED_CAP", 10)
    with CaptureQueriesContext(connection) as queries:
        found = _build(shops, "?sort=-due&q=0")

    walk = next(one["sql"] for one in queries if f"LIMIT {keyset.WALK}" in one["sql"])
    with connection.cursor() as cursor:
        # a table of three pages is always read whole
        cursor.execute("set local enable_seqscan = off")
        cursor.execute(f"explain {walk}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "shop_due" in plan
    assert "Sort" not in plan
    assert len(found.rows) == 50


@pytest.mark.parametrize(("sort", "walked"), [("-due", True), ("due", False), ("beds", True), ("-beds", True), ("name", False)])
def test_only_an_index_that_holds_this_very_order_is_walked(
    shops: QuerySet[Any], monkeypatch: pytest.MonkeyPatch, sort: str, walked: bool
) -> None:
    """Read from its end an index puts empty values first: the whole table would be sorted on the way."""
    monkeypatch.setattr(counts, "TYPED_CAP", 10)
    with CaptureQueriesContext(connection) as queries:
        _build(shops, f"?sort={sort}&q=0")
    assert any(f"LIMIT {keyset.WALK}" in one["sql"] for one in queries) is walked


def test_beyond_the_cap_a_typed_text_leaves_the_chips_without_numbers_but_the_one_in_use(
    shops: QuerySet[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counts, "TYPED_CAP", 20)
    page, late = _build(shops, "?q=0"), _build(shops, "?q=0&preset=late")
    monkeypatch.undo()
    exact = _build(shops, "?q=0")

    assert [chip.count for chip in page.chips] == [20, None, None, None]
    assert page.total_label == counts.said(page.chips[0].count or 0) == "20+"
    assert [chip.count for chip in late.chips] == [20, min(exact.chips[1].count or 0, 20), None, None]
    assert late.count == late.chips[1].count


@pytest.mark.usefixtures("shops")
def test_what_was_beyond_the_cap_a_minute_ago_is_not_counted_again(monkeypatch):
    monkeypatch.setattr(counts, "CAP", 100)
    many, few = Shop.objects.all(), Shop.objects.filter(pk=Shop.objects.earliest("pk").pk)
    assert counts.capped_lately(querysets=[many, few]) == [101, 1]
    Shop.objects.exclude(pk=few.get().pk).delete()
    assert counts.capped_lately(querysets=[many, few]) == [101, 1]
    monkeypatch.setattr(counts, "BEYOND_SECONDS", 0)
    assert counts.capped_lately(querysets=[many, few]) == [1, 1]
