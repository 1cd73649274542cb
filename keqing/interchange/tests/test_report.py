"""Why rows did not go in, columns remembered, files that are no such list, and the key of existing rows."""

import io

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from keqing.access.tests.factories import make_cast
from keqing.interchange import actions, workbooks
from keqing.interchange.models import RememberedMapping
from keqing.interchange.report import cause_of
from keqing.interchange.spreadsheet import read_sheet
from keqing.interchange.tests.factories import NOW, apply, check, make_applied, make_checked, make_upload, xlsx
from keqing.people.tests.factories import make_organisation

pytestmark = [pytest.mark.django_db, pytest.mark.proves("R-011")]
HEAD = ["医院名称", "所在地区", "医院等级"]


@pytest.fixture
def cast():
    return make_cast()


def book(**sheets) -> SimpleUploadedFile:
    output = io.BytesIO()
    with xlsxwriter.Workbook(output, {"in_memory": True}) as made:
        for name, rows in sheets.items():
            page = made.add_worksheet(name)
            for at, row in enumerate(rows):
                page.write_row(at, 0, row)
    return SimpleUploadedFile("名单.xlsx", output.getvalue())


def test_reasons_are_counted_without_what_is_particular_to_a_row():
    assert cause_of("医院等级“十级”看不懂") == cause_of("医院等级“无敌”看不懂") == "医院等级“…”看不懂"
    assert cause_of("与第 12 行重复") == "与第 … 行重复"
    assert cause_of("已存在，负责人 张三") == "已存在，负责人 …"
    assert cause_of("更新地址、电话") == "" and cause_of("更新地址；电话补上了区号前的 0") == "电话补上了区号前的 0"


def test_the_page_counts_refusals_by_reason_before_and_after_and_leads_to_their_rows(client, cast):
    bad = [["", "广州", ""], ["甲医院", "广州", "十级"], ["乙医院", "广州", "百级"], ["丙医院", "广州", ""], ["丙医院", "广州", ""]]
    batch = make_checked(by=cast.manager, file=xlsx([HEAD, *bad]))
    level = "医院等级“…”看不懂，请写成 三级甲等、三甲、二级 这样的形式。"
    counted = [["error", level, 2, 3], ["error", "名称为空", 1, 2], ["duplicate", "与第 … 行重复", 1, 6]]
    assert batch.findings["reasons"] == counted
    batch = apply(batch)
    assert batch.findings["reasons"] == counted, "still told when the rest is in"
    client.force_login(cast.manager)
    page = client.get(reverse("interchange:job", args=[batch.pk]), {"outcome": "error", "cause": level})
    assert [row.name for row in page.context["board"].rows] == ["甲医院", "乙医院"]
    assert "没有写入的原因和修正" in page.content.decode() and "看全部" in page.content.decode()


def test_the_error_file_has_the_reasons_on_a_sheet_of_their_own(cast, tmp_path):
    batch = make_checked(by=cast.manager, file=xlsx([HEAD, ["", "广州", ""], ["", "深圳", ""]]))
    path = tmp_path / "问题.xlsx"
    path.write_bytes(workbooks.problem_workbook(batch=batch))
    assert read_sheet(path).rows[0][-1] == "导入问题"
    assert read_sheet(path, "原因汇总").rows[1] == ["有误", "名称为空", "2", "2"]


