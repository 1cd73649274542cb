"""The real clients against services that speak the documented protocols (tests/fakes.py)."""

import email
from datetime import datetime, timedelta
from email import policy

import pytest
from django.utils import timezone

from config.outward import Outward, OutwardError, outward_from
from keqing.access.models import Staff
from keqing.kit.formats import SHANGHAI
from keqing.messaging.actions import delivering, send
from keqing.messaging.actions.delivering import LEASE, LIMIT, deliver_due, try_again
from keqing.messaging.models import Delivery, GroupRobot, Reach, Template
from keqing.messaging.tests import fakes
from keqing.messaging.wecom import forget_token

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("known_kinds")]
# a Monday, within working hours
AT = datetime(2026, 11, 23, 10, 0, tzinfo=SHANGHAI)
State = Delivery.State


@pytest.fixture
def rep(cast) -> Staff:
    Staff.objects.filter(pk=cast.rep.pk).update(email="rep@example.com", mobile="13800000001", login_name="rep")
    return Staff.objects.get(pk=cast.rep.pk)


def _set_up(settings, **environment: str) -> Outward:
    settings.OUTWARD = outward_from(environment, address="https://crm.example.com")
    return settings.OUTWARD


def _wecom(settings, url: str, secret: str = fakes.SECRET) -> None:
    now = _set_up(
        settings, KEQING_WECOM_URL=url, KEQING_WECOM_CORP_ID=fakes.CORP, KEQING_WECOM_SECRET=secret,
        KEQING_WECOM_AGENT_ID=str(fakes.AGENT),
    )
    forget_token(service=now.wecom)


def _sms(settings, url: str, secret: str = fakes.SMS_SECRET) -> None:
    _set_up(
        settings, KEQING_SMS_URL=f"{url}/send", KEQING_SMS_KEY=fakes.SMS_KEY, KEQING_SMS_SECRET=secret,
        KEQING_SMS_SIGN=fakes.SMS_SIGN,
    )


def _send(*to: Staff, kind: str = "test.urgent", key: str = "k1", at: datetime = AT) -> None:
    send(to=to, kind=kind, title="线索超时：示例市人民医院", text="请在两小时内处理", url="/leads/1/", key=key, at=at)


def _deliver(at: datetime = AT) -> int:
    return deliver_due(now=lambda: at)


def _of(channel: str) -> Delivery:
    return Delivery.objects.get(channel=channel)


def test_an_e_mail_reaches_a_real_mail_server(settings, rep):
    with fakes.smtp() as (box, port):
        _set_up(settings, KEQING_SMTP_URL=f"smtp://127.0.0.1:{port}", KEQING_SMTP_FROM="客情 <crm@example.com>")
        _send(rep)
        assert _deliver() == 1
    letter = email.message_from_bytes(box.letters[0].content, policy=policy.default)
    assert box.letters[0].rcpt_tos == ["rep@example.com"]
    assert letter["Subject"] == "【客情】线索超时：示例市人民医院"
    body = letter.get_content()
    assert "请在两小时内处理" in body and "https://crm.example.com/leads/1/" in body
    row = _of("email")
    assert (row.state, row.attempts, row.provider_id) == (State.SENT, 1, f"<keqing-{row.pk}@example.com>")


def test_an_address_the_server_refuses_for_good_is_given_up_and_one_for_now_tried_again(settings, rep):
    with fakes.smtp() as (box, port):
        _set_up(settings, KEQING_SMTP_URL=f"smtp://127.0.0.1:{port}", KEQING_SMTP_FROM="crm@example.com")
        box.refuse = "450 try later"
        _send(rep)
        _deliver()
        row = _of("email")
        assert (row.state, row.next_try_at) == (State.FAILED, AT + timedelta(minutes=1))
        box.refuse = "550 no such user"
        _deliver(AT + timedelta(minutes=1))
        row = _of("email")
        assert (row.state, row.error) == (State.GIVEN_UP, "邮件服务器拒收这个地址（550）。")


