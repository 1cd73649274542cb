import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from keqing.compliance.models import Refusal
from keqing.followups.actions.commitments import keep_commitment, make_commitment
from keqing.followups.actions.promising import Promise
from keqing.followups.actions.reminders import ReminderRefused, finish_reminder
from keqing.followups.actions.tasks import create_task
from keqing.followups.actions.warnings import warn_of_promises
from keqing.followups.models import Commitment, ContactRecord, Reminder
from keqing.kit.formats import business_date
from keqing.messaging.models import Message
from keqing.people.tests.factories import make_organisation

pytestmark = pytest.mark.django_db


@pytest.fixture
def hospital(cast):
    return make_organisation(owner=cast.rep, level="3a")


@pytest.fixture
def today():
    return business_date(timezone.now())


def signed_in(staff) -> Client:
    client = Client()
    client.force_login(staff)
    return client


def promise(cast, hospital, due_on, text="寄检验报告") -> Commitment:
    """Also in the past: made on its day."""
    now = timezone.now()
    made_at = min(now, now + (due_on - business_date(now)))
    return make_commitment(customer=hospital, promise=Promise(text, due_on), by=cast.rep, at=made_at)


def recorded(today, **rest):
    return {
        "form_key": uuid.uuid4().hex, "track_on": today.isoformat(), "method": "visit", "business_state": "needs",
        "description": "谈了进院", **rest,
    }


@pytest.mark.proves("R-058")
def test_a_promise_due_yesterday_is_red_on_the_home_page(cast, hospital, today):
    made = promise(cast, hospital, today - timedelta(days=1))
    page = signed_in(cast.rep).get("/").content.decode()
    part = page.split('id="overdue"')[1].split("</section>")[0]
    assert "寄检验报告" in part and "due-over" in part and "承诺" in part
    done = signed_in(cast.rep).get(reverse("followups:reminder_done", args=[made.reminders.get().pk]))
    assert done.url.startswith(reverse("followups:commitment_keep", args=[made.pk]))


@pytest.mark.proves("R-058")
def test_the_form_of_a_contact_takes_a_promise_and_says_what_a_visit_lacked(cast, hospital, today):
    client = signed_in(cast.rep)
    url = reverse("followups:record", args=[hospital.pk])
    page = client.get(url).content.decode()
    assert all(word in page for word in ("答应了什么", "哪天前", "工作分类", "用时（分钟）", "出发前检核"))
    form = recorded(today, promise="寄检验报告", promise_on=(today + timedelta(days=2)).isoformat(), duty="needs", minutes="30", checked=["goal"])
    answer = client.post(url, form, follow=True)
    said = answer.content.decode()
    assert "没有预约" in said and "检核还缺" in said and "写下这次拜访要达到的目标" not in said.split("检核还缺")[1].split("</span>")[0]
    contact = ContactRecord.objects.get()
    assert (contact.duty, contact.minutes, contact.checked, contact.is_unannounced) == ("needs", 30, ["goal"], True)
    assert Commitment.objects.get().text == "寄检验报告"
    shown = client.get(reverse("followups:contact", args=[contact.pk])).content.decode()
    assert all(word in shown for word in ("未预约", "了解需求", "30 分钟", "这次的承诺", "出发前"))
    for wrong in ({"promise": "寄报告"}, {"promise_on": today.isoformat()}, {"promise": "寄", "promise_on": "2020-01-01"}):
        assert client.post(url, recorded(today, **wrong)).status_code == 422
    assert client.post(url, recorded(today, promise="统方数据", promise_on=today.isoformat())).status_code == 422
    assert Refusal.objects.filter(rule_id="RX-05").count() == 1 and ContactRecord.objects.count() == 1


@pytest.mark.proves("R-053")
def test_visits_without_an_appointment_are_amber_and_counted(cast, hospital, today):
    client = signed_in(cast.rep)
    client.post(reverse("followups:record", args=[hospital.pk]), recorded(today))
    client.post(reverse("followups:record", args=[hospital.pk]), recorded(today, method="phone"))
    page = client.get(reverse("followups:contacts") + "?preset=unannounced").content.decode()
    assert "badge-warning" in page and "未预约" in page and page.count("data-row") == 1
    url = reverse("followups:appointment_new", args=[hospital.pk])
    assert "约访" in client.get(url).content.decode()
    day = today.isoformat()
    wrong = {"text": "拜访", "day": day, "begins": "10:00", "ends": "09:00", "status": "asked"}
    assert client.post(url, wrong).status_code == 422
    assert client.post(url, {**wrong, "ends": "23:30", "booking_no": "YY-17"}).status_code == 302
    made = Reminder.objects.get(origin="appointment")
    page = client.get(reverse("followups:reminder", args=[made.pk])).content.decode()
    assert "YY-17" in page and "待确认" in page and "出发前" in page
    edit = reverse("followups:appointment_edit", args=[made.pk])
    changed = {"version": 1, "day": day, "begins": "10:00", "ends": "23:30", "status": "confirmed", "booking_no": "YY-18"}
    assert client.post(edit, changed).status_code == 302 and client.post(edit, changed).status_code == 409
    client.post(reverse("followups:record", args=[hospital.pk]), recorded(today))
    assert ContactRecord.objects.filter(is_unannounced=True).count() == 1


