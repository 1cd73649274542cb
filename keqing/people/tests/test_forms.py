"""Entering and changing customers: sources, conflicts, duplicates, owners, trash."""

import pytest
from django.core.cache import cache
from django.urls import reverse

from keqing.access.models import TerritoryRule
from keqing.access.tests.factories import START, make_cast, position_of
from keqing.audit.models import Entry
from keqing.people.fields import completeness
from keqing.people.models import Organisation
from keqing.people.quality import organisation_quality, organisations_without_source
from keqing.people.tests.factories import make_organisation, make_person
from keqing.people.tests.test_pages import signed_in

pytestmark = pytest.mark.django_db


def form_of(organisation, **changes):
    """What the browser sends for the edit form as it stands, with ``changes``."""
    fields = {"name": organisation.name, "version": organisation.version, "business_state": organisation.business_state,
              "beds": organisation.beds or "", "level": organisation.level, "source": organisation.source}
    known = organisation.figure_sources.get("beds") or {}
    return {**fields, "beds_source": known.get("source", ""), "beds_note": known.get("note", ""), **changes}


@pytest.mark.proves("R-004")
def test_six_of_eight_required_facts_make_seventy_five_percent():
    required = ["name", "organisation", "department", "title", "specialty", "best_times", "mobile", "consent"]
    result = completeness(required, required[:6])
    assert (result.percent, result.missing) == (75, ("mobile", "consent"))


@pytest.mark.proves("R-003")
def test_the_source_is_kept_for_the_record_and_for_each_assessed_figure():
    cast = make_cast()
    client = signed_in(cast.rep)
    client.post(
        reverse("people:organisation_new", args=["hospital"]),
        {"name": "江湾医院", "version": 0, "business_state": "first", "beds": 800, "beds_source": "search", "beds_note": "官网 2026-03",
         "outpatients_day": 3000, "source": "introduction", "source_note": "商业公司介绍"},
    )
    hospital = Organisation.objects.get()
    assert (hospital.source, hospital.source_note, hospital.collected_by) == ("introduction", "商业公司介绍", cast.rep)
    assert hospital.figure_sources["beds"]["source"] == "search" and hospital.figure_sources["beds"]["note"] == "官网 2026-03"
    assert hospital.figure_sources["outpatients_day"]["source"] == "introduction"
    client.post(reverse("people:organisation_edit", args=[hospital.pk]), form_of(hospital, beds=900, outpatients_day=3000, beds_source="insider", beds_note=""))
    hospital.refresh_from_db()
    assert hospital.beds == 900 and hospital.figure_sources["beds"]["source"] == "insider"
    page = client.get(reverse("desk:customer", args=[hospital.pk])).content.decode()
    assert "客户本人或内部人员" in page


@pytest.mark.proves("R-003")
def test_facts_without_a_source_are_counted_and_listed():
    cast = make_cast()
    make_organisation(owner=cast.rep, name="有来源", beds=100)
    without = make_organisation(owner=cast.rep, name="无来源", source="", beds=100)
    make_organisation(owner=cast.stranger, name="别人的", source="")
    (line,) = organisation_quality(cast.rep)
    assert (line.total, line.without_source, line.figures_without_source) == (2, 1, 1)
    assert organisations_without_source(cast.rep) == [without]
    page = signed_in(cast.rep).get(reverse("people:quality")).content.decode()
    assert "无来源" in page and "整份档案、床位" in page and "别人的" not in page
    listed = signed_in(cast.rep).get(reverse("people:organisations", args=["hospital"]), {"preset": "unsourced"})
    assert [row.name for row in listed.context["page"].rows] == ["无来源"]


@pytest.mark.proves("U39")
def test_a_save_over_somebody_elses_change_shows_mine_beside_theirs_and_loses_nothing():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep, name="江湾医院", beds=800)
    url, sent = reverse("people:organisation_edit", args=[hospital.pk]), form_of(hospital, beds=900)
    assert signed_in(cast.manager).post(url, form_of(hospital, beds=850)).status_code == 302
    response = signed_in(cast.rep).post(url, sent)
    assert response.status_code == 409
    (row,) = [one for one in response.context["form"].conflicts if one.label.startswith("床位（")]
    assert (row.mine, row.theirs) == ("900", "850")
    again = {**sent, "version": response.context["form"].data["version"]}
    assert signed_in(cast.rep).post(url, again).status_code == 302
    hospital.refresh_from_db()
    assert hospital.beds == 900


def test_errors_come_back_beside_the_field_with_everything_typed():
    cast = make_cast()
    response = signed_in(cast.rep).post(
        reverse("people:organisation_new", args=["distributor"]),
        {"name": "示范医药", "uscc": "123", "phone": "87783883", "version": 0, "business_state": "first", "coverage": "广州"},
    )
    page = response.content.decode()
    assert response.status_code == 422 and "应为 18 位" in page and "缺少区号" in page and 'value="广州"' in page
    assert Organisation.objects.count() == 0


