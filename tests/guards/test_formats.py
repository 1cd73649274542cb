"""The forms that pages are held to (``test_pages``) are told apart from others."""

import pytest

from tests.guards.formats import complaints

pytestmark = pytest.mark.proves("U48")


@pytest.mark.parametrize(
    "text", ["2026/11/22", "2026年1月2日", "2026-11-22T10:00", "下午 3:20", "2026-01-01 至 2026-02-01", "¥1200", "￥12", "12345 张", "186****1402", "None"]
)
def test_the_forms_are_told_apart(text: str):
    assert complaints(f"<p>{text}</p>", may_call=True)


@pytest.mark.parametrize(
    "text", ["2026-11-22 10:00:01", "2026-01-01 ～ 2026-02-01", "¥77,200.00", "¥1.2 万", "12,345 张", "186 **** 1402", "--"]
)
def test_the_conventions_pass(text: str):
    assert not complaints(f"<td>{text}</td>", may_call=True)