@pytest.mark.proves("R-128")
def test_an_unticked_mandatory_item_warns_and_never_blocks(cast, hospital, today):
    client = signed_in(cast.rep)
    day = today.isoformat()
    client.post(
        reverse("followups:appointment_new", args=[hospital.pk]),
        {"text": "拜访", "day": day, "begins": "10:00", "ends": "11:00", "status": "asked"},
    )
    made = Reminder.objects.get()
    url = reverse("followups:checklist", args=[made.pk])
    said = client.post(url, {"checked": ["goal"]}, follow=True).content.decode()
    assert "检核还缺" in said and "还缺 2 项" in said
    said = client.post(url, {"checked": ["goal", "history", "rules"]}, follow=True).content.decode()
    assert "检核已齐" in said
    assert signed_in(cast.gm).post(url).status_code == 403 and client.get(url).status_code == 405


def test_keeping_putting_off_and_dropping_on_their_pages(cast, hospital, today):
    client = signed_in(cast.rep)
    url = reverse("followups:commitment_new", args=[hospital.pk])
    assert "记下承诺" in client.get(url).content.decode()
    to = (today + timedelta(days=2)).isoformat()
    assert client.post(url, {"text": "寄样品", "due_on": to, "made_to": "药剂科"}).status_code == 302
    made = Commitment.objects.get()
    shown = client.get(reverse("followups:commitment", args=[made.pk])).content.decode()
    assert "寄样品" in shown and "药剂科" in shown and "作废" in shown
    later = (today + timedelta(days=6)).isoformat()
    postpone = reverse("followups:commitment_postpone", args=[made.pk])
    assert client.post(postpone, {"version": 1, "to": later}).status_code == 422
    assert client.post(postpone, {"version": 1, "to": later, "reason": "缺货"}).status_code == 302
    keep = reverse("followups:commitment_keep", args=[made.pk])
    stale = client.post(keep, {"version": 1, "on": today.isoformat(), "evidence": "单据"})
    assert stale.status_code == 409 and 'name="version" value="2"' in stale.content.decode()
    assert client.post(keep, {"version": 2, "on": today.isoformat(), "evidence": "单据"}).status_code == 302
    panel = client.get(reverse("followups:customer_commitments", args=[hospital.pk]), headers={"HX-Request": "true"}).content.decode()
    assert "寄样品" in panel and "按时兑现" in panel and "<html" not in panel
    other = promise(cast, hospital, today)
    assert client.post(reverse("followups:commitment_drop", args=[other.pk]), {"version": 1, "reason": "记错"}).status_code == 302


@pytest.mark.proves("R-060")
def test_the_list_has_its_presets_and_the_rate_on_its_head(cast, hospital, today):
    promise(cast, hospital, today - timedelta(days=2), "逾期的")
    kept = promise(cast, hospital, today, "兑现的")
    keep_commitment(commitment=kept, on=today, evidence="单据", by=cast.rep, at=timezone.now())
    client = signed_in(cast.rep)

    def shown(query: str) -> str:
        page = client.get(reverse("followups:commitments") + query).content.decode()
        return "".join(text for text in ("逾期的", "兑现的") if f">{text}<" in page)

    assert [shown(f"?preset={one}") for one in ("open", "overdue", "kept", "late", "mine")] == ["逾期的", "逾期的", "兑现的", "", "逾期的兑现的"]
    rates = client.get(reverse("followups:commitment_rates")).content.decode()
    assert "李雯" in rates and "50%" in rates and "按团队" not in rates
    assert "按团队" in signed_in(cast.manager).get(reverse("followups:commitment_rates") + "?period=month").content.decode()


def test_the_list_costs_at_most_ten_statements(cast, hospital, today):
    client = signed_in(cast.rep)
    client.get(reverse("followups:commitments"))  # the first page after signing in asks what is kept from then on
    counts = []
    for number in (1, 50):
        while Commitment.objects.count() < number:
            promise(cast, hospital, today)
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse("followups:commitments"))
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 10, [q["sql"][:90] for q in captured]


