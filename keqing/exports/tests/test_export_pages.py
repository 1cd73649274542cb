"""The pages of exports as people meet them."""

import io

import pytest
import python_calamine
from django.urls import reverse

from keqing.access.models import Position
from keqing.access.tests.factories import make_cast, make_position
from keqing.audit.models import Entry
from keqing.exports import queries
from keqing.exports.models import Export
from keqing.exports.tests.factories import NARROW, make_export, make_hospitals
from keqing.kit import jobs
from keqing.people.tests.factories import NOW, make_organisation

pytestmark = pytest.mark.django_db
LIST = {"list": "customers:hospital", "query": ""}
SENT = {**LIST, "format": "xlsx", "columns": "shown", "encoding": "utf-8-sig"}


@pytest.fixture
def cast():
    return make_cast()


@pytest.fixture
def narrow(monkeypatch):
    monkeypatch.setattr(queries, "limits_for", lambda _roles: NARROW)


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.VAR = tmp_path


@pytest.mark.proves("U25", "U36")
def test_every_list_offers_its_file_to_those_who_may_take_it(client, cast):
    make_hospitals(2, owner=cast.rep)
    for who, offered in ((cast.rep, True), (cast.gm, True), (cast.compliance, True), (cast.bidding, False)):
        client.force_login(who)
        page = client.get(reverse("people:organisations", args=["hospital"]) + "?preset=gaps" * (who != cast.bidding)).content.decode()
        assert ("data-export" in page) is offered, who
    client.force_login(cast.rep)
    for name in ("people:people", "people:departments", "followups:contacts", "followups:reminders"):
        assert "data-export" in client.get(reverse(name)).content.decode(), name


@pytest.mark.proves("U36")
def test_the_dialog_says_what_the_file_will_hold(client, cast):
    make_hospitals(3, owner=cast.rep)
    client.force_login(cast.rep)
    page = client.get(reverse("exports:new"), {**LIST, "query": "q=江湾&sort=-beds"}).content.decode()
    assert "名称：江湾；按床位倒序" in page and "<c-" not in page and "<html" in page
    part = client.get(reverse("exports:new"), LIST, headers={"HX-Request": "true", "HX-Target": "export-dialog"}).content.decode()
    assert "<html" not in part and "导出医院" in part


def test_an_empty_list_offers_nothing_to_take(client, cast):
    client.force_login(cast.rep)
    page = client.get(reverse("exports:new"), LIST).content.decode()
    assert "没有您可以导出的行" in page and "<form method=\"post\" action=\"/exports/new/\"" not in page


@pytest.mark.proves("U36")
def test_a_workbook_comes_at_once_and_holds_what_the_list_shows(client, cast):
    make_hospitals(3, owner=cast.rep, beds=100)
    client.force_login(cast.rep)
    answer = client.post(reverse("exports:new"), {**SENT, "query": "cols=beds"})
    assert answer.status_code == 200 and "attachment" in answer["Content-Disposition"] and "no-store" in answer["Cache-Control"]
    content = b"".join(answer.streaming_content)
    rows = python_calamine.load_workbook(io.BytesIO(content)).get_sheet_by_name("数据").to_python()
    assert rows[0] == ["名称", "床位"] and len(rows) == 4
    answer.close()


@pytest.mark.proves("T45")
def test_a_missing_reason_is_asked_for_and_a_block_is_said(client, cast, narrow):
    make_hospitals(4, owner=cast.rep)
    client.force_login(cast.rep)
    page = client.get(reverse("exports:new"), LIST).content.decode()
    assert 'name="reason"' in page and "在后台生成" in page
    answer = client.post(reverse("exports:new"), {**SENT, "reason": ""})
    assert answer.status_code == 422 and "请写明理由" in answer.content.decode()
    answer = client.post(reverse("exports:new"), SENT)  # the field left out of the form
    assert answer.status_code == 422 and "理由" in answer.content.decode() and not Export.objects.exists()
    make_hospitals(9, owner=cast.rep, prefix="更多")
    answer = client.post(reverse("exports:new"), {**SENT, "reason": "核对"})
    assert answer.status_code == 422 and "已记入审计" in answer.content.decode()
    client.force_login(cast.security)
    log = client.get(reverse("exports:log"), {"preset": "blocked"}).content.decode()
    assert "导出被拦截" in log and cast.rep.name in log and "<c-" not in log


