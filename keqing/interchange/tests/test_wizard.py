"""The wizard as a person meets it: pages, plain posts, doors."""

import pytest
from django.urls import reverse

from keqing.access.tests.factories import make_cast
from keqing.interchange.models import Import
from keqing.interchange.tests.factories import make_applied, make_checked, make_upload, xlsx
from keqing.kit import jobs
from keqing.people.models import Organisation

pytestmark = pytest.mark.django_db
ROWS = [["医院名称", "所在地区", "医院等级"], ["示例医院", "广东省广州市", "三甲"], ["示例二院", "广东省广州市", "十级"]]


@pytest.fixture
def cast():
    return make_cast()


@pytest.mark.proves("U38")
def test_from_upload_to_undo_without_a_script(client, cast):
    client.force_login(cast.manager)
    answer = client.post(reverse("interchange:upload"), {"kind": "organisation-hospital", "file": xlsx(ROWS)})
    batch = Import.objects.get()
    page = reverse("interchange:job", args=[batch.pk])
    assert answer.status_code == 302 and answer["Location"] == page

    shown = client.get(page).content.decode()
    assert "各列对应什么" in shown and "示例医院" in shown and "<c-" not in shown
    columns = {f"column_{at}": key for at, key in batch.mapping.items()}
    assert client.post(reverse("interchange:check", args=[batch.pk]), columns)["Location"] == page
    waiting = client.get(page).content.decode()
    assert "核对中" in waiting and 'hx-trigger="every 1s"' in waiting and "<c-" not in waiting
    jobs.run_waiting()

    checked = client.get(page).content.decode()
    assert "写入 1 行" in checked and "医院等级“十级”看不懂" in checked and "<c-" not in checked
    assert Organisation.objects.count() == 0
    client.post(reverse("interchange:apply", args=[batch.pk]))
    jobs.run_waiting()
    done = client.get(page).content.decode()
    assert "已完成" in done and "撤销整批" in done and Organisation.objects.count() == 1

    client.post(reverse("interchange:undo", args=[batch.pk]))
    jobs.run_waiting()
    assert "已撤销" in client.get(page).content.decode() and Organisation.objects.count() == 0


@pytest.mark.proves("T34")
def test_a_wrong_file_is_refused_beside_the_field_and_nothing_is_stored(client, cast):
    from django.core.files.uploadedfile import SimpleUploadedFile

    client.force_login(cast.system)
    wrong = SimpleUploadedFile("说明.pdf", b"%PDF-1.7 " + b"x" * 200)
    answer = client.post(reverse("interchange:upload"), {"kind": "organisation-hospital", "file": wrong})
    assert answer.status_code == 422 and Import.objects.count() == 0
    assert "这个文件是PDF 文件，不是表格" in answer.content.decode()
    assert 'id="id_file_error"' in answer.content.decode()


@pytest.mark.proves("R-008")
def test_a_forbidden_column_names_its_rule_beside_the_field(client, cast):
    client.force_login(cast.manager)
    file = xlsx([["医生", "科室", "处方数量"], ["张示例", "内科", 3]])
    answer = client.post(reverse("interchange:upload"), {"kind": "doctor", "file": file})
    assert answer.status_code == 422 and "RX-01" in answer.content.decode() and Import.objects.count() == 0


def test_progress_asks_again_until_the_work_is_over(client, cast):
    batch = make_checked(by=cast.manager, file=xlsx(ROWS))
    client.force_login(cast.manager)
    page = reverse("interchange:job", args=[batch.pk])
    client.post(reverse("interchange:apply", args=[batch.pk]))
    asking = {"HX-Request": "true", "HX-Target": "progress"}
    part = client.get(page, headers=asking)
    assert part.status_code == 200 and part.content.decode().lstrip().startswith('<section id="progress"')
    jobs.run_waiting()
    over = client.get(page, headers=asking)
    assert over.status_code == 204 and over["HX-Redirect"] == page


