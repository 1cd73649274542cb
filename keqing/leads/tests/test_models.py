import pytest

from keqing.leads.models import Channel

pytestmark = pytest.mark.django_db


@pytest.mark.proves("R-184")
def test_the_five_sources_and_the_ways_of_getting_in_touch_are_there_as_data():
    names = list(Channel.objects.values_list("name", flat=True))
    assert names[:5] == ["媒介营销", "网站", "活动", "推荐", "业务员开发"]
    assert set(names[5:]) == {"电话", "传真", "邮件", "短信", "直接接触"}
