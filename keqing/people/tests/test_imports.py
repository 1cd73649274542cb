"""Importing organisations and doctors: cleaning, reach, hospitals, undo."""

from datetime import date
from pathlib import Path

import pytest

from keqing.access.models import TerritoryRule
from keqing.access.tests.factories import make_cast, position_of
from keqing.interchange.tests.factories import apply, check, csv_file, make_applied, make_checked, undo, xlsx
from keqing.people.imports import cleaning
from keqing.people.models import Affiliation, Department, Organisation, Person
from keqing.people.tests.factories import make_organisation, make_person
from keqing.reference.models import Division

SHARED = Path(__file__).parents[4] / "shared" / "data"
HOSPITALS = ["医院名称", "所在地区"]
DOCTORS = ["姓名", "医院", "科室", "职称", "教学职称", "擅长"]


def rule(position, code: str, kinds: tuple[str, ...] = ()) -> TerritoryRule:
    return TerritoryRule.objects.create(
        position=position, division=Division.objects.get(code=code), kinds=list(kinds), valid_from=date(2026, 1, 1)
    )


def outcomes(batch) -> list[tuple[str, str, str]]:
    return [(row.name, row.outcome, row.reason) for row in batch.rows.order_by("number")]


@pytest.mark.parametrize(
    ("text", "grade", "level"),
    [
        ("三级甲等", "", "3a"), ("三甲", "", "3a"), ("三级", "甲等", "3a"), ("三级", "", "3"), ("二级", "未评", "2"),
        ("2", "", "2"), ("一级综合", "", "1"), ("三级特等", "", "3s"), ("未评级", "", ""), ("无", "", ""), ("一级", "合格", "1"),
    ],
)
def test_levels_are_read_in_every_spelling(text, grade, level):
    assert cleaning.clean_level(text, grade) == level


@pytest.mark.parametrize(
    ("text", "name", "aliases"),
    [
        ("中日友好医院（卫生部中日友好医院）", "中日友好医院", ["卫生部中日友好医院"]),
        ("甲乙丙医院（丁戊己医院、庚辛壬卫生院）", "甲乙丙医院", ["丁戊己医院", "庚辛壬卫生院"]),
        ("示例乡镇医院（东区）", "示例乡镇医院（东区）", []),
        ("百源堂（某某一心堂）示例分店", "百源堂（某某一心堂）示例分店", []),
        ("宜昌市中心人民医院宜昌市中心人民医院", "宜昌市中心人民医院", []),
    ],
)
def test_other_names_in_brackets_become_aliases(text, name, aliases):
    assert cleaning.split_name(text) == (name, aliases)


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("1083211441", "010-83211441"), ("57187783883", "0571-87783883"), ("0571-8778388387022776", "0571-87783883，0571-87022776"),
        ("0571-87068001，87010630", "0571-87068001，0571-87010630"), ("(02)28225812", "02-28225812"), ("13800001234", "13800001234"),
    ],
)
def test_phones_are_repaired(text, phone):
    assert cleaning.clean_any_phone(text, []) == phone


def test_titles_that_hold_two_things_become_a_title_and_an_academic_post():
    assert cleaning.clean_titles("主治医师 讲师", "", []) == ("attending", "讲师")
    assert cleaning.clean_titles("主任医师", "教授", []) == ("chief", "教授")
    notes: list[str] = []
    assert cleaning.clean_titles("特聘专家", "", notes) == ("other", "特聘专家") and notes


def test_what_is_cut_is_said():
    notes: list[str] = []
    assert cleaning.fitted("长" * 12, 10, "备注", notes) == "长" * 10 and notes == ["备注超过 10 字，只保留前 10 字"]


@pytest.mark.django_db
def test_owners_come_from_territory_rules_and_rows_without_one_wait_in_the_importers_queue():
    cast = make_cast()
    rule(position_of(cast.rep), "440106")
    rule(position_of(cast.sibling), "440100", kinds=("pharmacy",))
    rows = [HOSPITALS, ["天河示例医院", "广东省广州市天河区"], ["越秀示例医院", "广东省广州市越秀区"], ["无地区医院", ""]]
    make_applied(by=cast.manager, file=xlsx(rows))
    found = {o.name: (o.owner_position, o.unit) for o in Organisation.objects.select_related("owner_position", "unit")}
    assert found == {
        "天河示例医院": (position_of(cast.rep), cast.guangzhou),
        "越秀示例医院": (None, cast.guangzhou),
        "无地区医院": (None, cast.guangzhou),
    }


