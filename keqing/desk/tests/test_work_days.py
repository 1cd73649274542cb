"""The page of the work calendar (U45, T29)."""

from datetime import date

import pytest
from django.urls import reverse

from keqing.access.tests.factories import make_cast
from keqing.audit.models import Entry
from keqing.desk.work_days import DaysRefused, Given, read_days
from keqing.reference import work_calendar
from keqing.reference.models import WorkDay, WorkYear

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client):
    client.force_login(make_cast().system)
    return client


@pytest.mark.proves("U45", "T29")
def test_a_year_without_announcement_says_so_until_it_is_brought_in(admin):
    page = admin.get(reverse("desk:work_days"), {"year": "2027"}).content.decode()
    assert "该年节假日未公布" in page
    text = "日期,安排,名称\n2027-01-01,休,元旦\n2027年2月6日,班,春节调休\n2027/2/8\t休\t春节"
    response = admin.post(reverse("desk:work_days_import"), {"text": text, "complete": "2027", "source": "通知"})
    assert response.status_code == 302
    page = admin.get(response.url).content.decode()
    assert "该年节假日未公布" not in page and "依据 通知" in page
    assert not work_calendar.is_workday(date(2027, 2, 8)) and work_calendar.is_workday(date(2027, 2, 6))
    assert WorkYear.objects.get().source == "通知" and Entry.objects.filter(action="workday.kept").count() == 1


def test_one_day_is_changed_and_given_back(admin):
    url = reverse("desk:work_day_keep")
    assert admin.post(url, {"day": "2026-03-02", "working": "off", "name": "司庆"}).status_code == 302
    assert not work_calendar.is_workday(date(2026, 3, 2))
    page = admin.get(reverse("desk:work_days"), {"year": "2026"}).content.decode()
    assert "2026-03-02 休息：司庆（公司设定）" in page and "2026-02-14 上班：春节调休上班" in page
    assert admin.post(url, {"day": "2026-03-02", "forget": ""}).status_code == 302
    assert work_calendar.is_workday(date(2026, 3, 2)) and not WorkDay.objects.exists()
    assert Entry.objects.filter(action="workday.kept").count() == 2


def test_what_cannot_be_read_comes_back_with_its_line(admin):
    for text, said in (
        ("2027-01-01,休", "第 1 行要写日期"), ("2027-13-01,休,元旦", "日期“2027-13-01”不对"), ("2027-01-01,也许,元旦", "请写 休 或 班"),
        ("2027-01-01,休,元旦\n2027-1-1,休,元旦", "写了两次"), ("日期,安排,名称", "没有读到任何一天"),
    ):  # fmt: skip
        with pytest.raises(DaysRefused, match=said):
            read_days(text)
        assert said in admin.post(reverse("desk:work_days_import"), {"text": text}).content.decode()
    assert admin.post(reverse("desk:work_day_keep"), {"day": "x"}).status_code == 422
    assert admin.post(reverse("desk:work_day_keep"), {"day": "1900-01-01", "working": "on", "name": "早"}).status_code == 422
    assert read_days("2027-01-01,休,元旦") == [Given(date(2027, 1, 1), False, "元旦")]


@pytest.mark.parametrize("year", ["1", "99999", "x", "2026"])
def test_any_year_opens(admin, year):
    assert admin.get(reverse("desk:work_days"), {"year": year}).status_code == 200
