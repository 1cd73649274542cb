"""The writing takes what the check read and cleaned, and decides again about everything that may have changed."""

from datetime import date, timedelta

import pytest

from keqing.access.models import TerritoryRule
from keqing.access.tests.factories import make_cast, position_of
from keqing.interchange import kept
from keqing.interchange.models import Import
from keqing.interchange.tests.factories import apply, make_checked, xlsx
from keqing.people.models import Organisation
from keqing.people.tests.factories import NOW, make_organisation
from keqing.reference.models import Division

pytestmark = pytest.mark.django_db
ROWS = [
    ["医院名称", "所在地区", "床位"], ["广州示例医院", "广东省广州市", "300"], ["深圳示例医院", "广东省深圳市", "床位不详"],
    ["佛山示例医院", "广东省佛山市", ""],
]


def outcomes(batch):
    return [(row.name, row.outcome, row.reason) for row in batch.rows.order_by("number")]


def unreadable(monkeypatch):
    """Neither file nor cleaning may be asked again."""
    monkeypatch.setattr(kept, "read_sheet", None)
    monkeypatch.setattr("keqing.people.imports.organisations.OrganisationCleaner", None)


@pytest.mark.proves("R-194")
def test_what_the_check_cleaned_goes_in_without_reading_the_file_again(monkeypatch):
    cast = make_cast()
    batch = make_checked(by=cast.system, file=xlsx(ROWS))
    before = outcomes(batch)
    unreadable(monkeypatch)
    batch = apply(batch)
    assert batch.state == "done" and outcomes(batch) == before and before[1][1] == "error"
    assert list(Organisation.objects.order_by("pk").values_list("name", "beds")) == [("广州示例医院", 300), ("佛山示例医院", None)]
    assert batch.rows.get(outcome="error").cells == ROWS[2]


def test_a_customer_somebody_entered_in_between_is_noticed(monkeypatch):
    cast = make_cast()
    batch = make_checked(by=cast.system, file=xlsx(ROWS))
    make_organisation(owner=cast.rep, name="佛山示例医院", region=Division.objects.get(code="440600"))
    unreadable(monkeypatch)
    batch = apply(batch)
    assert [outcome for _, outcome, _ in outcomes(batch)] == ["new", "error", "duplicate"]
    assert Organisation.objects.filter(name="佛山示例医院").count() == 1
    assert batch.rows.get(outcome="duplicate").cells == ROWS[3]


def test_a_territory_that_went_to_others_in_between_is_noticed(monkeypatch):
    cast = make_cast()
    batch = make_checked(by=cast.manager, file=xlsx(ROWS))
    assert [outcome for _, outcome, _ in outcomes(batch)] == ["new", "error", "new"]
    TerritoryRule.objects.create(
        position=position_of(cast.other_area_rep), division=Division.objects.get(code="440600"), kinds=[], valid_from=date(2026, 1, 1)
    )
    unreadable(monkeypatch)
    batch = apply(batch)
    assert outcomes(batch)[2] == ("佛山示例医院", "error", "不在您的辖区")
    assert not Organisation.objects.filter(name="佛山示例医院").exists()


def test_a_record_changed_in_between_takes_only_what_it_still_lacks(monkeypatch):
    cast = make_cast()
    known = make_organisation(owner=cast.rep, name="广州示例医院", region=Division.objects.get(code="440100"))
    batch = make_checked(by=cast.system, file=xlsx(ROWS), existing="fill")
    assert outcomes(batch)[0][1] == "update"
    Organisation.objects.filter(pk=known.pk).update(beds=120, version=known.version + 1)
    unreadable(monkeypatch)
    batch = apply(batch)
    assert outcomes(batch)[0][1:] == ("duplicate", "已存在，没有要补的资料")
    known.refresh_from_db()
    assert known.beds == 120


def test_rows_that_name_a_chain_are_cleaned_again_because_chains_change():
    cast = make_cast()
    chain = make_organisation(owner=cast.rep, name="示例连锁", kind="chain")
    rows = [["药店名称", "连锁总部"], ["示例药店一店", "示例连锁"]]
    batch = make_checked(by=cast.system, file=xlsx(rows), kind="organisation-pharmacy")
    Organisation.objects.filter(pk=chain.pk).update(deleted_at=NOW, deleted_by=cast.system)
    batch = apply(batch)
    assert Organisation.objects.get(name="示例药店一店").chain is None
    assert outcomes(batch) == [("示例药店一店", "new", "连锁总部“示例连锁”没有找到，留空")]


def test_what_was_cleaned_counts_for_the_day_and_for_the_settings_it_was_cleaned_with():
    cast = make_cast()
    batch = make_checked(by=cast.system, file=xlsx(ROWS))
    assert kept.recall(batch=batch) is not None
    late = apply(batch, at=NOW + timedelta(days=2))
    assert late.counts["new"] == 2  # read and cleaned again that day
    Import.objects.filter(pk=batch.pk).update(mapping={"0": "name"})
    batch.refresh_from_db()
    assert kept.recall(batch=batch) is None


def test_a_half_written_file_of_the_check_is_not_trusted():
    cast = make_cast()
    batch = make_checked(by=cast.system, file=xlsx(ROWS))
    path = batch.path.with_name(batch.path.name + kept.CHECKED)
    path.write_text(path.read_text()[:50])
    assert kept.recall(batch=batch) is None
    assert apply(batch).counts["new"] == 2


@pytest.mark.parametrize("lost", [{"is_active": False, "left_on": date(2026, 11, 20)}, {}])
def test_who_lost_the_right_in_between_imports_nothing(lost):
    cast = make_cast()
    batch = make_checked(by=cast.system, file=xlsx(ROWS))
    if lost:
        type(cast.system).objects.filter(pk=cast.system.pk).update(**lost)
    else:
        cast.system.positions.update(holder=None)
    batch = apply(batch)
    assert (batch.state, batch.message) == ("failed", "导入人已没有导入这类名单的权限。")
    assert not Organisation.objects.exists()
