"""People: two hospitals, history, guarded roles, phones, the card on paper, departments."""

from datetime import date

import pytest
from django.urls import reverse

from keqing.access.tests.factories import make_cast
from keqing.audit.models import Entry
from keqing.people.actions.people import Post, add_affiliation
from keqing.people.choices import GUARDED_ROLES, HOSPITAL_ROLES
from keqing.people.models import Affiliation, Department, Person
from keqing.people.queries import departments_of, key_people, people_of
from keqing.people.tests.factories import NOW, make_organisation, make_person
from keqing.people.tests.test_pages import signed_in

pytestmark = pytest.mark.django_db


@pytest.mark.proves("R-002")
def test_a_doctor_of_two_hospitals_shows_both_one_is_primary_and_an_ended_one_stays_as_history():
    cast = make_cast()
    first, second = make_organisation(owner=cast.rep, name="甲医院"), make_organisation(owner=cast.rep, name="乙医院")
    doctor = make_person(at_organisation=first, owner=cast.rep)
    client, page = signed_in(cast.rep), reverse("people:person", args=[doctor.pk])
    sent = {"organisation": "乙医院", "role": "clinical_head", "department": "肿瘤科", "is_department_head": "on", "is_primary": "on", "from_on": "2026-01-05"}
    assert client.post(reverse("people:affiliation_new", args=[doctor.pk]), sent).status_code == 302
    current = list(client.get(page).context["current"])
    assert {a.organisation for a in current} == {first, second} and [a.organisation for a in current if a.is_primary] == [second]
    (new,) = [a for a in current if a.organisation == second]
    assert client.post(reverse("people:affiliation_end", args=[new.pk]), {"on": "2026-11-01"}).status_code == 302
    shown = client.get(page)
    assert [a.organisation for a in shown.context["former"]] == [second]
    assert [a.organisation for a in shown.context["current"] if a.is_primary] == [first]
    assert "2026-01-05 ～ 2026-11-01" in shown.content.decode()


@pytest.mark.proves("R-002")
def test_the_nine_hospital_roles_are_offered_and_those_near_prescriptions_carry_the_notice():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep, name="甲医院")
    client = signed_in(cast.rep)
    form = client.get(reverse("people:person_new"), {"organisation": hospital.pk}).content.decode()
    assert len(HOSPITAL_ROLES) == 9 and all(f'value="{role}"' in form for role in HOSPITAL_ROLES)
    for role in HOSPITAL_ROLES:
        person = make_person(at_organisation=hospital, owner=cast.rep, role=role, name=f"甲{role.label}")
        page = client.get(reverse("people:person", args=[person.pk])).content.decode()
        assert ("严禁统方" in page) == (role in GUARDED_ROLES)
    assert client.get(reverse("people:organisation_people", args=[hospital.pk])).content.decode().count("严禁统方") == len(GUARDED_ROLES)


@pytest.mark.proves("R-009")
def test_the_card_shows_professional_facts_and_nothing_private():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep, name="甲医院")
    doctor = make_person(
        at_organisation=hospital, owner=cast.rep, title="chief", specialty="实体瘤内科治疗", academic_posts="省学会委员", publications="论文三篇",
        topics="安全性", best_times=["2am"], mobile="13800001402", phone="020-81237788", email="zwd@example.com", remark="备注不印",
    )
    page = signed_in(cast.rep).get(reverse("people:person_card", args=[doctor.pk])).content.decode()
    for text in ("张卫东", "甲医院", "主任医师", "实体瘤内科治疗", "省学会委员", "论文三篇", "周二上午", "安全性"):
        assert text in page
    for text in ("1402", "7788", "zwd@example.com", "备注不印"):
        assert text not in page


