import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template import RequestContext, engines
from django.template.loader import get_template, render_to_string
from django.test import RequestFactory
from django.utils import timezone
from django_cotton.compiler_regex import CottonCompiler

from keqing.kit import icons
from keqing.kit.middleware import ContentSecurityPolicy
from keqing.kit.pages import render
from keqing.kit.templatetags import kit

TEMPLATES = Path(kit.__file__).parent.parent / "templates"
COMPONENTS = sorted((TEMPLATES / "cotton").glob("*.html"))


def _draw(source: str, **context: object) -> str:
    return engines["django"].from_string(CottonCompiler().process(source)).render({**context}, RequestFactory().get("/"))


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda path: path.stem)
def test_every_component_says_what_it_takes(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("{# ")


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.stem)
def test_no_template_carries_a_style_or_script_of_its_own(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle=|\son\w+=\"|<style|hx-on|javascript:", text)
    assert not re.search(r"<script(?! type=\"module\" src=)", text)


def test_every_icon_that_a_template_names_is_listed() -> None:
    listed = set((settings.ROOT / "assets" / "icons.txt").read_text(encoding="utf-8").split())
    naming = re.compile(r'{% icon "([a-z0-9-]+)"|<c-[^>]*? icon="([a-z0-9-]+)"')
    for path in (settings.ROOT / "keqing").rglob("*.html"):
        named = {first or second for first, second in naming.findall(path.read_text(encoding="utf-8"))}
        assert named <= listed, f"{path.name}: {named - listed}"


def test_an_unlisted_icon_is_noticed_while_testing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(icons, "_drawings", lambda: {"sun": "<path/>"})
    assert "<path/>" in icons.svg(name="sun")
    with pytest.raises(icons.UnknownIcon):
        icons.svg(name="moon")


def test_without_a_build_an_icon_is_an_empty_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(icons, "_drawings", dict)
    assert icons.svg(name="sun", size="lg").endswith("></svg>")


def test_components_are_drawn_and_not_printed_raw() -> None:
    html = _draw(
        '<c-section title="档案"><dl class="facts"><c-fact label="床位" value="" /></dl></c-section>'
        '<c-button tone="primary" href="/x" icon="plus">新建</c-button><c-status state="waiting" label="待审批" />'
        "<c-tabs :items=\"[('概览', '/a', None, True), ('人员', '/b', 34, False)]\" />"
    )
    assert "<c-" not in html
    assert "--" in html
    assert '<a href="/x"' in html
    assert "badge-warning" in html
    assert html.count('aria-current="page"') == 1


def test_text_from_a_record_is_escaped_in_components() -> None:
    html = _draw('<c-fact label="名称" :value="name" /><c-badge>{{ name }}</c-badge>', name="<b>甲</b>")
    assert "<b>" not in html


@pytest.mark.proves("U56")
def test_an_irreversible_step_asks_for_the_typed_name() -> None:
    html = _draw('<c-confirm action="/x" text="删除江湾示范医院" label="删除" type="江湾示范医院" />')
    assert 'data-type-to-confirm="江湾示范医院"' in html
    assert "请输入“江湾示范医院”以确认" in html


@pytest.mark.proves("U48")
def test_figures_follow_the_conventions() -> None:
    noon = datetime(2026, 8, 1, 4, 5, tzinfo=UTC)
    assert kit.money("1123") == "¥1,123.00"
    assert kit.day(noon) == "2026-08-01"
    assert kit.moment(noon) == "2026-08-01 12:05"
    assert kit.phone_mask("18612341402") == "186 **** 1402"
    assert kit.percent(78) == "78%"
    assert kit.number(12345) == "12,345"
    assert [kit.dash(value) for value in (None, "", 0)] == ["--", "--", 0]
    assert {
        one(None) for one in (kit.money, kit.day, kit.moment, kit.ago, kit.phone_mask, kit.percent, kit.number)
    } == {"--"}
    assert [kit.count_capped(value) for value in (None, 6214, 10_001)] == ["--", "6,214", "10,000+"]


def test_a_due_day_says_in_words_what_its_colour_says() -> None:
    today = timezone.localdate()
    days = (today + timedelta(days=5), today, today - timedelta(days=4))
    assert [kit.due_class(day) for day in days] == ["due-future", "due-today", "due-over"]
    assert [kit.due_text(day) for day in days[1:]] == ["今日", "逾期 4 天"]
    assert kit.due_text(None) == "--"


@pytest.mark.proves("U26")
def test_an_address_changes_one_parameter_and_keeps_the_others() -> None:
    request = RequestFactory().get("/?a=1&b=2&b=3")
    template = engines["django"].from_string('{% query a="" sort="-name" %}')
    assert template.render({}, request) == "?b=2&amp;b=3&amp;sort=-name"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("cookie", "drawn"), [("dark", 'data-theme="keqing-dark"'), ("light", 'data-theme="keqing"'), ('"><script>', "")]
)
def test_the_theme_comes_from_the_cookie_and_from_nowhere_else(cookie: str, drawn: str) -> None:
    request = RequestFactory().get("/")
    request.COOKIES["theme"] = cookie
    html = get_template("plain.html").render({}, request)
    assert drawn in html
    assert ("data-theme=" in html) == bool(drawn)


@pytest.mark.proves("U55")
@pytest.mark.parametrize("name", ["400.html", "403.html", "404.html", "403_csrf.html", "500.html"])
def test_error_pages_say_what_happened_in_chinese_with_a_number(name: str) -> None:
    html = render_to_string(name, {"error_number": "E-7731"})
    assert 'lang="zh-CN"' in html
    assert "E-7731" in html
    assert "<c-" not in html


@pytest.mark.django_db
def test_the_answer_is_whole_or_the_region_that_was_asked_for() -> None:
    def ask(**headers: str) -> HttpResponse:
        request = RequestFactory().get("/", headers=headers)
        request.staff = None  # type: ignore[attr-defined]
        return render(request=request, template="plain.html", partials=("list",))

    assert b"<html" in ask(**{"HX-Request": "true", "HX-Target": "other"}).content
    assert "HX-Request" in ask().headers["Vary"]


def test_every_answer_forbids_inline_scripts() -> None:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse("甲")

    policy = ContentSecurityPolicy(view)(RequestFactory().get("/")).headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_the_frame_carries_navigation_search_and_the_key_for_posts() -> None:
    item = SimpleNamespace(key="people", label="客户", icon="building-hospital", url="/people/", badge=3, active=True)
    shell = SimpleNamespace(
        company_name="晨屿医药",
        sections=[item],
        tabs=[item],
        unread=0,
        create_links=[("联系记录", "/new/")],
        search_url="/search/",
    )
    staff = SimpleNamespace(pk=7, name="陈立", role_title="地区经理")
    html = get_template("page.html").template.render(_context(shell=shell, staff=staff))
    assert html.count('aria-current="page"') == 3
    assert 'action="/search/"' in html
    assert 'href="/new/"' in html
    assert 'hx-headers=\'{"X-CSRFToken"' in html
    assert "<c-" not in html


def _context(**values: object) -> RequestContext:
    context = RequestContext(RequestFactory().get("/"))
    context.update({**values, "csrf_token": "k"})
    return context
