"""The pages of messages."""

from datetime import date, datetime, timedelta

import pytest
from django.urls import reverse

from config.outward import outward_from
from keqing.audit.models import Entry
from keqing.kit.formats import SHANGHAI
from keqing.messaging.actions import send
from keqing.messaging.actions.digest import gather_digests
from keqing.messaging.actions.inbox import KEPT, forget_old_messages
from keqing.messaging.models import Delivery, DigestItem, GroupRobot, Message, Preference, Reach, Template

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("known_kinds")]
AT = datetime(2026, 11, 23, 8, 0, tzinfo=SHANGHAI)
TODAY = date(2026, 11, 23)


def _send(to, key="k1", kind="test.plain", title="线索超时", url="/"):
    return send(to=[to], kind=kind, title=title, text="请处理", url=url, key=key, at=AT)


def _page(client, name, *args, **query):
    response = client.get(reverse(f"messaging:{name}", args=args), query)
    assert response.status_code == 200
    return response.content.decode()


def test_the_bell_counts_what_is_unread_until_it_is_read(client, cast):
    (pk,) = _send(cast.rep)
    _send(cast.manager)
    client.force_login(cast.rep)
    assert "通知，1 条未读" in client.get(reverse("desk:notices")).content.decode()
    response = client.post(reverse("messaging:read", args=[pk]), {"go": "1"})
    assert response["Location"] == "/"
    page = client.get(reverse("desk:notices")).content.decode()
    assert "通知，0 条未读" in page and "线索超时" in page


def test_all_are_read_at_once_but_not_what_came_in_meanwhile(client, cast):
    first = _send(cast.rep, title="先到的提醒")[0]
    second = _send(cast.rep, "k2", title="后到的提醒")[0]
    client.force_login(cast.rep)
    client.post(reverse("messaging:read_all"), {"up_to": first})
    assert set(Message.objects.unread_by(cast.rep).values_list("pk", flat=True)) == {second}
    page = _page(client, "messages", show="unread")
    assert "后到的提醒" in page and "先到的提醒" not in page


def test_nobody_reads_what_is_written_to_another(client, cast):
    (pk,) = _send(cast.rep)
    for name in ("manager", "gm", "system"):
        client.force_login(getattr(cast, name))
        assert client.get(reverse("messaging:message", args=[pk])).status_code == 404
        assert client.post(reverse("messaging:read", args=[pk])).status_code == 404


def test_old_messages_follow_on_the_next_page(client, cast):
    for number in range(32):
        _send(cast.rep, f"k{number}", title=f"第{number:02d}条")
    client.force_login(cast.rep)
    page = _page(client, "messages")
    assert "第31条" in page and "第00条" not in page
    assert "第00条" in _page(client, "messages", before=Message.objects.get(title="第02条").pk)


def test_wishes_are_kept_and_only_where_they_differ_from_the_standard(client, cast):
    client.force_login(cast.rep)
    page = _page(client, "wishes")
    assert "短信（未配置）" in page and "紧急，不受免打扰限制。" in page
    data = {
        "quiet_from": "22:00", "quiet_to": "07:00", "wecom_user": "liwen", "kind_test.plain": ["email", "wecom"],
        "kind_test.urgent": ["email"],
    }
    assert client.post(reverse("messaging:wishes"), data).status_code == 302
    reach = Reach.objects.get(staff=cast.rep)
    assert (f"{reach.quiet_from:%H:%M}", reach.quiet_on_rest_days, reach.wecom_user) == ("22:00", False, "liwen")
    assert dict(Preference.objects.filter(kind__startswith="test.").values_list("kind", "channels")) == {"test.urgent": ["email"]}
    assert Entry.objects.filter(action="messaging.reach_changed").count() == 1
    _send(cast.rep, kind="test.urgent")
    assert set(Delivery.objects.values_list("channel", flat=True)) == {"app", "email"}


def test_a_wish_that_cannot_be_read_comes_back_with_a_sentence(client, cast):
    client.force_login(cast.rep)
    response = client.post(reverse("messaging:wishes"), {"quiet_from": "夜里", "quiet_to": "08:00"})
    assert response.status_code == 422 and "时间请写成 20:00 的样子。" in response.content.decode()


def test_channels_say_what_is_missing_and_never_a_secret(client, cast, settings):
    client.force_login(cast.system)
    page = _page(client, "channels")
    assert page.count("未配置") >= 4 and "KEQING" not in page
    settings.OUTWARD = outward_from({"KEQING_WECOM_ROBOT_URL": "https://robot.example.com/send?key=geheim"})
    page = _page(client, "channels")
    assert "robot.example.com" in page and "geheim" not in page and "试发一条" in page


