"""Taking rows out: what leaves, on what conditions, and what stays on record."""

import csv
import hashlib
import io
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import Http404
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from keqing.access.models import Staff
from keqing.access.tests.factories import make_cast
from keqing.audit.models import Entry
from keqing.exports import actions, files, policy, queries
from keqing.exports.models import Export, folder
from keqing.exports.tests.factories import NARROW, OPEN, make_export, make_hospitals, make_order
from keqing.interchange.tests.factories import apply, make_checked
from keqing.kit import jobs
from keqing.people.actions.people import create_departments
from keqing.people.models import Organisation
from keqing.people.tests.factories import NOW, make_organisation, make_person

pytestmark = pytest.mark.django_db
State = Export.State


@pytest.fixture
def cast():
    return make_cast()


@pytest.fixture
def narrow(monkeypatch):
    monkeypatch.setattr(queries, "limits_for", lambda _roles: NARROW)


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.VAR = tmp_path


def taken(order, *, by, at=NOW):
    made = actions.take_out(order=order, by=Staff.objects.get(pk=by.pk), at=at)
    assert isinstance(made, actions.Direct)
    return list(csv.reader(io.StringIO(b"".join(made.pieces()).decode("utf-8-sig"))))


def names(rows):
    return {row[0] for row in rows[1:]}


@pytest.mark.proves("U36", "R-203")
def test_a_file_holds_the_rows_of_the_screen_and_no_others(cast):
    make_hospitals(3, owner=cast.rep, beds=120)
    make_organisation(owner=cast.rep, name="小医院", beds=20)
    make_organisation(owner=cast.stranger, name="别人的医院")
    rows = taken(make_order(cast.rep, query="sort=-beds&cols=beds&cols=owner"), by=cast.rep)
    assert rows[0] == ["名称", "床位", "负责人"]
    assert names(rows) == {"江湾医院0", "江湾医院1", "江湾医院2", "小医院"}
    assert [row[1] for row in rows[1:]] == ["120", "120", "120", "20"] and rows[1][2] == cast.rep.name
    assert names(taken(make_order(cast.rep, query="q=小医院"), by=cast.rep)) == {"小医院"}


@pytest.mark.proves("R-203", "T40")
def test_rows_of_others_never_leave(cast):
    mine = make_organisation(owner=cast.rep, name="自己的医院")
    make_organisation(owner=cast.other_area_rep, name="深圳的医院")
    partner = make_organisation(unit=cast.south, name="华南商业", kind="distributor")
    make_organisation(unit=cast.north, name="华北商业", kind="distributor")
    seen = {who: names(taken(make_order(who, "customers:all"), by=who)) for who in (cast.rep, cast.manager, cast.gm)}
    assert seen[cast.rep] == {mine.name} and seen[cast.manager] == {mine.name}
    assert len(seen[cast.gm]) == 4
    assert names(taken(make_order(cast.commerce, "customers:all"), by=cast.commerce)) == {partner.name}


@pytest.mark.proves("R-203")
def test_who_reads_names_takes_out_only_the_names_the_export_reaches(cast):
    make_organisation(owner=cast.rep, name="只见名称的医院", beds=100)
    make_organisation(unit=cast.south, name="华南商业", kind="distributor")
    rows = taken(make_order(cast.commerce, "customers:all", "names=1", everything=True), by=cast.commerce)
    assert rows[0] == ["名称", "类型", "编码", "地区"] and names(rows) == {"华南商业"}
    for who in (cast.bidding, cast.finance, cast.warehouse, cast.care, cast.system):
        assert not who.may("export.run")


@pytest.mark.proves("U36")
def test_phones_stay_masked_and_neighbours_come_along(cast):
    hospital = make_organisation(owner=cast.rep, name="江湾医院")
    make_person(at_organisation=hospital, owner=cast.rep, name="张卫东", role="pharmacy_head", mobile="13800138000")
    create_departments(organisation=hospital, names=["心内科"], by=cast.rep, at=NOW)
    people = taken(make_order(cast.rep, "people", everything=True), by=cast.rep)
    line = dict(zip(people[0], people[1], strict=True))
    assert line["手机"] == "138 **** 8000" and line["主要任职"] == "江湾医院"
    hospitals = taken(make_order(cast.rep), by=cast.rep)
    assert dict(zip(hospitals[0], hospitals[1], strict=True))["主任/联系人"] == "药剂科主任 张卫东"
    assert names(taken(make_order(cast.rep, "departments"), by=cast.rep)) == {"心内科"}


def test_no_list_and_no_word_open_nothing(cast):
    with pytest.raises(Http404):
        make_order(cast.rep, "nothing")
    with pytest.raises(PermissionDenied):
        make_order(cast.rep, "audit")


