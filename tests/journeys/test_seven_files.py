"""Seven messy files of other people, as a clerk of commerce puts them in: what came in, what did not, and why."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import python_calamine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from keqing.access.tests.factories import make_cast
from keqing.interchange.models import Import
from keqing.kit import jobs
from keqing.leads.models import Lead
from keqing.people.models import Organisation

pytestmark = [pytest.mark.django_db, pytest.mark.proves("R-011", "U38"), pytest.mark.timeout(300)]
SHARED = Path(__file__).parents[3] / "shared" / "data"


@dataclass(frozen=True)
class Walked:
    """``kind`` is what the clerk takes the file for; ``says`` what the page tells about it."""

    file: str
    kind: str
    rows: int = 0
    new: int = 0
    says: str = ""

    def __str__(self) -> str:
        return self.file


GO_IN = [
    Walked("messy_store_coverage.xlsx", "organisation-pharmacy", rows=866, new=795),
    Walked("messy_hospital_phone_as_number.xlsx", "organisation-pharmacy", rows=63, new=63),
    Walked("messy_hospitals_gb18030.csv", "lead", rows=389, new=389),
]
STAY_OUT = [
    Walked("messy_pharmacy_sales_2018.xlsx", "organisation-pharmacy", says="没有找到“药店名称”这一列"),
    Walked("messy_nrdl_pages.xlsx", "organisation-maker", says="没有找到“企业名称”这一列"),
    Walked("messy_drug_catalogue_versions.xlsx", "organisation-maker", says="像是商品或订单清单"),
]


@pytest.fixture
def clerk(client: Client, settings, tmp_path) -> Client:
    settings.VAR = tmp_path
    client.force_login(make_cast().commerce)
    return client


def read(name: str) -> bytes:
    if not (SHARED / name).exists():
        pytest.skip(f"没有样本数据 {name}")
    return (SHARED / name).read_bytes()


def upload(clerk: Client, *, name: str, content: bytes, kind: str):
    return clerk.post(reverse("interchange:upload"), {"kind": kind, "file": SimpleUploadedFile(name, content)})


def uploaded(clerk: Client, **sent) -> Import:
    answer = upload(clerk, **sent)
    assert answer.status_code == 302, answer.content.decode()[:2000]
    return Import.objects.latest("pk")


def step(clerk: Client, batch: Import, name: str, sent: Mapping[str, str] | None = None) -> Import:
    """A button of the import's page, and the work behind it."""
    answer = clerk.post(reverse(f"interchange:{name}", args=[batch.pk]), sent or {})
    assert answer.status_code == 302, answer.content.decode()[:2000]
    jobs.run_waiting()
    batch.refresh_from_db()
    return batch


def check(clerk: Client, batch: Import) -> Import:
    return step(clerk, batch, "check", {f"column_{place}": key for place, key in batch.mapping.items()})


def adds_up(batch: Import) -> bool:
    """Every row of the file has come to one end, on the page and in the table."""
    ends = {name: batch.counts[name] for name in ("new", "update", "duplicate", "error", "left")}
    stored = {name: batch.rows.filter(outcome=name).count() for name in ends}
    return sum(ends.values()) == batch.counts["total"] == batch.rows.count() and stored == ends


def problems_of(clerk: Client, batch: Import) -> tuple[bytes, list[list[str]]]:
    content = clerk.get(reverse("interchange:problems", args=[batch.pk])).content
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    return content, book.get_sheet_by_index(0).to_python()


@pytest.mark.parametrize("walked", GO_IN, ids=str)
def test_a_list_of_customers_goes_in_and_what_did_not_is_told(clerk: Client, walked: Walked):
    content, kept = read(walked.file), Lead if walked.kind == "lead" else Organisation
    before = kept.objects.count()
    batch = check(clerk, uploaded(clerk, name=walked.file, content=content, kind=walked.kind))
    assert (batch.state, batch.counts["total"], batch.counts["new"]) == ("checked", walked.rows, walked.new) and adds_up(batch)
    assert kept.objects.count() == before
    batch = step(clerk, batch, "apply")
    assert batch.state == "done" and adds_up(batch) and kept.objects.count() == before + walked.new
    page = clerk.get(reverse("interchange:job", args=[batch.pk])).content.decode()
    assert "已完成" in page and f"{walked.new:,}" in page
    # the same file again: nothing comes in a second time unseen, and its rows can be taken away, looked at and sent again
    again = check(clerk, uploaded(clerk, name=walked.file, content=content, kind=walked.kind))
    assert adds_up(again) and again.counts["total"] == walked.rows
    refused = again.counts["duplicate"] + again.counts["error"] + again.counts["left"]
    if walked.kind != "lead":  # a second inquiry of the same customer is an inquiry of its own
        assert again.counts["new"] == 0 and refused == walked.rows
        told, rows = problems_of(clerk, again)
        assert len(rows) == refused + 1 and all(any(str(cell).strip() for cell in row) for row in rows)
        third = check(clerk, uploaded(clerk, name="问题行.xlsx", content=told, kind=walked.kind))
        assert adds_up(third) and third.counts["total"] == refused and third.counts["new"] == 0


@pytest.mark.parametrize("walked", STAY_OUT, ids=str)
def test_a_list_of_something_else_stays_out_and_the_page_says_why(clerk: Client, walked: Walked):
    batch = uploaded(clerk, name=walked.file, content=read(walked.file), kind=walked.kind)
    page = clerk.get(reverse("interchange:job", args=[batch.pk])).content.decode()
    assert walked.says in page
    sent = {f"column_{place}": key for place, key in batch.mapping.items()}
    answer = clerk.post(reverse("interchange:check", args=[batch.pk]), sent)
    assert answer.status_code == 422 and 'role="alert"' in answer.content.decode()
    jobs.run_waiting()
    batch.refresh_from_db()
    assert batch.state == "uploaded" and not batch.rows.exists() and not Organisation.objects.exists()


def test_an_order_form_is_refused_at_the_door_and_hospitals_are_not_the_clerks(clerk: Client):
    answer = upload(clerk, name="messy_order_form.xlsx", content=read("messy_order_form.xlsx"), kind="organisation-distributor")
    assert answer.status_code == 422 and "像是商品或订单清单" in answer.content.decode() and not Import.objects.exists()
    hospitals = upload(clerk, name="甲.csv", content=read("messy_hospitals_gb18030.csv"), kind="organisation-hospital")
    assert hospitals.status_code == 422 and not Import.objects.exists()
