"""市场动态: written, found, followed (R-173)."""

from datetime import date, datetime, timedelta

import pytest
from django.urls import reverse

from keqing.access.tests.factories import make_cast
from keqing.audit.models import Entry
from keqing.kit.formats import SHANGHAI
from keqing.messaging.actions.digest import gather_digests
from keqing.messaging.models import DigestItem, Message
from keqing.news.actions import add_intel, edit_intel, subscribe, take_down
from keqing.news.models import MarketIntel, Subscription, Topic
from keqing.news.words import speaks_of, split, wrong

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 20, 9, 30, tzinfo=SHANGHAI)
TODAY = AT.date()


@pytest.fixture
def cast():
    return make_cast()


def fields(**rest):
    topic = rest.pop("topic", "抗生素")
    return {
        "title": "某公司头孢三代新剂型获批", "topic": Topic.objects.get(name=topic), "products": ["示例头孢胶囊"],
        "source": "国家药监局", "url": "https://example.com/a", "published_on": TODAY, "summary": "获批的剂型为颗粒剂。", **rest,
    }


def add(cast, **rest) -> MarketIntel:
    return add_intel(fields=fields(**rest), by=cast.gm, at=AT)


def follow(staff, *topics, products=""):
    subscribe(staff=staff, topics=list(Topic.objects.filter(name__in=topics)), products=products, at=AT)


@pytest.mark.proves("R-173")
def test_new_intel_on_a_product_reaches_its_product_manager(client, cast):
    client.force_login(cast.manager)
    client.post(reverse("news:following"), {"products": "示例头孢、别的产品"})
    client.force_login(cast.gm)
    data = {**fields(), "topic": fields()["topic"].pk, "products": "示例头孢胶囊", "version": "0"}
    assert client.post(reverse("news:intel_new"), data).status_code == 302
    message = Message.objects.get()
    assert message.recipient == cast.manager
    assert message.title == "示例头孢：某公司头孢三代新剂型获批"
    client.force_login(cast.manager)
    assert "通知，1 条未读" in client.get(reverse("news:news")).content.decode()
    opened = client.post(reverse("messaging:read", args=[message.pk]), {"go": "1"}, follow=True)
    assert "获批的剂型为颗粒剂。" in opened.content.decode()


@pytest.mark.proves("R-173")
def test_who_follows_a_topic_reads_it_in_the_daily_digest(cast):
    follow(cast.rep, "抗生素")
    follow(cast.sibling, "肿瘤")
    add(cast)
    add(cast, title="抗菌药物指导原则更新", products=[])
    assert Message.objects.count() == 0
    gather_digests(today=TODAY + timedelta(days=1), at=AT + timedelta(days=1))
    digest = Message.objects.get()
    assert digest.recipient == cast.rep and digest.title == "每日摘要：2 条"
    assert "抗菌药物指导原则更新" in digest.text


def test_what_was_taken_down_before_the_morning_is_in_no_digest(cast):
    follow(cast.rep, "抗生素")
    kept, wrong = add(cast, title="抗菌药物指导原则更新", products=[]), add(cast)
    take_down(intel=wrong, by=cast.gm, at=AT)
    assert list(DigestItem.objects.values_list("title", flat=True)) == [kept.title]
    take_down(intel=wrong, by=cast.gm, at=AT)
    assert DigestItem.objects.count() == 2


def test_who_follows_topic_and_product_hears_it_once(cast):
    follow(cast.rep, "抗生素", products="示例头孢胶囊")
    add(cast)
    assert (Message.objects.count(), DigestItem.objects.count()) == (1, 0)


def test_a_correction_reaches_those_it_newly_concerns_and_nobody_twice(cast):
    follow(cast.rep, products="示例头孢")
    follow(cast.sibling, products="示例青霉素")
    intel = add(cast)
    edit_intel(intel=intel, fields=fields(products=["示例头孢胶囊", "示例青霉素钠"]), version=1, by=cast.gm, at=AT)
    assert set(Message.objects.values_list("recipient__login_name", flat=True)) == {
        cast.rep.login_name, cast.sibling.login_name,
    }
    assert Message.objects.count() == 2


def test_a_correction_tells_nobody_by_the_other_way_who_heard_already(cast):
    follow(cast.rep, "抗生素", products="示例青霉素")  # the topic first, a product of theirs after the correction
    follow(cast.sibling, "抗生素", products="示例头孢胶囊")  # the product first, only the topic after the correction
    intel = add(cast)
    assert (Message.objects.count(), DigestItem.objects.count()) == (1, 1)
    edit_intel(intel=intel, fields=fields(products=["示例青霉素钠"], title="示例注射剂集采公告"), version=1, by=cast.gm, at=AT)
    assert (Message.objects.count(), DigestItem.objects.count()) == (1, 1)
    gather_digests(today=AT.date() + timedelta(days=1), at=AT + timedelta(days=1))
    edit_intel(intel=intel, fields=fields(products=["示例青霉素钠", "示例头孢胶囊"]), version=2, by=cast.gm, at=AT + timedelta(days=1))
    assert sorted(Message.objects.values_list("kind", "recipient__login_name")) == [
        ("digest", cast.rep.login_name), ("news.product", cast.sibling.login_name),
    ]