@pytest.mark.proves("U49")
def test_phones_are_masked_in_lists_full_for_the_owner_and_shown_to_others_for_an_audited_reason():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep)
    doctor = make_person(at_organisation=hospital, owner=cast.rep, mobile="13800001402")
    page, reveal = reverse("people:person", args=[doctor.pk]), reverse("people:person_phone", args=[doctor.pk])
    for url in (reverse("people:people"), reverse("people:organisation_people", args=[hospital.pk]), reverse("desk:customer", args=[hospital.pk])):
        listed = signed_in(cast.rep).get(url).content.decode()
        assert "138 **** 1402" in listed and "13800001402" not in listed
    assert 'href="tel:13800001402"' in signed_in(cast.rep).get(page).content.decode()
    assert "13800001402" not in signed_in(cast.manager).get(page).content.decode()
    assert "13800001402" not in signed_in(cast.gm).get(page).content.decode()
    assert signed_in(cast.gm).post(reveal, {"reason": "核对名单"}).status_code == 403
    assert signed_in(cast.stranger).post(reveal, {"reason": "核对名单"}).status_code in (403, 404)
    assert signed_in(cast.manager).post(reveal, {"reason": "看"}).status_code == 422
    assert Entry.objects.filter(action="person.phone_revealed").count() == 0
    shown = signed_in(cast.manager).post(reveal, {"reason": "代为回访"}).content.decode()
    assert "13800001402" in shown and 'data-hide-after="30"' in shown
    entry = Entry.objects.get(action="person.phone_revealed")
    assert (entry.actor_id, entry.reason, entry.customer_id) == (cast.manager.pk, "代为回访", hospital.pk)
    # who may not read a phone does not overwrite it by saving the form either
    edit = reverse("people:person_edit", args=[doctor.pk])
    assert "13800001402" not in signed_in(cast.manager).get(edit).content.decode()
    signed_in(cast.manager).post(edit, {"name": "张卫东", "version": doctor.version, "specialty": "肿瘤"})
    doctor.refresh_from_db()
    assert (doctor.mobile, doctor.specialty) == ("13800001402", "肿瘤")


def test_a_person_is_entered_at_a_customer_with_a_department_made_on_the_way():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep, name="甲医院")
    client = signed_in(cast.rep)
    url = f"{reverse('people:person_new')}?organisation={hospital.pk}&role=pharmacy_head"
    assert "药剂科主任" in client.get(url).content.decode()
    sent = {
        "name": "刘主任", "version": 0, "organisation": "甲医院", "role": "pharmacy_head", "department": "药剂科",
        "is_department_head": "on", "mobile": "138 0000 1402",
    }
    assert client.post(url, sent).status_code == 302
    hospital.refresh_from_db()
    assert "role:pharmacy_head" not in hospital.missing
    (one,) = key_people(hospital.pk)
    assert (one.name, one.department, one.mobile, one.duty) == ("刘主任", "药剂科", "13800001402", "药剂科主任")
    assert departments_of(hospital.pk)[0].head == "刘主任" and len(people_of(hospital.pk)) == 1
    assert signed_in(cast.stranger).get(url).status_code == 404
    assert signed_in(cast.gm).get(url).status_code == 403
    bad = client.post(url, {**sent, "mobile": "123", "name": ""})
    assert bad.status_code == 422 and "应为 11 位" in bad.content.decode() and Person.objects.count() == 1


def test_a_person_may_wait_without_affiliation_but_a_named_hospital_needs_a_role():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep, name="甲医院")
    client, url = signed_in(cast.rep), reverse("people:person_new")
    assert client.post(url, {"name": "曾医生", "version": 0, "organisation": "甲医院", "role": ""}).status_code == 422
    assert client.post(url, {"name": "曾医生", "version": 0, "role": "doctor"}).status_code == 302
    loose = Person.objects.get()
    assert not loose.is_affiliated and loose.owner_position.holder == cast.rep
    sent = {"organisation": "甲医院", "role": "doctor"}
    assert client.post(reverse("people:affiliation_new", args=[loose.pk]), sent).status_code == 302
    assert client.post(reverse("people:affiliation_new", args=[loose.pk]), {**sent, "department": ""}).status_code == 422
    assert [one.name for one in people_of(hospital.pk)] == ["曾医生"]