def test_wecom_gets_one_token_for_many_messages_and_a_card_with_the_link(settings, rep):
    with fakes.wecom() as service:
        _wecom(settings, service.url)
        _send(rep)
        _send(rep, key="k2", at=AT + timedelta(seconds=1))
        Template.objects.create(kind="test.urgent", channel="wecom", title="{类别}：{标题}", body="{姓名}，{内容}")
        assert _deliver(AT + timedelta(seconds=2)) >= 1
    assert service.asked.count("/cgi-bin/gettoken") == 1
    card = service.sent[0]
    assert (card["msgtype"], card["touser"]) == ("textcard", "rep")
    assert card["textcard"]["title"] == "紧急：线索超时：示例市人民医院"
    assert card["textcard"]["url"] == "https://crm.example.com/leads/1/"


def test_an_expired_token_is_asked_for_again(settings, rep):
    with fakes.wecom() as service:
        _wecom(settings, service.url)
        _send(rep)
        _deliver()
        service.tokens.clear()
        service.tokens.add("other")
        _send(rep, key="k2")
        Delivery.objects.filter(state=State.SENT, channel="wecom").delete()
        _deliver()
    assert _of("wecom").state == State.SENT
    assert service.asked.count("/cgi-bin/gettoken") == 2


def test_who_is_not_in_wecom_is_given_up_and_a_busy_service_is_asked_again(settings, rep):
    with fakes.wecom() as service:
        _wecom(settings, service.url)
        service.known_users.clear()
        _send(rep)
        _deliver()
        assert (_of("wecom").state, _of("wecom").error) == (State.GIVEN_UP, "企业微信里没有这个账号，或不在应用的可见范围。")
        try_again(delivery=_of("wecom"), by=rep, at=AT)
        service.next_answers = [(200, {"errcode": -1, "errmsg": "system busy"})]
        _deliver()
        assert (_of("wecom").state, _of("wecom").error) == (State.FAILED, "企业微信系统繁忙。")


def test_a_wrong_secret_is_said_and_kept_waiting_for_whoever_corrects_it(settings, rep):
    with fakes.wecom() as service:
        _wecom(settings, service.url, secret="wrong")  # noqa: S106 not a real one
        _send(rep)
        _deliver()
    assert (_of("wecom").state, _of("wecom").error) == (State.FAILED, "企业微信不接受应用的密钥。")


def test_a_person_may_have_another_name_in_wecom(settings, rep):
    Reach.objects.create(staff=rep, wecom_user="manager")
    with fakes.wecom() as service:
        _wecom(settings, service.url)
        _send(rep)
        _deliver()
    assert service.sent[0]["touser"] == "manager"


def _robots(settings, service, **groups: tuple[str, ...]) -> None:
    """Robots of one service under the names of groups, and the kinds each group hears of."""
    address = f"{service.url}/cgi-bin/webhook/send?key={fakes.ROBOT_KEY}"
    _set_up(settings, KEQING_WECOM_ROBOTS=" ".join(f"{name}={address}&group={number}" for number, name in enumerate(groups)))
    for name, wanted in groups.items():
        GroupRobot.objects.create(name=name, kinds=list(wanted))


def _said(service) -> list[str]:
    return [one["text"]["content"] for one in service.sent]


def test_the_group_robot_says_it_once_and_mentions_everybody(settings, cast, rep):
    Staff.objects.filter(pk=cast.manager.pk).update(mobile="13800000002")
    with fakes.robot() as service:
        _robots(settings, service, 华南群=("test.group",))
        _send(rep, cast.manager, kind="test.group")
        _send(cast.commerce, kind="test.group")  # the same matter reaches one more person later
        _deliver()
        _deliver()
    assert _said(service) == ["线索超时：示例市人民医院\n请在两小时内处理\nhttps://crm.example.com/leads/1/"]
    assert service.sent[0]["text"]["mentioned_mobile_list"][:2] == ["13800000001", "13800000002"]
    assert (_of("robot").robot, _of("robot").state, _of("robot").way) == ("华南群", State.SENT, "企业微信群机器人 · 华南群")


def test_each_group_hears_of_the_kinds_chosen_for_it_and_of_no_personal_ones(settings, rep):
    with fakes.robot() as service:
        _robots(settings, service, 华南群=("test.group", "test.own", "test.daily"), 管理群=("test.group", "test.plain"), 空群=())
        for kind in ("test.group", "test.plain", "test.own", "test.daily"):
            _send(rep, kind=kind)
        _deliver()
    sent = set(Delivery.objects.filter(channel="robot", state=State.SENT).values_list("robot", "message__kind"))
    assert sent == {("华南群", "test.group"), ("管理群", "test.group"), ("管理群", "test.plain")}
    assert len(service.sent) == 3


