"""Values edited in the cells of a list, and the way from one record of a list to the next."""

import json
from urllib.parse import urlencode

import pytest
from django.urls import reverse

from keqing.access.tests.factories import make_cast
from keqing.audit.models import Entry
from keqing.people.actions.organisations import update_organisation
from keqing.people.models import Organisation
from keqing.people.tests.factories import NOW, make_organisation, make_person
from keqing.people.tests.test_pages import signed_in

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/customers/hospital/?sort=-beds"}


def cell(pk, column="beds"):
    return reverse("people:organisation_cell", args=[pk, column])


@pytest.mark.proves("U31")
def test_a_cell_is_saved_by_the_action_of_the_form_and_taken_back_by_its_notice():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep, name="江湾医院", beds=500)
    client = signed_in(cast.rep)
    editor = client.get(cell(hospital.pk), headers=HX).content.decode()
    assert 'value="500"' in editor and 'name="name"' not in editor
    answer = client.post(cell(hospital.pk), {"beds": "720", "version": hospital.version, "seen": "500"}, headers=HX)
    assert answer.status_code == 200 and ">720</td>" in answer.content.decode()
    stored = Organisation.objects.get(pk=hospital.pk)
    assert (stored.beds, stored.version) == (720, hospital.version + 1)
    assert Entry.objects.filter(action="organisation.edited", subject_id=hospital.pk).count() == 1
    undo = json.loads(answer["HX-Trigger"])["toast"]["undo"]
    back = client.post(undo)
    assert back.url == "/customers/hospital/?sort=-beds"
    assert Organisation.objects.get(pk=hospital.pk).beds == 500


@pytest.mark.parametrize("elsewhere", ["//evil.example/", "https://evil.example/", "/\\\\evil.example/", ""])
def test_undoing_never_leads_to_another_site_whether_it_succeeds_or_not(elsewhere):
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep, name="江湾医院", beds=500)
    client = signed_in(cast.rep)
    for beds in ("600", "很多"):
        version = Organisation.objects.get(pk=hospital.pk).version
        sent = urlencode({"beds": beds, "version": version, "next": elsewhere})
        assert client.post(f"{cell(hospital.pk)}?{sent}").url == "/"


@pytest.mark.proves("U31")
def test_a_cell_keeps_to_the_rules_of_the_form_and_to_what_may_be_edited():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep, name="江湾医院", beds=500, level="3a")
    client = signed_in(cast.rep)
    wrong = client.post(cell(hospital.pk), {"beds": "很多", "version": hospital.version}, headers=HX)
    assert wrong.status_code == 422 and "很多" in wrong.content.decode()
    assert client.post(cell(hospital.pk, "level"), {"level": "9z", "version": hospital.version}, headers=HX).status_code == 422
    for column in ("name", "owner_position", "filled", "nothing"):
        assert client.post(cell(hospital.pk, column), {column: "1", "version": hospital.version}, headers=HX).status_code == 404
    page = client.get(reverse("people:organisations", args=["hospital"])).content.decode()
    assert 'data-edit="beds"' in page
    # colleagues who may only look get no editor
    page = signed_in(cast.compliance).get(reverse("people:organisations", args=["hospital"])).content.decode()
    assert "江湾医院" in page and "data-edit" not in page


@pytest.mark.proves("U31")
def test_a_stale_cell_shows_mine_and_theirs_unless_the_others_changed_something_else():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep, name="江湾医院", beds=500, phone="")
    client = signed_in(cast.rep)
    old = hospital.version
    update_organisation(organisation=Organisation.objects.get(pk=hospital.pk), values={"phone": "020-12345678"}, by=cast.manager, at=NOW)
    fine = client.post(cell(hospital.pk), {"beds": "600", "version": old, "seen": "500"}, headers=HX)
    assert fine.status_code == 200
    assert Organisation.objects.get(pk=hospital.pk).phone == "020-12345678"
    refused = client.post(cell(hospital.pk), {"beds": "700", "version": old, "seen": "500"}, headers=HX)
    text = refused.content.decode()
    assert refused.status_code == 409 and "700" in text and "600" in text and 'value="mine"' in text
    assert Organisation.objects.get(pk=hospital.pk).beds == 600
    now = Organisation.objects.get(pk=hospital.pk).version
    assert f'name="version" value="{now}"' in text
    theirs = client.post(cell(hospital.pk), {"beds": "700", "version": now, "take": "theirs"}, headers=HX)
    assert ">600</td>" in theirs.content.decode()
    mine = client.post(cell(hospital.pk), {"beds": "700", "version": now, "take": "mine"}, headers=HX)
    assert ">700</td>" in mine.content.decode()


def test_a_figure_typed_in_a_cell_is_not_vouched_for_by_its_former_source():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep, beds=500, figure_sources={"beds": {"source": "visit", "note": "", "on": "2026-01-01", "by": "甲"}})
    signed_in(cast.rep).post(cell(hospital.pk), {"beds": "720", "version": hospital.version}, headers=HX)
    assert Organisation.objects.get(pk=hospital.pk).figure_sources["beds"]["source"] == ""


def test_a_person_is_edited_in_the_list_by_whom_it_is_allowed():
    cast = make_cast()
    doctor = make_person(at_organisation=make_organisation(owner=cast.rep), owner=cast.rep, name="王明")
    client, url = signed_in(cast.rep), reverse("people:person_cell", args=[doctor.pk, "title"])
    assert f'data-id="{doctor.pk}"' in client.get(reverse("people:people")).content.decode()
    assert client.post(url, {"title": "chief", "version": doctor.version}, headers=HX).status_code == 200
    doctor.refresh_from_db()
    assert doctor.title == "chief"
    assert signed_in(cast.stranger).post(url, {"title": "", "version": doctor.version}, headers=HX).status_code == 404


@pytest.mark.proves("U32")
def test_the_page_of_a_record_leads_to_its_neighbours_in_the_list_one_came_from():
    cast = make_cast()
    one, two, three = (make_organisation(owner=cast.rep, name=f"医院{beds}", beds=beds) for beds in (300, 200, 100))
    make_organisation(owner=cast.rep, name="示范诊所", kind="clinic")
    client = signed_in(cast.rep)
    place = "customers:hospital?sort=-beds"
    text = client.get(reverse("desk:neighbours"), {"at": two.pk, "from": place}).content.decode()
    for other in (one, three):
        assert f'{reverse("desk:customer", args=[other.pk])}?{urlencode({"from": place})}' in text
    assert "/customers/hospital/?sort=-beds" in text
    last = client.get(reverse("desk:neighbours"), {"at": three.pk, "from": place}).content.decode()
    assert 'data-neighbour="prev"' in last and 'data-neighbour="next"' not in last
    foreign = make_organisation(owner=cast.stranger, name="远医院")
    assert client.get(reverse("desk:neighbours"), {"at": foreign.pk, "from": place}).status_code == 404
    assert client.get(reverse("desk:neighbours"), {"at": two.pk, "from": "audit?"}).status_code == 403
    assert client.get(reverse("desk:neighbours"), {"at": two.pk, "from": "nothing?x"}).status_code == 404
    listed = client.get(reverse("people:organisations", args=["hospital"]), {"sort": "-beds"}).content.decode()
    assert urlencode({"from": place}) in listed
