"""Quiet hours, wording, and the settings of the services."""

from datetime import datetime, time

import pytest

from config.outward import OutwardError, outward_from
from keqing.kit.formats import SHANGHAI
from keqing.kit.outbound import OutboundFailed, ask
from keqing.messaging.quiet import quiet_until
from keqing.messaging.transport import cut
from keqing.messaging.wording import WordingRefused, check, fill
from keqing.reference.workdays import Day, WorkCalendar


def _at(day: int, hour: int, minute: int = 0) -> datetime:
    """In November 2026; the 20th is a Friday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


@pytest.mark.parametrize(("at", "until"), [
    (_at(20, 12), None), (_at(20, 8), None), (_at(20, 19, 59), None),
    (_at(20, 7, 59), _at(20, 8)), (_at(19, 20), _at(20, 8)), (_at(19, 23), _at(20, 8)),
    (_at(20, 20), _at(23, 8)), (_at(21, 12), _at(23, 8)), (_at(22, 23), _at(23, 8)),
])  # fmt: skip
def test_quiet_hours_end_on_the_next_working_day(at, until):
    found = quiet_until(at=at, quiet_from=time(20), quiet_to=time(8), rest_days=True, calendar=WorkCalendar())
    assert found == until


def test_a_holiday_is_quiet_and_a_saturday_that_is_worked_is_not():
    days = {_at(20, 0).date(): Day(working=False), _at(21, 0).date(): Day(working=True)}
    calendar = WorkCalendar(days=days)
    ask_at = {"quiet_from": time(20), "quiet_to": time(8), "rest_days": True, "calendar": calendar}
    assert quiet_until(at=_at(20, 12), **ask_at) == _at(21, 8)
    assert quiet_until(at=_at(21, 12), **ask_at) is None


def test_equal_ends_mean_no_quiet_hours_and_a_midday_rest_is_possible():
    assert quiet_until(at=_at(20, 3), quiet_from=time(0), quiet_to=time(0), rest_days=False, calendar=WorkCalendar()) is None
    noon = quiet_until(at=_at(20, 13), quiet_from=time(12), quiet_to=time(14), rest_days=False, calendar=WorkCalendar())
    assert noon == _at(20, 14)


@pytest.mark.parametrize(("title", "body", "says"), [
    ("", "{名字}：{内容}", "没有 {名字} 这个占位符"), ("", "{内容", "花括号"), ("", "你好", "至少用上"),
    ("", "{内容}{}", "没有 {} 这个占位符"), ("", "{内容}" + "长" * 500, "最多 500 个字"), ("", "{内容.__class__}", "没有"),
])  # fmt: skip
def test_a_template_that_cannot_work_is_refused_with_a_sentence(title, body, says):
    with pytest.raises(WordingRefused, match=says):
        check(channel="sms", title=title, body=body)


def test_what_a_value_says_is_never_filled_in_again():
    assert fill("{标题}：{内容}\n\n{链接}\n\n完", {"title": "{内容}", "text": "好", "link": ""}) == "{内容}：好\n\n完"


def test_a_text_is_cut_between_characters():
    assert cut("一二三四五", 10) == "一二…" and cut("一二", 6) == "一二"


@pytest.mark.parametrize(("environment", "says"), [
    ({"KEQING_SMTP_URL": "mail.example.com"}, "KEQING_SMTP_URL"),
    ({"KEQING_SMTP_URL": "smtp://u:p@mail.example.com", "KEQING_SMTP_FROM": "a@example.com"}, "明文"),
    ({"KEQING_SMTP_URL": "smtp://127.0.0.1"}, "KEQING_SMTP_FROM"),
    ({"KEQING_SMTP_URL": "smtps://a%40example.com:p@mail.example.com:x"}, "端口"),
    ({"KEQING_SMS_URL": "https://sms.example.com", "KEQING_SMS_KEY": "k"}, "还缺 KEQING_SMS_SECRET、KEQING_SMS_SIGN"),
    ({"KEQING_WECOM_ROBOT_URL": "http://example.com/x"}, "https"), ({"KEQING_WECOM_ROBOT_URL": "example"}, "不是网址"),
    ({"KEQING_WECOM_CORP_ID": "c", "KEQING_WECOM_SECRET": "s", "KEQING_WECOM_AGENT_ID": "x"}, "是一个数字"),
])  # fmt: skip
def test_a_wrong_setting_is_said_in_a_sentence(environment, says):
    with pytest.raises(OutwardError, match=says):
        outward_from(environment)


def test_secrets_never_appear_where_settings_are_printed():
    found = outward_from({
        "KEQING_SMTP_URL": "smtps://a%40example.com:geheim@mail.example.com",
        "KEQING_SMS_URL": "https://sms.example.com/s", "KEQING_SMS_KEY": "k", "KEQING_SMS_SECRET": "geheim", "KEQING_SMS_SIGN": "示例",
        "KEQING_WECOM_CORP_ID": "c", "KEQING_WECOM_SECRET": "geheim", "KEQING_WECOM_AGENT_ID": "1",
        "KEQING_WECOM_ROBOT_URL": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=geheim",
    })
    assert "geheim" not in repr(found)
    assert found.hosts == {"sms.example.com", "qyapi.weixin.qq.com"}


def test_no_request_leaves_for_a_host_nobody_set_up():
    with pytest.raises(OutboundFailed, match="名单"):
        ask(method="GET", url="https://elsewhere.example.com/x", hosts={"sms.example.com"})
    with pytest.raises(OutboundFailed, match="名单"):
        ask(method="GET", url="https://sms.example.com@elsewhere.example.com/x", hosts={"sms.example.com"})