def test_commerce_enters_people_only_at_partners_of_its_area():
    cast = make_cast()
    make_organisation(owner=cast.rep, name="甲医院")
    make_organisation(owner=cast.rep, name="示范医药", kind="distributor")
    client, url = signed_in(cast.commerce), reverse("people:person_new")
    sent = {"name": "彭经理", "version": 0, "role": "manager"}
    assert client.post(url, sent).status_code == 422
    assert client.post(url, {**sent, "organisation": "甲医院"}).status_code == 422
    assert client.post(url, {**sent, "organisation": "示范医药"}).status_code == 302
    assert Affiliation.objects.get().organisation.name == "示范医药"


def test_departments_are_added_renamed_and_closed_in_their_organisation():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep, name="甲医院")
    client = signed_in(cast.rep)
    client.post(reverse("people:department_new", args=[hospital.pk]), {"names": "肿瘤科、药剂科"})
    oncology = Department.objects.get(name="肿瘤科")
    url = reverse("people:department_edit", args=[oncology.pk])
    assert client.post(url, {"name": "药剂科", "version": 1}).status_code == 422
    assert client.post(url, {"name": "肿瘤内科", "version": 1, "beds": 60}).status_code == 302
    assert client.post(url, {"name": "肿瘤一科", "version": 1}).status_code == 409
    assert client.post(url, {"name": "肿瘤内科", "version": 2, "beds": 60, "closed_on": "2026-11-01"}).status_code == 302
    assert [row.department.name for row in departments_of(hospital.pk)] == ["药剂科"]
    listed = client.get(reverse("people:departments")).context["page"].rows
    assert [row.name for row in listed] == ["药剂科"]
    oncology.refresh_from_db()
    assert oncology.closed_on == date(2026, 11, 1)


def test_a_stale_save_of_a_person_comes_back_with_both_values():
    cast = make_cast()
    doctor = make_person(at_organisation=make_organisation(owner=cast.rep), owner=cast.rep, mobile="13800001402")
    url = reverse("people:person_edit", args=[doctor.pk])
    sent = {"name": "张卫东", "mobile": "13800001402", "version": 1, "specialty": "肿瘤"}
    assert signed_in(cast.rep).post(url, sent).status_code == 302
    response = signed_in(cast.rep).post(url, {**sent, "specialty": "血液"})
    assert response.status_code == 409
    assert [(c.label, c.mine, c.theirs) for c in response.context["form"].conflicts] == [("专业方向", "血液", "肿瘤")]


def test_who_ends_a_post_and_no_longer_looks_after_the_person_lands_on_the_customer():
    cast = make_cast()
    here, there = make_organisation(owner=cast.rep, name="甲医院"), make_organisation(owner=cast.stranger, name="乙医院")
    doctor = make_person(at_organisation=here, owner=cast.rep)
    add_affiliation(person=doctor, post=Post(there, "doctor"), is_primary=False, by=cast.gm, at=NOW)
    url = reverse("people:affiliation_end", args=[doctor.affiliations.get(organisation=here).pk])
    answer = signed_in(cast.rep).post(url, {"on": "2026-11-01"}, follow=True)
    assert answer.status_code == 200 and answer.redirect_chain[-1][0] == reverse("desk:customer", args=[here.pk])


def test_a_new_person_sent_twice_is_one_person():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep, name="甲医院")
    client, url = signed_in(cast.rep), f"{reverse('people:person_new')}?organisation={hospital.pk}"
    sent = {"form_key": "d2f1", "version": 0, "name": "王示例", "organisation": "甲医院", "role": "doctor"}
    answers = [client.post(url, sent).headers["Location"] for _ in range(3)]
    assert set(answers) == {reverse("people:person", args=[Person.objects.get().pk])}


def test_the_list_of_people_names_no_place_of_a_stranger():
    cast = make_cast()
    ours, theirs = make_organisation(owner=cast.rep, name="江湾医院"), make_organisation(owner=cast.stranger, name="远方秘密医院")
    doctor = make_person(at_organisation=theirs, name="甘一平")
    add_affiliation(person=doctor, post=Post(ours, "doctor"), is_primary=False, by=cast.rep, at=NOW)
    for address in (reverse("people:people"), f"{reverse('desk:search')}?q=甘一平"):
        page = signed_in(cast.rep).get(address).content.decode()
        assert "甘一平" in page and "江湾医院" in page
        assert "远方秘密" not in page