@pytest.mark.proves("AUD-03", "T45")
def test_a_download_is_on_record_before_its_first_byte_and_with_its_digest_after_the_last(cast):
    make_hospitals(3, owner=cast.rep)
    made = actions.take_out(order=make_order(cast.rep, query="preset=mine&cols=owner"), by=cast.rep, at=NOW)
    begun = Entry.objects.get(action="export.begun")
    assert begun.changes == {"rows": 3, "wording": "我的", "columns": "名称、负责人", "format": "csv"}
    assert begun.actor_id == cast.rep.pk and begun.rule == "AUD-03" and begun.subject_name == "医院"
    content = b"".join(made.pieces())
    finished = Entry.objects.get(action="export.finished")
    assert finished.changes["sha256"] == hashlib.sha256(content).hexdigest()
    assert (finished.changes["rows"], finished.changes["size"]) == (3, len(content))


@pytest.mark.proves("T45")
def test_a_download_broken_off_is_on_record_with_what_had_gone(cast):
    make_hospitals(3, owner=cast.rep)
    pieces = actions.take_out(order=make_order(cast.rep), by=cast.rep, at=NOW).pieces()
    first = next(pieces)
    pieces.close()
    broken = Entry.objects.get(action="export.broken_off")
    assert broken.changes["sha256"] == hashlib.sha256(first).hexdigest() and broken.changes["rows"] == 0


@pytest.mark.proves("T45")
def test_beyond_the_hour_nothing_leaves_and_the_try_is_on_record(cast, narrow):
    make_hospitals(2, owner=cast.rep)
    for _ in range(10):
        taken(make_order(cast.rep), by=cast.rep)
    with pytest.raises(actions.ExportBlocked, match="一小时内最多导出 20 行"):
        taken(make_order(cast.rep), by=cast.rep)
    alarm = Entry.objects.get(action="export.blocked")
    assert alarm.changes["rows"] == 2 and "您已导出 20 行" in alarm.reason and alarm.actor_id == cast.rep.pk
    assert Entry.objects.filter(action="export.begun").count() == 10
    taken(make_order(cast.rep, at=NOW + timedelta(hours=2)), by=cast.rep, at=NOW + timedelta(hours=2))


@pytest.mark.proves("T45")
def test_larger_than_any_file_may_be_is_refused(cast, narrow):
    make_hospitals(13, owner=cast.rep)
    with pytest.raises(actions.ExportBlocked, match="每个文件 12 行"):
        actions.take_out(order=make_order(cast.rep, reason="核对"), by=cast.rep, at=NOW)
    assert not Export.objects.exists() and Entry.objects.filter(action="export.blocked").count() == 1


@pytest.mark.proves("T45")
def test_many_rows_need_a_reason(cast, narrow):
    make_hospitals(4, owner=cast.rep)
    with pytest.raises(actions.ReasonMissing):
        actions.take_out(order=make_order(cast.rep, reason="  "), by=cast.rep, at=NOW)
    assert not Export.objects.exists() and not Entry.objects.filter(action__startswith="export.").exists()


@pytest.mark.proves("U36")
def test_more_than_a_page_answers_with_is_made_in_the_background(cast, narrow):
    make_hospitals(4, owner=cast.rep)
    export = actions.take_out(order=make_order(cast.rep, format="xlsx", reason="季度核对"), by=cast.rep, at=NOW)
    assert export.state == State.QUEUED
    jobs.run_waiting()
    export.refresh_from_db()
    assert export.state == State.DONE and export.rows == 4 and export.expires_at - export.finished_at == timedelta(days=7)
    assert export.sha256 == hashlib.sha256(export.path.read_bytes()).hexdigest()
    assert oct(export.path.stat().st_mode & 0o777) == "0o600"
    assert Entry.objects.get(action="export.finished").changes["sha256"] == export.sha256
    assert cast.rep.name in export.file_name and export.file_name.endswith(".xlsx")


@pytest.mark.proves("T45")
def test_still_more_wait_for_the_superior_and_nobody_agrees_to_their_own(cast, narrow):
    make_hospitals(6, owner=cast.rep)
    export = actions.take_out(order=make_order(cast.rep, reason="季度核对"), by=cast.rep, at=NOW)
    assert export.state == State.WAITING and jobs.run_waiting() == 0
    for who, may in ((cast.manager, True), (cast.region_manager, True), (cast.gm, True), (cast.rep, False), (cast.sibling, False)):
        assert export.allows(who, "export.approve") is may, who
        assert Export.objects.within_reach(who).filter(pk=export.pk).exists() is may
    other = queries.approvers_of(staff=cast.rep, position=export.position, unit=export.unit)
    assert [one.name for one in other][:3] == [cast.manager.name, cast.region_manager.name, cast.gm.name]
    with pytest.raises(actions.ExportRefused, match="自己的"):
        actions.approve_export(export=export, by=cast.rep, opinion="", at=NOW)
    actions.approve_export(export=export, by=cast.manager, opinion="可以", at=NOW)
    jobs.run_waiting()
    export.refresh_from_db()
    assert export.state == State.DONE and export.decided_by == cast.manager
    assert Entry.objects.get(action="export.approved").reason == "可以"
    with pytest.raises(actions.ExportRefused, match="不用再批准"):
        actions.decline_export(export=export, by=cast.gm, opinion="不行", at=NOW)