def test_following_takes_the_place_of_what_was_followed_before(client, cast):
    follow(cast.rep, "肿瘤", products="旧产品")
    client.force_login(cast.rep)
    topic = Topic.objects.get(name="抗病毒")
    client.post(reverse("news:following"), {"topics": [topic.pk], "products": "甲药、甲药，乙药"})
    assert set(Subscription.objects.values_list("topic__name", "product")) == {("抗病毒", ""), (None, "甲药"), (None, "乙药")}
    assert Entry.objects.filter(action="news.subscribed").count() == 2
    page = client.get(reverse("news:following")).content.decode()
    assert "甲药、乙药" in page


def test_the_list_is_searched_by_text_topic_product_and_day(client, cast):
    add(cast)
    add(cast, title="肝癌新靶点进入二期", topic="肿瘤", products=["示例替尼"], summary="二期结果。", published_on=date(2026, 10, 1))
    follow(cast.rep, "肿瘤")
    client.force_login(cast.rep)

    def found(**query) -> set[str]:
        text = client.get(reverse("news:news"), query).content.decode()
        return {name for name in ("头孢三代", "肝癌") if name in text}

    assert found() == {"头孢三代", "肝癌"}
    assert found(q="颗粒剂") == {"头孢三代"}
    assert found(topic=Topic.objects.get(name="肿瘤").pk) == {"肝癌"}
    assert found(product="替尼") == {"肝癌"}
    assert found(from_on="2026-11-10") == {"头孢三代"}
    assert found(preset="mine") == {"肝癌"}


def test_everybody_reads_and_only_managers_of_news_write(client, cast):
    intel = add(cast)
    for name, staff in cast.everyone.items():
        client.force_login(staff)
        page = client.get(reverse("news:intel", args=[intel.pk]))
        assert page.status_code == 200 and "<c-" not in page.content.decode(), name
        expected = 200 if name in ("gm", "region_manager") else 403
        assert client.get(reverse("news:intel_new")).status_code == expected, name


def test_what_was_taken_down_is_gone_for_readers_and_can_be_put_back(client, cast):
    intel = add(cast)
    take_down(intel=intel, by=cast.gm, at=AT)
    client.force_login(cast.rep)
    assert client.get(reverse("news:intel", args=[intel.pk])).status_code == 404
    client.force_login(cast.gm)
    assert "已撤下" in client.get(reverse("news:intel", args=[intel.pk])).content.decode()
    client.post(reverse("news:intel_down", args=[intel.pk]))
    assert MarketIntel.objects.get().taken_down_at is None


def test_two_who_correct_at_once_see_each_other(client, cast):
    intel = add(cast)
    client.force_login(cast.gm)
    url = reverse("news:intel_edit", args=[intel.pk])
    data = {**fields(), "topic": intel.topic_id, "products": "示例头孢胶囊", "version": "1"}
    assert client.post(url, {**data, "source": "某期刊"}).status_code == 302
    stale = client.post(url, {**data, "source": "某公告"})
    assert stale.status_code == 409 and "某期刊" in stale.content.decode()
    changes = Entry.objects.get(action="news.edited").changes
    assert changes == {"source": ["国家药监局", "某期刊"]}


@pytest.mark.parametrize(("name", "value", "says"), [
    ("published_on", "2999-01-01", "发布日期不能晚于今天。"), ("url", "javascript:alert(1)", "请填写以 https:// 开头的网址。"),
    ("products", "、".join(f"药{n}" for n in range(21)), "最多写 20 个产品。"), ("title", "", "请填写标题。"), ("topic", "0", "选"),
])  # fmt: skip
def test_a_wrong_field_is_said(client, cast, name, value, says):
    client.force_login(cast.gm)
    data = {**fields(), "topic": fields()["topic"].pk, "products": "", "version": "0", name: value}
    response = client.post(reverse("news:intel_new"), data)
    assert response.status_code == 422 and says in response.content.decode()


def test_a_form_sent_twice_makes_one_item(client, cast):
    client.force_login(cast.gm)
    data = {**fields(), "topic": fields()["topic"].pk, "products": "", "version": "0", "form_key": "k" * 32}
    for _ in range(2):
        client.post(reverse("news:intel_new"), data)
    assert MarketIntel.objects.count() == 1


def test_a_product_is_spelled_as_it_was_before(client, cast):
    add(cast, products=["示例 Alpha 片"])
    client.force_login(cast.gm)
    data = {**fields(), "topic": fields()["topic"].pk, "products": "示例alpha片", "version": "0"}
    client.post(reverse("news:intel_new"), data)
    assert MarketIntel.objects.order_by("-pk").first().products == ["示例 Alpha 片"]


def test_words_are_compared_without_width_case_and_spaces():
    assert split("甲、乙；甲， 丙 丁") == ["甲", "乙", "丙 丁"]
    assert speaks_of("ＡＢＣ", products=["abc 片"], title="")
    assert not speaks_of(" ", products=["abc"], title="abc")
    assert wrong(["长" * 41]).startswith("产品“长")
