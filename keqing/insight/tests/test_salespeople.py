"""销售人员管理: list, detail and export, within reach (R-287)."""

import pytest
from django.test import Client
from django.urls import reverse

from keqing.access.actions.proxies import arrange_proxy
from keqing.access.tests.factories import make_cast, position_of
from keqing.followups.tests.factories import NOW, TODAY, make_contact, make_reminder
from keqing.insight.salespeople import lines_of, sales_file, salespeople
from keqing.people.tests.factories import make_organisation

pytestmark = [pytest.mark.django_db, pytest.mark.proves("R-287")]


@pytest.fixture
def cast():
    return make_cast()


def get(staff, view, *args, **query):
    client = Client()
    client.force_login(staff)
    return client.get(reverse(view, args=args), query)


def test_the_figures_of_a_person_are_those_of_their_positions(cast):
    top = make_organisation(owner=cast.rep, level="3A", name="示例第一医院")
    make_organisation(owner=cast.rep, level="3A", name="示例第二医院")
    make_organisation(owner=cast.sibling, name="示例第三医院")
    make_contact(customer=top, by=cast.rep)
    make_reminder(customer=top, by=cast.rep)
    line = lines_of([cast.rep.pk], today=TODAY)[cast.rep.pk]
    assert (line.customers, line.contacts, line.open, line.overdue) == (2, 1, 1, 0)
    assert list(line.by_level.values()) == [2]
    assert line.units == "广州地区"


def test_ten_people_cost_as_many_statements_as_one(cast, django_assert_num_queries):
    with django_assert_num_queries(5):
        lines_of([cast.rep.pk], today=TODAY)
    with django_assert_num_queries(5):
        lines_of([one.pk for one in cast.everyone.values()], today=TODAY)


def test_a_manager_compares_the_own_people_and_nobody_else(cast):
    assert set(salespeople(cast.manager)) == {cast.rep, cast.sibling, cast.manager}
    page = get(cast.manager, "insight:people").content.decode()
    assert "李雯" in page
    assert "唐敏" not in page
    assert get(cast.rep, "insight:people").status_code == 403
    assert get(cast.manager, "insight:salesperson", cast.stranger.pk).status_code == 404


def test_the_file_shows_plans_results_and_handovers(cast):
    top = make_organisation(owner=cast.rep, name="示例第一医院")
    make_reminder(customer=top, by=cast.rep, text="确认排期")
    arrange_proxy(position=position_of(cast.rep), deputy=cast.sibling, starts_on=TODAY, ends_on=TODAY, by=cast.rep, at=NOW)
    file = sales_file(person=cast.rep, reader=cast.manager, today=TODAY)
    assert [one.text for one in file.plans] == ["确认排期"]
    assert [one.to_staff for one in file.proxies] == [cast.sibling]
    assert len(file.months) == 6
    page = get(cast.manager, "insight:salesperson", cast.rep.pk).content.decode()
    for text in ("确认排期", "罗佳", "备案", "广州地区"):
        assert text in page


def test_the_comparison_is_a_list_that_can_be_taken_out(cast):
    client = Client()
    client.force_login(cast.manager)
    wanted = {"list": "salespeople", "query": "", "format": "csv", "columns": "all", "encoding": "utf-8-sig", "reason": "核对"}
    make_organisation(owner=cast.rep)
    answer = client.post(reverse("exports:new"), wanted)
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert "李雯" in text
    assert "广州地区" in text
    assert "唐敏" not in text
