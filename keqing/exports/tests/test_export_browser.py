"""From the filter over 导出 to the file, in a browser."""

import io
from pathlib import Path

import pytest
import python_calamine
from django.urls import reverse

from keqing.access.tests.factories import make_cast
from keqing.exports import queries
from keqing.exports.models import Export
from keqing.exports.tests.factories import NARROW
from keqing.kit import jobs
from keqing.people.tests.factories import make_organisation
from tests.journeys.people import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WAIT = 15_000


def opened(page, live_server, staff, query=""):
    page.set_default_timeout(WAIT)
    sign_in(page, live_server, staff)
    page.goto(f"{live_server.url}{reverse('people:organisations', args=['hospital'])}{query}")
    page.locator("tr[data-row]").first.wait_for()


def saved(download):
    content = Path(download.path()).read_bytes()
    return python_calamine.load_workbook(io.BytesIO(content)).get_sheet_by_name("数据").to_python()


@pytest.mark.proves("U36")
def test_filter_export_job_download_centre_and_the_file_equals_the_list(page, live_server, monkeypatch, settings, tmp_path):
    settings.VAR = tmp_path
    monkeypatch.setattr(queries, "limits_for", lambda _roles: NARROW)
    cast = make_cast()
    for number in range(4):
        make_organisation(owner=cast.rep, name=f"江湾第{number}医院", beds=100 + number)
    make_organisation(owner=cast.rep, name="别的医院", beds=1)
    opened(page, live_server, cast.rep, "?q=江湾&sort=-beds&cols=beds")
    listed = [text.strip() for text in page.locator("tr[data-row] td.lead a").all_inner_texts()]
    page.click("a[data-export]")
    dialog = page.locator("#export-dialog[open]")
    dialog.wait_for()
    assert "名称：江湾；按床位倒序" in dialog.inner_text()
    dialog.locator("[name=reason]").fill("季度核对")
    dialog.locator("form button.btn-primary").click()
    page.wait_for_url("**/exports/*/", timeout=WAIT)
    jobs.run_waiting()
    page.goto(live_server.url + reverse("exports:exports"))
    with page.expect_download(timeout=WAIT) as download:
        page.locator("a[download]").first.click()
    rows = saved(download.value)
    assert rows[0] == ["名称", "床位"] and [row[0] for row in rows[1:]] == listed == [f"江湾第{n}医院" for n in (3, 2, 1, 0)]
    assert cast.rep.name in download.value.suggested_filename and Export.objects.get().state == "done"


@pytest.mark.proves("U36")
def test_a_small_list_comes_at_once_and_the_dialog_goes(page, live_server):
    cast = make_cast()
    make_organisation(owner=cast.rep, name="江湾医院", beds=100)
    opened(page, live_server, cast.rep)
    page.click("a[data-export]")
    page.locator("#export-dialog[open] form").wait_for()
    with page.expect_download(timeout=WAIT) as download:
        page.locator("#export-dialog form button.btn-primary").click()
    assert saved(download.value)[1][0] == "江湾医院"
    page.locator("#export-dialog[open]").wait_for(state="detached", timeout=WAIT)