def test_a_manager_enters_for_a_position_by_territory_or_into_the_queue():
    cast = make_cast()
    TerritoryRule.objects.create(position=position_of(cast.rep), division_id="440106", valid_from=START)
    client, url = signed_in(cast.manager), reverse("people:organisation_new", args=["clinic"])
    base = {"version": 0, "business_state": "first"}
    client.post(url, {**base, "name": "指定诊所", "owner": position_of(cast.sibling).pk})
    client.post(url, {**base, "name": "辖区诊所", "region": "440106"})
    client.post(url, {**base, "name": "待分配诊所"})
    owners = dict(Organisation.objects.values_list("name", "owner_position"))
    assert owners == {"指定诊所": position_of(cast.sibling).pk, "辖区诊所": position_of(cast.rep).pk, "待分配诊所": None}
    assert client.post(url, {**base, "name": "越区诊所", "owner": position_of(cast.stranger).pk}).status_code == 422


@pytest.mark.proves("U34")
def test_the_duplicate_check_masks_what_the_reader_may_not_see_and_is_audited_and_limited():
    cache.clear()
    cast = make_cast()
    make_organisation(owner=cast.stranger, name="江湾示范医院", phone="020-81237788")
    client, url = signed_in(cast.rep), reverse("people:duplicates")
    page = client.post(url, {"kind": "hospital", "name": "江湾示范"}).content.decode()
    assert "已存在，负责人 唐敏" in page and "江****院" in page and "江湾示范医院" not in page
    entry = Entry.objects.get(action="duplicate.checked")
    assert entry.actor_id == cast.rep.pk
    mine = make_organisation(owner=cast.rep, name="北桥示范医院")
    assert mine.name in client.post(url, {"kind": "hospital", "name": "北桥示范"}).content.decode()
    assert signed_in(cast.warehouse).post(url, {"name": "江湾示范"}).status_code == 403
    answers = [client.post(url, {"kind": "hospital", "name": "没有这家"}).status_code for _ in range(30)]
    assert answers[-1] == 429
    cache.clear()


@pytest.mark.proves("U56")
def test_a_deleted_customer_is_gone_everywhere_and_comes_back_from_the_trash():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep, name="江湾医院")
    doctor = make_person(at_organisation=hospital, owner=cast.rep)
    client = signed_in(cast.rep)
    asked = client.get(reverse("people:organisation_trash", args=[hospital.pk])).content.decode()
    assert "江湾医院" in asked and "30 天" in asked
    assert client.post(reverse("people:organisation_trash", args=[hospital.pk])).status_code == 302
    for url in (reverse("desk:customer", args=[hospital.pk]), reverse("people:person", args=[doctor.pk])):
        assert client.get(url).status_code == 404
    assert "江湾医院" in client.get(reverse("people:trash")).content.decode()
    assert signed_in(cast.stranger).post(reverse("people:organisation_restore", args=[hospital.pk])).status_code == 404
    assert client.post(reverse("people:organisation_restore", args=[hospital.pk])).status_code == 302
    assert client.get(reverse("people:person", args=[doctor.pk])).status_code == 200


@pytest.mark.proves("R-025")
def test_a_tag_on_the_deny_list_is_refused_with_its_rule_and_no_such_tag_is_offered():
    cast = make_cast()
    client, url = signed_in(cast.system), reverse("people:tags")
    for word in ("枪手", "大处方", "上量"):
        response = client.post(url, {"name": word})
        assert response.status_code == 422 and "RX-05" in response.content.decode()
    assert client.post(url, {"name": "业务线"}).status_code == 302
    page = client.get(url).content.decode()
    assert "业务线" in page and "枪手" not in page and "处方" not in page


def test_places_are_found_by_name_and_initials():
    cast = make_cast()
    client, url = signed_in(cast.rep), reverse("people:regions")
    for typed in ("天河", "thq", "440106"):
        assert "广东省广州市天河区" in client.get(url, {"region": typed}).content.decode(), typed


@pytest.mark.parametrize(("kind", "field", "other"), [("pharmacy", "chain", "chain"), ("hospital", "main_distributor", "distributor")])
def test_a_customer_may_keep_a_chain_or_distributor_out_of_the_editor_s_reach_but_not_choose_another(kind, field, other):
    cast = make_cast()
    named, hidden = (make_organisation(owner=cast.commerce, kind=other, name=name) for name in ("示例总部", "别的总部"))
    customer = make_organisation(owner=cast.rep, kind=kind, name="示例客户", **{field: named})
    client, url = signed_in(cast.rep), reverse("people:organisation_edit", args=[customer.pk])
    assert 'value="示例总部"' in client.get(url).content.decode()
    kept = client.post(url, form_of(customer, address="新路 1 号", **{field: "示例总部"}))
    customer.refresh_from_db()
    assert kept.status_code == 302 and customer.address == "新路 1 号" and getattr(customer, field) == named
    refused = client.post(url, form_of(customer, **{field: hidden.name}))
    assert refused.status_code == 422 and "没有找到唯一的机构" in refused.content.decode()
