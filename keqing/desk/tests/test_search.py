"""Search over everything: found by any part, ranked, within rights, at a fixed cost."""

import json
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from keqing.access.tests.factories import make_cast
from keqing.desk.queries.search import search
from keqing.followups.finding import find_contacts, saying, snippet
from keqing.followups.models import ContactRecord
from keqing.followups.tests.factories import make_contact
from keqing.people.actions.people import create_departments
from keqing.people.finding import find_departments, find_organisations, find_people
from keqing.people.models import Organisation, Person
from keqing.people.tests.factories import NOW, make_organisation, make_person
from keqing.people.tests.test_pages import signed_in

pytestmark = pytest.mark.django_db
TODAY = NOW.date()


def groups(staff, text):
    return {group.key: group for group in search(text=text, staff=staff, today=TODAY)}


def names(staff, text, key):
    found = groups(staff, text).get(key)
    return [hit.name for hit in found.hits] if found else []


@pytest.fixture
def stage():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep, name="江湾示范医院", code="JW01", aliases=["望川区第二卫生院"])
    doctor = make_person(at_organisation=hospital, owner=cast.rep, name="曾卫东", mobile="18612341402")
    create_departments(organisation=hospital, names=["肿瘤科", "药剂科"], by=cast.rep, at=NOW)
    record = make_contact(
        customer=hospital, by=cast.rep, description="主任要求降价，先看三期临床数据。", solution="已发资料", products="示范注射液 50mg"
    )
    return cast, hospital, doctor, record


@pytest.mark.proves("U33", "R-194")
@pytest.mark.parametrize("text", ["江", "湾示", "jwsf", "jiangwan", "jiang湾", "JW01", "jw01", "卫生院", "wcq", "江湾 医院"])
def test_a_customer_is_found_by_any_part_alias_pinyin_initials_and_code(stage, text):
    cast, hospital, *_ = stage
    assert names(cast.rep, text, "organisations") == [hospital.name] == names(cast.gm, text, "organisations")


@pytest.mark.proves("U33", "T30")
@pytest.mark.parametrize("text", ["曾", "卫东", "zengweidong", "zwd", "zengwd", "曾wd", "1402"])
def test_a_doctor_is_found_by_name_true_reading_and_the_last_four_digits(stage, text):
    cast, _, doctor, _ = stage
    assert names(cast.rep, text, "people") == [doctor.name]
    assert names(cast.stranger, text, "people") == []


@pytest.mark.proves("U33")
def test_departments_pages_and_actions_are_found_too(stage):
    cast, hospital, *_ = stage
    found = groups(cast.rep, "肿瘤")["departments"].hits
    assert [(hit.name, hit.detail) for hit in found] == [("肿瘤科", hospital.name)]
    assert names(cast.rep, "江湾 肿", "departments") == ["肿瘤科"] == names(cast.gm, "瘤", "departments")
    assert names(cast.stranger, "肿瘤", "departments") == []
    assert names(cast.rep, "医院", "pages") == ["医院"] and "新建医院" in names(cast.rep, "xjyy", "actions")
    assert "新建医院" not in names(cast.gm, "医院", "actions")
    assert "审计" not in names(cast.rep, "审计", "pages")


@pytest.mark.proves("U32")
@pytest.mark.parametrize("text", ["记录联系 江湾", "记录 jw", "jllx 江湾", "JLLX 江湾", "jilulianxi 江湾", "记录联系江湾"])
def test_a_verb_and_a_customer_make_an_action(stage, text):
    cast, hospital, *_ = stage
    (group,) = search(text=text, staff=cast.rep, today=TODAY)
    assert [(hit.name, hit.url) for hit in group.hits] == [
        ("记录联系：江湾示范医院", reverse("followups:record", args=[hospital.pk]))
    ]
    assert search(text=text, staff=cast.stranger, today=TODAY) == []


@pytest.mark.proves("U32", "U33")
@pytest.mark.parametrize(
    ("text", "called"), [("li wei", "李威"), ("lu wei", "陆威"), ("ji lu", "吉露"), ("an pai", "安派"), ("lx wei", "林熙威")]
)
def test_letters_that_are_a_part_of_a_verb_still_find_who_is_called_so(stage, text, called):
    cast, hospital, *_ = stage
    make_person(at_organisation=hospital, owner=cast.rep, name=called)
    assert names(cast.rep, text, "people") == [called]
    assert names(cast.rep, text, "doing") == []


