"""Market news from a workbook."""

import pytest

from keqing.access.tests.factories import make_cast
from keqing.interchange.registry import specs_for
from keqing.interchange.tests.factories import make_applied, make_checked, undo, xlsx
from keqing.messaging.models import Message
from keqing.news.actions import subscribe
from keqing.news.models import MarketIntel
from keqing.people.tests.factories import NOW

pytestmark = pytest.mark.django_db
HEAD = ["标题", "主题", "摘要", "来源", "日期", "产品", "链接"]
ROW = ["示例替尼新适应症获批", "肿瘤", "说明书新增一项适应症。", "国家药监局", "2026-11-20", "示例替尼、示例单抗", "https://example.com/a"]


@pytest.fixture
def cast():
    return make_cast()


@pytest.mark.proves("R-173")
def test_news_come_from_a_workbook_reach_followers_and_can_be_taken_back(cast):
    subscribe(staff=cast.rep, topics=[], products="示例单抗", at=NOW)
    batch = make_applied(by=cast.region_manager, file=xlsx([HEAD, ROW]), kind="news")
    intel = MarketIntel.objects.get()
    assert (intel.title, intel.topic.name, intel.products, intel.url) == (ROW[0], "肿瘤", ["示例替尼", "示例单抗"], ROW[6])
    assert Message.objects.get().recipient == cast.rep
    undo(batch)
    assert MarketIntel.objects.count() == 0


def test_a_changed_item_stays_when_the_import_is_taken_back(cast):
    batch = make_applied(by=cast.region_manager, file=xlsx([HEAD, ROW]), kind="news")
    MarketIntel.objects.update(version=2)
    undo(batch)
    assert MarketIntel.objects.count() == 1


def test_rows_that_cannot_be_used_say_why(cast):
    make_applied(by=cast.region_manager, file=xlsx([HEAD, ROW]), kind="news")
    rows = [
        HEAD, ROW, ["无主题", "外星", *ROW[2:]], ["无日期", *ROW[1:4], "", "", ""], ["明天", *ROW[1:4], "2999-01-01", "", ""],
        ["", *ROW[1:]], ["新的", *ROW[1:6], "见附件"], ["新的", *ROW[1:]],
    ]
    batch = make_checked(by=cast.region_manager, file=xlsx(rows), kind="news")
    found = [(row.outcome, row.reason) for row in batch.rows.order_by("number")]
    assert found[0] == ("duplicate", "已有同一天的同名动态")
    assert [reason for _outcome, reason in found[1:5]] == ["没有主题“外星”", "发布日期为空", "发布日期晚于今天", "标题为空"]
    assert found[5] == ("new", "原文链接“见附件”不是网址，留空")
    assert found[6][0] == "duplicate" and "重复" in found[6][1]


def test_only_who_manages_news_may_bring_them_in(cast):
    assert "news" in {spec.key for spec in specs_for(cast.region_manager)}
    assert "news" not in {spec.key for spec in specs_for(cast.manager)}