@pytest.mark.django_db
def test_rows_outside_the_importers_reach_are_refused():
    cast = make_cast()
    rule(position_of(cast.rep), "440100")
    rule(position_of(cast.other_area_rep), "440300")
    rows = [HOSPITALS, ["广州示例医院", "广东省广州市"], ["深圳示例医院", "广东省深圳市"], ["杭州示例医院", "浙江省杭州市"]]
    assert outcomes(make_checked(by=cast.manager, file=xlsx(rows))) == [
        ("广州示例医院", "new", ""), ("深圳示例医院", "error", "不在您的辖区"), ("杭州示例医院", "error", "不在您的辖区"),
    ]
    assert [o for _, o, _ in outcomes(make_checked(by=cast.region_manager, file=xlsx(rows)))] == ["new", "new", "error"]
    assert [o for _, o, _ in outcomes(make_checked(by=cast.system, file=xlsx(rows)))] == ["new"] * 3


@pytest.mark.django_db
def test_an_existing_customer_of_somebody_else_is_not_updated():
    cast = make_cast()
    theirs = make_organisation(owner=cast.stranger, name="北京示例医院", level="2a")
    rows = [[*HOSPITALS, "医院等级"], ["北京示例医院", "", "三甲"]]
    batch = make_checked(by=cast.manager, file=xlsx(rows), update_by="name")
    assert outcomes(batch) == [("北京示例医院", "error", "不在您的辖区")]
    theirs.refresh_from_db()
    assert theirs.level == "2a"


@pytest.mark.django_db
def test_commerce_imports_partners_of_its_area_and_no_hospitals():
    cast = make_cast()
    from keqing.interchange.registry import specs_for

    partners = {f"organisation-{k}" for k in ("distributor", "maker", "agent", "pharmacy", "chain")}
    assert {s.key for s in specs_for(cast.commerce)} == partners | {"lead", "prospect"}
    rows = [["公司名称", "信用代码"], ["示例医药有限公司", "91110000600037341L"], ["示例医药二公司", "91110000600037341L"]]
    batch = make_applied(by=cast.commerce, file=xlsx(rows), kind="organisation-distributor")
    assert outcomes(batch)[1] == ("示例医药二公司", "duplicate", "与第 2 行重复")
    made = Organisation.objects.get()
    assert (made.kind, made.unit, made.uscc) == ("distributor", cast.south, "91110000600037341L")


@pytest.mark.django_db
def test_update_by_code_finds_a_renamed_organisation():
    cast = make_cast()
    mine = make_organisation(owner=cast.rep, name="旧名医院", code="H001", region_id="440100")
    rows = [["医院名称", "机构编码", "地址"], ["新名医院", "H001", "示例路 1 号"]]
    make_applied(by=cast.manager, file=xlsx(rows), update_by="code")
    mine.refresh_from_db()
    assert (mine.name, mine.address, "xmyy" in mine.search_initials) == ("新名医院", "示例路 1 号", True)


@pytest.mark.django_db
def test_a_figure_from_a_file_says_so_and_undo_gives_it_its_former_source_back():
    cast = make_cast()
    website = {"source": "website", "note": "官网 2026-03", "on": "2026-03-01", "by": "甲"}
    visit = {"source": "visit", "note": "", "on": "2026-04-01", "by": "乙"}
    mine = make_organisation(owner=cast.rep, name="示例第一人民医院", beds=800, outpatients_day=90, source="visit")
    Organisation.objects.filter(pk=mine.pk).update(figure_sources={"beds": website, "outpatients_day": visit})
    batch = make_applied(by=cast.manager, file=xlsx([["医院名称", "床位"], [mine.name, "900"]]), update_by="name")
    mine.refresh_from_db()
    day = mine.figure_sources["beds"].pop("on")
    source = {"source": "import", "note": "导入 医院名单.xlsx", "by": cast.manager.name}
    assert (mine.beds, mine.figure_sources) == (900, {"beds": source, "outpatients_day": visit}) and day > "2026-04-01"
    assert batch.rows.get().reason == "更新床位"
    undo(batch)
    mine.refresh_from_db()
    assert (mine.beds, mine.figure_sources) == (800, {"beds": website, "outpatients_day": visit})


