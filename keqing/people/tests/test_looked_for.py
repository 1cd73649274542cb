"""Lists of a text somebody looks for: drawn once for all texts, and the same as if drawn for each."""

import re
from urllib.parse import urlencode

import pytest
from django.urls import reverse

from keqing.access.tests.factories import make_cast
from keqing.kit import remembered
from keqing.kit.list_page import TYPED, ListPage, Wish
from keqing.people.tests.factories import make_organisation
from keqing.people.tests.test_pages import signed_in

pytestmark = pytest.mark.django_db
NASTY = (
    "医院", "人民 医院", "<b>医院</b>", "\"'><script>alert(1)</script>", "a&b=c+d%20#e", "%EE%80%80%EE%80%81", "%25EE%2580%2580",
    "{{ page }}", "  前后空格  ", "/../?x=1", TYPED, "医\ue001院", "x" * 200, "\\0 \u2028",
)
_TOKEN = re.compile(r'[A-Za-z0-9]{64}')


def pages(client, path: str, **more) -> list[str]:
    answers = [client.get(f"{path}?{urlencode({'q': text, **more})}") for text in NASTY]
    assert {answer.status_code for answer in answers} == {200}
    return [_TOKEN.sub("", answer.content.decode()) for answer in answers]


@pytest.mark.proves("T36", "U25")
@pytest.mark.parametrize(("view", "kind", "more"), [
    ("people:organisations", "all", {}),
    ("people:organisations", "all", {"preset": "mine", "sort": "name", "state": "first", "cols": "level,place"}),
    ("people:organisations", "hospital", {"grade": "B"}),
    ("people:contact_people", "", {}),
    ("people:contact_people", "", {"sort": "name"}),
])
def test_a_list_drawn_for_all_texts_says_of_each_what_it_would_say_alone(monkeypatch, view: str, kind: str, more: dict[str, str]):
    cast = make_cast()
    for name in ("市人民医院", "人民 医院", "康宁<b>医院</b>", "a&b=c+d%20#e"):
        make_organisation(name=name, owner=cast.rep)
    path = reverse(view, args=[kind] if kind else [])
    client = signed_in(cast.rep)
    first = pages(client, path, **more)
    remembered.forget_all()
    again = [*pages(client, path, **more)[::-1], *pages(client, path, **more)][len(NASTY):]
    with monkeypatch.context() as patched:
        patched.setattr(ListPage, "wish", Wish(""))
        alone = pages(client, path, **more)
    for text, page, other, plain in zip(NASTY, first, again, alone, strict=True):
        assert page.splitlines() == plain.splitlines(), text
        assert other.splitlines() == plain.splitlines(), text
    assert all(TYPED[0] not in page for page, text in zip(first, NASTY, strict=True) if TYPED[0] not in text and TYPED[1] not in text)
