"""Taking an import back, and what may have changed between its check and its end."""

from datetime import date

import pytest

from keqing.access.tests.factories import make_cast, make_position, position_of
from keqing.batches.models import Batch, BatchRow
from keqing.interchange import actions
from keqing.interchange.tests.factories import NOW, check, make_applied, make_checked, undo, xlsx
from keqing.people.models import Department, Organisation, Person
from keqing.people.tests.factories import make_organisation
from keqing.people.tests.test_imports import DOCTORS, HOSPITALS, rule


@pytest.mark.django_db
def test_undoing_doctors_keeps_the_one_somebody_edited_and_lists_the_hospital_that_stays_with_him():
    cast = make_cast()
    rows = [DOCTORS, ["张一", "广州示例医院", "骨科", "", "", ""], ["张二", "广州示例医院", "骨科", "", "", ""]]
    batch = make_applied(by=cast.manager, file=xlsx(rows), kind="doctor")
    from keqing.people.actions.people import update_person

    update_person(person=Person.objects.get(name="张二"), values={"remark": "已联系"}, by=cast.manager, at=NOW)
    batch = undo(batch)
    assert [p.name for p in Person.objects.all()] == ["张二"]
    assert Organisation.objects.count() == 1 and Department.objects.count() == 1
    assert [(r.name, r.kept_because) for r in batch.rows.exclude(kept_because="").order_by("number")] == [
        ("张一", "医生已撤销；新建的科室“骨科”保留：已有任职；新建的医院“广州示例医院”保留：已有科室"), ("张二", "导入后已被修改"),
    ]
    assert (batch.counts["undone"], batch.counts["kept"]) == (1, 1)


@pytest.mark.django_db
def test_undo_leaves_what_the_importer_does_not_answer_for_any_more():
    cast = make_cast()
    known = make_organisation(owner=cast.rep, name="示例第三医院", level="2a", region_id="440100")
    rows = [[*HOSPITALS, "医院等级"], ["示例第一医院", "广州", ""], ["示例第二医院", "广州", ""], [known.name, "广州", "三甲"]]
    hospitals = make_applied(by=cast.manager, file=xlsx(rows), update_by="name")
    people = [["姓名", "医院"], ["王示例", "示例第四医院"], ["赵示例", "示例第五医院"]]
    doctors = make_applied(by=cast.manager, file=xlsx(people), kind="doctor")
    # what another area has got since, without an edit that would keep it anyway
    gone = Organisation.objects.filter(name__in=["示例第二医院", known.name, "示例第五医院"])
    gone.update(unit=cast.beijing, owner_position=position_of(cast.stranger))

    doctors, hospitals = undo(doctors), undo(hospitals)
    for batch, kept in ((doctors, ["赵示例"]), (hospitals, ["示例第二医院", known.name])):
        assert (batch.counts["undone"], batch.counts["kept"]) == (1, len(kept))
        assert [(r.name, r.kept_because) for r in batch.rows.exclude(kept_because="").order_by("number")] == [
            (name, "不在您的辖区") for name in kept
        ]
    known.refresh_from_db()
    assert known.level == "3a" and set(Organisation.objects.values_list("name", flat=True)) == {
        "示例第二医院", known.name, "示例第五医院",
    }


@pytest.mark.django_db
def test_a_credit_code_taken_in_between_refuses_the_whole_import_and_says_so():
    cast = make_cast()
    rows = [["公司名称", "信用代码"], ["示例医药有限公司", "91110000600037341L"]]
    batch = make_checked(by=cast.manager, file=xlsx(rows), kind="organisation-distributor")
    make_organisation(owner=cast.rep, name="抢先公司", kind="distributor", uscc="91110000600037341L")
    with pytest.raises(actions.ImportRefused, match="没有可以导入的行"):
        actions.start_apply(batch=check(batch), by=cast.manager, at=NOW)


@pytest.mark.django_db
def test_a_position_that_closed_owns_nothing_new():
    cast = make_cast()
    closed = make_position(unit=cast.guangzhou)
    rule(closed, "440100")
    closed.closed_on = date(2026, 2, 1)
    closed.save()
    make_applied(by=cast.manager, file=xlsx([HOSPITALS, ["广州示例医院", "广东省广州市"]]))
    assert Organisation.objects.get().owner_position is None


@pytest.mark.django_db
def test_having_been_a_row_of_a_batch_does_not_keep_an_imported_customer():
    cast = make_cast()
    imported = make_applied(by=cast.manager, file=xlsx([HOSPITALS, ["示例第一医院", "广州"]]))
    done = Batch.objects.create(
        action="tag", sentence="去掉标签", total=1, by=cast.manager, started_at=NOW, touched_at=NOW, finished_at=NOW, state="done"
    )
    BatchRow.objects.create(batch=done, customer_id=Organisation.objects.get().pk, outcome="skipped", reason="本来就没有这个标签。")
    imported = undo(imported)
    assert not Organisation.objects.exists() and (imported.counts["undone"], imported.counts["kept"]) == (1, 0)
