"""Customer lists: chips, filters, dimensions, rights, statements."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from keqing.access.tests.factories import make_cast, position_of
from keqing.kit.keyset import WALK
from keqing.people.actions.organisations import Draft, create_organisation
from keqing.people.actions.tags import create_dimension, create_tag
from keqing.people.fields import organisation_fields
from keqing.people.forms.organisations import organisation_form
from keqing.people.models import Organisation
from keqing.people.tests.factories import NOW, make_organisation, make_person
from keqing.people.tests.test_pages import signed_in

pytestmark = pytest.mark.django_db
KINDS = ["hospital", "clinic", "pharmacy", "chain", "distributor", "agent"]


def names(response):
    return {row.name for row in response.context["page"].rows}


def statements(client, url):
    with CaptureQueriesContext(connection) as seen:
        assert client.get(url).status_code == 200
    return len(seen)


@pytest.mark.proves("R-001")
def test_each_of_the_six_kinds_is_entered_with_its_own_fields_and_lands_in_its_own_list():
    cast = make_cast()
    client = signed_in(cast.rep)
    for kind in KINDS:
        response = client.post(reverse("people:organisation_new", args=[kind]), {"name": f"示范{kind}", "version": 0, "business_state": "first"})
        assert response.status_code == 302, response.context["form"].errors
    for kind in KINDS:
        listed = names(client.get(reverse("people:organisations", args=[kind])))
        assert listed == {f"示范{kind}"}
        fields = set(organisation_form(kind).base_fields)
        assert set(organisation_fields(kind).columns) <= fields
        assert ("beds" in fields) == (kind == "hospital")
        assert ("coverage" in fields) == (kind == "distributor")
        assert ("agent_products" in fields) == (kind == "agent")
    assert set(Organisation.objects.values_list("owner_position", flat=True)) == {position_of(cast.rep).pk}


def test_an_empty_list_says_to_begin_only_to_those_who_may_enter_that_kind():
    cast = make_cast()

    def told(staff, kind):
        return signed_in(staff).get(reverse("people:organisations", args=[kind])).content.decode()

    assert "从新建一家开始" in told(cast.rep, "hospital") and "从新建一家开始" in told(cast.commerce, "chain")
    assert "您的岗位没有能看到的医院" in told(cast.commerce, "hospital")


@pytest.mark.proves("R-182")
def test_two_independent_dimensions_filter_together():
    cast = make_cast()
    line = create_dimension(name="业务线", by=cast.system, at=NOW)
    area = create_dimension(name="治疗领域", by=cast.system, at=NOW)
    otc = create_tag(dimension=line, name="零售", by=cast.system, at=NOW)
    onco = create_tag(dimension=area, name="肿瘤", by=cast.system, at=NOW)
    position = position_of(cast.rep)

    def make(name, *tags):
        draft = Draft({"name": name, "kind": "hospital"}, unit=position.unit, owner=position, tags=tags)
        return create_organisation(draft=draft, by=cast.rep, at=NOW)

    make("两者", otc, onco)
    make("只有零售", otc)
    make("只有肿瘤", onco)
    client, url = signed_in(cast.rep), reverse("people:organisations", args=["hospital"])
    assert names(client.get(url, {f"dim{line.pk}": otc.pk})) == {"两者", "只有零售"}
    assert names(client.get(url, {f"dim{line.pk}": otc.pk, f"dim{area.pk}": onco.pk})) == {"两者"}


def test_chips_count_and_narrow():
    cast = make_cast()
    make_organisation(owner=cast.rep, name="我的医院", is_unverified=True)
    make_organisation(unit=cast.guangzhou, name="待分配医院")
    client, url = signed_in(cast.manager), reverse("people:organisations", args=["hospital"])
    page = client.get(url).context["page"]
    assert {chip.label: chip.count for chip in page.chips} == {
        "全部": 2, "我的": 0, "待分配": 1, "今日到期": 0, "30 天未联系": 2, "销售机会": 0, "资料不全": 2, "待核实": 1,
    }
    assert names(client.get(url, {"preset": "waiting"})) == {"待分配医院"}


def test_the_list_filters_by_place_level_state_owner_and_any_part_of_the_name():
    cast = make_cast()
    here = make_organisation(owner=cast.rep, name="江湾人民医院", region_id="440106", level="3a", beds=500)
    make_organisation(owner=cast.sibling, name="北桥医院", region_id="110101", level="2a", beds=70)
    client, url = signed_in(cast.manager), reverse("people:organisations", args=["hospital"])
    for wanted in (
        {"province": "440000"}, {"province": "440000", "city": "440100"}, {"level": "3a"}, {"q": "湾人"}, {"q": "jwrm"},
        {"owner": position_of(cast.rep).pk},
    ):
        assert names(client.get(url, wanted)) == {here.name}, wanted
    assert [total.value for total in client.get(url).context["page"].totals] == [570]


@pytest.mark.parametrize("count", [1, 50])
def test_a_list_costs_at_most_ten_statements_for_one_row_and_for_fifty(count):
    cast = make_cast()
    for number in range(count):
        hospital = make_organisation(owner=cast.rep, name=f"示范医院{number}", level="3a", beds=100)
        make_person(at_organisation=hospital, owner=cast.rep, name=f"王{number}")
    client = signed_in(cast.rep)
    # rights, choices and positions are remembered after the first page
    assert statements(client, reverse("people:organisations", args=["hospital"])) == 11
    assert statements(client, reverse("people:organisations", args=["hospital"])) == 6
    assert statements(client, reverse("people:organisations", args=["all"]) + "?q=示范") == 7
    assert statements(client, reverse("people:people")) == 7


@pytest.mark.parametrize("who", ["bidding", "finance", "warehouse"])
def test_colleagues_who_may_know_names_see_nothing_else(who):
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep, name="江湾医院", code="JW01", beds=4321, phone="020-81237788", address="示范路八号")
    client = signed_in(getattr(cast, who))
    page = client.get(reverse("people:organisations", args=["hospital"])).content.decode()
    assert "江湾医院" in page and "JW01" in page
    assert "4,321" not in page and "李雯" not in page and "床位" not in page
    shown = client.get(reverse("desk:customer", args=[hospital.pk])).content.decode()
    assert "JW01" in shown and "示范路" not in shown and "李雯" not in shown
    assert client.get(reverse("people:organisation_panel", args=[hospital.pk])).status_code == 403
    # nor can they find out whose number ends so
    assert names(client.get(reverse("people:organisations", args=["all"]), {"q": "7788"})) == set()
    assert "江湾医院" not in client.get(reverse("desk:search"), {"q": "7788"}).content.decode()
    assert "江湾医院" in client.get(reverse("desk:search"), {"q": "JW01"}).content.decode()


def test_commerce_sees_partners_in_full_and_the_rest_in_a_list_of_names():
    cast = make_cast()
    make_organisation(owner=cast.rep, name="江湾医院", beds=4321)
    make_organisation(owner=cast.rep, name="示范医药公司", kind="distributor", coverage="广州全市")
    client, url = signed_in(cast.commerce), reverse("people:organisations", args=["all"])
    assert names(client.get(url)) == {"示范医药公司"}
    everybody = client.get(url, {"names": "1"})
    assert names(everybody) == {"江湾医院", "示范医药公司"}
    assert "4,321" not in everybody.content.decode()


def test_many_are_assigned_at_once_within_reach_and_audited():
    cast = make_cast()
    one, two = make_organisation(owner=cast.rep, name="甲医院"), make_organisation(unit=cast.guangzhou, name="乙医院")
    far = make_organisation(owner=cast.stranger, name="远医院")
    client, url = signed_in(cast.manager), reverse("batches:new", args=["assign"])
    assert client.get(url, {"list": "customers:all", "selected": [one.pk, two.pk]}).status_code == 200
    wanted = {"list": "customers:all", "selected": [one.pk, two.pk], "position": position_of(cast.sibling).pk, "reason": "片区调整"}
    assert client.post(url, wanted).status_code == 302
    assert set(Organisation.objects.filter(pk__in=[one.pk, two.pk]).values_list("owner_position", flat=True)) == {position_of(cast.sibling).pk}
    assert client.post(url, {**wanted, "selected": [one.pk, far.pk]}).status_code == 404
    # a position out of reach is not among the choices
    assert client.post(url, {**wanted, "position": position_of(cast.stranger).pk}).status_code == 422


@pytest.mark.parametrize("who", ["rep", "manager", "gm"])
def test_fifty_rows_take_ten_statements_and_at_most_120_kilobytes_for_everybody(who):
    cast = make_cast()
    for number in range(60):
        hospital = make_organisation(owner=cast.rep, name=f"示范市第{number}人民医院", level="3a", beds=100)
        make_person(at_organisation=hospital, owner=cast.rep, name=f"王{number}")
    client, url = signed_in(getattr(cast, who)), reverse("people:organisations", args=["hospital"])
    client.get(url)  # rights, choices and positions are remembered after the first page
    with CaptureQueriesContext(connection) as seen:
        answer = client.get(url)
    assert len(seen) <= 6
    text = answer.content.decode()
    assert len(answer.content) <= 120 * 1024
    assert text.count("<tr data-row") == 50 and "<c-" not in text
    second = client.get(url + answer.context["page"].next_url).content.decode()
    assert second.count("<tr data-row") == 10


@pytest.mark.proves("T37")
def test_unknown_orders_and_chips_are_refused_and_what_is_not_the_lists_is_passed_over():
    cast = make_cast()
    make_organisation(owner=cast.rep, name="江湾医院", beds=5)
    client, url = signed_in(cast.rep), reverse("people:organisations", args=["hospital"])
    for wrong in ({"sort": "pk"}, {"sort": "owner_position__holder__password"}, {"preset": "nothing"}, {"sort": "-beds'--"}):
        answer = client.get(url, wrong)
        assert answer.status_code == 400 and "<html lang=\"zh-CN\"" in answer.content.decode()
    assert client.get(url, {"utm": "x", "cols": ["beds", "nothing"], "size": "7", "at": "x"}).status_code == 200
    # a link to the full list opens the list of names too
    assert signed_in(cast.finance).get(url, {"sort": "-beds", "preset": "mine"}).status_code == 200


def test_a_list_whose_statements_are_kept_shows_the_rows_and_rights_of_now():
    cast = make_cast()
    kept = make_organisation(owner=cast.rep, name="旧院")
    client, url = signed_in(cast.rep), reverse("people:organisations", args=["hospital"])
    for query in ({}, {"preset": "mine"}, {"stage": "potential"}):
        assert names(client.get(url, query)) == names(client.get(url, query)) == {"旧院"}
    added = make_organisation(owner=cast.rep, name="新院")
    assert names(client.get(url)) == {"旧院", "新院"} and client.get(url).context["page"].count == 2
    Organisation.objects.filter(pk=kept.pk).update(owner_position=position_of(cast.stranger), unit=position_of(cast.stranger).unit)
    assert names(client.get(url)) == {"新院"}
    Organisation.objects.filter(pk=added.pk).update(name="改名")
    assert names(client.get(url)) == {"改名"} and names(client.get(url, {"preset": "mine"})) == {"改名"}
    position = position_of(cast.rep)
    position.holder = None
    position.save()
    assert "改名" not in client.get(url).content.decode()


@pytest.mark.proves("R-203", "U26")
@pytest.mark.parametrize("sort", ["", "name", "-recent", "recent", "-filled"])
def test_a_text_that_very_many_customers_hold_shows_each_reader_their_own(sort, monkeypatch):
    """The rows are met along the index of all customers: the conditions of the reader, the chip and the filter stay."""
    cast = make_cast()
    for number in range(25):
        make_organisation(owner=cast.rep, name=f"市立医院{number}")
        make_organisation(owner=cast.stranger, name=f"市立诊所{number}")
        make_organisation(owner=cast.rep, name=f"县立医院{number}")
    monkeypatch.setattr("keqing.kit.counts.CAP", 5)
    client, url = signed_in(cast.rep), reverse("people:organisations", args=["all"])
    for extra in ({}, {"preset": "mine"}):
        with CaptureQueriesContext(connection) as queries:
            response = client.get(url, {"q": "市立", "size": 20, "sort": sort, **extra})
        assert sum(f"LIMIT {WALK}" in one["sql"] for one in queries) == 1
        shown = names(response)
        assert len(shown) == 20 and all(name.startswith("市立医院") for name in shown)
        rest = names(client.get(url + response.context["page"].next_url))
        assert not shown & rest and shown | rest == {f"市立医院{number}" for number in range(25)}
