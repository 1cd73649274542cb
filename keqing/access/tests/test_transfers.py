"""工作转移: everything of a position goes, once, within a transaction, and back (R-190, T46)."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from keqing.access import handover
from keqing.access.actions.common import AdminRefused
from keqing.access.actions.transfers import (
    Split,
    ask_transfer,
    cancel_transfer,
    carry_out,
    decide_transfer,
    undo_transfer,
)
from keqing.access.models import Position, Staff, Transfer, TransferItem
from keqing.access.tasks import carry_out_due_transfers
from keqing.access.tests.factories import make_cast, make_position, position_of
from keqing.audit.models import Entry
from keqing.followups.models import Reminder
from keqing.followups.tests.factories import make_reminder
from keqing.kit.formats import business_date
from keqing.kit.jobs import run_waiting
from keqing.people.actions.organisations import Draft, assign_organisations, create_organisations
from keqing.people.models import Organisation
from keqing.people.tests.factories import make_organisation
from keqing.timeline.models import Entry as Line

pytestmark = [pytest.mark.django_db, pytest.mark.proves("R-190")]
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
TODAY = NOW.date()


@pytest.fixture
def cast():
    return make_cast()


def ask(cast, **changes):
    facts = {
        "positions": [position_of(cast.rep)], "reason": "reorganisation", "rest_to": position_of(cast.sibling),
        "effective_on": TODAY, "by": cast.manager, "at": NOW,
    }
    return ask_transfer(**{**facts, **changes})


def carried(cast, by="region_manager", **changes):
    transfer = decide_transfer(transfer=ask(cast, **changes), agreed=True, by=getattr(cast, by), at=NOW)
    return carry_out(transfer_id=transfer.pk, at=NOW)


def owner_of(customer):
    return Organisation.objects.get(pk=customer.pk).owner_position


def test_customers_and_what_hangs_on_them_go_to_whoever_takes_over(cast):
    customer = make_organisation(owner=cast.rep)
    reminder = make_reminder(customer=customer, by=cast.rep)
    done = carried(cast)
    assert done.state == "done"
    assert done.counts == {"客户": 1, "未完成的跟进": 1}
    assert owner_of(customer) == position_of(cast.sibling)
    assert Reminder.objects.get(pk=reminder.pk).position == position_of(cast.sibling)
    assert handover.open_work(positions=[position_of(cast.rep)]) == []
    entry = Entry.objects.get(action="organisation.transferred")
    assert entry.changes == {"owner_position": ["李雯", "罗佳"]}
    assert Line.objects.filter(customer_id=customer.pk, kind="handover", title="移交 李雯 → 罗佳").exists()


def test_rules_and_a_selection_split_what_moves(cast):
    second = make_position(unit=cast.guangzhou, holder=cast.other_area_rep, name="广州二岗")
    third = make_position(unit=cast.guangzhou, holder=cast.stranger, name="广州三岗")
    top = make_organisation(owner=cast.rep, level="3A", name="示例第一医院")
    shop = make_organisation(owner=cast.rep, kind="pharmacy", name="示例大药房")
    picked = make_organisation(owner=cast.rep, level="3A", name="示例第二医院")
    other = make_organisation(owner=cast.rep, name="示例第三医院")
    reminder = make_reminder(customer=shop, by=cast.rep)
    carried(
        cast,
        splits=[Split(to=third, customers=[picked.pk]), Split(to=second, level="3A"), Split(to=third, kind="pharmacy")],
    )
    assert [owner_of(one) for one in (top, shop, picked, other)] == [second, third, third, position_of(cast.sibling)]
    assert Reminder.objects.get(pk=reminder.pk).position == third


def test_without_a_rest_only_the_chosen_customers_go(cast):
    chosen, stays = make_organisation(owner=cast.rep, name="示例第一医院"), make_organisation(owner=cast.rep, name="示例第二医院")
    reminder = make_reminder(customer=stays, by=cast.rep)
    carried(cast, rest_to=None, splits=[Split(to=position_of(cast.sibling), customers=[chosen.pk])])
    assert owner_of(chosen) == position_of(cast.sibling)
    assert owner_of(stays) == position_of(cast.rep)
    assert Reminder.objects.get(pk=reminder.pk).position == position_of(cast.rep)


def test_one_that_takes_effect_later_waits_for_its_day(cast):
    customer = make_organisation(owner=cast.rep)
    transfer = ask(cast, effective_on=TODAY + timedelta(days=3))
    decide_transfer(transfer=transfer, agreed=True, by=cast.region_manager, at=NOW)
    assert carry_out(transfer_id=transfer.pk, at=NOW) is None
    assert owner_of(customer) == position_of(cast.rep)
    assert carry_out(transfer_id=transfer.pk, at=NOW + timedelta(days=3)).state == "done"
    assert carry_out(transfer_id=transfer.pk, at=NOW + timedelta(days=3)) is None


@pytest.mark.parametrize(
    ("who", "sentence"), [("manager", "自己发起"), ("sibling", "一方"), ("other_area_rep", "不在您的范围"), ("stranger", "不在您的范围")]
)
def test_only_a_superior_of_both_who_did_not_ask_agrees(cast, who, sentence):
    with pytest.raises(AdminRefused, match=sentence):
        decide_transfer(transfer=ask(cast), agreed=True, by=getattr(cast, who), at=NOW)


def test_declined_with_an_opinion_nothing_moves(cast):
    customer, transfer = make_organisation(owner=cast.rep), ask(cast)
    with pytest.raises(AdminRefused, match="意见"):
        decide_transfer(transfer=transfer, agreed=False, by=cast.region_manager, at=NOW)
    decide_transfer(transfer=transfer, agreed=False, opinion="先完成拜访", by=cast.region_manager, at=NOW)
    assert carry_out(transfer_id=transfer.pk, at=NOW) is None
    assert owner_of(customer) == position_of(cast.rep)


def test_called_off_it_never_runs(cast):
    transfer = cancel_transfer(transfer=ask(cast), by=cast.manager, at=NOW)
    with pytest.raises(AdminRefused, match="已取消"):
        decide_transfer(transfer=transfer, agreed=True, by=cast.region_manager, at=NOW)


def test_nobody_who_is_not_there_takes_over(cast):
    vacant = make_position(unit=cast.guangzhou, name="空岗")
    with pytest.raises(AdminRefused, match="空缺"):
        ask(cast, rest_to=vacant)
    closed = make_position(unit=cast.guangzhou, name="旧岗")
    Position.objects.filter(pk=closed.pk).update(closed_on=TODAY)
    with pytest.raises(AdminRefused, match="已撤销"):
        ask(cast, rest_to=Position.objects.get(pk=closed.pk))
    Staff.objects.filter(pk=cast.sibling.pk).update(is_active=False, left_on=TODAY)
    with pytest.raises(AdminRefused, match="已离职"):
        ask(cast)
    with pytest.raises(AdminRefused, match="同时接手"):
        ask(cast, rest_to=position_of(cast.rep))


def test_an_heir_who_left_meanwhile_stops_it_and_nothing_moves(cast):
    customer, transfer = make_organisation(owner=cast.rep), ask(cast)
    decide_transfer(transfer=transfer, agreed=True, by=cast.region_manager, at=NOW)
    Staff.objects.filter(pk=cast.sibling.pk).update(is_active=False, left_on=TODAY)
    failed = carry_out(transfer_id=transfer.pk, at=NOW)
    assert failed.state == "failed"
    assert "罗佳 已离职" in failed.message
    assert owner_of(customer) == position_of(cast.rep)
    assert not TransferItem.objects.exists()


def test_of_two_transfers_of_the_same_customers_one_wins_and_the_other_is_told(cast):
    customer = make_organisation(owner=cast.rep)
    first, second = ask(cast), ask(cast, rest_to=None, splits=[Split(to=position_of(cast.other_area_rep), customers=[customer.pk])], by=cast.gm)
    for transfer in (first, second):
        decide_transfer(transfer=transfer, agreed=True, by=cast.region_manager, at=NOW)
    assert carry_out(transfer_id=first.pk, at=NOW).state == "done"
    loser = carry_out(transfer_id=second.pk, at=NOW)
    assert loser.state == "failed"
    assert "陈立" in loser.message
    assert "罗佳" in loser.message
    assert owner_of(customer) == position_of(cast.sibling)
    assert TransferItem.objects.filter(object_id=customer.pk).count() == 1


def test_why_a_transfer_failed_names_customers_to_those_who_may_read_them_and_numbers_to_others(cast):
    customer = make_organisation(owner=cast.rep, name="示例秘密医院")
    first, second = ask(cast), ask(cast, rest_to=None, splits=[Split(to=position_of(cast.other_area_rep), customers=[customer.pk])], by=cast.gm)
    for transfer in (first, second):
        decide_transfer(transfer=transfer, agreed=True, by=cast.region_manager, at=NOW)
        carry_out(transfer_id=transfer.pk, at=NOW)
    address = reverse("access:transfer", args=[second.pk])
    for reader, named in (("gm", True), ("region_manager", True), ("rep", True), ("security", False)):
        page = browser_of(getattr(cast, reader)).get(address).content.decode()
        assert "已由 陈立 发起的转移移交给" in page and (customer.name in page) == named, reader
        assert (f"客户 #{customer.pk} 已由" in page) != named, reader
    assert customer.name not in Entry.objects.get(action="transfer.failed").reason


def test_a_transfer_that_finds_nothing_left_says_who_was_faster(cast):
    make_organisation(owner=cast.rep)
    first, second = ask(cast), ask(cast, rest_to=position_of(cast.other_area_rep), by=cast.gm)
    for transfer in (first, second):
        decide_transfer(transfer=transfer, agreed=True, by=cast.region_manager, at=NOW)
    carry_out(transfer_id=first.pk, at=NOW)
    assert "已由 陈立 发起的转移移交" in carry_out(transfer_id=second.pk, at=NOW).message


def test_the_former_holder_still_sees_for_thirty_days_and_changes_nothing(cast, monkeypatch):
    customer = make_organisation(owner=cast.rep)
    carried(cast)
    clock = {"at": NOW}
    monkeypatch.setattr("keqing.access.standing.timezone.now", lambda: clock["at"])

    def may(word):
        return Organisation.objects.get(pk=customer.pk).allows(Staff.objects.get(pk=cast.rep.pk), word)

    assert may("organisation.view")
    assert not may("organisation.edit")
    clock["at"] = NOW + timedelta(days=30)
    assert may("organisation.view")
    clock["at"] = NOW + timedelta(days=31)
    assert not may("organisation.view")


def test_undone_within_seven_days_all_is_as_before_but_for_what_changed_since(cast):
    first, second = make_organisation(owner=cast.rep, name="示例第一医院"), make_organisation(owner=cast.rep, name="示例第二医院")
    reminder = make_reminder(customer=first, by=cast.rep)
    done = carried(cast)
    assign_organisations(organisations=[second], position=position_of(cast.other_area_rep), by=cast.manager, at=NOW)
    back, kept = undo_transfer(transfer=done, by=cast.region_manager, at=NOW + timedelta(days=7))
    assert back == 2
    assert kept == ["客户 示例第二医院"]
    assert owner_of(first) == position_of(cast.rep)
    assert owner_of(second) == position_of(cast.other_area_rep)
    assert Reminder.objects.get(pk=reminder.pk).position == position_of(cast.rep)
    stored = Transfer.objects.get(pk=done.pk)
    assert stored.state == "undone"
    assert not stored.shares.filter(customer_id=first.pk, revoked_at__isnull=True).exists()
    with pytest.raises(AdminRefused, match="已完成"):
        undo_transfer(transfer=stored, by=cast.region_manager, at=NOW)


def test_after_seven_days_it_stays(cast):
    make_organisation(owner=cast.rep)
    done = carried(cast)
    with pytest.raises(AdminRefused, match="超过 7 天"):
        undo_transfer(transfer=done, by=cast.region_manager, at=NOW + timedelta(days=7, seconds=1))


def test_a_leavers_account_is_closed_only_with_somebody_who_looks_after_accounts(cast):
    transfer = ask(cast, leaver=cast.rep, reason="leaver")
    with pytest.raises(AdminRefused, match="安全管理员"):
        decide_transfer(transfer=transfer, agreed=True, by=cast.region_manager, at=NOW)
    assert decide_transfer(transfer=transfer, agreed=True, by=cast.security, at=NOW).state == "scheduled"


@pytest.mark.proves("T46", "R-191")
def test_a_representative_with_four_hundred_customers_leaves(cast):
    by, position = cast.rep, position_of(cast.rep)
    customers = create_organisations(
        drafts=[Draft({"name": f"示例医院{n}", "kind": "hospital", "source": "search"}, unit=cast.guangzhou, owner=position) for n in range(400)],
        by=by, at=NOW,
    )
    Reminder.objects.bulk_create(
        Reminder(
            customer_id=one.pk, customer_name=one.name, position=position, unit=cast.guangzhou, due_on=TODAY, first_due_on=TODAY,
            text="回访", origin="manual", created_by=by, created_at=NOW,
        )
        for one in customers[:30]
    )
    session = Client()
    session.force_login(cast.rep)
    assert session.get(reverse("desk:today")).status_code == 200
    done = carried(cast, by="security", leaver=cast.rep, reason="leaver")
    assert done.state == "done", done.message
    assert session.get(reverse("desk:today")).status_code == 302
    assert done.counts == {"客户": 400, "未完成的跟进": 30}
    assert not Organisation.objects.filter(owner_position=position).exists()
    assert not Reminder.objects.open().filter(position=position).exists()
    assert not Organisation.objects.alive().exclude(owner_position__holder__is_active=True).exists()
    assert TransferItem.objects.filter(transfer=done).count() == 430
    assert set(done.traces) == {"打开客户资料", "导出记录", "导出行数", "查看完整电话"}
    leaver = Staff.objects.get(pk=cast.rep.pk)
    assert not leaver.is_active
    assert not leaver.positions.exists()


def test_two_thousand_customers_go_in_less_than_twenty_seconds_with_few_statements(cast):
    from time import perf_counter

    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    position = position_of(cast.rep)
    customers = create_organisations(
        drafts=[Draft({"name": f"示例医院{n}", "kind": "hospital", "source": "search"}, unit=cast.guangzhou, owner=position) for n in range(2000)],
        by=cast.rep, at=NOW,
    )
    Reminder.objects.bulk_create(
        Reminder(
            customer_id=one.pk, customer_name=one.name, position=position, unit=cast.guangzhou, due_on=date(2026, 11, 30),
            first_due_on=date(2026, 11, 30), text="回访", origin="manual", created_by=cast.rep, created_at=NOW,
        )
        for one in customers
    )
    transfer = decide_transfer(transfer=ask(cast), agreed=True, by=cast.region_manager, at=NOW)
    began = perf_counter()
    with CaptureQueriesContext(connection) as asked:
        assert carry_out(transfer_id=transfer.pk, at=NOW).counts == {"客户": 2000, "未完成的跟进": 2000}
    assert perf_counter() - began < 20
    assert len(asked) < 80


def browser_of(staff):
    client = Client()
    client.force_login(Staff.objects.get(pk=staff.pk))
    return client


def test_the_wizard_shows_what_moves_and_the_superior_carries_it_out(cast):
    customer, other = make_organisation(owner=cast.rep, name="示例第一医院"), make_organisation(owner=cast.rep, name="示例第二医院")
    third = make_position(unit=cast.guangzhou, holder=cast.other_area_rep, name="广州三岗")
    manager, superior = browser_of(cast.manager), browser_of(cast.region_manager)
    assert "李雯" in manager.get(reverse("access:transfer_new")).content.decode()
    address = f"{reverse('access:transfer_new')}?position={position_of(cast.rep).pk}"
    page = manager.get(address).content.decode()
    for text in ("示例第一医院", "会移交的工作", "罗佳"):
        assert text in page
    form = {
        "reason": "load", "effective_on": f"{business_date(timezone.now())}", "rest_to": position_of(cast.sibling).pk, "note": "药事会在月底",
        "picked": [other.pk], "picked_to": third.pk,
    }  # fmt: skip
    answer = manager.post(address, form)
    assert answer.status_code == 302, answer.content.decode()
    transfer = Transfer.objects.get()
    assert "不能批准自己发起的转移" in manager.get(answer.url).content.decode()
    superior.post(reverse("access:transfer_decide", args=[transfer.pk]), {"agreed": "yes"})
    assert "正在移交" in superior.get(answer.url).content.decode()
    run_waiting()
    assert [owner_of(customer), owner_of(other)] == [position_of(cast.sibling), third]
    done = browser_of(cast.sibling).get(answer.url).content.decode()
    assert "药事会在月底" in done
    items = browser_of(cast.sibling).get(reverse("access:transfer_items", args=[transfer.pk])).content.decode()
    assert "示例第一医院" in items
    assert "示例第二医院" not in items
    superior.post(reverse("access:transfer_undo", args=[transfer.pk]))
    assert owner_of(customer) == position_of(cast.rep)


def test_a_rule_without_an_heir_and_a_closed_account_without_a_reason_are_said_on_the_form(cast):
    address = f"{reverse('access:transfer_new')}?position={position_of(cast.rep).pk}"
    form = {"reason": "load", "effective_on": "2026-12-01", "rest_to": position_of(cast.sibling).pk, "kind0": "pharmacy", "closes_account": "on"}
    answer = browser_of(cast.manager).post(address, form)
    assert answer.status_code == 422
    assert "请选择移交给谁" in answer.content.decode()
    assert "人员离职" in answer.content.decode()
    assert browser_of(cast.rep).get(address).status_code == 403


def test_what_only_the_leaver_had_goes_along_or_ends(cast):
    from keqing.desk.models import SavedView
    from keqing.exports.models import Export

    position = position_of(cast.rep)
    view = SavedView.objects.create(list_key="customers:all", name="重点", staff=cast.rep, unit=cast.guangzhou)
    export = Export.objects.create(
        list_key="customers:hospital", title="医院", format="csv", rows=9, needs_approval=True, state="waiting", by=cast.rep,
        position=position, unit=cast.guangzhou, asked_at=NOW,
    )  # fmt: skip
    assert [work.label for work in handover.personal_work(staff=cast.rep)] == ["待批准的导出申请", "共享的视图"]
    carried(cast, by="security", leaver=cast.rep, reason="leaver")
    view.refresh_from_db()
    export.refresh_from_db()
    assert view.staff == cast.sibling
    assert export.state == "cancelled"


def test_open_leads_promises_and_targets_go_along(cast):
    from keqing.leads.models import Lead, Step
    from keqing.leads.tests.factories import make_lead
    from keqing.lifecycle.models import Target

    lead = make_lead(by=cast.rep, mine=True, organisation_name="示例诊所")
    customer = make_organisation(owner=cast.rep)
    target = Target.objects.create(
        customer_id=customer.pk, customer_name=customer.name, kind="grade", now="B", wanted="A", due_on=TODAY, actions="每月两次科室会",
        position=position_of(cast.rep), created_by=cast.rep, created_at=NOW,
    )  # fmt: skip
    done = carried(cast)
    assert done.counts == {"客户": 1, "未结束的线索": 1, "未达成的提升目标": 1}
    assert Lead.objects.get(pk=lead.pk).position == position_of(cast.sibling)
    assert Step.objects.filter(lead=lead, to_position=position_of(cast.sibling)).exists()
    assert Target.objects.get(pk=target.pk).position == position_of(cast.sibling)


def test_what_moved_is_named_to_those_who_may_know_it_and_to_no_administrator_of_accounts(cast):
    second = make_position(unit=cast.guangzhou, holder=cast.other_area_rep, name="广州二岗")
    given, elsewhere = make_organisation(owner=cast.rep, name="示例第一医院"), make_organisation(owner=cast.rep, name="示例第二医院")
    done = carried(cast, splits=[Split(to=second, customers=[given.pk])])
    address = reverse("access:transfer_items", args=[done.pk])
    assert browser_of(cast.security).get(reverse("access:transfer", args=[done.pk])).status_code == 200
    assert browser_of(cast.security).get(address).status_code == 404
    for reader, names in (("gm", (True, True)), ("manager", (True, True)), ("sibling", (False, True)), ("other_area_rep", (True, False))):
        page = browser_of(getattr(cast, reader)).get(address).content.decode()
        assert (given.name in page, elsewhere.name in page) == names, reader


def test_what_has_no_name_is_listed_by_its_sort_and_number(cast):
    from keqing.leads.tests.factories import make_lead

    made = make_lead(by=cast.rep, mine=True, organisation_name="", caller_name="", phone="02081234567")
    done = carried(cast)
    page = browser_of(cast.gm).get(reverse("access:transfer_items", args=[done.pk])).content.decode()
    assert f"未结束的线索 #{made.pk}" in page


def test_due_transfers_run_each_by_itself(cast, monkeypatch):
    monkeypatch.setattr("keqing.access.tasks.timezone.now", lambda: NOW)
    customer = make_organisation(owner=cast.rep)
    decide_transfer(transfer=ask(cast), agreed=True, by=cast.region_manager, at=NOW)
    carry_out_due_transfers()
    assert owner_of(customer) == position_of(cast.rep)
    run_waiting()
    assert owner_of(customer) == position_of(cast.sibling)