def test_the_header_line_and_the_sheet_can_be_chosen_again(client, cast):
    batch = make_upload(by=cast.manager, file=xlsx([["名单", "说明"], ["甲", "乙"], *ROWS]))
    client.force_login(cast.manager)
    client.post(reverse("interchange:sheet", args=[batch.pk]), {"sheet": "名单", "header_row": 2})
    batch.refresh_from_db()
    assert (batch.header_row, batch.headers[:2]) == (2, ["甲", "乙"])
    client.post(reverse("interchange:sheet", args=[batch.pk]), {"sheet": "名单", "header_row": 3})
    batch.refresh_from_db()
    assert batch.headers == ROWS[0]


def test_a_required_column_must_be_chosen(client, cast):
    batch = make_upload(by=cast.manager, file=xlsx(ROWS))
    client.force_login(cast.manager)
    answer = client.post(reverse("interchange:check", args=[batch.pk]), {"column_1": "region"})
    assert answer.status_code == 422 and "请为“医院名称”选择一列" in answer.content.decode()


def test_files_come_down_as_workbooks(client, cast):
    batch = make_checked(by=cast.manager, file=xlsx(ROWS))
    client.force_login(cast.manager)
    for url in (reverse("interchange:problems", args=[batch.pk]), reverse("interchange:template", args=["organisation-hospital"])):
        answer = client.get(url)
        assert answer.content.startswith(b"PK") and "filename*=UTF-8''" in answer["Content-Disposition"]


def test_an_import_belongs_to_who_uploaded_it_and_each_role_is_offered_its_kinds(client, cast):
    batch = make_applied(by=cast.manager, file=xlsx(ROWS))
    names = [("job", [batch.pk]), ("problems", [batch.pk])]
    client.force_login(cast.system)
    assert {client.get(reverse(f"interchange:{name}", args=args)).status_code for name, args in names} == {404}
    assert client.post(reverse("interchange:undo", args=[batch.pk])).status_code == 404
    client.force_login(cast.rep)
    assert client.get(reverse("interchange:imports")).status_code == 403

    def offered(staff):
        client.force_login(staff)
        return [spec.key for spec in client.get(reverse("interchange:upload")).context["specs"]]

    assert "doctor" in offered(cast.manager) and "organisation-hospital" in offered(cast.manager)
    assert [key.removeprefix("organisation-") for key in offered(cast.commerce)] == ["pharmacy", "chain", "distributor", "maker", "agent", "lead", "prospect"]
    assert client.get(reverse("interchange:template", args=["doctor"])).status_code == 404


@pytest.mark.parametrize("count", [1, 12])
def test_the_list_costs_the_same_at_any_length(client, cast, count, django_assert_num_queries):
    for _ in range(count):
        make_upload(by=cast.manager, file=xlsx(ROWS))
    client.force_login(cast.manager)
    client.get(reverse("interchange:imports"))
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as seen:
        answer = client.get(reverse("interchange:imports"))
    assert answer.content.decode().count("医院名单.xlsx") == count
    assert len(seen) <= 10
    # the page of rows, and the figures of the chips
    assert sum("interchange_import" in q["sql"] for q in seen) == 2


def test_the_empty_list_says_what_to_do(client, cast):
    client.force_login(cast.manager)
    assert "还没有导入过文件" in client.get(reverse("interchange:imports")).content.decode()


@pytest.mark.proves("U25")
def test_imports_are_filtered_and_taken_out_like_every_list(client, cast):
    make_upload(by=cast.manager, file=xlsx(ROWS))
    applied = make_applied(by=cast.manager, file=xlsx(ROWS))
    client.force_login(cast.manager)
    url = reverse("interchange:imports")

    def found(**query):
        return client.get(url, query).content.decode().count("医院名单.xlsx")

    assert found() == 2 and found(preset="waiting") == 1 == found(state="done") and found(kind="doctor") == 0
    assert found(q="名单") == 2 and found(q="别的") == 0 and found(first="2020-01-01") == 2 and found(last="2020-01-01") == 0
    page = client.get(url).content.decode()
    assert reverse("interchange:job", args=[applied.pk]) in page and "data-export" in page and "模板" in page and "<c-" not in page
    sent = {"list": "imports", "query": "state=done", "format": "csv", "columns": "all", "encoding": "utf-8-sig"}
    taken = b"".join(client.post(reverse("exports:new"), sent)).decode("utf-8-sig")
    assert "医院名单.xlsx" in taken and "已完成" in taken and "待设置" not in taken and "新增" in taken
