"""Lists of a text somebody looks for: drawn once for all texts, and the same as if drawn for each."""

import re
from unittest.mock import patch
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.db.models.sql.compiler import SQLCompiler
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from keqing.access.models import Position
from keqing.access.tests.factories import make_cast, position_of
from keqing.kit import remembered
from keqing.kit.list_page import MARK, ListPage, Wish
from keqing.kit.templatetags.kit import TOKEN
from keqing.people import queries
from keqing.people.models import Organisation
from keqing.people.tables import OrganisationList
from keqing.people.tests.factories import make_organisation
from keqing.people.tests.test_pages import signed_in

pytestmark = pytest.mark.django_db
NASTY = (
    "医院", "人民 医院", "<b>医院</b>", "\"'><script>alert(1)</script>", "a&b=c+d%20#e", "%EE%80%80%EE%80%81", "%25EE%2580%2580",
    "{{ page }}", "  前后空格  ", "/../?x=1", "\ue000", "\ue0000\ue000", "医\ue0001\ue000院", "很长" * 100, "\\0 \u2028", "1", "0",
    "token0of0this0request",
)
_TOKEN = re.compile(r'(?<=")[A-Za-z0-9]{64}(?=")')


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
        patched.setattr(ListPage, "wish_for", lambda page, *names: Wish(""))
        patched.setattr(OrganisationList, "steady", False)
        alone = pages(client, path, **more)
    for text, page, other, plain in zip(NASTY, first, again, alone, strict=True):
        assert page.splitlines() == plain.splitlines(), text
        assert other.splitlines() == plain.splitlines(), text
    assert all(MARK not in page and TOKEN not in page for page in first)


@pytest.mark.proves("U25", "R-194")
@pytest.mark.parametrize("offered", [100, 1])  # owners to choose from, or a field to type one
def test_one_statement_for_all_texts_and_owners_finds_for_each_what_its_own_would_find(monkeypatch, offered: int):
    monkeypatch.setattr(queries, "OWNERS_OFFERED", offered)
    cast = make_cast()
    names = ("市人民医院", "人民 医院", "康宁_医院", "康宁%诊所", "曾都医院", "重庆 (一)", "a1b2c3", "单县中心医院", "12345")
    staff = (cast.rep, cast.sibling, cast.other_area_rep)
    for number, name in enumerate(names * 2):
        make_organisation(name=f"{name}{number}", owner=staff[number % 3], kind=("hospital", "pharmacy", "distributor")[number % 3])
    Position.objects.filter(pk=position_of(cast.rep).pk).update(name="天河 007 片")  # found by typing 0 and 007
    client, path = signed_in(cast.gm), reverse("people:organisations", args=["all"])
    owners = [position_of(one).pk for one in staff]
    texts = ("人民", "医院", "康宁_", "康宁%", "zeng", "zdyy", "rmyy", "chongqing", "a1b", "县中", "1234", "人民 医", "张wd", "yy", "医", "_", "%")
    wishes = [{"q": text} for text in texts]
    wishes += [{"owner": owner} for owner in (*owners, 10**9, 2_100_000_000, 2_100_000_001, "李", "岗位", "0", "007", f"0{owners[0]}", "０", "²")]
    wishes += [{"q": text, "owner": owner, "preset": preset} for text in texts[:4] for owner in owners for preset in ("", "quiet")]

    def found(wish) -> list[str]:
        answer = client.get(path, wish)
        assert answer.status_code == 200
        page = answer.context["page"]
        said = _TOKEN.sub("", answer.content.decode()).splitlines()
        return [*(row.name for row in page.rows), *(str(chip.count) for chip in page.chips), page.total_label, *said]

    kept = [[found(wish) for wish in wishes] for _ in range(2)]
    monkeypatch.setattr(OrganisationList, "steady", False)
    monkeypatch.setattr(ListPage, "wish", Wish(""))
    monkeypatch.setattr(ListPage, "wish_for", lambda page, *names: Wish(""))
    assert kept == [[found(wish) for wish in wishes]] * 2
    assert len({tuple(one) for one in kept[0]}) > 12


@pytest.mark.proves("R-194")
def test_a_text_of_the_same_shape_is_looked_for_by_the_statement_written_before():
    cast = make_cast()
    for name in ("市人民医院", "康宁诊所"):
        make_organisation(name=name, owner=cast.rep)
    client, path = signed_in(cast.rep), reverse("people:organisations", args=["all"])

    def written(text: str) -> tuple[int, list[str]]:
        with patch.object(SQLCompiler, "as_sql", autospec=True, side_effect=SQLCompiler.as_sql) as writing:
            rows = [row.name for row in client.get(path, {"q": text}).context["page"].rows]
        return sum(call.args[0].query.model is Organisation for call in writing.mock_calls), rows

    for text in ("市人", "诊所"):  # the statements around the list are written too
        written(text)
    assert written("人民") == (0, ["市人民医院"])
    assert written("康宁") == (0, ["康宁诊所"])


def test_the_rows_of_a_text_are_chosen_before_what_belongs_to_them_is_joined():
    cast = make_cast()
    make_organisation(name="市人民医院", owner=cast.rep)
    with CaptureQueriesContext(connection) as seen:
        assert len(signed_in(cast.rep).get(reverse("people:organisations", args=["all"]), {"q": "人民"}).context["page"].rows) == 1
    (rows,) = [one["sql"] for one in seen if 'JOIN "reference_division"' in one["sql"] and "search_terms" in one["sql"]]
    outer, _, inner = rows.partition('IN (SELECT')
    assert "search_terms" in inner and "LIMIT 51" in inner and "JOIN" not in inner and "search_terms" not in outer
