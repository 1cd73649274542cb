"""A masked phone stays hidden: neither searching nor asking for duplicates tells more than its last four digits."""

import pytest
from django.urls import reverse

from keqing.access.tests.factories import make_cast
from keqing.audit.models import Entry
from keqing.desk.queries.search import search
from keqing.people.models import Person
from keqing.people.queries import matching_people
from keqing.people.tests.factories import NOW, make_organisation, make_person
from keqing.people.tests.test_pages import signed_in

pytestmark = pytest.mark.django_db
MOBILE = "18612341402"


@pytest.fixture
def stage():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep)
    return cast, make_person(at_organisation=hospital, owner=cast.rep, mobile=MOBILE)


def found(staff, text):
    return set(Person.objects.visible_to(staff).filter(matching_people(text=text, staff=staff)))


@pytest.mark.proves("U49")
def test_who_sees_the_mask_finds_by_its_four_digits_and_by_no_more(stage):
    cast, doctor = stage
    for reader in (cast.gm, cast.manager):
        assert found(reader, "1402") == {doctor} == found(reader, "张卫东 1402")
        for text in ("41402", "341402", "2341402", MOBILE, "0086 186 1234 1402", "张卫东 41402"):
            assert found(reader, text) == set(), text
        assert [len(search(text=text, staff=reader, today=NOW.date())) for text in ("1402", "41402")] == [1, 0]
        listed = [signed_in(reader).get(reverse("people:people"), {"q": q}).content.decode() for q in ("1402", "41402")]
        assert ["张卫东" in page for page in listed] == [True, False]
    assert all(found(cast.rep, text) == {doctor} for text in ("1402", "41402", MOBILE, "张卫东 41402"))


@pytest.mark.proves("U49")
def test_a_number_whose_mask_shows_fewer_than_four_digits_is_not_found_by_them(stage):
    cast, doctor = stage
    hospital = doctor.affiliations.get().organisation
    short = make_person(at_organisation=hospital, owner=cast.rep, name="甲", phone="65432109")
    area = make_person(at_organisation=hospital, owner=cast.rep, name="乙", phone="0571-87783883转802")
    both = make_person(at_organisation=hospital, owner=cast.rep, name="丙", mobile="13900005555", phone="020-81237788")
    assert found(cast.rep, "2109") == {short} and found(cast.gm, "2109") == set()
    assert found(cast.gm, "3883") == {area} and found(cast.gm, "3802") == set()
    assert found(cast.gm, "5555") == {both} and found(cast.gm, "7788") == set()


@pytest.mark.proves("U49")
def test_asking_whether_a_hidden_mobile_is_somebodys_is_on_record_and_the_owners_asking_is_not(stage):
    cast, doctor = stage
    asked = {"noun": "person", "mobile": MOBILE, "name": "张"}
    assert "手机号相同" in signed_in(cast.rep).post(reverse("people:duplicates"), asked).content.decode()
    assert not Entry.objects.filter(action="duplicate.checked").exists()
    assert "手机号相同" in signed_in(cast.manager).post(reverse("people:duplicates"), {**asked, "name": ""}).content.decode()
    entry = Entry.objects.get(action="duplicate.checked")
    assert (entry.subject_label, entry.subject_id) == ("people.person", doctor.pk)
    assert MOBILE not in entry.reason and "186 **** 1402" in entry.reason