@pytest.mark.django_db
def test_undo_leaves_a_figure_nobody_vouched_for_without_a_source():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep, name="澜泊市人民医院", beds=300)
    Organisation.objects.update(figure_sources={})
    batch = make_applied(by=cast.manager, file=xlsx([["医院名称", "床位"], [hospital.name, "900"]]), update_by="name")
    hospital.refresh_from_db()
    assert hospital.beds == 900 and hospital.figure_sources["beds"]
    undo(batch)
    hospital.refresh_from_db()
    assert (hospital.beds, hospital.figure_sources) == (300, {})


@pytest.mark.django_db
def test_stores_find_their_chain():
    cast = make_cast()
    chain = make_organisation(owner=cast.rep, name="示例大药房连锁有限公司", kind="chain", short_name="示例大药房")
    rows = [["药店名称", "连锁总部", "医保定点"], ["一号店", "示例大药房", "是"], ["二号店", "别家", "否"]]
    batch = make_applied(by=cast.manager, file=xlsx(rows), kind="organisation-pharmacy")
    found = {o.name: (o.chain, o.is_medicare) for o in Organisation.objects.of_kind("pharmacy").select_related("chain")}
    assert found == {"一号店": (chain, True), "二号店": (None, False)}
    assert outcomes(batch)[1][2] == "连锁总部“别家”没有找到，留空"


@pytest.mark.django_db
def test_doctors_find_their_hospital_by_name_alias_and_run_together_names():
    cast = make_cast()
    first = make_organisation(owner=cast.rep, name="示例省人民医院", aliases=["示例医科大学第一附属医院"], region_id="440100")
    rows = [
        DOCTORS,
        ["张一", "示例省人民医院", "心血管内科心血管内科", "主任医师", "教授", "冠心病"],
        ["张二", "示例医科大学第一附属医院", "心血管内科", "", "", ""],
        ["张三", "示例省人民医院示例省人民医院", "骨科", "主治医师 讲师", "", ""],
        ["张四", "示例省人民医院示例省妇幼保健院", "", "", "", ""],
    ]
    batch = make_applied(by=cast.manager, file=xlsx(rows), kind="doctor")
    assert batch.counts["new"] == 4 and batch.findings["unmatched"] == []
    assert set(Affiliation.objects.values_list("organisation", flat=True)) == {first.pk}
    assert sorted(Department.objects.values_list("name", flat=True)) == ["心血管内科", "骨科"]
    third = Person.objects.get(name="张三")
    assert (third.title, third.academic_posts, third.is_affiliated) == ("attending", "讲师", True)


@pytest.mark.django_db
def test_hospitals_of_one_name_in_two_cities_are_told_apart_by_the_city_of_the_row():
    cast = make_cast()
    here = make_organisation(owner=cast.rep, name="人民医院", region_id="440104")
    there = make_organisation(owner=cast.other_area_rep, name="人民医院", region_id="440304")
    head = ["姓名", "医院", "医院所在地区", "科室"]
    rows = [
        head, ["甲示例", "人民医院", "广东省广州市", ""], ["乙示例", "人民医院", "广东省深圳市", ""],
        ["丙示例", "新民医院", "广东省广州市", ""], ["丁示例", "新民医院", "广东省珠海市", ""], ["丁示例", "新民医院", "珠海", ""],
    ]
    batch = make_applied(by=cast.system, file=xlsx(rows), kind="doctor")
    assert [u[:2] for u in batch.findings["unmatched"]] == [["新民医院（广东省珠海市）", 2], ["新民医院（广东省广州市）", 1]]
    found = {a.person.name: a.organisation for a in Affiliation.objects.select_related("organisation", "person")}
    assert (found["甲示例"], found["乙示例"]) == (here, there)
    assert (found["丙示例"].region_id, found["丁示例"].region_id) == ("440100", "440400")
    assert (batch.counts["new"], batch.counts["duplicate"]) == (4, 1)


@pytest.mark.django_db
def test_the_user_chooses_for_each_city_of_a_name_and_a_row_without_city_joins_the_only_one():
    cast = make_cast()
    mine = make_organisation(owner=cast.rep, name="广州新民中心医院", region_id="440100")
    rows = [
        ["姓名", "医院", "医院所在地区"], ["甲示例", "新民中心医院", "广州"], ["乙示例", "新民中心医院", "珠海"],
        ["丙示例", "孤山医院", "广州"], ["丁示例", "孤山医院", ""],
    ]
    options = {"choices": {"新民中心医院（广东省广州市）": str(mine.pk), "新民中心医院（广东省珠海市）": "leave"}}
    batch = apply(make_checked(by=cast.system, file=xlsx(rows), kind="doctor", **options))
    assert [o[1] for o in outcomes(batch)] == ["new", "left", "new", "new"]
    assert Person.objects.get(name="甲示例").affiliations.get().organisation == mine
    assert Organisation.objects.get(name="孤山医院").affiliations.count() == 2


