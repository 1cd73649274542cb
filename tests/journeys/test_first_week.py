"""The journey of the first delivery, in a browser, from a file to a comment that was read."""

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from keqing.access.models import TerritoryRule
from keqing.access.tests.factories import make_cast, position_of
from keqing.followups.models import Comment, ContactRecord, Reminder
from keqing.interchange.models import Import
from keqing.interchange.tests.factories import xlsx
from keqing.kit import jobs
from keqing.kit.formats import business_date
from keqing.people.models import Organisation, Person
from keqing.reference.models import Division
from tests.journeys.people import PHONE, open_page, sign_in, sign_in_by_form

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# the shape of the files that go round: a merged title over the headers, several names for one thing
HOSPITALS = [
    ["医院名称", "医院等级", "所在省市区", "地址", "联系电话"],
    ["澜泊市人民医院", "三甲", "广东省广州市天河区", "", "020-81230001"],
    ["霁岑区中医院", "二级甲等", "广东省广州市越秀区", "健康路 8 号", "020-81230002"],
]
DOCTORS = [
    ["医生姓名", "所在医院", "科室", "职称"],
    ["单雨晴", "澜泊市人民医院", "心血管内科", "主任医师"],
    ["曾文远", "霁岑区中医院", "中医科", "主治医师"],
]


def bring_in(page: Any, live_server: Any, folder: Path, *, kind: str, rows: list[list[str]], name: str) -> None:
    """Upload, look at the columns, check, write: the worker's part is done here."""
    file = folder / f"{name}.xlsx"
    file.write_bytes(xlsx(rows, merged_title=name).read())
    open_page(page, live_server, "interchange:upload")
    chooser = page.locator("[name=kind]")
    if chooser.first.evaluate("one => one.tagName") == "SELECT":
        chooser.select_option(kind)
    else:
        page.locator(f"input[name=kind][value={kind}]").check()
    page.set_input_files("input[name=file]", str(file))
    page.click("text=上传并继续")
    page.click("text=检查每一行")
    page.wait_for_selector("text=核对中")
    jobs.run_waiting()
    page.reload()
    page.click(f"text=写入 {len(rows) - 1} 行")
    page.wait_for_selector("text=排队中")
    jobs.run_waiting()
    page.goto(page.url)
    page.wait_for_selector("text=撤销整批")


@pytest.mark.proves("R-011", "R-195", "R-197", "R-004")
def test_from_the_first_file_to_a_comment_that_was_read(page: Any, live_server: Any, tmp_path: Path):
    cast = make_cast()
    today = business_date(timezone.now())
    TerritoryRule.objects.create(
        position=position_of(cast.rep), division=Division.objects.get(code="440100"), valid_from=today
    )

    sign_in_by_form(page, live_server, cast.manager)
    bring_in(page, live_server, tmp_path, kind="organisation-hospital", rows=HOSPITALS, name="广州医院名单")
    bring_in(page, live_server, tmp_path, kind="doctor", rows=DOCTORS, name="广州医生名单")
    assert Import.objects.filter(state="done").count() == 2
    hospital = Organisation.objects.get(name="澜泊市人民医院")
    assert hospital.owner_position == position_of(cast.rep)
    assert Person.objects.get(name="单雨晴").affiliations.get().organisation == hospital

    # found by the initials of part of its name, by the search of every page
    page.locator("input[name=q]").first.fill("rmyy")
    page.locator("input[name=q]").first.press("Enter")
    page.wait_for_selector("main >> text=澜泊市人民医院")
    page.locator("main").get_by_text("澜泊市人民医院").first.click()
    page.wait_for_load_state()
    open_page(page, live_server, "desk:customer", hospital.pk)

    # what is missing is named, and one press away
    aside = page.locator("main aside").first
    assert "药剂科主任" in aside.inner_text() and "床位" in aside.inner_text()
    aside.get_by_role("link", name="补全").click()
    page.wait_for_selector("#id_beds")
    page.fill("#id_address", "文化路 1 号")
    page.fill("#id_beds", "1200")
    page.fill("#id_outpatients_day", "3600")
    page.click(".action-bar .btn-primary")
    page.wait_for_selector("text=还缺 1 项")
    page.locator("main aside").first.get_by_role("link", name="药剂科主任").click()
    page.wait_for_selector("#id_name")
    page.fill("#id_name", "仇建民")
    page.fill("#id_post", "药剂科主任")
    page.select_option("#id_role", "pharmacy_head")
    page.click(".action-bar .btn-primary")
    page.wait_for_selector("text=已建立人员档案")
    hospital.refresh_from_db()
    assert hospital.completeness == 100

    open_page(page, live_server, "followups:record", hospital.pk)
    page.locator("input[name=method][value=visit]").check(force=True)
    page.fill("textarea[name=description]", "药事会定在月底，要补一份说明书")
    page.fill("input[name=callback_on]", today.isoformat())
    page.click("text=完成并安排下次")
    page.wait_for_url(f"**/customers/{hospital.pk}/")
    reminder = Reminder.objects.get()
    assert (reminder.position, reminder.due_on) == (position_of(cast.rep), today)

    # the representative meets it on the phone the day it is due, and writes a contact of their own
    page.set_viewport_size(PHONE)
    sign_in(page, live_server, cast.rep)
    open_page(page, live_server, "desk:today")
    assert "澜泊市人民医院" in page.locator("#due").inner_text()
    open_page(page, live_server, "followups:record", hospital.pk)
    page.locator("input[name=method][value=phone]").check(force=True)
    page.fill("textarea[name=description]", "说明书已送到药剂科")
    page.click("text=只记录")
    page.wait_for_url(f"**/customers/{hospital.pk}/")
    contact = ContactRecord.objects.get(tracker=cast.rep)

    # somebody of another region is told nothing
    sign_in(page, live_server, cast.stranger)
    for name, pk in (("desk:customer", hospital.pk), ("followups:contact", contact.pk), ("followups:record", hospital.pk)):
        answer = open_page(page, live_server, name, pk)
        assert answer.status == 404
        assert "澜泊市人民医院" not in page.content()

    sign_in(page, live_server, cast.manager)
    open_page(page, live_server, "followups:comment", contact.pk)
    page.fill("textarea[name=text]", "很好，月底前再确认一次排期")
    page.get_by_role("button", name="发出批注").click()
    page.wait_for_selector("text=批注已发出")

    sign_in(page, live_server, cast.rep)
    open_page(page, live_server, "desk:today")
    assert "很好，月底前再确认一次排期" in page.locator("#comments").inner_text()
    page.locator("#comments").get_by_role("button", name="已读").click()
    page.get_by_text("很好，月底前再确认一次排期").wait_for(state="detached")
    assert Comment.objects.get().read_at is not None
