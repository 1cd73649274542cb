"""The pages of plans: lists, editing without losing what is typed, skipping, stopping, reports."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from keqing.access.tests.factories import position_of
from keqing.batches.models import Batch
from keqing.followups.actions.reminders import finish_reminder
from keqing.followups.models import Reminder
from keqing.kit.formats import business_date
from keqing.lifecycle.models import StageChange
from keqing.people.models import Organisation
from keqing.people.tests.factories import NOW
from keqing.playbooks import reports
from keqing.playbooks.actions.enrolments import enrol
from keqing.playbooks.defaults import make_defaults
from keqing.playbooks.models import Enrolment, Playbook
from keqing.playbooks.retention import recovery_rate, retention_rate
from keqing.playbooks.tests.factories import TODAY, make_customer, make_playbook, put_in_stage

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today(monkeypatch):
    from django.utils import timezone

    monkeypatch.setattr(timezone, "now", lambda: NOW)


def as_(client, staff):
    client.force_login(staff)
    return client


def page_of(client, name, *args, **query):
    answer = client.get(reverse(f"playbooks:{name}", args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.proves("R-287")
def test_the_menu_entry_lists_the_plans_with_what_is_due_and_opens_and_exports_them(client, cast):
    plan = make_playbook()
    customer, other = make_customer(owner=cast.rep), make_customer(owner=cast.stranger, name="别处医院")
    enrol(edition=plan.current, customers=[customer.pk, other.pk], origin="hand", by=None, at=NOW)
    as_(client, cast.rep)
    home = client.get("/").content.decode()
    assert f'href="{reverse("playbooks:playbooks")}"' in home and "跟进策略提醒" in home
    text = page_of(client, "playbooks")
    assert "潜在客户培育" in text and "0 / 3" in text  # of one's own customer alone
    detail = page_of(client, "playbook", plan.pk)
    assert "首次拜访" in detail and "第 1 版" in detail
    listed = page_of(client, "enrolments", plan.pk)
    assert customer.name in listed and "别处医院" not in listed
    sent = {"list": "playbooks", "query": "", "format": "csv", "columns": "shown", "encoding": "utf-8-sig"}
    answer = client.post(reverse("exports:new"), sent)
    rows = b"".join(answer.streaming_content).decode() if answer.streaming else answer.content.decode()
    answer.close()
    assert "潜在客户培育" in rows and "进行中" in rows


@pytest.mark.proves("R-287")
def test_progress_counts_done_and_overdue_steps(client, cast):
    plan = make_playbook()
    customer = make_customer(owner=cast.rep)
    enrol(edition=plan.current, customers=[customer.pk], origin="hand", by=None, at=NOW)
    first, second = Reminder.objects.order_by("due_on")
    finish_reminder(reminder=first, outcome="已拜访", by=cast.rep, at=NOW)
    Reminder.objects.filter(pk=second.pk).update(due_on=TODAY - timedelta(days=1))
    from keqing.playbooks.queries import progress_of

    found = progress_of([plan.pk], staff=cast.manager, today=TODAY)[plan.pk]
    assert (found.running, found.done, found.due, found.overdue, found.steps) == (1, 1, 1, 1, 3)
    assert progress_of([plan.pk], staff=cast.stranger, today=TODAY) == {}


def form_of(plan, **changes):
    edition = plan.current
    sent = {
        "title": plan.title, "purpose": "新的目的", "valid_from": TODAY.isoformat(), "again_after": "90", "on_entry": "on",
        "stages": ["prospect"], "version": plan.version, "running": "keep", "reason": "季度复盘", "rows": "0,1,2",
    }
    for number, step in enumerate(edition.steps.all()):
        sent |= {
            f"s{number}-line": step.line, f"s{number}-text": step.text, f"s{number}-offset": step.offset, f"s{number}-in_workdays": "yes",
            f"s{number}-deadline_days": step.deadline_days, f"s{number}-owner_rule": step.owner_rule, f"s{number}-method": step.method,
        }
    return sent | changes


def test_steps_are_added_moved_and_removed_without_losing_what_is_typed(client, cast):
    plan = make_playbook()
    as_(client, cast.system)
    url = reverse("playbooks:playbook_edit", args=[plan.pk])
    answer = client.post(url, form_of(plan, **{"s1-text": "打到一半的", "s2-offset": "不是数", "do": "add"}))
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "打到一半的" in text and "不是数" in text and "新的目的" in text
    assert 'name="rows" value="0,1,2,3"' in text
    moved = client.post(url, form_of(plan, do="down-0")).content.decode()
    assert 'name="rows" value="1,0,2"' in moved
    removed = client.post(url, form_of(plan, do="remove-1")).content.decode()
    assert 'name="rows" value="0,2"' in removed
    plan.refresh_from_db()
    assert plan.version == 1  # nothing is stored by that


@pytest.mark.proves("R-183")
def test_a_plan_is_changed_on_its_page(client, cast):
    plan = make_playbook()
    as_(client, cast.system)
    url = reverse("playbooks:playbook_edit", args=[plan.pk])
    answer = client.post(url, form_of(plan, rows="2,0", **{"s0-text": "先打电话给{客户}"}))
    assert answer.status_code == 302
    plan = Playbook.objects.select_related("current").get(pk=plan.pk)
    assert (plan.current.number, plan.current.purpose) == (2, "新的目的")
    assert [one.text for one in plan.current.steps.all()] == ["{客户}由经理过问", "先打电话给{客户}"]
    stale = client.post(url, form_of(plan, version=1, rows="0,1"))
    assert stale.status_code == 409
    wrong = client.post(url, form_of(plan, reason=""))
    assert wrong.status_code == 422


def test_a_word_that_may_not_stand_in_a_step_comes_back_with_the_form(client, cast):
    from keqing.compliance.models import Refusal

    plan = make_playbook()
    as_(client, cast.system)
    from keqing.playbooks.views import playbooks as views

    logged = []
    original, views.log_refusal = views.log_refusal, lambda **facts: logged.append(facts)
    try:
        answer = client.post(reverse("playbooks:playbook_edit", args=[plan.pk]), form_of(plan, **{"s0-text": "给医生返利"}))
    finally:
        views.log_refusal = original
    assert answer.status_code == 422
    assert "只能用于企业客户" in answer.content.decode() and "给医生返利" in answer.content.decode()
    assert logged[0]["hit"].rule_id == "TOV-01"
    assert not Refusal.objects.exists()


def test_a_region_manager_makes_plans_for_the_own_region_only(client, cast):
    as_(client, cast.region_manager)
    text = page_of(client, "playbook_new")
    assert "华南大区" in text and "华北大区" not in text
    foreign = make_playbook(title="公司方案")
    assert client.get(reverse("playbooks:playbook_edit", args=[foreign.pk])).status_code == 403
    step = {"s0-text": "拜访", "s0-offset": "0", "s0-in_workdays": "yes", "s0-deadline_days": "2", "s0-owner_rule": "owner"}
    sent = {"title": "华南培育", "valid_from": TODAY.isoformat(), "again_after": "90", "rows": "0", **step}
    assert client.post(reverse("playbooks:playbook_new"), {**sent, "unit": cast.north.pk}).status_code == 422
    assert client.post(reverse("playbooks:playbook_new"), {**sent, "unit": cast.south.pk}).status_code == 302
    assert Playbook.objects.get(title="华南培育").unit == cast.south


@pytest.mark.proves("R-135")
def test_customers_chosen_on_their_list_enter_and_can_be_taken_back(client, cast):
    plan = make_playbook(kinds=["hospital"])
    fits = make_customer(owner=cast.rep)
    other = make_customer(owner=cast.rep, name="示例医药公司", kind="distributor")
    as_(client, cast.rep)
    preview = page_of(client, "playbook_preview", plan.pk)
    assert fits.name in preview and other.name not in preview
    sent = {"list": "customers:all", "selected": [fits.pk, other.pk], "playbook": plan.pk}
    assert client.post(reverse("batches:new", args=["enrol"]), sent).status_code == 302
    assert [one.customer_id for one in Enrolment.objects.all()] == [fits.pk]
    batch = Batch.objects.get()
    assert batch.rows.get(customer_id=other.pk).reason.startswith("不在方案的适用范围")
    client.post(reverse("batches:undo", args=[batch.pk]), {"everything": "1"})
    assert Enrolment.objects.get().end == "undone"
    assert not Reminder.objects.open().exists()


def test_a_step_is_skipped_and_a_plan_stopped_on_its_page(client, cast):
    plan = make_playbook()
    customer = make_customer(owner=cast.rep)
    (made,) = enrol(edition=plan.current, customers=[customer.pk], origin="hand", by=None, at=NOW)
    as_(client, cast.rep)
    assert "送资料" in page_of(client, "enrolment", made.pk)
    mandatory, second, _third = made.runs.all()
    skip = reverse("playbooks:step_skip", args=[made.pk, second.pk])
    assert client.get(skip).status_code == 200
    assert client.post(skip, {"version": 1, "reason": "不需要"}).status_code == 302
    assert client.post(skip, {"version": 1, "reason": "不需要"}).status_code == 422
    assert client.post(reverse("playbooks:step_skip", args=[made.pk, mandatory.pk]), {"version": 1, "reason": "x"}).status_code == 422
    assert client.post(reverse("playbooks:step_skip", args=[made.pk, 0]), {"version": 1, "reason": "x"}).status_code == 404
    assert "已跳过" in page_of(client, "enrolment", made.pk)
    assert client.post(reverse("playbooks:enrolment_stop", args=[made.pk]), {"reason": "客户要求"}).status_code == 302
    assert "人工停止" in page_of(client, "enrolment", made.pk)
    client.force_login(cast.stranger)
    assert client.get(reverse("playbooks:enrolment", args=[made.pk])).status_code == 404


def test_the_customers_page_has_its_plans(client, cast):
    plan = make_playbook()
    customer = make_customer(owner=cast.rep)
    enrol(edition=plan.current, customers=[customer.pk], origin="hand", by=None, at=NOW)
    as_(client, cast.rep)
    assert plan.title in page_of(client, "customer_plans", customer.pk)
    assert reverse("playbooks:customer_plans", args=[customer.pk]) in client.get(f"/customers/{customer.pk}/?tab=plans").content.decode()


@pytest.mark.proves("R-096")
def test_the_silent_customers_are_a_list_with_its_criterion(client, cast):
    silent = make_customer(owner=cast.rep, days_quiet=61, stage="user", name="甲医院")
    make_customer(owner=cast.rep, days_quiet=5, stage="user", name="乙医院")
    as_(client, cast.rep)
    text = page_of(client, "attention", "silent")
    assert silent.name in text and "乙医院" not in text
    assert "60 天内没有一次联系" in text and "61 天没有联系" in text
    assert "安排跟进" in text and "加入方案" in text


def test_the_lists_of_attention_have_what_they_say(client, cast):
    make_customer(owner=cast.rep, days_quiet=50, name="甲医院")
    make_customer(owner=cast.rep, days_quiet=5, name="乙医院")
    as_(client, cast.manager)
    quiet, without = page_of(client, "attention", "quiet"), page_of(client, "attention", "no_next_step")
    assert "甲医院" in quiet and "乙医院" not in quiet and "50 天没有联系，节奏 45 天" in quiet
    assert "甲医院" in without and "乙医院" in without
    assert client.get(reverse("playbooks:attention", args=["nobody"])).status_code == 404


@pytest.mark.proves("R-290")
def test_eighty_of_a_hundred_buyers_of_last_year_bought_again(client, cast):
    assert str(retention_rate(bought_before=100, bought_again=80)) == "80.0"
    assert retention_rate(bought_before=0, bought_again=0) is None
    rows = [make_customer(owner=cast.rep, name=f"示例{n}医院", at=NOW - timedelta(days=700)) for n in range(10)]
    put_in_stage([one.pk for one in rows], "user")
    Organisation.objects.update(lifecycle_since=date(2025, 3, 1))
    for one in rows[:2]:  # two fell asleep last December: they did not buy this year
        StageChange.objects.create(
            customer_id=one.pk, customer_name=one.name, from_stage="user", to_stage="dormant", days=200, on=date(2025, 12, 1),
            at=NOW - timedelta(days=355), by=cast.rep,
        )
    put_in_stage([one.pk for one in rows[:2]], "dormant")
    before, now = reports.periods(span="year", today=TODAY)
    board = reports.retention_board(staff=cast.manager, now=now, before=before, segment="kind")
    assert (board.total.before, board.total.again, str(board.total.rate)) == (10, 8, "80.0")
    text = page_of(as_(client, cast.manager), "retention")
    assert "80.0%" in text and "订单模块还没有启用" in text
    for by in ("level", "unit"):
        assert "80.0%" in page_of(client, "retention", by=by)
    assert reports.retention_board(staff=cast.stranger, now=now, before=before, segment="kind").lines == []


def test_periods_meet_without_gap():
    for span in reports.SPANS:
        before, now = reports.periods(span=span, today=TODAY)
        assert before.last + timedelta(days=1) == now.first <= TODAY <= now.last
    assert reports.periods(span="quarter", today=TODAY)[1].label == "2026 年 第 4 季度"


@pytest.mark.proves("R-202")
def test_ten_alarms_of_which_four_recovered_are_forty_per_cent(client, cast):
    assert str(recovery_rate(alarms=10, recovered=4)) == "40.0"
    customer = make_customer(owner=cast.rep)
    place = position_of(cast.rep)
    codes = ["recovered"] * 4 + ["stock", "competitor", "closed", "wrong_alarm"]
    for code in codes + ["", ""]:
        alarm = Reminder.objects.create(
            customer_id=customer.pk, customer_name=customer.name, position=place, unit=place.unit, due_on=TODAY, first_due_on=TODAY,
            text="流失预警", origin="alarm", created_at=NOW,
        )
        if code:
            finish_reminder(reminder=alarm, outcome="已联系", outcome_code=code, by=cast.rep, at=NOW)
    _lines, total = reports.alarm_board(staff=cast.manager, first=TODAY, last=TODAY)
    assert (total.alarms, total.recovered, total.open, str(total.rate)) == (10, 4, 2, "40.0")
    assert "40.0%" in page_of(as_(client, cast.manager), "alarms")


@pytest.mark.proves("R-202")
def test_finishing_an_alarm_asks_for_its_outcome(client, cast):
    customer = make_customer(owner=cast.rep)
    place = position_of(cast.rep)
    alarm = Reminder.objects.create(
        customer_id=customer.pk, customer_name=customer.name, position=place, unit=place.unit, due_on=TODAY, first_due_on=TODAY,
        text="流失预警", origin="alarm", created_at=NOW,
    )
    as_(client, cast.rep)
    url = reverse("followups:reminder_done", args=[alarm.pk])
    assert client.post(url, {"version": 1, "outcome": "已联系"}).status_code == 422
    assert client.post(url, {"version": 1, "outcome": "已联系", "outcome_code": "stock"}).status_code == 302
    alarm.refresh_from_db()
    assert alarm.outcome_code == "stock"


def test_the_list_of_plans_costs_the_same_for_one_and_for_many(client, cast, django_assert_max_num_queries):
    make_defaults(company=cast.company, today=business_date(NOW), at=NOW)
    as_(client, cast.rep)
    client.get(reverse("playbooks:playbooks"))
    with django_assert_max_num_queries(10):
        client.get(reverse("playbooks:playbooks"))
    with django_assert_max_num_queries(10):
        client.get(reverse("playbooks:attention", args=["quiet"]))
    with django_assert_max_num_queries(10):
        client.get(reverse("playbooks:all_enrolments"))
