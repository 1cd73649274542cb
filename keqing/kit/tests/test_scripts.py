"""The behaviours of assets/js in a real browser, on kit pages served without a server."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django import forms
from django.conf import settings
from django.template.loader import get_template
from django.test import RequestFactory

from keqing.kit.forms import VersionedForm
from keqing.kit.middleware import POLICY

HOME = "http://keqing.test"
DIST: Path = settings.ROOT / "static" / "dist"
KINDS = {".css": "text/css", ".js": "text/javascript"}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (DIST / "app.js").exists(), reason="先运行 make assets"),
]


class Sample(VersionedForm):
    name = forms.CharField(label="名称")
    note = forms.CharField(label="备注", required=False, widget=forms.Textarea)


def _draw(template: str, **context: Any) -> str:
    request = RequestFactory().get("/")
    staff = SimpleNamespace(pk=7, name="陈立", role_title="地区经理")
    shell = SimpleNamespace(
        company_name="晨屿医药", sections=[], tabs=[], unread=0, create_links=[], search_url="/search/"
    )
    return get_template(template).render({"staff": staff, "shell": shell, **context}, request)


def _form_page(data: dict[str, str] | None = None) -> str:
    form = Sample(data) if data is not None else Sample(initial={"version": 1})
    return _draw("kit/form.html", form=form, heading="新建机构", draft="organisation", cancel_url="/")


@pytest.fixture
def serve(page: Any) -> Callable[..., Any]:
    """Open ``path`` where ``answers`` gives (status, html) per method and path; returns the requests made."""

    def open_page(path: str, answers: dict[str, tuple[int, str]]) -> list[str]:
        seen: list[str] = []

        def answer(route: Any, request: Any) -> None:
            where = request.url.removeprefix(HOME).split("?")[0]
            if where.startswith("/static/"):
                file = DIST / where.removeprefix("/static/")
                return route.fulfill(body=file.read_text(encoding="utf-8"), content_type=KINDS[file.suffix])
            seen.append(f"{request.method} {where}")
            status, html = answers.get(f"{request.method} {where}", (404, "没有"))
            route.fulfill(
                status=status,
                body=html,
                content_type="text/html; charset=utf-8",
                headers={"Content-Security-Policy": POLICY},
            )

        page.route(f"{HOME}/**", answer)
        page.goto(HOME + path)
        return seen

    return open_page


@pytest.mark.proves("U11", "U41")
def test_a_draft_is_kept_within_two_seconds_and_comes_back(page: Any, serve: Callable[..., Any]) -> None:
    serve("/new/", {"GET /new/": (200, _form_page())})
    page.fill("#id_name", "望川医院")
    page.get_by_text("本机草稿已存").wait_for(timeout=2000)
    warned: list[str] = []
    page.on("dialog", lambda dialog: (warned.append(dialog.type), dialog.accept()))
    page.reload()

    assert warned == ["beforeunload"]
    assert page.input_value("#id_name") == "望川医院"
    page.get_by_role("button", name="丢弃草稿").click()
    assert page.input_value("#id_name") == ""
    assert page.evaluate("localStorage.length") == 0


@pytest.mark.proves("U39", "U41")
def test_a_draft_outlives_a_refusal_and_goes_when_the_server_has_taken_it(page: Any, serve: Callable[..., Any]) -> None:
    answers = {
        "GET /new/": (200, _form_page()),
        "POST /new/": (422, _form_page({"name": "", "note": "有备注", "version": "1"})),
    }
    serve("/new/", answers)
    page.fill("#id_note", "有备注")
    page.get_by_role("button", name="保存").click()
    page.get_by_text("没有保存，请改正下面的内容：").wait_for()

    assert page.evaluate("document.activeElement.hasAttribute('data-error-summary')")
    assert page.evaluate("localStorage.length") == 1
    answers["POST /new/"] = (200, _draw("page.html"))
    page.fill("#id_name", "望川医院")
    page.get_by_role("button", name="保存").click()
    page.locator("#id_name").wait_for(state="detached")
    page.wait_for_load_state()
    assert page.evaluate("localStorage.length") == 0


@pytest.mark.proves("U39")
def test_a_draft_outlives_a_server_error(page: Any, serve: Callable[..., Any]) -> None:
    serve("/new/", {"GET /new/": (200, _form_page()), "POST /new/": (500, _draw("500.html"))})
    page.fill("#id_name", "望川医院")
    page.get_by_role("button", name="保存").click()
    page.get_by_text("系统出错了").wait_for()
    page.wait_for_load_state()  # its script says that the draft stays
    page.goto(f"{HOME}/new/")
    assert page.input_value("#id_name") == "望川医院"


@pytest.mark.proves("U40")
def test_a_form_goes_out_once_however_often_it_is_clicked(page: Any, serve: Callable[..., Any]) -> None:
    serve("/new/", {"GET /new/": (200, _form_page())})
    page.evaluate(
        "document.querySelector('form[data-draft]').addEventListener('submit', (e) => { window.sent = (window.sent ?? 0) + 1; e.preventDefault(); })"
    )
    clicks = "for (let i = 0; i < 3; i++) document.querySelector('.action-bar .btn-primary').click()"
    page.evaluate(clicks)  # the first asks whether the session still lives before it goes out
    page.wait_for_function("window.sent")
    page.evaluate(clicks)
    assert page.evaluate("window.sent") == 1
    assert page.get_attribute(".action-bar .btn-primary", "aria-disabled") == "true"


@pytest.mark.proves("U31")
def test_after_a_conflict_their_value_can_be_taken_over(page: Any, serve: Callable[..., Any]) -> None:
    form = Sample({"name": "甲", "version": "3"})
    form.is_valid()
    form.show_conflict(current={"name": "乙"}, version=4)
    serve("/edit/", {"GET /edit/": (200, _draw("kit/form.html", form=form, heading="编辑"))})
    page.get_by_role("button", name="采用现在的").click()
    assert page.input_value("#id_name") == "乙"


@pytest.mark.proves("U32")
def test_keys_open_help_and_search_and_single_letters_can_be_switched_off(page: Any, serve: Callable[..., Any]) -> None:
    serve("/", {"GET /": (200, _draw("page.html"))})
    page.keyboard.press("?")
    assert page.locator("#keys-help").is_visible()
    page.get_by_label("启用单键快捷键（J、K、/、?）").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert not page.locator("#keys-help").is_visible()
    page.keyboard.press("Control+k")
    assert page.evaluate("document.activeElement.dataset.paletteInput") == ""


def test_theme_density_and_navigation_are_remembered_for_the_server(page: Any, serve: Callable[..., Any]) -> None:
    serve("/", {"GET /": (200, _draw("page.html"))})
    page.get_by_label("我的菜单：陈立").click()
    page.get_by_role("button", name="深色").click()
    page.get_by_role("button", name="紧凑行距").click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="收起").click()
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    assert {name: cookies[name] for name in ("theme", "density", "nav")} == {
        "theme": "dark",
        "density": "compact",
        "nav": "narrow",
    }
    assert page.evaluate("document.documentElement.dataset.theme") == "keqing-dark"


ROWS = "".join(
    f'<tr data-row data-panel-url="/panel/{number}/"><td class="lead"><a href="/shop/{number}/">药店 {number}</a></td><td class="num">{number}</td></tr>'
    for number in range(1, 4)
)


def _list_page() -> str:
    return _draw("page.html").replace("</main>", f'<table class="list-table"><tbody>{ROWS}</tbody></table></main>')


@pytest.mark.proves("U32")
def test_a_row_opens_beside_the_list_and_keys_walk_on(page: Any, serve: Callable[..., Any]) -> None:
    answers = {"GET /": (200, _list_page())} | {
        f"GET /panel/{n}/": (200, f"<h2 tabindex='-1'>侧栏 {n}</h2>") for n in range(1, 4)
    }
    seen = serve("/", answers)
    page.locator("tr[data-row]").nth(0).locator("td.num").click()
    page.get_by_text("侧栏 1").wait_for()
    page.keyboard.press("j")
    page.get_by_text("侧栏 2").wait_for()
    page.keyboard.press("k")
    page.get_by_text("侧栏 1").wait_for()
    page.keyboard.press("Escape")
    assert page.locator("#panel > *").count() == 0
    assert "GET /shop/1/" not in seen


def test_on_a_phone_a_row_is_a_link(page: Any, serve: Callable[..., Any]) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    seen = serve("/", {"GET /": (200, _list_page()), "GET /shop/2/": (200, "<p>药店 2</p>")})
    page.locator("tr[data-row]").nth(1).locator("td.num").click()
    page.get_by_text("药店 2").wait_for()
    assert "GET /shop/2/" in seen
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.proves("U49")
def test_a_revealed_number_covers_itself_again(page: Any, serve: Callable[..., Any]) -> None:
    shown = '<span data-hide-after="0.3" data-hidden-text="186 **** 1402">18612341402</span></main>'
    serve("/", {"GET /": (200, _draw("page.html").replace("</main>", shown))})
    page.get_by_text("186 **** 1402").wait_for(timeout=3000)
    assert page.get_by_text("18612341402").count() == 0
