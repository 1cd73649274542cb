"""A list of goods is no list of customers, though both have a column 名称."""

import pytest

from keqing.access.tests.factories import make_cast
from keqing.compliance.models import Refusal
from keqing.interchange import actions
from keqing.interchange.layout import goods_columns
from keqing.interchange.models import Import
from keqing.interchange.registry import spec_of
from keqing.interchange.tests.factories import make_upload, xlsx

ORDER = [
    ["旧编号", "条码", "名称", "规格", "单位", "包装数", "进货价", "账面数_件", "订货"],
    ["460001", "6900000000017", "样本混合棒糖", "12支*40", "袋", "40", "3.7765", "19.53", "70"],
]


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["organisation-maker", "organisation-distributor", "organisation-hospital", "organisation-pharmacy"])
def test_an_order_form_is_refused_with_a_sentence_and_leaves_nothing(kind):
    cast = make_cast()
    with pytest.raises(actions.ImportRefused, match="像是商品或订单清单（有“条码”“规格”“单位”等列）"):
        make_upload(by=cast.system, file=xlsx(ORDER), kind=kind)
    assert not Import.objects.exists()


@pytest.mark.django_db
def test_what_a_rule_forbids_is_refused_by_the_rule_and_logged_though_it_lists_goods():
    cast = make_cast()
    rows = [["医生", "药品名称", "规格", "数量", "金额"], ["张示例", "样本片", "10mg", "20", "300"]]
    with pytest.raises(actions.ImportRefused):
        make_upload(by=cast.system, file=xlsx(rows), kind="doctor")
    assert Refusal.objects.filter(rule_id="RX-01").exists()


@pytest.mark.parametrize(
    ("kind", "headers", "goods"),
    [
        ("organisation-hospital", ["名称", "数量", "单价"], ["数量", "单价"]),
        ("organisation-maker", ["商品名称", "名称", "单价（元）", "金额"], ["单价（元）", "金额"]),
        # one such column alone proves nothing, and a column that says whose name it is settles it
        ("organisation-hospital", ["名称", "地址", "数量", "金额"], []), ("organisation-hospital", ["名称", "数量"], []),
        ("organisation-distributor", ["供应商名称", "数量", "单价", "金额"], []), ("organisation-maker", ["规格", "单价", "生产企业"], []),
        ("organisation-hospital", ["医院名称", "单位", "规格"], []), ("organisation-pharmacy", ["名称", "电话", "单位", "规格"], []),
    ],
)
def test_two_columns_only_goods_have_beside_a_bare_name_make_a_list_of_goods(kind, headers, goods):
    assert goods_columns(headers, spec=spec_of(kind)) == goods
