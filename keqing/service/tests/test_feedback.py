"""客户反馈: taken down, thanked for, answered in time, and told to the manager when not (R-059)."""

from datetime import datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from keqing.access.tests.factories import make_cast, position_of
from keqing.audit.models import Entry as AuditEntry
from keqing.kit.formats import SHANGHAI
from keqing.messaging.models import Message
from keqing.people.actions.organisations import assign_organisations
from keqing.people.tests.factories import make_organisation, make_person
from keqing.service.actions.escalating import escalate_late
from keqing.service.actions.feedback import (
    FeedbackRefused,
    StaleFeedback,
    acknowledge,
    answer,
    record_feedback,
    report_event,
)
from keqing.service.models import Feedback
from keqing.service.policy import WrongPolicy, policy, read_policy
from keqing.service.tables import FeedbackList
from keqing.timeline.models import Entry

pytestmark = pytest.mark.django_db
# a Wednesday morning
AT = datetime(2026, 11, 18, 10, 0, tzinfo=SHANGHAI)


def on(day: int, hour: int = 10, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


@pytest.fixture
def cast():
    return make_cast()


@pytest.fixture
def hospital(cast):
    return make_organisation(owner=cast.rep)


def record(customer, by, *, at=AT, **fields) -> Feedback:
    values = {"type": "complaint", "channel": "phone", "text": "发票开错了抬头", **fields}
    return record_feedback(customer=customer, fields=values, received_at=at, by=by, at=at)


def adverse(customer, by, severity="serious", **rest) -> Feedback:
    return record(customer, by, type="adverse", severity=severity, product="示例胶囊", text="皮疹", **rest)


@pytest.mark.proves("R-059")
def test_feedback_without_acknowledgement_after_one_working_day_escalates(cast, hospital):
    feedback = record(hospital, cast.rep)
    assert escalate_late(at=on(19, 10)) == 0
    assert escalate_late(at=on(19, 10, 1)) == 1
    told = Message.objects.filter(kind="feedback.late")
    assert set(told.values_list("recipient", flat=True)) == {cast.manager.pk, cast.rep.pk}
    assert told.filter(title=f"反馈超时未确认：{hospital.name}").count() == 2
    assert Entry.objects.filter(customer_id=hospital.pk, kind="feedback", title="反馈超时未确认").count() == 1
    assert AuditEntry.objects.get(action="feedback.escalated").subject_id == feedback.pk


@pytest.mark.proves("R-059")
def test_a_weekend_is_no_working_day(cast, hospital):
    friday = record(hospital, cast.rep, at=on(20, 16))
    assert friday.ack_due_at == on(23, 16)
    assert friday.answer_due_at == on(25, 16)
    assert escalate_late(at=on(22, 23)) == 0


def test_the_job_tells_each_term_once_however_often_it_runs(cast, hospital):
    record(hospital, cast.rep)
    late = on(24, 9)
    assert escalate_late(at=late) == 2  # not acknowledged and not answered
    assert escalate_late(at=late) == 0
    assert Message.objects.filter(kind="feedback.late", recipient=cast.manager).count() == 2


@pytest.mark.proves("R-059")
def test_what_was_thanked_for_and_answered_in_time_stays_quiet(client, cast, hospital):
    feedback = record(hospital, cast.manager)
    client.force_login(cast.rep)
    client.post(reverse("service:acknowledge", args=[feedback.pk]), {"note": "电话致谢", "version": "1"})
    client.post(reverse("service:answer", args=[feedback.pk]), {"text": "已重开发票", "version": "2"})
    stored = Feedback.objects.get()
    assert (stored.state, stored.ack_note, stored.response, stored.answered_by) == ("已办结", "电话致谢", "已重开发票", cast.rep)
    assert escalate_late(at=on(30)) == 0
    assert list(Entry.objects.filter(kind="feedback").order_by("pk").values_list("title", flat=True)) == [
        "客户反馈 · 投诉", "答复投诉",
    ]


def test_an_answer_acknowledges_as_well(cast, hospital):
    done = answer(feedback=record(hospital, cast.rep), text="谢谢，已处理", by=cast.rep, at=AT + timedelta(hours=1))
    assert done.ack_at == done.response_at == done.closed_at


def test_who_answers_for_the_customer_hears_of_feedback_another_took_down(cast, hospital):
    record(hospital, cast.rep)
    assert Message.objects.count() == 0
    record(hospital, cast.manager)
    message = Message.objects.get()
    assert (message.recipient, message.kind) == (cast.rep, "feedback.new")
    assert "2026-11-19 10:00" in message.text


@pytest.mark.proves("R-059")
def test_an_adverse_event_shows_the_duty_to_report_and_tells_compliance_at_once(client, cast, hospital):
    feedback = adverse(hospital, cast.rep)
    assert set(Message.objects.filter(kind="feedback.adverse").values_list("recipient", flat=True)) == {
        cast.manager.pk, cast.compliance.pk,
    }
    client.force_login(cast.rep)
    page = client.get(reverse("service:feedback", args=[feedback.pk])).content.decode()
    assert "不良反应必须上报" in page and policy().duty in page and "2026-12-03 23:59" in page


@pytest.mark.parametrize(("severity", "last"), [("general", "2026-12-18"), ("serious", "2026-12-03"), ("death", "2026-11-18")])
def test_the_report_is_due_as_the_law_says(cast, hospital, severity, last):
    due = adverse(hospital, cast.rep, severity).report_due_at
    assert timezone.localtime(due, SHANGHAI).date().isoformat() == last


def test_an_adverse_event_is_closed_when_it_was_answered_and_reported(cast, hospital):
    feedback = answer(feedback=adverse(hospital, cast.rep), text="已停药观察", by=cast.rep, at=AT)
    assert feedback.state == "待上报"
    assert escalate_late(at=on(30)) == 0
    with pytest.raises(FeedbackRefused, match="报告编号"):
        report_event(feedback=feedback, number=" ", by=cast.rep, at=AT)
    done = report_event(feedback=feedback, number="ADR-2026-001", by=cast.rep, at=AT)
    assert done.state == "已办结"
    with pytest.raises(FeedbackRefused, match="已经上报"):
        report_event(feedback=done, number="2", by=cast.rep, at=AT)


def test_a_report_that_is_late_escalates_too(cast, hospital):
    answer(feedback=adverse(hospital, cast.rep, "death"), text="已联系家属", by=cast.rep, at=AT)
    assert escalate_late(at=on(19, 0)) == 1
    assert Message.objects.filter(kind="feedback.late").first().title.startswith("不良反应超时未上报")


def test_what_makes_no_sense_is_refused(cast, hospital):
    with pytest.raises(FeedbackRefused, match="晚于现在"):
        record_feedback(customer=hospital, fields={"type": "praise", "channel": "visit", "text": "好"}, received_at=AT + timedelta(hours=1), by=cast.rep, at=AT)
    with pytest.raises(FeedbackRefused, match="严重程度"):
        record(hospital, cast.rep, type="adverse")
    feedback = record(hospital, cast.rep)
    done = acknowledge(feedback=feedback, note="", by=cast.rep, at=AT)
    with pytest.raises(FeedbackRefused, match="已经确认过"):
        acknowledge(feedback=done, note="", by=cast.rep, at=AT)
    with pytest.raises(StaleFeedback):
        answer(feedback=feedback, text="好", by=cast.rep, at=AT)
    done = answer(feedback=done, text="好", by=cast.rep, at=AT)
    with pytest.raises(FeedbackRefused, match="已经答复过"):
        answer(feedback=done, text="好", by=cast.rep, at=AT)


@pytest.mark.proves("R-059")
def test_feedback_is_taken_down_on_the_customers_page(client, cast, hospital):
    client.force_login(cast.rep)
    page = client.get(reverse("desk:customer", args=[hospital.pk]), {"tab": "feedback"}).content.decode()
    panel = reverse("service:customer_feedback", args=[hospital.pk])
    assert panel in page
    assert "这家客户还没有反馈。" in client.get(panel, headers={"HX-Request": "true"}).content.decode()
    form = client.get(reverse("service:feedback_new", args=[hospital.pk])).content.decode()
    assert "1 个工作日内确认并致谢，3 个工作日内答复" in form
    data = {"type": "praise", "channel": "visit", "received_at": "2026-11-18T10:00", "text": "送货很快", "said_by": "张主任", "form_key": "f" * 32}
    for _ in range(2):
        response = client.post(reverse("service:feedback_new", args=[hospital.pk]), data)
    assert Feedback.objects.count() == 1
    assert response["Location"] == reverse("service:feedback", args=[Feedback.objects.get().pk])
    assert "送货很快" in client.get(panel, headers={"HX-Request": "true"}).content.decode()
    assert "客户反馈 · 表扬" in client.get(reverse("desk:customer", args=[hospital.pk])).content.decode()


@pytest.mark.parametrize(("name", "value", "says"), [
    ("received_at", "2999-01-01T10:00", "收到时间不能晚于现在。"), ("type", "adverse", "请选择不良反应的严重程度。"),
    ("severity", "general", "类别请选“不良反应”"), ("text", "", "请填写反馈内容。"), ("channel", "smoke", "选择"),
])  # fmt: skip
def test_a_wrong_field_is_said(client, cast, hospital, name, value, says):
    client.force_login(cast.rep)
    data = {"type": "praise", "channel": "visit", "received_at": "2026-11-18T10:00", "text": "好", name: value}
    response = client.post(reverse("service:feedback_new", args=[hospital.pk]), data)
    assert response.status_code == 422 and says in response.content.decode()


def test_a_person_without_a_post_gives_feedback_too(client, cast):
    person = make_person(owner=cast.care, kind="consumer", name="赵女士")
    client.force_login(cast.care)
    page = client.get(reverse("service:feedback_new", args=[person.pk])).content.decode()
    assert "登记反馈：赵女士" in page
    record(person, cast.care)
    assert "发票开错了抬头" in client.get(reverse("service:customer_feedback", args=[person.pk])).content.decode()


def test_nobody_sees_feedback_of_customers_out_of_reach(client, cast, hospital):
    feedback = record(hospital, cast.rep)
    expected = {"rep": 200, "manager": 200, "region_manager": 200, "gm": 200, "compliance": 200, "stranger": 404, "sibling": 404, "finance": 403}
    for name, status in expected.items():
        client.force_login(getattr(cast, name))
        assert client.get(reverse("service:feedback", args=[feedback.pk])).status_code == status, name
    client.force_login(cast.gm)
    assert client.get(reverse("service:answer", args=[feedback.pk])).status_code == 403


def test_open_feedback_goes_with_its_customer(cast, hospital):
    feedback = record(hospital, cast.rep)
    closed = answer(feedback=record(hospital, cast.rep), text="好", by=cast.rep, at=AT)
    assign_organisations(organisations=[hospital], position=position_of(cast.sibling), by=cast.manager, at=AT)
    assert Feedback.objects.get(pk=feedback.pk).position == position_of(cast.sibling)
    assert Feedback.objects.get(pk=closed.pk).position == position_of(cast.rep)
    escalate_late(at=on(19, 11))
    assert cast.sibling.pk in Message.objects.filter(kind="feedback.late").values_list("recipient", flat=True)


@pytest.mark.proves("R-059")
def test_what_is_late_stands_on_the_managers_day_and_in_the_list(client, cast, hospital):
    record(hospital, cast.rep)
    answer(feedback=record(hospital, cast.rep, text="已办的事"), text="好", by=cast.rep, at=AT)
    client.force_login(cast.manager)
    assert "超时的客户反馈" in client.get(reverse("desk:today")).content.decode()
    for preset, seen in {"late": True, "open": True, "adverse": False}.items():
        page = client.get(reverse("service:feedback_list"), {"preset": preset}).content.decode()
        assert ("发票开错了抬头" in page) is seen, preset
        assert "已办的事" not in page
    assert "已办的事" in client.get(reverse("service:feedback_list"), {"q": "已办", "type": ["complaint"], "customer": "示例市"}).content.decode()


def test_the_terms_are_the_companys_policy(tmp_path):
    assert (policy().acknowledge, policy().answer) == (1, 3)
    path = tmp_path / "service.toml"
    path.write_text("[deadlines]\nacknowledge = 3\nanswer = 1\n[adverse_event]\ngeneral=30\nserious=15\ndeath=0\nduty='x'\nbasis='y'\n")
    with pytest.raises(WrongPolicy, match="不能短于"):
        read_policy(path)
    path.write_text("[deadlines]\nacknowledge = 1\n")
    with pytest.raises(WrongPolicy, match="缺少"):
        read_policy(path)


def test_feedback_belongs_to_who_answers_for_the_customer_when_it_is_stored(cast, hospital):
    seen = type(hospital).objects.get(pk=hospital.pk)
    assign_organisations(organisations=[hospital], position=position_of(cast.sibling), by=cast.manager, at=AT)
    assert record(seen, cast.manager).position == position_of(cast.sibling)
    assert Message.objects.get(kind="feedback.new").recipient == cast.sibling


def test_feedback_of_a_customer_in_the_trash_waits_there(cast, hospital):
    record(hospital, cast.rep)
    type(hospital).objects.filter(pk=hospital.pk).update(deleted_at=AT, deleted_by=cast.manager)
    assert escalate_late(at=on(19, 11)) == 0
    with pytest.raises(FeedbackRefused, match="已被删除"):
        record(hospital, cast.rep)
    type(hospital).objects.filter(pk=hospital.pk).update(deleted_at=None, deleted_by=None)
    assert escalate_late(at=on(19, 11)) == 1


def test_a_file_says_the_same_as_the_list(cast, hospital):
    acknowledge(feedback=record(hospital, cast.rep), note="", by=cast.rep, at=AT)
    answer(feedback=record(hospital, cast.rep), text="好", by=cast.rep, at=AT)
    record(hospital, cast.rep)
    columns = {column.key: column for column in FeedbackList.file_columns}
    due, holder = (
        [columns[key].value(*row) for row in Feedback.objects.order_by("pk").values_list(*columns[key].paths)]
        for key in ("due", "holder")
    )
    assert due == [one.next_due_at for one in Feedback.objects.order_by("pk")] == [on(23), None, on(19)]
    assert set(holder) == {position_of(cast.rep).label}
    assert (columns["holder"].value(None, None), columns["holder"].value("代表", None)) == ("待分配", "代表（空缺）")
