"""Departments, drug makers, companies and pharmacies by their own headers; the real files where they are at hand."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from keqing.access.tests.factories import make_cast
from keqing.compliance.models import Refusal
from keqing.interchange import actions
from keqing.interchange.tests.factories import NOW, apply, check, make_applied, make_checked, make_upload, undo, xlsx
from keqing.people.imports import cleaning
from keqing.people.models import Department, Organisation, Person
from keqing.people.tests.factories import make_organisation

pytestmark = [pytest.mark.django_db, pytest.mark.proves("R-011")]
SHARED = Path(__file__).parents[4] / "shared" / "data"


@pytest.fixture
def cast():
    return make_cast()


def outcomes(batch):
    return [(row.name, row.outcome, row.reason) for row in batch.rows.order_by("number")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("SLYL-示例医疗科技有限公司", ("示例医疗科技有限公司", ["SLYL"], "")),
        ("SL-示例国际 医疗贸易(上海)有限公司", ("示例国际医疗贸易(上海)有限公司", ["SL"], "")),
        ("示例药业有限公司（原名：示例制药厂）", ("示例药业有限公司", ["示例制药厂"], "")),
        ("示例药业有限公司（原示例市制药厂", ("示例药业有限公司", ["示例市制药厂"], "")),
        ("EXAMPLE PHARMA(分包装：示例制药有限公司)", ("EXAMPLE PHARMA", [], "分包装：示例制药有限公司")),
        ("示例（中国）制药有限公司制造", ("示例（中国）制药有限公司", [], "")),
        ("原子示例股份有限公司", ("原子示例股份有限公司", [], "")), ("S-P Example", ("S-P Example", [], "")),
    ],
)
def test_what_stands_around_a_companys_name_is_not_its_name(text, found):
    assert cleaning.split_company(text) == found


def test_departments_find_their_hospital_and_go_again_with_those_made_for_them(cast):
    mine = make_organisation(owner=cast.rep, name="示例第一人民医院", aliases=["示例中心医院"], region_id="440100")
    rows = [
        ["医院", "医院等级", "科室名称", "床位"], ["示例中心医院", "三级甲等", "心脏内科", "60"], [mine.name, "", "心脏内科", ""],
        [mine.name, "", "骨科骨科", "４０"], ["广州示例新医院", "一级", "全科", ""], [mine.name, "", "", ""], [mine.name, "", "儿科", "很多"],
    ]
    batch = make_applied(by=cast.manager, file=xlsx(rows), kind="department")
    assert [o[1] for o in outcomes(batch)] == ["new", "duplicate", "new", "new", "error", "error"]
    assert sorted(Department.objects.values_list("organisation__name", "name", "beds")) == [
        ("广州示例新医院", "全科", None), (mine.name, "心脏内科", 60), (mine.name, "骨科", 40),
    ]
    assert Organisation.objects.get(name="广州示例新医院").is_unverified
    batch = undo(batch)
    assert (batch.counts["undone"], Department.objects.count(), list(Organisation.objects.all())) == (3, 0, [mine])


def test_known_departments_are_filled_or_kept_and_undo_restores_them(cast):
    mine = make_organisation(owner=cast.rep, name="示例第一人民医院")
    known = Department.objects.create(organisation=mine, name="骨科", beds=30)
    rows = [["医院", "科室", "床位", "备注"], [mine.name, "骨科", "50", "三楼"]]
    assert outcomes(make_checked(by=cast.manager, file=xlsx(rows), kind="department"))[0][1] == "duplicate"
    batch = make_applied(by=cast.manager, file=xlsx(rows), kind="department", existing="fill")
    known.refresh_from_db()
    assert (known.beds, known.remark, batch.counts["update"]) == (30, "三楼", 1)
    undo(batch)
    known.refresh_from_db()
    assert (known.beds, known.remark) == (30, "")


@pytest.mark.proves("RX-01")
def test_a_department_file_with_drug_quantities_is_refused_and_logged(cast):
    with pytest.raises(actions.ImportRefused, match="RX-0[12]"):
        make_upload(by=cast.manager, file=xlsx([["医院", "科室", "药品用量"], ["甲医院", "骨科", "12"]]), kind="department")
    assert Refusal.objects.exists()


def test_departments_of_hospitals_out_of_reach_are_refused(cast):
    theirs = make_organisation(owner=cast.stranger, name="北京示例医院", region_id="110105")
    batch = make_checked(by=cast.manager, file=xlsx([["医院", "科室"], [theirs.name, "骨科"]]), kind="department")
    assert outcomes(batch) == [("骨科", "error", "不在您的辖区")]


def test_makers_and_distributors_of_one_list_each_go_to_their_kind(cast):
    rows = [
        ["简称", "全称", "类别", "输入码", "厂商编码"], ["示例甲", "示例甲医药有限公司", "批发商", "slj", "D1"],
        ["示例乙", "示例乙制药有限公司", "生产商", "sly", "D2"],
    ]
    first = make_applied(by=cast.commerce, file=xlsx(rows), kind="organisation-distributor")
    assert [o[1] for o in outcomes(first)] == ["new", "error"] and "不是商业公司" in outcomes(first)[1][2]
    second = make_applied(by=cast.commerce, file=xlsx(rows), kind="organisation-maker")
    assert [o[1] for o in outcomes(second)] == ["error", "new"]
    made = dict(Organisation.objects.values_list("name", "kind"))
    assert made == {"示例甲医药有限公司": "distributor", "示例乙制药有限公司": "maker"}


def test_a_company_form_with_yes_and_no_in_its_headers_is_understood(cast):
    rows = [
        ["单位编码", "单位名称", "单位简称", "是否厂商 1是0否", "是否供应商  1是0否", "是否禁用（1禁用，0不禁用）"],
        ["1", "示例甲药业", "甲", "1", "0", "0"], ["2", "示例乙药业", "乙", "0", "1", "0"], ["3", "示例丙药业", "丙", "1", "1", "1"],
    ]
    batch = make_checked(by=cast.commerce, file=xlsx(rows), kind="organisation-maker")
    assert [o[1] for o in outcomes(batch)] == ["new", "error", "error"]
    assert outcomes(batch)[1][2] == "文件注明不是生产企业" and outcomes(batch)[2][2] == "文件注明已禁用"


def test_companies_under_two_prefixes_are_one_and_near_names_are_said(cast):
    rows = [
        ["供应商代码", "供应商名称", "拼音简码"], ["1", "SLA-示例医疗贸易有限公司", "x"], ["2", "SLB-示例医疗贸易有限公司", "y"],
        ["3", "示例医疗贸易公司", "z"],
    ]
    batch = make_applied(by=cast.commerce, file=xlsx(rows), kind="organisation-distributor")
    assert outcomes(batch)[1][1:] == ("duplicate", "与第 2 行重复")
    assert outcomes(batch)[2][1:] == ("new", "与第 2 行名称相近，可能是同一家，请核对")
    assert Organisation.objects.get(code="1").aliases == ["SLA"]


def test_pharmacies_in_traditional_characters_with_the_typists_errors_go_in(cast):
    rows = [
        ["藥局名稱", "地區", "縣市", "鄉鎮市區", "地址", "電話"],
        ["示例藥局", "台湾", "台北市", "士林區", "台北巿士林區示例路６４３號", "(02)28225812&nbsp;"],
        ["示例藥局", "台湾", "桃園縣", "平鎮區", "桃園縣平鎮區示例路１號", "(03)4570009"],
        ["示例藥局", "台湾", "台北市", "士林區", "台北市士林區示例路643號", ""],
    ]
    batch = make_applied(by=cast.commerce, file=xlsx(rows), kind="organisation-pharmacy")
    assert set(batch.mapping.values()) == {"name", "region", "city", "district", "address", "phone"}
    first = Organisation.objects.get(address__startswith="台北")
    assert (first.address, first.phone) == ("台北市士林區示例路643號", "02-28225812")
    assert [o[1] for o in outcomes(batch)][0] == "new"


def test_a_store_list_with_its_header_in_line_2_leaves_the_staff_columns_alone(cast):
    rows = [
        ["大区", "办事处", "城市", "上级岗位编号", "岗位编号", "姓名", "门店类型", "门店编号", "门店名称"],
        ["南区", "广州办事处", "湛江", "P000115", "P004548", "待招-P004548", "大卖场", "S2016082603649", "示例超市麻岗店"],
    ]
    batch = make_applied(by=cast.system, file=xlsx(rows, merged_title="全量导出"), kind="organisation-pharmacy")
    assert sorted(batch.mapping.values()) == ["city", "code", "name"]
    assert Organisation.objects.get().region_id == "440800"


@pytest.mark.proves("U38")
def test_a_row_of_doctors_or_departments_costs_at_most_a_twentieth_of_a_statement(cast):
    doctors = [["姓名", "医院", "科室"], *([f"示{n}", f"广州示例{n % 300}医院", f"内科{n % 4}"] for n in range(1000))]
    departments = [["医院", "科室"], *([f"广州样本{n % 300}医院", f"内科{n}"] for n in range(1000))]
    for kind, rows in (("doctor", doctors), ("department", departments)):
        batch = make_upload(by=cast.manager, file=xlsx(rows), kind=kind)
        for step in (check, apply, undo):
            with CaptureQueriesContext(connection) as asked:
                batch = step(batch)
            assert len(asked) <= 50, (kind, step.__name__, len(asked))
        assert (batch.counts["new"], batch.counts["undone"]) == (1000, 1000)
    assert not Person.objects.exists() and not Department.objects.exists() and not Organisation.objects.exists()


@pytest.mark.parametrize(
    ("file", "sheet", "kind", "rows", "new"),
    [
        ("departments.xlsx", "科室", "department", 4821, 4700), ("pharmacies.xlsx", "广州药店", "organisation-pharmacy", 137, 137),
        ("pharmacies.xlsx", "药局(繁体)", "organisation-pharmacy", 669, 640),
        ("distributors.xlsx", "供应商", "organisation-distributor", 325, 280),
        ("distributors.xlsx", "生产企业", "organisation-maker", 659, 600),
        ("distributors.xlsx", "原研厂家", "organisation-maker", 241, 235),
        ("distributors.xlsx", "药品供应商", "organisation-distributor", 11, 5),
        ("messy_store_coverage.xlsx", "全量导出", "organisation-pharmacy", 866, 790),
        ("template_companyTemplate.xlsx", "Sheet1", "organisation-distributor", 1, 1),
    ],
)
def test_real_lists_go_in_by_their_own_headers(cast, file, sheet, kind, rows, new):
    if not (SHARED / file).exists():
        pytest.skip(f"没有样本数据 {file}")
    batch = make_upload(by=cast.system, file=SimpleUploadedFile(file, (SHARED / file).read_bytes()), kind=kind)
    if batch.sheet != sheet:
        batch = actions.read_other_sheet(batch=batch, sheet=sheet, by=cast.system, at=NOW)
    batch = check(batch)
    assert (batch.state, batch.counts["total"]) == ("checked", rows)
    assert batch.counts["new"] >= new
    assert sum(r[2] for r in batch.findings["reasons"] if r[0] in ("error", "duplicate")) == rows - batch.counts["new"]


def test_the_real_sheet_without_headers_is_refused_in_words(cast):
    path = SHARED / "messy_store_coverage.xlsx"
    if not path.exists():
        pytest.skip(f"没有样本数据 {path.name}")
    batch = make_upload(by=cast.system, file=SimpleUploadedFile(path.name, path.read_bytes()), kind="organisation-pharmacy")
    with pytest.raises(actions.ImportRefused, match="没有表头"):
        actions.read_other_sheet(batch=batch, sheet="Sheet1 (2)", by=cast.system, at=NOW)
