"""联系人管理: people across customers with filters, phones by right, and the panel."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from keqing.access.tests.factories import make_cast
from keqing.followups.attendees import Attendee
from keqing.followups.tests.factories import make_contact
from keqing.people import queries
from keqing.people.actions.people import Post, add_affiliation, create_departments
from keqing.people.actions.trash import trash_organisation
from keqing.people.contact_people import ContactPeopleList
from keqing.people.models import Affiliation, Dimension, Organisation, OrganisationTag, Person, Tag
from keqing.people.tests.factories import NOW, make_organisation, make_person
from keqing.people.tests.test_pages import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.proves("R-287")]
MOBILE = "18612341402"


@pytest.fixture
def stage():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep, name="江湾示范医院")
    doctor = make_person(at_organisation=hospital, owner=cast.rep, name="曾卫东", mobile=MOBILE, title="chief")
    keeper = make_person(at_organisation=hospital, owner=cast.rep, name="库小管", kind="care_staff", role="pharmacy_staff")
    (department,) = create_departments(organisation=hospital, names=["肿瘤科"], by=cast.rep, at=NOW)
    Affiliation.objects.filter(person=doctor).update(department=department, is_department_head=True)
    make_person(owner=cast.rep, name="无单位")
    return cast, hospital, doctor, keeper


def page(staff, **query):
    response = signed_in(staff).get(reverse("people:contact_people"), query)
    assert response.status_code == 200
    return response.content.decode()


def test_the_list_shows_where_and_as_what_and_leaves_out_who_works_nowhere(stage):
    cast, *_ = stage
    text = page(cast.rep)
    for word in ("曾卫东", "江湾示范医院", "肿瘤科主任", "主任医师", "库小管", "严禁统方", "联系人管理"):
        assert word in text, word
    assert "无单位" not in text and "曾卫东" not in page(cast.stranger)


def test_a_phone_is_called_by_who_may_read_it_and_masked_for_others(stage):
    cast, *_ = stage
    assert f'href="tel:{MOBILE}"' in page(cast.rep)
    for reader in (cast.manager, cast.gm):
        text = page(reader)
        assert "186 **** 1402" in text and MOBILE not in text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "1402"}, ["曾卫东"]), ({"q": "zwd"}, ["曾卫东"]), ({"place": "jwsf"}, ["曾卫东", "库小管"]), ({"place": "别处"}, []),
        ({"department": "肿瘤"}, ["曾卫东"]), ({"role": "pharmacy_staff"}, ["库小管"]), ({"title": "chief"}, ["曾卫东"]),
        ({"met": "30"}, ["曾卫东"]), ({"met": "never"}, ["库小管"]), ({"met": "-30"}, ["库小管"]), ({"preset": "heads"}, ["曾卫东"]),
        ({"department": "肿瘤", "role": "pharmacy_staff"}, []), ({"sort": "-met"}, ["曾卫东", "库小管"]),
    ],
)  # fmt: skip
def test_the_filters_narrow(stage, query, found):
    cast, hospital, doctor, _ = stage
    make_contact(customer=hospital, by=cast.rep, participants=[Attendee(doctor.pk, doctor.name, "医生")])
    Person.objects.filter(pk=doctor.pk).update(last_contact_on=NOW.date() - timedelta(days=2))
    text = page(cast.rep, **query)
    assert [name for name in ("曾卫东", "库小管") if f">{name}</a>" in text] == found


def test_the_panel_tells_the_gist_within_rights(stage):
    cast, _, doctor, keeper = stage
    url = reverse("people:person_panel", args=[doctor.pk])
    mine = signed_in(cast.rep).get(url).content.decode()
    assert "江湾示范医院" in mine and f'href="tel:{MOBILE}"' in mine and "打电话" in mine
    theirs = signed_in(cast.manager).get(url).content.decode()
    assert MOBILE not in theirs and "查看完整电话" in theirs
    assert signed_in(cast.stranger).get(url).status_code == 404
    assert "严禁统方" in signed_in(cast.rep).get(reverse("people:person_panel", args=[keeper.pk])).content.decode()


@pytest.mark.parametrize("rows", [1, 50])
def test_the_list_costs_at_most_ten_statements(rows):
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep)
    for number in range(rows):
        make_person(at_organisation=hospital, owner=cast.rep, name=f"张{number}")
    client = signed_in(cast.rep)
    client.get(reverse("people:contact_people"))
    with CaptureQueriesContext(connection) as queries:
        client.get(reverse("people:contact_people"))
    assert len(queries) == 7, "\n".join(q["sql"][:150] for q in queries.captured_queries)


@pytest.fixture
def elsewhere(stage):
    """The doctor mainly works at a stranger's hospital, as its head of another department."""
    cast, _, doctor, _ = stage
    Affiliation.objects.filter(person=doctor).update(is_department_head=False)
    foreign = make_organisation(owner=cast.stranger, name="乙墅县人民医院", region_id="110100")
    tag = Tag.objects.create(dimension=Dimension.objects.create(name="重点"), name="今年重点")
    OrganisationTag.objects.create(organisation=foreign, tag=tag)
    (department,) = create_departments(organisation=foreign, names=["风湿科"], by=cast.stranger, at=NOW)
    post = Post(foreign, "president", department, is_department_head=True)
    add_affiliation(person=doctor, post=post, is_primary=True, by=cast.stranger, at=NOW)
    return foreign, tag


def test_a_post_at_a_strangers_hospital_is_told_neither_by_the_list_nor_the_file_nor_the_panel(stage, elsewhere):
    cast, _, doctor, _ = stage
    opened = ContactPeopleList(reader=cast.rep).beside([doctor.pk], {"place", "owner", "department", "role"})
    panel = signed_in(cast.rep).get(reverse("people:person_panel", args=[doctor.pk])).content.decode()
    for text in (page(cast.rep), str(opened), panel):
        assert "江湾示范医院" in text and "李雯" in text
        assert "乙墅" not in text and "风湿" not in text and cast.stranger.name not in text
    assert "乙墅县人民医院" in page(cast.stranger) and "江湾" not in page(cast.stranger)
    assert "乙墅县人民医院" in page(cast.gm)


def test_a_hospital_in_the_trash_is_nobodys_place_of_work(stage, elsewhere):
    cast, *_ = stage
    foreign, _ = elsewhere
    trash_organisation(organisation=Organisation.objects.get(pk=foreign.pk), by=cast.stranger, at=NOW)
    assert "乙墅" not in page(cast.gm) and "江湾示范医院" in page(cast.gm)
    assert ">曾卫东</a>" not in page(cast.gm, place="乙墅")


@pytest.mark.parametrize("asked", ["place", "role", "department", "city", "province", "owner", "tag", "preset"])
def test_no_filter_answers_for_posts_at_a_strangers_hospital(stage, elsewhere, asked, monkeypatch):
    cast, *_ = stage
    _, tag = elsewhere
    monkeypatch.setattr(queries, "OWNERS_OFFERED", 0)
    query = {
        "place": {"place": "乙墅"}, "role": {"role": "president"}, "department": {"department": "风湿"},
        "city": {"province": "110000", "city": "110100"}, "province": {"province": "110000"},
        "owner": {"owner": cast.stranger.name}, "tag": {f"dim{tag.dimension_id}": tag.pk}, "preset": {"preset": "heads"},
    }[asked]  # fmt: skip
    for reader, is_told in ((cast.rep, False), (cast.gm, True)):
        assert (">曾卫东</a>" in page(reader, **query)) is is_told