@pytest.mark.proves("T45")
def test_a_heads_own_export_is_agreed_to_above(cast, narrow):
    make_hospitals(6, owner=cast.rep)
    export = actions.take_out(order=make_order(cast.manager, reason="季度核对"), by=cast.manager, at=NOW)
    assert export.unit == cast.south
    assert not export.allows(cast.manager, "export.approve") and export.allows(cast.region_manager, "export.approve")


def test_declining_needs_an_opinion_and_ends_it(cast, narrow):
    export = make_export(cast.rep, state=State.WAITING, needs_approval=True)
    with pytest.raises(actions.ExportRefused, match="原因"):
        actions.decline_export(export=export, by=cast.manager, opinion=" ", at=NOW)
    actions.decline_export(export=export, by=cast.manager, opinion="范围太大", at=NOW)
    export.refresh_from_db()
    assert export.state == State.DECLINED and jobs.run_waiting() == 0


@pytest.mark.proves("R-203")
def test_a_job_has_the_rights_of_the_moment_it_runs(cast, narrow):
    make_hospitals(4, owner=cast.rep)
    export = actions.take_out(order=make_order(cast.rep, reason="核对"), by=cast.rep, at=NOW)
    position = export.position
    position.holder = None
    position.save()
    jobs.run_waiting()
    export.refresh_from_db()
    assert export.state == State.FAILED and "没有导出的权限" in export.message and not export.stored_as


def test_a_job_never_writes_more_rows_than_were_agreed_to(cast, narrow):
    make_hospitals(4, owner=cast.rep)
    export = actions.take_out(order=make_order(cast.rep, reason="核对"), by=cast.rep, at=NOW)
    make_hospitals(5, owner=cast.rep, prefix="后来的医院")
    jobs.run_waiting()
    export.refresh_from_db()
    assert export.state == State.DONE and export.rows == 4


def test_a_wish_to_stop_leaves_no_file(cast, narrow, monkeypatch):
    make_hospitals(4, owner=cast.rep)
    export = actions.take_out(order=make_order(cast.rep, reason="核对"), by=cast.rep, at=NOW)
    monkeypatch.setattr(actions, "EVERY_SECONDS", 0)
    Export.objects.update(cancel_asked_at=NOW)
    jobs.run_waiting()
    export.refresh_from_db()
    assert export.state == State.CANCELLED and not list(folder().iterdir())


def test_what_waits_can_be_taken_back_and_what_failed_asked_for_again(cast, narrow):
    export = make_export(cast.rep, state=State.WAITING, needs_approval=True)
    actions.cancel_export(export=export, by=cast.rep, at=NOW)
    export.refresh_from_db()
    assert export.state == State.CANCELLED
    make_hospitals(4, owner=cast.rep)
    failed = make_export(cast.rep, state=State.FAILED)
    actions.resume_export(export=failed, by=cast.rep, at=NOW)
    jobs.run_waiting()
    failed.refresh_from_db()
    assert failed.state == State.DONE
    with pytest.raises(actions.ExportRefused, match="已经结束"):
        actions.cancel_export(export=failed, by=cast.rep, at=NOW)


def test_work_whose_worker_is_gone_can_be_taken_up_again(cast):
    lost = make_export(cast.rep, state=State.RUNNING, touched_at=NOW - timedelta(minutes=5))
    assert lost.is_abandoned(now=NOW)
    actions.resume_export(export=lost, by=cast.rep, at=NOW)
    assert Export.objects.get(pk=lost.pk).state == State.QUEUED


@pytest.mark.proves("T45")
def test_asking_again_does_not_go_around_the_limits(cast, narrow):
    make_hospitals(4, owner=cast.rep)
    day = timedelta(days=1)
    failed = [make_export(cast.rep, state=State.FAILED, rows=4, asked_at=NOW - 2 * day) for _number in range(6)]
    for one in failed[:5]:
        actions.resume_export(export=one, by=cast.rep, at=NOW)
    with pytest.raises(actions.ExportBlocked, match="您已导出 20 行，这次 4 行会超出"):
        actions.resume_export(export=failed[5], by=cast.rep, at=NOW)
    assert Export.objects.get(pk=failed[5].pk).state == State.FAILED
    assert Entry.objects.get(action="export.blocked").subject_id == failed[5].pk
    with pytest.raises(actions.ExportBlocked):
        taken(make_order(cast.rep), by=cast.rep)


