"""From a file to rows and back (decisions 7 to 12)."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from keqing.access.tests.factories import make_cast
from keqing.audit.models import Entry
from keqing.compliance.models import Refusal
from keqing.interchange import actions, workbooks
from keqing.interchange.models import Import, ImportRow
from keqing.interchange.registry import spec_of
from keqing.interchange.spreadsheet import UnreadableFile, read_sheet
from keqing.interchange.tests.factories import (
    NOW,
    apply,
    check,
    csv_file,
    make_applied,
    make_checked,
    make_upload,
    undo,
    xlsx,
)
from keqing.kit import jobs
from keqing.people.models import Organisation
from keqing.people.tests.factories import make_organisation, make_person
from keqing.timeline.models import Entry as TimelineEntry

pytestmark = pytest.mark.django_db
HEAD = ["医院名称", "所在地区", "医院等级", "电话"]


def hospitals(count: int, *, bad: int = 0) -> list[list[str]]:
    good = [[f"示例市第{n}医院", "广东省-广州市", "三级甲等", "020-81234567"] for n in range(count - bad)]
    wrong = [["", "广东省-广州市", "三级甲等", ""] if n % 2 else [f"示例坏行{n}", "广东省", "十级", ""] for n in range(bad)]
    return [HEAD, *good, *wrong]


@pytest.mark.proves("R-011")
def test_of_1000_rows_with_10_bad_ones_990_go_in_10_are_reported_and_undo_removes_all_990():
    cast = make_cast()
    batch = make_applied(by=cast.system, file=xlsx(hospitals(1000, bad=10)))

    assert (batch.state, batch.counts["new"], batch.counts["error"]) == ("done", 990, 10)
    assert Organisation.objects.count() == 990
    assert {row.reason for row in batch.rows.problems()} == {
        "名称为空", "医院等级“十级”看不懂，请写成 三级甲等、三甲、二级 这样的形式。",
    }
    batch = undo(batch)
    assert (batch.state, batch.counts["undone"], batch.counts["kept"]) == ("undone", 990, 0)
    assert Organisation.objects.count() == 0
    assert TimelineEntry.objects.count() == 0


def test_the_dry_run_writes_nothing_but_the_imports_own_rows():
    cast = make_cast()
    before = Entry.objects.count()
    batch = make_checked(by=cast.system, file=xlsx(hospitals(5)))
    assert batch.state == "checked" and batch.rows.count() == 5
    assert Organisation.objects.count() == 0
    assert [e.action for e in Entry.objects.order_by("pk")[before:]] == ["import.uploaded"]


def test_every_row_that_goes_in_is_audited_and_says_where_it_came_from():
    cast = make_cast()
    make_applied(by=cast.system, file=xlsx(hospitals(3)))
    made = Organisation.objects.order_by("pk").first()
    assert (made.source, made.source_note, made.collected_by) == ("import", "导入 医院名单.xlsx", cast.system)
    assert Entry.objects.filter(action="organisation.imported").count() == 3
    assert Entry.objects.filter(action="import.applied").get().changes["counts"][1]["new"] == 3


@pytest.mark.parametrize("count", [1000, 2000])
@pytest.mark.proves("U38")
def test_a_row_costs_at_most_a_twentieth_of_a_statement(count):
    cast = make_cast()
    batch = make_upload(by=cast.system, file=xlsx(hospitals(count)))
    with CaptureQueriesContext(connection) as checking:
        check(batch)
    with CaptureQueriesContext(connection) as applying:
        apply(batch)
    assert len(checking) <= count * 0.05 and len(applying) <= count * 0.05
    assert Organisation.objects.count() == count


@pytest.mark.proves("U38")
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "gb18030"])
def test_csv_is_read_in_the_encodings_office_programs_write(encoding):
    cast = make_cast()
    batch = make_checked(by=cast.system, file=csv_file(hospitals(3), encoding=encoding))
    assert [row.name for row in batch.rows.with_outcome("new")] == ["示例市第0医院", "示例市第1医院", "示例市第2医院"]


@pytest.mark.proves("U38")
def test_the_header_is_found_under_a_merged_title_and_synonyms_are_understood():
    cast = make_cast()
    rows = [["NAME", "CHENGQU", "ADDRESS", "TEL", "邮政编码"], ["示例医院", "朝阳区", "北京市朝阳区示例路１号", 1083211441, "100020"]]
    batch = make_applied(by=cast.system, file=xlsx(rows, merged_title="北京医院名单"))
    assert batch.header_row == 3
    assert batch.mapping == {"0": "name", "1": "district", "2": "address", "3": "phone"}
    made = Organisation.objects.get()
    assert (made.region_id, made.phone) == ("110105", "010-83211441")


def test_apply_waits_for_the_dry_run_and_runs_once():
    cast = make_cast()
    batch = make_upload(by=cast.system, file=xlsx(hospitals(2)))
    with pytest.raises(actions.ImportRefused):
        actions.start_apply(batch=batch, by=cast.system, at=NOW)
    batch = apply(check(batch))
    with pytest.raises(actions.ImportRefused):
        actions.start_apply(batch=batch, by=cast.system, at=NOW)
    actions.run_apply(import_id=batch.pk, at=NOW)
    assert Organisation.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_on_one_import_one_does_it():
    cast = make_cast()
    batch = make_checked(by=cast.system, file=xlsx(hospitals(150)))
    actions.start_apply(batch=batch, by=cast.system, at=NOW)
    ready = threading.Barrier(2)

    def work() -> None:
        ready.wait()
        actions.run_apply(import_id=batch.pk, at=NOW)
        connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    batch.refresh_from_db()
    assert batch.state == "done" and Organisation.objects.count() == 150
    assert (batch.progress_total, batch.progress_done >= 0) == (150, True)


def test_a_wish_to_cancel_before_the_end_leaves_nothing():
    cast = make_cast()
    batch = make_checked(by=cast.system, file=xlsx(hospitals(5)))
    actions.start_apply(batch=batch, by=cast.system, at=NOW)
    # the wish arrives while the worker is at its last rows
    Import.objects.filter(pk=batch.pk).update(cancel_asked_at=NOW)
    jobs.run_waiting()
    batch.refresh_from_db()
    assert (batch.state, batch.message) == ("cancelled", "已取消，没有写入任何内容。")
    assert Organisation.objects.count() == 0 and not Entry.objects.filter(action="organisation.imported").exists()


def test_cancelling_before_the_worker_starts_is_final_and_a_finished_import_cannot_be_cancelled():
    cast = make_cast()
    batch = make_checked(by=cast.system, file=xlsx(hospitals(2)))
    actions.start_apply(batch=batch, by=cast.system, at=NOW)
    actions.cancel_import(batch=batch, by=cast.system, at=NOW)
    jobs.run_waiting()
    assert Import.objects.get().state == "cancelled" and Organisation.objects.count() == 0

    done = make_applied(by=cast.system, file=xlsx(hospitals(2)))
    with pytest.raises(actions.ImportRefused, match="可以撤销"):
        actions.cancel_import(batch=done, by=cast.system, at=NOW)


def test_a_worker_that_dies_half_way_leaves_nothing_and_the_import_can_be_started_again(monkeypatch):
    cast = make_cast()
    batch = make_checked(by=cast.system, file=xlsx(hospitals(3)))
    spec = spec_of(batch.kind)
    actions.start_apply(batch=batch, by=cast.system, at=NOW)

    def die(self, **_):
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(type(spec), "_create", lambda self, rows, context: die(self))
        with pytest.raises(RuntimeError):
            jobs.run_waiting()
    batch.refresh_from_db()
    assert batch.state == "failed" and "没有写入任何内容" in batch.message
    assert Organisation.objects.count() == 0
    assert apply(batch).state == "done"


def test_a_killed_worker_is_noticed_and_the_work_can_be_resumed():
    cast = make_cast()
    batch = make_checked(by=cast.system, file=xlsx(hospitals(3)))
    Import.objects.filter(pk=batch.pk).update(state="running", started_at=NOW)
    batch.refresh_from_db()
    later = NOW.replace(minute=NOW.minute + 1)
    assert batch.is_interrupted(now=later)
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(7302002, %s)", [batch.pk])
        assert not batch.is_interrupted(now=later)
        cursor.execute("select pg_advisory_unlock(7302002, %s)", [batch.pk])
    actions.resume_import(batch=batch, by=cast.system, at=later)
    jobs.run_waiting()
    assert Import.objects.get().state == "done" and Organisation.objects.count() == 3


def test_rows_we_have_are_duplicates_and_the_owner_is_named_masked_to_strangers():
    cast = make_cast()
    make_organisation(owner=cast.stranger, name="示例市第0医院", region_id="440100")
    make_organisation(owner=cast.rep, name="示例市第1医院", region_id="440100")
    batch = make_checked(by=cast.manager, file=xlsx(hospitals(3)))
    found = {row.name: (row.outcome, row.reason) for row in batch.rows.all()}
    assert found == {
        "示例市第0医院": ("duplicate", "已存在，负责人 唐*"),
        "示例市第1医院": ("duplicate", "已存在，负责人 李雯"),
        "示例市第2医院": ("new", ""),
    }


def test_learning_of_customers_one_may_not_see_is_audited_like_any_duplicates_check():
    cast = make_cast()
    theirs = make_organisation(owner=cast.stranger, name="示例市第0医院", region_id="440100")
    make_organisation(owner=cast.rep, name="示例市第1医院", region_id="440100")
    batch = make_checked(by=cast.manager, file=xlsx(hospitals(3)))
    told = Entry.objects.get(action="duplicate.checked")
    assert (told.subject_id, told.actor_id, told.reason) == (theirs.pk, cast.manager.pk, "查重：导入 医院名单.xlsx")
    assert batch.rows.get(name="示例市第0医院").target_id is None


def test_the_same_name_in_another_place_is_another_hospital_and_a_repeated_row_is_flagged():
    cast = make_cast()
    make_organisation(owner=cast.rep, name="人民医院", region_id="440300")
    rows = [HEAD, ["人民医院", "广东省广州市", "", ""], ["人民 医院", "广州", "", ""], ["人民医院", "广东省深圳市", "", ""]]
    batch = make_checked(by=cast.system, file=xlsx(rows))
    assert [(r.number, r.outcome, r.reason) for r in batch.rows.order_by("number")] == [
        (2, "new", ""), (3, "duplicate", "与第 2 行重复"), (4, "duplicate", "已存在，负责人 李*"),
    ]


@pytest.mark.proves("U38")
def test_known_rows_are_updated_by_the_chosen_key_and_undo_puts_the_former_values_back():
    cast = make_cast()
    mine = make_organisation(owner=cast.rep, name="示例医院", region_id="440100", level="2a", phone="020-80000000", address="旧地址")
    rows = [[*HEAD, "地址"], ["示例医院", "广东省广州市", "三甲", "", ""]]
    batch = make_applied(by=cast.manager, file=xlsx(rows), update_by="name")
    assert batch.counts["update"] == 1
    mine.refresh_from_db()
    assert (mine.level, mine.phone, mine.address) == ("3a", "020-80000000", "旧地址"), "empty cells change nothing"

    batch = undo(batch)
    mine.refresh_from_db()
    assert (mine.level, batch.counts["undone"]) == ("2a", 1)


def test_undo_leaves_what_somebody_worked_with_since_and_lists_it():
    cast = make_cast()
    batch = make_applied(by=cast.system, file=xlsx(hospitals(4)))
    edited, staffed, free, other = Organisation.objects.order_by("pk")
    from keqing.people.actions.organisations import update_organisation

    update_organisation(organisation=edited, values={"remark": "已拜访"}, by=cast.rep, at=NOW)
    make_person(at_organisation=staffed, owner=cast.rep)
    batch = undo(batch)
    assert set(Organisation.objects.values_list("pk", flat=True)) == {edited.pk, staffed.pk}
    kept = {row.name: row.kept_because for row in batch.rows.exclude(kept_because="")}
    assert kept == {"示例市第0医院": "导入后已被修改", "示例市第1医院": "已有任职"}


@pytest.mark.proves("U38")
def test_problem_rows_come_back_in_the_layout_of_the_file_with_the_reason_and_can_be_imported_again(tmp_path):
    cast = make_cast()
    rows = [["序号", *HEAD], ["1", "示例医院", "广东省广州市", "三甲", ""], ["2", "=1+1 坏行", "广东省广州市", "十级", "020-81234567"]]
    batch = make_applied(by=cast.system, file=csv_file(rows))
    path = tmp_path / "problems.xlsx"
    path.write_bytes(workbooks.problem_workbook(batch=batch))
    sheet = read_sheet(path)
    assert sheet.rows == [
        ["序号", *HEAD, "导入问题"],
        ["2", "=1+1 坏行", "广东省广州市", "十级", "020-81234567", "医院等级“十级”看不懂，请写成 三级甲等、三甲、二级 这样的形式。"],
    ]
    import zipfile

    assert b"<f>" not in zipfile.ZipFile(path).read("xl/worksheets/sheet1.xml")
    again = make_upload(by=cast.system, file=xlsx([sheet.rows[0], [*sheet.rows[1][:3], "二甲", "", ""]]))
    assert check(again).counts["new"] == 1


@pytest.mark.proves("U38")
@pytest.mark.parametrize("key", ["organisation-hospital", "organisation-distributor", "organisation-pharmacy", "doctor"])
def test_every_template_imports_back(key):
    cast = make_cast()
    from django.core.files.uploadedfile import SimpleUploadedFile

    spec = spec_of(key)
    file = SimpleUploadedFile("模板.xlsx", workbooks.template_workbook(spec=spec))
    batch = make_checked(by=cast.system, file=file, kind=key)
    assert set(batch.mapping.values()) == {f.key for f in spec.fields}
    assert (batch.counts["total"], batch.counts["new"]) == (1, 1)


@pytest.mark.proves("R-008")
def test_quantities_of_drugs_by_doctor_are_refused_logged_and_nothing_else_is_written():
    cast = make_cast()
    before = Entry.objects.count()
    with pytest.raises(actions.ImportRefused, match="RX-01"):
        make_upload(by=cast.system, file=xlsx([["医生", "医院", "处方数量"], ["张示例", "示例医院", 12]]), kind="doctor")
    assert Import.objects.count() == 0 and ImportRow.objects.count() == 0
    assert Refusal.objects.get().rule_id == "RX-01"
    assert [e.action for e in Entry.objects.order_by("pk")[before:]] == ["compliance.refused"]


@pytest.mark.proves("T34")
@pytest.mark.parametrize(("name", "content"), [("空.xlsx", b""), ("坏.xlsx", b"PK\x03\x04nothing"), ("图.xlsx", b"\x89PNG\r\n" + b"0" * 99)])
def test_what_is_no_spreadsheet_is_refused_with_a_sentence_and_leaves_no_file(name, content):
    from django.conf import settings
    from django.core.files.uploadedfile import SimpleUploadedFile

    cast = make_cast()
    folder = settings.VAR / "imports"
    before = set(folder.glob("*")) if folder.exists() else set()
    with pytest.raises(UnreadableFile):
        make_upload(by=cast.system, file=SimpleUploadedFile(name, content))
    assert set(folder.glob("*")) == before and Import.objects.count() == 0


def test_a_failure_in_the_audit_takes_the_rows_with_it(monkeypatch):
    cast = make_cast()
    batch = make_checked(by=cast.system, file=xlsx(hospitals(2)))
    actions.start_apply(batch=batch, by=cast.system, at=NOW)

    def fail(**_):
        raise RuntimeError("audit full")

    monkeypatch.setattr(actions.audit, "record", fail)
    with pytest.raises(RuntimeError), transaction.atomic():
        jobs.run_waiting()
    assert Organisation.objects.count() == 0


def test_uploaded_files_are_kept_for_thirty_days_and_then_asked_for_again():
    cast = make_cast()
    batch = make_checked(by=cast.system, file=xlsx(hospitals(2)))
    assert actions.forget_files(at=NOW + timedelta(days=29)) == 0 and batch.path.exists()
    assert actions.forget_files(at=NOW + timedelta(days=31)) == 1 and not batch.path.exists()
    batch = apply(batch)
    assert batch.state == "failed" and batch.message == "上传的文件已过 30 天的保存期，请重新上传。"