def test_the_second_file_of_a_shape_comes_matched_as_the_first_was_until_it_is_forgotten(client, cast):
    odd = ["编号甲", "叫什么", "在哪里"]
    first = make_upload(by=cast.manager, file=xlsx([odd, ["1", "甲医院", "广州"]]))
    assert first.mapping == {}
    actions.start_check(
        batch=first, mapping={"1": "name", "2": "region"}, options={"existing": "fill"}, by=cast.manager, at=NOW
    )
    again = make_upload(by=cast.manager, file=xlsx([["医院名单", "", ""], odd, ["2", "乙医院", "深圳"]], name="下月.xlsx"))
    assert (again.header_row, again.mapping, again.options) == (2, {"1": "name", "2": "region"}, {"existing": "fill"})
    client.force_login(cast.manager)
    assert "按上次的对应关系" in client.get(reverse("interchange:job", args=[again.pk])).content.decode()
    assert make_upload(by=cast.region_manager, file=xlsx([odd, ["1", "甲医院", "广州"]])).mapping == {}, "mine alone"

    client.post(reverse("interchange:forget", args=[again.pk]))
    again.refresh_from_db()
    assert again.mapping == {} and not RememberedMapping.objects.exists()


def test_a_file_without_headers_is_refused_and_a_sheet_without_them_says_so(cast):
    rows = [["S2016082603", "一号店", "湛江", "1"], ["S2016082604", "二号店", "湛江", "1"]]
    with pytest.raises(actions.ImportRefused, match="没有表头：第 1 行起就是数据"):
        make_upload(by=cast.manager, file=xlsx(rows))
    batch = make_upload(by=cast.manager, file=book(名单=[HEAD, ["甲医院", "", ""]], 无头=rows))
    with pytest.raises(actions.ImportRefused, match="工作表“无头”没有表头"):
        actions.read_other_sheet(batch=batch, sheet="无头", by=cast.manager, at=NOW)
    first = make_upload(by=cast.manager, file=book(无头=rows, 名单=[HEAD, ["甲医院", "", ""]]))
    assert first.headers == [] and "没有表头" in first.message
    first = actions.read_other_sheet(batch=first, sheet="名单", by=cast.manager, at=NOW)
    assert first.mapping["0"] == "name" and first.message == ""


def test_a_file_that_is_another_list_says_what_is_missing_and_what_it_looks_like(client, cast):
    batch = make_upload(by=cast.manager, file=xlsx([["药品名称", "商品编码", "规格"], ["阿司匹林", "1", "75mg"]]))
    assert batch.mapping == {}, "药品名称 is no 医院名称"
    client.force_login(cast.manager)
    text = client.get(reverse("interchange:job", args=[batch.pk])).content.decode()
    assert "没有找到“医院名称”这一列" in text
    other = make_upload(by=cast.manager, file=xlsx([["藥局名稱", "縣市"], ["甲藥局", "台北市"]]))
    assert "它可能是“药店”名单" in client.get(reverse("interchange:job", args=[other.pk])).content.decode()


@pytest.mark.parametrize(
    ("existing", "outcome", "level", "address"),
    [("keep", "duplicate", "2a", ""), ("fill", "update", "2a", "新路 1 号"), ("update", "update", "3a", "新路 1 号")],
)
def test_existing_records_are_kept_filled_or_overwritten_as_chosen(cast, existing, outcome, level, address):
    mine = make_organisation(owner=cast.rep, name="示例医院", region_id="440100", level="2a", address="")
    rows = [[*HEAD, "地址"], [mine.name, "广州", "三甲", "新路 1 号"]]
    batch = make_applied if existing != "keep" else make_checked
    made = batch(by=cast.manager, file=xlsx(rows), update_by="name", existing=existing)
    mine.refresh_from_db()
    assert (made.rows.get().outcome, mine.level, mine.address) == (outcome, level, address)


def test_with_the_code_as_key_a_namesake_of_another_code_is_another_hospital(cast):
    make_organisation(owner=cast.rep, name="示例医院", region_id="440100", code="A1")
    rows = [["医院名称", "所在地区", "机构编码"], ["示例医院", "广州", "A2"], ["改名医院", "广州", "A1"]]
    by_name = make_checked(by=cast.manager, file=xlsx(rows))
    assert [r.outcome for r in by_name.rows.order_by("number")] == ["duplicate", "duplicate"]
    by_code = check(by_name, update_by="code", existing="update")
    assert [r.outcome for r in by_code.rows.order_by("number")] == ["new", "update"]