def test_no_customer_leaves_by_a_group_unless_the_kind_names_none(settings, rep):
    with fakes.robot() as service:
        _robots(settings, service, 华南群=("test.plain",))
        Template.objects.create(kind="test.plain", channel="robot", body="{类别}：{标题} {内容} {姓名}\n{链接}")
        send(
            to=[rep], kind="test.plain", title="线索超时：示例市人民医院", text="林晓 13912345678 等回电", url="/leads/1/", key="k", at=AT,
        )
        _deliver()
    (said,) = _said(service)
    assert "示例市人民医院" not in said and "林晓" not in said and "13912345678" not in said
    assert said == f"普通：普通 有新消息，请登录客情查看。 {rep.name}\nhttps://crm.example.com/leads/1/"


def test_a_group_that_cannot_be_reached_is_tried_again_and_hears_once(settings, rep):
    with fakes.robot() as service:
        _robots(settings, service, 华南群=("test.group",))
        service.next_answers = [(200, {"errcode": 45009, "errmsg": "api freq out of limit"})]
        _send(rep, kind="test.group")
        _deliver()
        assert (_of("robot").state, _of("robot").next_try_at) == (State.FAILED, AT + timedelta(minutes=1))
        assert not service.sent
        Staff.objects.filter(pk=rep.pk).update(is_active=False, left_on=AT.date())  # the group is still there
        _deliver(AT + timedelta(minutes=1))
        _deliver(AT + timedelta(minutes=9))
    assert (len(service.sent), _of("robot").state) == (1, State.SENT)


def test_a_robot_that_was_removed_is_given_up_and_one_no_longer_set_up_is_said_to_be_so(settings, rep):
    with fakes.robot() as service:
        _robots(settings, service, 华南群=("test.group",))
        _set_up(settings, KEQING_WECOM_ROBOTS=f"华南群={service.url}/cgi-bin/webhook/send?key=old")
        _send(rep, kind="test.group")
        _deliver()
        assert (_of("robot").state, _of("robot").error) == (State.GIVEN_UP, "群机器人的地址无效，或机器人已被移除。")
        try_again(delivery=_of("robot"), by=rep, at=AT)
        _set_up(settings, KEQING_WECOM_ROBOTS=f"别的群={service.url}/cgi-bin/webhook/send?key={fakes.ROBOT_KEY}")
        _deliver(AT)
    assert (_of("robot").state, service.sent) == (State.NOT_SET_UP, [])


@pytest.mark.parametrize("wrong", ["只有名称", "群=", "群=http://robot.example.com/x", "群=https://a.example.com/x 群=https://b.example.com/x"])
def test_a_half_written_robot_is_refused(wrong):
    with pytest.raises(OutwardError):
        outward_from({"KEQING_WECOM_ROBOTS": wrong})


def test_an_sms_is_signed_and_says_no_more_than_the_title(settings, rep):
    with fakes.sms() as service:
        _sms(settings, service.url)
        _send(rep)
        assert _deliver() == 1
    assert service.sent == [{
        "request_id": f"keqing-{_of('sms').pk}", "mobile": "13800000001", "sign": fakes.SMS_SIGN,
        "content": "线索超时：示例市人民医院。详情请登录客情查看。",
    }]
    assert _of("sms").provider_id == "sms-1"


def test_a_wrong_signature_is_refused_by_the_gateway(settings, rep):
    with fakes.sms() as service:
        _sms(settings, service.url, secret="other")  # noqa: S106 not a real one
        _send(rep)
        _deliver()
    assert _of("sms").state == State.FAILED and "签名不符" in _of("sms").error


def test_without_a_mobile_number_nothing_is_asked(settings, cast):
    with fakes.sms() as service:
        _sms(settings, service.url)
        _send(cast.manager)
        _deliver()
    assert service.asked == [] and _of("sms").error == "收件人没有可用的手机号。"


