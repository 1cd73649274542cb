"""Every page of the department: works for who may, 404 for strangers, 403 for readers, nothing changed by a refusal."""

import pytest
from django.test import Client
from django.urls import reverse

from keqing.access.tests.factories import make_cast
from keqing.people.actions.people import create_departments
from keqing.people.models import Affiliation, Department, Organisation, Person, Tag
from keqing.people.tests.factories import NOW, make_organisation, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage():
    """The cast, a hospital of the representative with a department and a doctor, somebody without affiliation."""
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep, name="江湾示范医院", level="3a", beds=800, code="JW001", phone="020-81230000")
    department = create_departments(organisation=hospital, names=["肿瘤科"], by=cast.rep, at=NOW)[0]
    doctor = make_person(at_organisation=hospital, owner=cast.rep, name="张卫东", mobile="13800001402", title="chief")
    loose = make_person(owner=cast.rep, name="曾无任", mobile="13900002222")
    return cast, hospital, department, doctor, loose


def signed_in(staff):
    client = Client()
    client.force_login(staff)
    return client


def objects_of(stage):
    _cast, hospital, department, doctor, loose = stage
    affiliation = Affiliation.objects.get(person=doctor)
    return {
        "people:organisation_edit": hospital.pk, "people:organisation_panel": hospital.pk,
        "people:organisation_trash": hospital.pk, "people:organisation_print": hospital.pk,
        "people:organisation_people": hospital.pk, "people:organisation_departments": hospital.pk,
        "people:organisation_changes": hospital.pk, "people:department_edit": department.pk,
        "people:person": doctor.pk, "people:person_edit": doctor.pk, "people:person_card": doctor.pk,
        "people:affiliation_new": doctor.pk, "people:affiliation_end": affiliation.pk,
        "desk:customer": hospital.pk, "desk:person_contacts": doctor.pk, "desk:person_changes": loose.pk,
    }


def test_every_page_of_one_record_opens_for_its_owner_and_is_unknown_to_strangers(stage):
    cast = stage[0]
    mine, other = signed_in(cast.rep), signed_in(cast.stranger)
    for name, pk in objects_of(stage).items():
        url = reverse(name, args=[pk])
        assert mine.get(url).status_code == 200, name
        assert other.get(url).status_code == 404, name


def test_writing_pages_refuse_a_reader_and_change_nothing(stage):
    cast, hospital, department, doctor, _loose = stage
    before = (Organisation.objects.count(), Person.objects.count(), list(Affiliation.objects.values()), list(Department.objects.values()))
    reader = signed_in(cast.gm)
    affiliation = Affiliation.objects.get(person=doctor)
    for name, pk in {
        "people:organisation_edit": hospital.pk, "people:organisation_trash": hospital.pk, "people:department_edit": department.pk,
        "people:department_new": hospital.pk, "people:person_edit": doctor.pk, "people:affiliation_new": doctor.pk,
        "people:affiliation_end": affiliation.pk, "people:affiliation_primary": affiliation.pk, "people:person_phone": doctor.pk,
        "people:organisation_restore": hospital.pk,
    }.items():
        assert reader.post(reverse(name, args=[pk]), {"name": "改名", "names": "新科", "version": 1}).status_code == 403, name
    assert reader.post(reverse("batches:new", args=["assign"]), {"list": "customers:all", "selected": hospital.pk}).status_code == 403
    after = (Organisation.objects.count(), Person.objects.count(), list(Affiliation.objects.values()), list(Department.objects.values()))
    assert before == after


@pytest.mark.parametrize("kind", ["all", "hospital", "clinic", "pharmacy", "chain", "distributor", "agent"])
def test_each_kind_has_its_own_list(stage, kind):
    cast = stage[0]
    client = signed_in(cast.manager)
    response = client.get(reverse("people:organisations", args=[kind]))
    assert response.status_code == 200
    assert ("江湾示范医院" in response.content.decode()) == (kind in ("all", "hospital"))
    assert "<c-" not in response.content.decode()


def test_pages_without_an_object_open(stage):
    cast = stage[0]
    for name in ("people:people", "people:departments", "people:quality", "people:trash", "people:person_new", "desk:search"):
        response = signed_in(cast.rep).get(reverse(name))
        assert response.status_code == 200, name
        assert "<c-" not in response.content.decode()
    assert signed_in(cast.system).get(reverse("people:tags")).status_code == 200
    assert signed_in(cast.rep).get(reverse("people:tags")).status_code == 403
    assert signed_in(cast.rep).get(reverse("people:organisation_new", args=["hospital"])).status_code == 200
    assert Tag.objects.count() == 0