@pytest.mark.django_db
def test_unknown_hospitals_are_offered_candidates_and_made_unverified_by_default():
    cast = make_cast()
    near = make_organisation(owner=cast.rep, name="广州市示例中心医院", region_id="440100")
    rows = [DOCTORS, ["张一", "广州示例中心医院", "", "", "", ""], ["张二", "广州示例中心医院", "", "", "", ""]]
    batch = make_checked(by=cast.manager, file=xlsx(rows), kind="doctor")
    [(name, count, candidates)] = batch.findings["unmatched"]
    assert (name, count, candidates[0][:2]) == ("广州示例中心医院", 2, [near.pk, "广州市示例中心医院"])
    assert outcomes(batch)[0][2] == "医院“广州示例中心医院”将新建为待核实"

    batch = apply(batch)
    made = Organisation.objects.get(is_unverified=True)
    assert (made.name, made.region_id, made.affiliations.count()) == ("广州示例中心医院", "440100", 2)
    undo(batch)
    assert list(Organisation.objects.all()) == [near] and not Person.objects.exists()


@pytest.mark.django_db
def test_the_user_may_choose_a_candidate_or_leave_the_doctors_out():
    cast = make_cast()
    near = make_organisation(owner=cast.rep, name="广州市示例中心医院", region_id="440100")
    rows = [DOCTORS, ["张一", "广州示例中心医院", "", "", "", ""], ["张二", "某某无名医院", "", "", "", ""]]
    batch = make_checked(by=cast.manager, file=xlsx(rows), kind="doctor")
    batch = check(batch, choices={"广州示例中心医院": str(near.pk), "某某无名医院": "leave"})
    assert [o[1:] for o in outcomes(batch)] == [("new", ""), ("left", "没有找到医院“某某无名医院”")]
    apply(batch)
    assert Person.objects.get().affiliations.get().organisation == near and Organisation.objects.count() == 1


@pytest.mark.django_db
def test_a_doctor_of_a_hospital_out_of_reach_is_refused_and_a_known_doctor_is_a_duplicate():
    cast = make_cast()
    theirs = make_organisation(owner=cast.stranger, name="北京示例医院", region_id="110105")
    mine = make_organisation(owner=cast.rep, name="广州示例医院", region_id="440100")
    make_person(at_organisation=mine, owner=cast.rep, name="张一")
    rows = [DOCTORS, ["张零", theirs.name, "", "", "", ""], ["张一", mine.name, "", "主任医师", "", ""]]
    batch = make_checked(by=cast.manager, file=xlsx(rows), kind="doctor")
    assert [o[1:] for o in outcomes(batch)] == [("error", "不在您的辖区"), ("duplicate", "已存在同名医生")]
    batch = apply(check(batch, update_by="name"))
    assert Person.objects.get(name="张一").title == "chief"
    undo(batch)
    assert Person.objects.get(name="张一").title == ""


@pytest.mark.django_db
def test_two_doctors_of_one_name_in_two_departments_are_two():
    cast = make_cast()
    make_organisation(owner=cast.rep, name="广州示例医院", region_id="440100")
    rows = [DOCTORS, ["王伟", "广州示例医院", "骨科", "", "", ""], ["王伟", "广州示例医院", "儿科", "", "", ""], ["王伟", "广州示例医院", "儿科", "", "", ""]]
    batch = make_applied(by=cast.manager, file=xlsx(rows), kind="doctor")
    assert (batch.counts["new"], batch.counts["duplicate"], Person.objects.count()) == (2, 1, 2)


