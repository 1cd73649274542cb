"""The customer page and the search: what they show, to whom, at what cost."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from keqing.access.tests.factories import make_cast
from keqing.desk.queries.search import search
from keqing.kit.formats import business_date
from keqing.people.actions.organisations import update_organisation
from keqing.people.tests.factories import NOW, make_organisation, make_person
from keqing.people.tests.test_pages import signed_in
from keqing.timeline.actions import add_entry
from keqing.timeline.models import Entry

pytestmark = pytest.mark.django_db


def page_of(staff, customer, **query):
    response = signed_in(staff).get(reverse("desk:customer", args=[customer.pk]), query)
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.proves("R-013")
def test_the_page_names_what_is_missing_and_the_last_five_changes():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep, name="江湾医院", level="3a")
    for beds in (100, 200, 300, 400, 500, 600):
        hospital = update_organisation(organisation=hospital, values={"beds": beds}, by=cast.rep, at=NOW + timedelta(minutes=beds))
    page = page_of(cast.rep, hospital)
    for label in ("还缺", "日门诊量", "药剂科主任"):
        assert label in page
    assert "床位 500 → 600" in page and "床位 100 → 200" in page and "（空） → 100" not in page


@pytest.mark.proves("R-010")
def test_a_distributor_shows_its_licence_in_colour_and_says_that_credit_is_not_there_yet():
    cast = make_cast()
    today = business_date(timezone.now())
    for days, css, words in ((-3, "due-over", "已过期 3 天"), (30, "text-waiting", "还有 30 天到期"), (400, "", "有效")):
        company = make_organisation(
            owner=cast.rep, name=f"示范医药{days}", kind="distributor", license_no="粤AA020000001",
            license_expires_on=today + timedelta(days=days), coverage="广州全市",
        )
        page = page_of(cast.rep, company)
        assert words in page and (css in page) and "尚未启用" in page and "广州全市" in page


@pytest.mark.proves("R-192")
def test_the_page_shows_the_blocks_that_exist_with_their_counts():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep)
    make_person(at_organisation=hospital, owner=cast.rep)
    add_entry(customer_id=hospital.pk, at=NOW, kind=Entry.Kind.CONTACT, title="拜访 · 张主任", text="谈了供货。", icon="route")
    page = page_of(cast.rep, hospital)
    for block in ("往来", "联系记录", "最近报价", "人员", "变更记录"):
        assert block in page
    assert "谈了供货。" in page


@pytest.mark.proves("R-193")
def test_everybody_reads_one_record_as_far_as_their_role_goes():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep, name="江湾医院", address="示范路八号")
    for who in (cast.rep, cast.manager, cast.region_manager, cast.gm, cast.compliance):
        assert "示范路八号" in page_of(who, hospital)
    assert "示范路八号" not in page_of(cast.finance, hospital)
    for who in (cast.stranger, cast.system):
        assert signed_in(who).get(reverse("desk:customer", args=[hospital.pk])).status_code in (403, 404)


def test_it_says_why_the_reader_can_see_the_customer():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep)
    assert "负责这家客户" in page_of(cast.rep, hospital)
    assert "负责“广州地区”" in page_of(cast.manager, hospital)
    assert "可查看全公司的客户" in page_of(cast.gm, hospital)


@pytest.mark.parametrize("count", [1, 50])
def test_the_page_costs_at_most_twelve_statements(count):
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep, level="3a")
    for number in range(count):
        make_person(at_organisation=hospital, owner=cast.rep, name=f"王{number}")
        add_entry(customer_id=hospital.pk, at=NOW, kind=Entry.Kind.CONTACT, title="拜访", text="谈了供货。", icon="route",
                  subject_label="followups.contactrecord", subject_id=number + 1)
    client, url = signed_in(cast.rep), reverse("desk:customer", args=[hospital.pk])
    client.get(url)  # rights and positions are remembered after the first page
    with CaptureQueriesContext(connection) as seen:
        assert client.get(url).status_code == 200
    assert len(seen) == 11


def test_somebody_without_affiliation_is_a_customer_and_others_lead_to_their_own_page():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep)
    loose, doctor = make_person(owner=cast.rep, name="曾无任"), make_person(at_organisation=hospital, owner=cast.rep)
    client = signed_in(cast.rep)
    assert "无任职" in page_of(cast.rep, loose)
    assert client.get(reverse("people:person", args=[loose.pk])).url == reverse("desk:customer", args=[loose.pk])
    assert client.get(reverse("desk:customer", args=[doctor.pk])).url == reverse("people:person", args=[doctor.pk])
    assert signed_in(cast.stranger).get(reverse("desk:customer", args=[loose.pk])).status_code == 404


def hits(staff, text):
    return [hit.name for group in search(text=text, staff=staff, today=NOW.date()) for hit in group.hits]


def test_search_finds_by_any_part_pinyin_initials_code_and_phone_tail_within_rights():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep, name="江湾人民医院", code="JW-009", phone="020-81237788")
    make_person(at_organisation=hospital, owner=cast.rep, name="张卫东", mobile="13800001402")
    for text in ("人民医院", "rmyy", "jiangwan", "湾人", "JW-009", "7788"):
        assert "江湾人民医院" in hits(cast.rep, text), text
    for text in ("张卫东", "zwd", "1402", "卫东"):
        assert "张卫东" in hits(cast.rep, text), text
    assert hits(cast.stranger, "江湾") == hits(cast.stranger, "zwd") == []
    page = signed_in(cast.rep).get(reverse("desk:search"), {"q": "zwd"}).content.decode()
    assert "138 **** 1402" in page and "13800001402" not in page


def test_search_ranks_exact_prefix_initials_substring_and_mine_first():
    cast = make_cast()
    for name, owner in (("新江湾医院", cast.rep), ("江湾医院东院", cast.sibling), ("江湾医院西院", cast.rep), ("江湾医院", cast.sibling)):
        make_organisation(owner=owner, name=name)
    found = hits(cast.manager, "江湾医院")
    assert found[0] == "江湾医院" and set(found[1:3]) == {"江湾医院东院", "江湾医院西院"} and found[3] == "新江湾医院"
