"""Filtering customers by owner in a company with more positions than a list of choices can hold."""

import pytest
from django.urls import reverse

from keqing.access.tests.factories import Cast, make_cast, position_of
from keqing.people import queries
from keqing.people.models import Organisation
from keqing.people.tests.factories import make_organisation, make_person
from keqing.people.tests.test_pages import signed_in

pytestmark = pytest.mark.django_db
URL = "/customers/all/"


@pytest.fixture
def cast() -> Cast:
    cast = make_cast()
    for staff, name in ((cast.rep, "李雯的医院"), (cast.sibling, "罗佳的医院")):
        make_organisation(name=name, owner=staff)
    return cast


@pytest.fixture
def crowded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "OWNERS_OFFERED", 1)


def _listed(cast: Cast, query: str) -> set[str]:
    return {row.name for row in signed_in(cast.manager).get(URL + query).context["page"].rows}


def test_few_owners_are_offered_by_name(cast: Cast):
    page = signed_in(cast.manager).get(URL).content.decode()
    assert "李雯（" in page and "罗佳（" in page


@pytest.mark.proves("R-172")
@pytest.mark.parametrize("typed", ["李雯", "李", "lw", "LW", "广州地区李雯岗"])
def test_with_many_owners_one_types_a_name_its_initials_or_the_position(typed: str, cast: Cast, crowded: None):
    page = signed_in(cast.manager).get(URL).content.decode()
    assert "罗佳（" not in page and 'name="owner"' in page
    assert _listed(cast, f"?owner={typed}") == {"李雯的医院"}
    assert _listed(cast, "?owner=无此人") == set()


def test_an_owner_named_by_an_address_stays_chosen(cast: Cast, crowded: None):
    position = position_of(cast.rep).pk
    assert _listed(cast, f"?owner={position}") == {"李雯的医院"}
    page = signed_in(cast.manager).get(f"{URL}?owner={position}").content.decode()
    assert f'<option value="{position}" selected>李雯（' in page


@pytest.mark.parametrize("wrong", ["0", "99999999999999999999", "²", "-1"])
def test_an_owner_out_of_the_air_breaks_nothing(wrong: str, cast: Cast, crowded: None):
    assert signed_in(cast.manager).get(URL, {"owner": wrong}).status_code == 200


@pytest.mark.parametrize("typed", ["李雯", "lw", "广州地区李雯岗"])
def test_with_many_owners_contacts_are_found_by_a_typed_owner_too(typed: str, cast: Cast, crowded: None):
    for hospital in Organisation.objects.all():
        make_person(at_organisation=hospital, owner=cast.rep, name=f"{hospital.name[:2]}的医生")
    client = signed_in(cast.manager)
    page = client.get(reverse("people:contact_people")).content.decode()
    assert "李雯的医生" in page and "罗佳的医生" in page
    for owner in (typed, position_of(cast.rep).pk):
        rows = client.get(reverse("people:contact_people"), {"owner": owner}).context["page"].rows
        assert {row.name for row in rows} == {"李雯的医生"}