def test_asking_again_counts_its_own_rows_once_and_needs_the_word(cast, narrow):
    make_hospitals(4, owner=cast.rep)
    lost = make_export(cast.rep, state=State.RUNNING, rows=12, touched_at=NOW - timedelta(minutes=5))
    actions.resume_export(export=lost, by=cast.rep, at=NOW)
    failed = make_export(cast.rep, state=State.FAILED, list_key="audit")
    with pytest.raises(PermissionDenied):
        actions.resume_export(export=failed, by=cast.rep, at=NOW)


def test_a_filter_that_holds_no_longer_makes_no_file_of_everything(cast):
    make_hospitals(4, owner=cast.rep)
    export = make_export(cast.rep, query="tag=999999&level=9z")
    actions.run(export_id=export.pk, now=lambda: NOW)
    export.refresh_from_db()
    assert export.state == State.FAILED and "现在不能用" in export.message


@pytest.mark.proves("U36")
def test_files_go_after_seven_days_and_lost_ones_too(cast, narrow):
    make_hospitals(4, owner=cast.rep)
    export = actions.take_out(order=make_order(cast.rep, reason="核对"), by=cast.rep, at=NOW)
    waiting = make_export(cast.rep, state=State.WAITING, needs_approval=True)
    jobs.run_waiting()
    export.refresh_from_db()
    lost = export.path.parent / "lost"
    lost.write_bytes(b"x")
    later = export.expires_at + timedelta(minutes=1)
    assert files.forget_files(at=export.expires_at - timedelta(days=6, hours=23)) == 0
    assert files.forget_files(at=later) == 2 and not lost.exists() and not export.path.exists()
    export.refresh_from_db()
    waiting.refresh_from_db()
    assert export.state == State.EXPIRED and Entry.objects.filter(action="export.expired").count() == 1
    assert waiting.state in (State.CANCELLED, State.WAITING)


@pytest.mark.proves("U36")
@pytest.mark.parametrize("format", ["csv", "xlsx"])
@pytest.mark.parametrize("rows", [1, 60])
def test_a_download_costs_ten_statements_however_many_rows(client, cast, monkeypatch, rows, format):  # noqa: A002
    monkeypatch.setattr(queries, "limits_for", lambda _roles: OPEN)
    make_hospitals(rows, owner=cast.rep)
    client.force_login(cast.manager)
    sent = {"list": "customers:hospital", "query": "", "format": format, "columns": "shown", "encoding": "utf-8-sig"}
    with CaptureQueriesContext(connection) as captured:
        answer = client.post(reverse("exports:new"), sent)
        content = b"".join(answer.streaming_content)
    assert format == "xlsx" or content.count(b"\r\n") == rows + 1
    # inside a test's transaction one of ours is a savepoint
    assert len([one for one in captured if "SAVEPOINT" not in one["sql"]]) == 10


@pytest.mark.proves("R-005", "R-011")
@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_an_exported_file_comes_in_again_and_changes_what_was_changed_in_it(cast, format):  # noqa: A002
    hospital = make_organisation(
        owner=cast.rep, name="江湾医院", code="H-01", level="3a", beds=120, address="=路 1 号", category="general",
        phone="020-81234567", remark="-待核实", aliases=["江湾分院", "老江湾"],
    )
    made = actions.take_out(order=make_order(cast.manager, everything=True, format=format), by=cast.manager, at=NOW)
    kept = io.BytesIO()
    if format == "csv":
        kept.write(b"".join(made.pieces()))
    else:
        made.write_workbook(kept)
    same = make_checked(by=cast.manager, file=SimpleUploadedFile(f"医院.{format}", kept.getvalue()), update_by="code")
    assert [row.reason for row in same.rows.all()] == ["已存在，资料相同"]
    hospital.refresh_from_db()
    Organisation.objects.update(address="旧路", remark="", aliases=[], beds=1)
    back = make_checked(by=cast.manager, file=SimpleUploadedFile(f"医院.{format}", kept.getvalue()), update_by="code")
    apply(back)
    after = Organisation.objects.get(pk=hospital.pk)
    facts = ("name", "code", "level", "beds", "address", "phone", "remark", "aliases", "category", "owner_position_id")
    assert {name: getattr(after, name) for name in facts} == {name: getattr(hospital, name) for name in facts}


def test_the_policy_of_the_company_is_read_by_role(cast):
    assert policy.limits_for(cast.gm.standing.roles).approval_rows == 0
    assert policy.limits_for(cast.rep.standing.roles).approval_rows == 500