@pytest.mark.proves("U32")
def test_what_may_be_done_stands_beside_a_customer_of_the_same_words(stage):
    cast, *_ = stage
    make_organisation(owner=cast.rep, name="记录江湾档案医院")
    found = groups(cast.rep, "记录 江湾")
    assert [hit.name for hit in found["organisations"].hits] == ["记录江湾档案医院"]
    assert "记录联系：江湾示范医院" in [hit.name for hit in found["doing"].hits]


@pytest.mark.proves("U33")
def test_the_order_is_exact_prefix_initials_substring_and_in_each_mine_then_the_latest():
    cast = make_cast()
    made = [
        ("江湾", cast.sibling), ("江湾东院", cast.sibling), ("江湾西院", cast.rep), ("新江湾", cast.rep), ("老江湾", cast.sibling), ("大江湾", cast.sibling),
    ]
    for number, (name, owner) in enumerate(made):
        one = make_organisation(owner=owner, name=name)
        Organisation.objects.filter(pk=one.pk).update(last_activity_at=NOW + timedelta(hours=number))
    # the same names for who owns some of them and for who owns none
    assert names(cast.rep, "江湾", "organisations") == ["江湾西院", "新江湾"]
    found = [row.name for row in find_organisations(text="江湾", staff=cast.manager, limit=9)]
    assert found == ["江湾", "江湾西院", "江湾东院", "大江湾", "老江湾", "新江湾"]
    short = make_organisation(owner=cast.sibling, name="加文")
    assert next(iter(find_organisations(text="jw", staff=cast.manager, limit=9))) in (short, Organisation.objects.get(name="江湾"))


def test_what_is_rare_is_found_beyond_the_liveliest_rows(stage, monkeypatch):
    cast, hospital, doctor, _ = stage
    for number in range(6):
        make_organisation(owner=cast.rep, name=f"望川第{number}门诊", kind="clinic", at=NOW + timedelta(hours=1))
    monkeypatch.setattr("keqing.people.liveliest._LEAST", 1)
    monkeypatch.setattr("keqing.people.finding.liveliest_organisations", _none)
    monkeypatch.setattr("keqing.people.finding.liveliest_people", _none)
    for reader in (cast.rep, cast.manager, cast.gm):
        assert list(find_organisations(text="湾示", staff=reader, limit=5)) == [hospital]
        assert list(find_people(text="卫东", staff=reader, limit=5)) == [doctor]


def _none(**_kwargs):
    return "select id, search_terms, search_text, search_pinyin, search_initials from people_organisation where false", ()


@pytest.mark.proves("R-194", "U33")
@pytest.mark.parametrize("text", ["降价", "三期临床", "已发资料", "示范注射液", "50MG", "降价 临床", "要求 价"])
def test_words_inside_a_contact_record_find_it_within_rights(stage, text):
    cast, _, _, record = stage
    for reader in (cast.rep, cast.manager, cast.gm):
        assert find_contacts(text=text, staff=reader, today=TODAY, limit=5) == [record], reader
    assert find_contacts(text=text, staff=cast.stranger, today=TODAY, limit=5) == []
    assert list(ContactRecord.objects.filter(saying(text=text))) == [record]


def test_a_single_character_or_a_sign_of_like_finds_no_contact(stage):
    cast, *_ = stage
    for text in ("降", "%%", "__", "降%"):
        assert find_contacts(text=text, staff=cast.rep, today=TODAY, limit=5) == [], text


def test_the_hit_is_marked_and_the_text_is_escaped(stage):
    cast, hospital, _, record = stage
    assert [piece.text for piece in snippet(contact=record, text="降价") if piece.hit] == ["降价"]
    make_contact(customer=hospital, by=cast.rep, description="<b>降价</b><script>x</script>")
    page = signed_in(cast.rep).get(reverse("desk:search"), {"q": "降价"}).content.decode()
    assert "&lt;b&gt;<mark>降价</mark>&lt;/b&gt;" in page and "<script>x" not in page


def test_records_of_the_last_two_years_come_first(stage):
    cast, hospital, _, record = stage
    old = make_contact(customer=hospital, by=cast.rep, description="降价旧事")
    ContactRecord.objects.filter(pk=old.pk).update(track_on=TODAY - timedelta(days=800))
    assert find_contacts(text="降价", staff=cast.gm, today=TODAY, limit=5) == [record, old]