@pytest.mark.proves("R-058")
def test_who_keeps_a_promise_hears_of_it_three_times_and_never_twice(cast, hospital, today):
    promise(cast, hospital, today + timedelta(days=5))
    now = timezone.now()
    told = [warn_of_promises(at=now + timedelta(days=number)) for number in range(9) for _twice in (1, 2)]
    assert sum(told) == 3 and [told[4 * 2], told[5 * 2], told[6 * 2]] == [1, 1, 1]
    titles = list(Message.objects.order_by("pk").values_list("title", flat=True))
    assert ["明天到期" in titles[0], "今天到期" in titles[1], "没有兑现" in titles[2]] == [True] * 3
    assert set(Message.objects.values_list("recipient", flat=True)) == {cast.rep.pk}


@pytest.mark.proves("R-058", "T11")
def test_what_a_worker_away_for_a_day_missed_is_told_once_by_the_next_run_as_overdue(cast, hospital, today):
    promise(cast, hospital, today + timedelta(days=1), text="送样品")
    promise(cast, hospital, today + timedelta(days=20), text="寄资料")
    now = timezone.now()
    assert warn_of_promises(at=now) == 1  # tomorrow; then nobody runs for three days
    back = now + timedelta(days=4)
    assert [warn_of_promises(at=back), warn_of_promises(at=back), warn_of_promises(at=back + timedelta(days=1))] == [1, 0, 0]
    assert "逾期 3 天" in Message.objects.latest("pk").title and "送样品" in Message.objects.latest("pk").title
    assert warn_of_promises(at=now + timedelta(days=40)) == 0  # long past: the worklist says so


@pytest.mark.proves("R-292")
def test_a_task_is_broken_down_on_its_page(cast, hospital, today):
    client = signed_in(cast.rep)
    later = (today + timedelta(days=9)).isoformat()
    assert client.post(reverse("followups:task_new", args=[hospital.pk]), {"text": "进院", "due_on": later}).status_code == 302
    whole = Reminder.objects.get()
    url = reverse("followups:task_part", args=[whole.pk])
    assert "子任务" in client.get(url).content.decode()
    for number in range(4):
        assert client.post(url, {"text": f"第{number}步", "due_on": later}).status_code == 302
    for part in whole.children.order_by("pk")[:2]:
        assert client.post(reverse("followups:reminder_done", args=[part.pk]), {"version": 1}).status_code == 302
    page = client.get(reverse("followups:reminder", args=[whole.pk])).content.decode()
    assert "50%" in page and "2/4" in page and "第3步" in page
    refused = client.post(reverse("followups:reminder_done", args=[whole.pk]), {"version": 1})
    assert refused.status_code == 422 and "还有 2 项" in refused.content.decode()
    lone = create_task(customer=hospital, text="另一步", due_on=today, by=cast.rep, at=timezone.now())
    attach = reverse("followups:task_attach", args=[lone.pk])
    assert client.post(attach, {"version": 1, "parent": whole.pk}).status_code == 302
    assert "另一步" in client.get(reverse("followups:reminder", args=[whole.pk])).content.decode()


@pytest.mark.proves("R-202")
def test_an_alarm_is_closed_with_what_became_of_it(cast, hospital, today):
    alarm = Reminder.objects.create(
        customer_id=hospital.pk, customer_name=hospital.name, position=cast.rep.standing.home, unit_id=hospital.unit_id,
        due_on=today, first_due_on=today, text="60 天没有联系", origin="alarm", created_at=timezone.now(),
    )
    client = signed_in(cast.rep)
    url = reverse("followups:reminder_done", args=[alarm.pk])
    assert "竞品" in client.get(url).content.decode()
    assert client.post(url, {"version": 1, "outcome": "已约"}).status_code == 422
    assert client.post(url, {"version": 1, "outcome": "已约", "outcome_code": "recovered"}).status_code == 302
    assert "恢复 · 已约" in client.get(reverse("followups:reminders") + "?done=1").content.decode()


@pytest.mark.proves("R-202")
def test_a_contact_leaves_the_alarm_open_until_somebody_says_what_became_of_it(cast, hospital, today):
    alarm = Reminder.objects.create(
        customer_id=hospital.pk, customer_name=hospital.name, position=cast.rep.standing.home, unit_id=hospital.unit_id,
        due_on=today, first_due_on=today, text="60 天没有联系", origin="alarm", created_at=timezone.now(),
    )
    client = signed_in(cast.rep)
    assert "同时完成的跟进" not in client.get(reverse("followups:record", args=[hospital.pk])).content.decode()
    sent = {
        "track_on": today, "method": "phone", "business_state": "first", "description": "谈了", "finish": alarm.pk, "finish_due": "1",
    }
    assert client.post(reverse("followups:record", args=[hospital.pk]), sent).status_code == 302
    alarm.refresh_from_db()
    assert alarm.done_at is None
    with pytest.raises(ReminderRefused, match="结果"):
        finish_reminder(reminder=alarm, by=cast.rep, at=timezone.now())