def test_a_trial_goes_into_the_log(client, cast, settings):
    settings.OUTWARD = outward_from({"KEQING_WECOM_ROBOT_URL": "https://robot.example.com/send?key=geheim"})
    client.force_login(cast.system)
    client.post(reverse("messaging:trial", args=["robot"]), {"robot": "默认群"})
    assert client.post(reverse("messaging:trial", args=["robot"]), {"robot": "没有这个群"}).status_code == 404
    client.post(reverse("messaging:trial", args=["sms"]))
    page = _page(client, "deliveries")
    assert "企业微信群机器人" in page and "未配置" in page and "测试消息" in page
    assert client.post(reverse("messaging:trial", args=["app"])).status_code == 404
    refused = Delivery.objects.get(channel="sms")
    assert "再发一次" in _page(client, "delivery", refused.pk)
    client.post(reverse("messaging:again", args=[refused.pk]))
    assert Delivery.objects.get(pk=refused.pk).state == "waiting"


def test_the_administrator_chooses_what_a_group_hears_of(client, cast, settings):
    settings.OUTWARD = outward_from({"KEQING_WECOM_ROBOTS": "华南群=https://robot.example.com/send?key=geheim"})
    client.force_login(cast.system)
    page = _page(client, "channels")
    assert "华南群" in page and "还没有选择消息" in page and "geheim" not in page
    url = reverse("messaging:group", args=["华南群"])
    page = client.get(url).content.decode()
    assert "普通（只说类别和链接）" in page and "个人汇总" not in page and "geheim" not in page
    assert client.post(url, {"kinds": ["test.plain", "test.group"], "version": "0"}).status_code == 302
    assert set(GroupRobot.objects.get().kinds) == {"test.plain", "test.group"}
    assert Entry.objects.filter(action="messaging.robot_saved").count() == 1
    stale = client.post(url, {"kinds": [], "version": "0"})
    assert stale.status_code == 409 and len(GroupRobot.objects.get().kinds) == 2
    assert client.post(url, {"kinds": ["test.own"], "version": "1"}).status_code == 422
    assert client.post(url, {"version": "1"}).status_code == 302 and GroupRobot.objects.get().kinds == []
    assert client.get(reverse("messaging:group", args=["别的群"])).status_code == 404
    client.force_login(cast.rep)
    assert client.get(url).status_code == 403


def test_the_log_keeps_the_words_to_their_reader(client, cast):
    _send(cast.rep, title="甲岑市人民医院的线索")
    client.force_login(cast.system)
    pk = Delivery.objects.filter(channel="email").get().pk
    for page in (_page(client, "deliveries"), _page(client, "delivery", pk)):
        assert "甲岑市" not in page and cast.rep.name in page


def test_a_template_is_checked_saved_and_taken_back(client, cast):
    client.force_login(cast.system)
    url = reverse("messaging:template", args=["sms"])
    wrong = client.post(url, {"body": "{名字}", "version": "0"})
    assert wrong.status_code == 422 and "没有 {名字} 这个占位符" in wrong.content.decode()
    assert client.post(url, {"body": "{标题}，请看客情", "version": "0"}).status_code == 302
    stale = client.post(url, {"body": "{标题}，速看", "version": "0"})
    assert stale.status_code == 409 and "{标题}，请看客情" in stale.content.decode()
    assert client.post(url, {"body": "{标题}，速看", "version": "1"}).status_code == 302
    assert "{标题}，速看" in _page(client, "templates")
    client.post(url, {"reset": "1"})
    assert Template.objects.count() == 0
    assert client.get(url, {"kind": "nobody.knows"}).status_code == 404


def test_the_digest_is_one_message_a_person_and_day(client, cast):
    for number in range(3):
        _send(cast.rep, f"d{number}", "test.daily", f"动态{number}")
    _send(cast.manager, "d0", "test.daily", "动态0")
    assert gather_digests(today=TODAY, at=AT) == 2
    message = Message.objects.get(recipient=cast.rep)
    assert message.title == "每日摘要：3 条" and "· 每日：动态2" in message.text
    _send(cast.rep, "d9", "test.daily", "后来的")
    assert gather_digests(today=TODAY, at=AT) == 0
    assert gather_digests(today=TODAY + timedelta(days=1), at=AT + timedelta(days=1)) == 1
    client.force_login(cast.rep)
    page = _page(client, "message", message.pk)
    assert "动态0" in page and "后来的" not in page
    assert message.url == reverse("messaging:message", args=[message.pk])


def test_a_digest_of_someone_who_left_is_dropped(cast):
    _send(cast.rep, "d1", "test.daily")
    type(cast.rep).objects.filter(pk=cast.rep.pk).update(is_active=False, left_on=TODAY)
    assert gather_digests(today=TODAY, at=AT) == 0
    assert DigestItem.objects.count() == 0


def test_messages_are_forgotten_after_a_year(cast):
    _send(cast.rep)
    assert forget_old_messages(at=AT + KEPT) == 0
    assert forget_old_messages(at=AT + KEPT + timedelta(days=1)) > 0
    assert Message.objects.count() == 0