@pytest.mark.proves("R-194", "U33")
def test_ones_own_older_record_is_found_however_often_others_said_the_same(stage, monkeypatch):
    cast, *_ = stage
    theirs, mine = make_organisation(owner=cast.stranger, name="远方医院"), make_organisation(owner=cast.rep, name="近旁医院")
    for _number in range(4):
        make_contact(customer=theirs, by=cast.stranger, description="谈到冷链运输")
    own = make_contact(customer=mine, by=cast.rep, description="谈到冷链运输")
    monkeypatch.setattr("keqing.followups.finding.DEEP", 2)
    monkeypatch.setattr("keqing.followups.finding.NEWEST", 0)
    for reader in (cast.rep, cast.manager):
        assert find_contacts(text="冷链", staff=reader, today=TODAY, limit=2) == [own]


@pytest.mark.proves("R-301")
@pytest.mark.parametrize("login", ["bidding", "finance", "warehouse"])
def test_readers_of_names_find_names_only(stage, login):
    cast, hospital, *_ = stage
    reader = getattr(cast, login, None) or pytest.skip("not in the cast")
    found = groups(reader, "江湾")
    assert set(found) == {"organisations"} and found["organisations"].hits[0].owner == ""
    assert groups(reader, "1402") == {} == groups(reader, "降价")


@pytest.mark.proves("U33")
def test_the_page_and_the_palette_cost_the_same_for_one_hit_and_for_many():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep, name="江湾示范医院")
    make_person(at_organisation=hospital, owner=cast.rep, name="江湾人")
    create_departments(organisation=hospital, names=["江湾科"], by=cast.rep, at=NOW)
    make_contact(customer=hospital, by=cast.rep, description="江湾一见")

    def cost(**headers):
        client = signed_in(cast.rep)
        client.get(reverse("desk:search"), {"q": "江湾"})
        with CaptureQueriesContext(connection) as queries:
            page = client.get(reverse("desk:search"), {"q": "江湾"}, headers=headers).content.decode()
        assert all(word in page for word in ("江湾示范医院", "江湾人", "江湾科", "江湾</mark>一见")), page
        return len(queries)

    few = cost(), cost(**{"HX-Request": "true", "HX-Target": "palette-results"})
    for number in range(50):
        more = make_organisation(owner=cast.rep, name=f"江湾第{number}医院")
        make_person(at_organisation=more, owner=cast.rep, name=f"江湾{'甲乙丙丁戊'[number % 5]}")
        create_departments(organisation=more, names=["江湾科"], by=cast.rep, at=NOW)
        make_contact(customer=more, by=cast.rep, description="江湾再见")
    Organisation.objects.filter(pk=hospital.pk).update(last_activity_at=NOW + timedelta(days=1))
    Person.objects.filter(name="江湾人").update(last_activity_at=NOW + timedelta(days=1))
    after = signed_in(cast.rep)
    after.get(reverse("desk:search"), {"q": "江湾"})
    with CaptureQueriesContext(connection) as queries:
        after.get(reverse("desk:search"), {"q": "江湾"})
    assert len(queries) == few[0] <= 10 and few[1] <= 10


@pytest.mark.proves("R-172", "U33")
@pytest.mark.parametrize("login", ["rep", "manager", "gm"])
@pytest.mark.parametrize("text", ["医院", "江", "卫东", "rmyy", "1402"])
def test_no_search_reads_a_table_from_end_to_end(stage, login, text):
    cast, *_ = stage
    reader = getattr(cast, login)
    _ = reader.standing
    with CaptureQueriesContext(connection) as queries:
        list(find_organisations(text=text, staff=reader, limit=5))
        list(find_people(text=text, staff=reader, limit=5))
        find_departments(text=text, staff=reader, limit=5)
        find_contacts(text=text, staff=reader, today=TODAY, limit=5)
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off")
        # between two forms of a subquery the planner looks at the cost alone, and a table found empty once costs nothing
        cursor.execute("set local seq_page_cost = 1000000")
        for query in queries.captured_queries:
            cursor.execute("explain (format json) " + query["sql"])
            plan = cursor.fetchone()[0]
            text = plan if isinstance(plan, str) else json.dumps(plan)
            read = re.findall(r'"Seq Scan".{0,200}?"Relation Name": "(people_\w+|followups_\w+)"', text)
            assert not read, (read, query["sql"][:300])