@pytest.mark.parametrize(("answer", "state"), [
    ((500, b""), State.FAILED), ((429, b""), State.FAILED), ((404, b""), State.GIVEN_UP), ((302, b""), State.GIVEN_UP),
    ((200, b"<html>"), State.FAILED), ((200, b"x" * 70_000), State.FAILED), ((200, []), State.FAILED),
])  # fmt: skip
def test_a_strange_answer_is_no_success(settings, rep, answer, state):
    with fakes.sms() as service:
        _sms(settings, service.url)
        service.next_answers = [answer]
        _send(rep)
        assert _deliver() == 0
        assert len(service.asked) == 1
    assert _of("sms").state == state


def test_the_pause_grows_and_then_it_is_given_up(settings, rep):
    _sms(settings, "http://127.0.0.1:1")
    _send(rep)
    at, pauses = AT, []
    for _ in range(LIMIT):
        _deliver(at)
        row = _of("sms")
        if row.next_try_at:
            pauses.append(row.next_try_at - at)
            at = row.next_try_at
    assert pauses == sorted(pauses) and len(set(pauses)) == LIMIT - 1
    assert (row.state, row.attempts, row.error) == (State.GIVEN_UP, LIMIT, "短信网关：连不上对方的服务。")


class Killed(BaseException):
    """The worker is gone; nothing after it runs."""


def test_a_worker_killed_before_marking_sends_again_under_the_same_id_and_the_gateway_sends_once(
    settings, rep, monkeypatch
):
    with fakes.sms() as service:
        _sms(settings, service.url)
        _send(rep)
        with monkeypatch.context() as patch:
            def die(_row):
                raise Killed

            patch.setattr(delivering, "_mark", die)
            with pytest.raises(Killed):
                _deliver()
        assert _of("sms").state == State.SENDING
        assert _deliver(AT + LEASE - timedelta(seconds=1)) == 0
        assert _deliver(AT + LEASE) == 1
    assert len(service.sent) == 1 and service.asked == ["/send", "/send"]
    assert _of("sms").state == State.SENT


def test_a_worker_that_comes_back_too_late_does_not_undo_the_next_ones_mark(settings, rep):
    with fakes.sms() as service:
        _sms(settings, service.url)
        _send(rep)
        _found, late = delivering._claim(at=AT, calendar=delivering.work_calendar.calendar())
        assert _deliver(AT + LEASE) == 1
        delivering._failed(late, "太晚", permanent=True, at=AT + LEASE)
    assert (_of("sms").state, _of("sms").attempts) == (State.SENT, 2)


def test_quiet_hours_hold_back_what_is_not_urgent(settings, rep):
    evening = AT.replace(hour=21)
    with fakes.wecom() as service:
        _wecom(settings, service.url)
        _send(rep, kind="test.plain", at=evening)
        _send(rep, kind="test.urgent", key="k2", at=evening)
        assert _deliver(evening) == 1
        waiting = Delivery.objects.get(channel="wecom", message__kind="test.plain")
        assert (waiting.next_try_at, waiting.attempts) == (AT.replace(day=24, hour=8), 0)
        assert _deliver(AT.replace(day=24, hour=8)) == 1


def test_a_service_that_is_away_costs_one_time_out_a_run(settings, rep, cast):
    _sms(settings, "http://127.0.0.1:1")
    Staff.objects.filter(pk=cast.manager.pk).update(mobile="13800000002")
    _send(rep, cast.manager)
    _deliver()
    assert sorted(Delivery.objects.filter(channel="sms").values_list("attempts", flat=True)) == [0, 1]


def test_who_left_meanwhile_gets_nothing(settings, rep):
    with fakes.sms() as service:
        _sms(settings, service.url)
        _send(rep)
        Staff.objects.filter(pk=rep.pk).update(is_active=False, left_on="2026-11-22")
        _deliver()
    assert service.asked == [] and _of("sms").state == State.GIVEN_UP


def test_without_credentials_nothing_breaks(rep):
    _send(rep)
    assert _deliver() == 0
    assert {one.state for one in Delivery.objects.exclude(channel="app")} == {State.NOT_SET_UP}


def test_a_channel_set_up_later_is_used_when_asked_again(settings, rep):
    _send(rep)
    with fakes.sms() as service:
        _sms(settings, service.url)
        try_again(delivery=_of("sms"), by=rep, at=timezone.now())
        _deliver(timezone.now())
    assert len(service.sent) == 1
