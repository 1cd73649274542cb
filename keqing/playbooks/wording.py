"""What the text of a step may say: no deny word, and incentives only for companies (R-290, RX-05, TOV-01)."""

from collections.abc import Collection, Sequence

from keqing.compliance.matching import Hit, denied_word, plain
from keqing.compliance.rules import check_labels
from keqing.people.choices import CARE_KINDS, Kind

# the company may reward companies by contract; to hospitals and the people in them nothing of value is given
INCENTIVES = (
    "返利", "返点", "奖励", "激励", "奖金", "佣金", "提成", "回扣", "折让", "赠送", "赠品", "礼品", "礼金", "购物卡", "红包", "积分", "旅游", "宴请",
)  # fmt: skip
RULE = "TOV-01"


def hit_in(texts: Sequence[str], *, kinds: Collection[str]) -> Hit | None:
    """The first reason why these texts may not stand in a plan for customers of these kinds (none: of every kind)."""
    hits = check_labels(texts)
    if hits:
        return hits[0]
    if not set(kinds or Kind.values) & set(CARE_KINDS):
        return None
    for text in texts:
        word = denied_word(text, words=[plain(one) for one in INCENTIVES], exceptions=())
        if word:
            sentence = (
                f"“{word}”这类激励措辞只能用于企业客户的方案，不能用于医院、诊所和其中的人员。"
                "请改写，或在“客户类型”里只选企业。"
            )
            return Hit(RULE, 1, sentence, text)
    return None