@pytest.mark.django_db
def test_two_rows_that_update_one_record_are_a_row_and_its_repetition():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep, name="示例第一人民医院", aliases=["示例中心医院"])
    make_person(at_organisation=hospital, owner=cast.rep, name="王示例")
    rows = [["医院名称", "地址", "电话"], [hospital.name, "示例路 1 号", ""], ["示例中心医院", "", "020-81234567"]]
    batch = make_applied(by=cast.manager, file=xlsx(rows), update_by="name")
    assert [o[1:] for o in outcomes(batch)] == [("update", "更新地址"), ("duplicate", "与第 2 行重复")]
    hospital.refresh_from_db()
    assert (hospital.address, hospital.phone) == ("示例路 1 号", "")

    rows = [["姓名", "医院", "科室", "擅长"], ["王示例", hospital.name, "内科", "甲"], ["王示例", "示例中心医院", "外科", "乙"]]
    batch = make_applied(by=cast.manager, file=xlsx(rows), kind="doctor", update_by="name")
    assert (batch.state, [o[1:] for o in outcomes(batch)]) == ("done", [("update", "更新专业方向"), ("duplicate", "与第 2 行重复")])
    assert Person.objects.get().specialty == "甲"


@pytest.mark.django_db
def test_a_doctor_under_two_names_of_one_hospital_is_one():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep, name="示例第一人民医院", aliases=["示例中心医院"])
    rows = [["姓名", "医院", "科室"], ["王示例", hospital.name, "内科"], ["王示例", "示例中心医院", "内科"]]
    batch = make_applied(by=cast.manager, file=xlsx(rows), kind="doctor")
    assert (batch.counts["new"], batch.counts["duplicate"], Person.objects.count()) == (1, 1, 1)


@pytest.mark.django_db
def test_phones_the_importer_may_not_read_are_neither_replaced_nor_compared():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep, name="示例第一人民医院")
    theirs = make_person(at_organisation=hospital, owner=cast.rep, name="王示例", mobile="18612341402")
    empty = make_person(at_organisation=hospital, owner=cast.rep, name="赵示例")
    rows = [["姓名", "医院", "手机"], ["王示例", hospital.name, "13900001111"], ["赵示例", hospital.name, "13900002222"]]
    batch = make_applied(by=cast.manager, file=xlsx(rows), kind="doctor", update_by="name")
    different = "已存在，没有要更新的资料；已有手机，您看不到完整号码，不更新"
    assert [o[1:] for o in outcomes(batch)] == [("duplicate", different), ("update", "更新手机")]
    theirs.refresh_from_db()
    empty.refresh_from_db()
    assert (theirs.mobile, empty.mobile) == ("18612341402", "13900002222")

    rows[1][2] = "18612341402"
    same = make_checked(by=cast.manager, file=xlsx(rows[:2]), kind="doctor", update_by="name")
    assert outcomes(same) == [("王示例", "duplicate", different)], "equal and different read the same"

    own = make_organisation(owner=cast.manager, name="示例第二人民医院")
    mine = make_person(at_organisation=own, owner=cast.manager, name="钱示例", mobile="18612341402")
    make_applied(
        by=cast.manager, file=xlsx([rows[0], ["钱示例", own.name, "13900003333"]]), kind="doctor", update_by="name"
    )
    mine.refresh_from_db()
    assert mine.mobile == "13900003333"


@pytest.mark.django_db
def test_a_file_without_hospitals_yields_people_without_affiliation_whom_the_importer_sees():
    cast = make_cast()
    rows = [["姓名", "职称", "擅长"], ["张一", "主任医师", "呼吸"], ["张二", "", ""]]
    batch = make_applied(by=cast.manager, file=csv_file(rows), kind="doctor")
    assert set(Person.objects.visible_to(cast.manager)) == set(Person.objects.unaffiliated()) and Person.objects.count() == 2
    again = make_checked(by=cast.manager, file=csv_file(rows), kind="doctor")
    assert again.counts["duplicate"] == 2
    assert undo(batch).counts["undone"] == 2 and not Person.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("file", "kind", "new"),
    [("messy_hospitals_gb18030.csv", "organisation-hospital", 378), ("messy_hospital_phone_as_number.xlsx", "organisation-hospital", 63)],
)
def test_real_files_with_their_flaws_go_in(file, kind, new):
    if not (SHARED / file).exists():
        pytest.skip(f"没有样本数据 {file}")
    from django.core.files.uploadedfile import SimpleUploadedFile

    cast = make_cast()
    batch = make_checked(by=cast.system, file=SimpleUploadedFile(file, (SHARED / file).read_bytes()), kind=kind)
    assert batch.counts["error"] == 0
    assert batch.counts["new"] + batch.counts["duplicate"] == batch.counts["total"]
    assert abs(batch.counts["new"] - new) < 20
