from datetime import date

import pytest

from keqing.reference.regions import Regions

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 21)


@pytest.fixture
def regions() -> Regions:
    return Regions(today=TODAY)


@pytest.mark.parametrize(
    ("texts", "code", "rest"),
    [
        (("广东省-广州市",), "440100", ""),
        (("广东", "广州"), "440100", ""),
        (("北京市-朝阳区",), "110105", ""),
        (("北京", "朝阳"), "110105", ""),
        (("北京市", "北京市", "海淀区"), "110108", ""),
        (("北京市", "北京市", "经济技术开发区"), "110000", "经济技术开发区"),
        (("浙江省", "杭州市", "江干区"), "330100", "江干区"),
        (("浙江省", "杭州市", "富阳市"), "330111", ""),
        (("新疆维吾尔自治区-喀什地区",), "653100", ""),
        (("云南省-红河哈尼族彝族自治州",), "532500", ""),
        (("云南", "红河"), "532500", ""),
        (("内蒙古", "呼和浩特"), "150100", ""),
        (("湖北省", "仙桃市"), "429004", ""),
        (("台湾台北市",), "710000", "台北市"),
        (("贵州省-毕节地区",), "520500", ""),
        (("云南省-思茅地区",), "530800", ""),
        (("苏州市",), "320500", ""),
        (("苏州工业园区",), "320500", "工业园区"),
        (("吉林省吉林市",), "220200", ""),
        (("重庆市", "綦江区"), "500110", ""),
    ],
)
def test_full_and_short_names_lead_to_the_division(regions: Regions, texts: tuple[str, ...], code: str, rest: str) -> None:
    found = regions.resolve(*texts)
    assert found is not None and (found.code, found.rest) == (code, rest)


@pytest.mark.parametrize("text", ["", "朝阳区", "市辖区", "鼓楼区", "某地"])
def test_what_is_unknown_or_ambiguous_is_nothing(regions: Regions, text: str) -> None:
    assert regions.resolve(text) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("北京市朝阳区潘家园南里12号", "110105"),
        ("苍南县人民医院", "330327"),
        ("宜昌市中心人民医院", "420500"),
        ("北京大学第三医院", "110000"),
        ("中山大学附属第一医院", None),
        ("江苏路12号", None),
        ("南京西路1号", None),
        ("复兴门外大街14号", None),
    ],
)
def test_an_address_or_a_name_begins_with_its_place(regions: Regions, text: str, code: str | None) -> None:
    found = regions.within(text)
    assert (found.code if found else None) == code


def test_divisions_are_read_once(django_assert_num_queries) -> None:
    with django_assert_num_queries(1):
        regions = Regions(today=TODAY)
        for text in ("广东省广州市", "北京市朝阳区", "广东省广州市"):
            regions.resolve(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [("首都医科大学附属北京安贞医院", "110000"), ("中国医学科学院北京协和医院", "110000"), ("中国医学科学院阜外医院", None), ("北京上海联合医院", None)],
)
def test_a_name_mentions_one_province_or_none(regions: Regions, text: str, code: str | None) -> None:
    found = regions.mentioned(text)
    assert (found.code if found else None) == code


def test_a_district_merged_away_leads_to_the_one_it_joined(regions: Regions) -> None:
    for text, code in (("北京市-宣武区", "110102"), ("上海市闸北区", "310106"), ("广东省广州市东山区", "440104")):
        found = regions.resolve(text)
        assert found is not None and (found.code, found.rest) == (code, "")