@pytest.mark.proves("U36", "T45")
def test_from_the_request_over_the_superior_to_the_file(client, cast, narrow):
    make_hospitals(6, owner=cast.rep)
    client.force_login(cast.rep)
    page = client.get(reverse("exports:new"), LIST).content.decode()
    assert f"需要 {cast.manager.name} 批准" in page
    answer = client.post(reverse("exports:new"), {**SENT, "reason": "季度核对"})
    export = Export.objects.get()
    assert answer["Location"] == reverse("exports:export", args=[export.pk])
    assert f"等待 {cast.manager.name} 批准" in client.get(answer["Location"]).content.decode()

    client.force_login(cast.manager)
    assert "待我批准" in client.get(reverse("exports:exports")).content.decode()
    shown = client.get(reverse("exports:export", args=[export.pk])).content.decode()
    assert "季度核对" in shown and "同意" in shown and "<c-" not in shown
    assert client.get(reverse("exports:file", args=[export.pk])).status_code == 404
    client.post(reverse("exports:approve", args=[export.pk]), {"opinion": "可以"})
    jobs.run_waiting()
    assert client.get(reverse("exports:file", args=[export.pk])).status_code == 404  # the file is for who asked

    client.force_login(cast.rep)
    done = client.get(reverse("exports:export", args=[export.pk])).content.decode()
    assert "下载" in done and "保留到" in done and "可以" in done
    answer = client.get(reverse("exports:file", args=[export.pk]))
    assert len(b"".join(answer.streaming_content)) == Export.objects.get().size
    assert Entry.objects.get(action="export.downloaded").changes["sha256"] == Export.objects.get().sha256
    client.force_login(cast.sibling)
    assert client.get(reverse("exports:export", args=[export.pk])).status_code == 404
    assert client.get(reverse("exports:file", args=[export.pk])).status_code == 404


@pytest.mark.proves("R-203", "T45")
@pytest.mark.parametrize("change", ["the position moved", "another position", "one of two positions"])
def test_who_holds_another_position_by_now_does_not_get_what_the_old_one_saw(client, cast, narrow, change):
    make_hospitals(4, owner=cast.rep)
    if change == "one of two positions":
        make_position(unit=cast.shenzhen, role="representative", holder=cast.rep)
    client.force_login(cast.rep)
    client.post(reverse("exports:new"), {**SENT, "reason": "季度核对"})
    jobs.run_waiting()
    export = Export.objects.get()
    path, position = export.path, Position.objects.get(holder=cast.rep, unit=cast.guangzhou)
    assert export.state == "done" and path.exists()
    if change == "the position moved":
        position.unit = cast.shenzhen
    else:
        position.holder = None
    position.save()
    if change == "another position":
        make_position(unit=cast.shenzhen, role="representative", holder=cast.rep)
    answer = client.get(reverse("exports:file", args=[export.pk]))
    assert answer["Location"] == reverse("exports:export", args=[export.pk])
    assert "岗位或角色在导出之后有变动" in client.get(answer["Location"]).content.decode()
    export.refresh_from_db()
    assert export.state == "expired" and not path.exists()
    assert "岗位" in Entry.objects.get(action="export.expired").reason
    assert not Entry.objects.filter(action="export.downloaded").exists()


@pytest.mark.proves("U36")
def test_the_log_of_exports_is_itself_a_list_with_views_and_files(client, cast):
    client.force_login(cast.rep)
    make_hospitals(2, owner=cast.rep)
    b"".join(client.post(reverse("exports:new"), SENT).streaming_content)
    client.force_login(cast.security)
    assert client.get(reverse("exports:log")).status_code == 200
    assert client.get(reverse("desk:views"), {"list": "exports", "query": "preset=begun"}).status_code == 200
    found = {
        preset: [row.action for row in queries.wanted(staff=cast.security, key="exports", query=f"preset={preset}", today=NOW.date()).rows]
        for preset in ("begun", "blocked")
    }
    assert found == {"begun": ["export.begun"], "blocked": []}


def test_progress_asks_again_until_the_file_is_there(client, cast):
    export = make_export(cast.rep)
    client.force_login(cast.rep)
    page, asks = reverse("exports:export", args=[export.pk]), {"HX-Request": "true", "HX-Target": "progress"}
    part = client.get(page, headers=asks).content.decode()
    assert "排队中" in part and 'hx-trigger="every 1s"' in part and "<html" not in part
    Export.objects.update(state="cancelled")
    assert client.get(page, headers=asks)["HX-Redirect"] == page


@pytest.mark.proves("R-279", "T45")
def test_a_printed_list_carries_who_printed_it(client, cast):
    make_organisation(owner=cast.rep, name="<b>江湾</b>医院", beds=1200)
    client.force_login(cast.rep)
    page = client.post(reverse("exports:print"), {**LIST, "columns": "shown"}).content.decode()
    assert "&lt;b&gt;江湾&lt;/b&gt;医院" in page and f"{cast.rep.name} 打印于" in page and page.count(f"<span>{cast.rep.name}") == 12
    assert Entry.objects.get(action="export.printed").changes["rows"] == 1


def test_too_many_rows_for_paper_lead_back_with_a_sentence(client, cast, narrow):
    make_hospitals(3, owner=cast.rep)
    client.force_login(cast.rep)
    answer = client.post(reverse("exports:print"), {**LIST, "columns": "shown"}, follow=True)
    assert answer.redirect_chain and "打印最多 2 行" in answer.content.decode()


@pytest.mark.proves("T39")
def test_a_list_without_the_word_stays_closed(client, cast):
    client.force_login(cast.rep)
    assert client.get(reverse("exports:new"), {"list": "audit", "query": ""}).status_code == 403
    assert client.get(reverse("exports:new"), {"list": "keiner", "query": ""}).status_code == 404
    client.force_login(cast.security)
    assert client.get(reverse("exports:new"), {"list": "staff", "query": ""}).status_code == 403  # decision 5
