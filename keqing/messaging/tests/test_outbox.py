"""Putting messages into the outbox."""

import pytest
from django.db import IntegrityError, transaction

from config.outward import outward_from
from keqing.messaging.actions import Outgoing, send, send_all
from keqing.messaging.channels import Channel
from keqing.messaging.models import Delivery, DigestItem, GroupRobot, Message, Preference
from keqing.people.tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("known_kinds")]


@pytest.fixture
def all_set_up(settings):
    settings.OUTWARD = outward_from({
        "KEQING_SMTP_URL": "smtp://127.0.0.1:2525", "KEQING_SMTP_FROM": "crm@example.com",
        "KEQING_WECOM_ROBOT_URL": "http://127.0.0.1:1/cgi-bin/webhook/send?key=k",
    })


def _send(*to, kind: str = "test.plain", key: str = "k1"):
    return send(to=to, kind=kind, title="张院长的线索超时", text="请处理", url="/leads/1/", key=key, at=NOW)


def test_a_message_is_readable_at_once_and_waits_for_the_other_channels(cast, all_set_up):
    ids = _send(cast.rep)
    states = {one.channel: one.state for one in Delivery.objects.filter(message__in=ids)}
    assert states == {Channel.APP: "sent", Channel.EMAIL: "waiting", Channel.WECOM: "not_set_up"}


def test_the_same_key_reaches_a_person_once(cast):
    assert len(_send(cast.rep)) == 1
    assert len(_send(cast.rep, cast.manager)) == 1
    assert Message.objects.count() == 2


def test_the_same_key_of_another_kind_is_another_message(cast):
    _send(cast.rep)
    assert len(_send(cast.rep, kind="test.group")) == 1


def test_the_group_is_told_once_however_many_people_it_concerns(cast, all_set_up):
    GroupRobot.objects.create(name="默认群", kinds=["test.group"])
    _send(cast.rep, cast.manager, kind="test.group")
    assert Delivery.objects.filter(channel=Channel.ROBOT).count() == 1
    assert Message.objects.count() == 2


def test_what_a_person_chose_takes_the_place_of_the_standard_channels(cast, all_set_up):
    Preference.objects.create(staff=cast.rep, kind="test.plain", channels=["sms"])
    _send(cast.rep)
    assert set(Delivery.objects.values_list("channel", flat=True)) == {"app", "sms"}


def test_who_left_gets_nothing(cast):
    cast.rep.is_active = False
    assert _send(cast.rep) == []
    assert Message.objects.count() == 0


def test_a_kind_of_the_digest_waits_for_it(cast):
    assert _send(cast.rep, kind="test.daily") == []
    assert DigestItem.objects.get().message is None and Message.objects.count() == 0


def test_an_unknown_kind_is_a_mistake_of_the_program(cast):
    with pytest.raises(KeyError):
        _send(cast.rep, kind="nobody.knows")


def test_many_messages_cost_hardly_more_statements_than_one(cast, django_assert_max_num_queries):
    messages = [
        Outgoing(to=one, kind="test.plain", title="标题", text="内容", key=f"k{n}")
        for one in (cast.rep, cast.manager) for n in range(20)
    ]
    with django_assert_max_num_queries(4):
        assert len(send_all(messages=messages, at=NOW)) == 40


def test_a_message_is_part_of_the_callers_transaction(cast):
    class Away(Exception):
        pass

    def work():
        with transaction.atomic():
            _send(cast.rep)
            raise Away

    with pytest.raises(Away):
        work()
    assert Message.objects.count() == 0


def test_the_database_keeps_state_and_next_try_together(cast):
    _send(cast.rep)
    with pytest.raises(IntegrityError), transaction.atomic():
        Delivery.objects.filter(channel="app").update(state="waiting")
