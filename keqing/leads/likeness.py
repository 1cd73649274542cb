"""Likeness of an institution to those we won: few features, weights as log-odds, reasons named (R-199). No Django.

Only institutions are compared, never people, and a score decides nothing: a person confirms it (X-23).
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

FEATURES = ("level", "kind", "region", "beds", "departments", "channel")
LABELS = {
    "level": "医院等级", "kind": "机构类型", "region": "地区", "beds": "床位", "departments": "科室数", "channel": "来源渠道",
}
BANDS = {
    "beds": ((1, "100 张以下"), (100, "100–499 张"), (500, "500–999 张"), (1000, "1000 张以上")),
    "departments": ((1, "1–4 个"), (5, "5–14 个"), (15, "15 个以上")),
}
REASONS = 3
FACTOR = 25  # so many points for e-fold odds

Traits = Mapping[str, str]
Weights = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Group:
    """So many institutions with the same traits, some of them won."""

    traits: Traits
    won: int
    others: int


@dataclass(frozen=True)
class Reason:
    """One feature's part in a score; ``points`` below 0 speak against it."""

    feature: str
    value: str
    points: int


@dataclass(frozen=True)
class Likeness:
    """0 to 100, 50 where nothing speaks for or against; ``reasons`` are the three that weigh most."""

    score: int
    reasons: tuple[Reason, ...]


class TooFew(ValueError):
    """Not enough won customers to learn from; the text says so."""


def band(feature: str, number: int | None) -> str:
    """The band a number falls into; empty when it is not known."""
    if not number:
        return ""
    return next(text for least, text in reversed(BANDS[feature]) if number >= least)


def learn(groups: Iterable[Group], *, least_won: int, smoothing: int = 1) -> tuple[dict[str, dict[str, float]], int, int]:
    """Weights by feature and value, how many were won, how many others. Refuses to learn from too few."""
    groups = list(groups)
    won, others = sum(one.won for one in groups), sum(one.others for one in groups)
    if won < least_won:
        raise TooFew(too_few(won, least_won))
    if others == 0:
        raise TooFew("没有未成交的客户可以比较，无法计算相似度。")
    weights = {}
    for feature in FEATURES:
        yes: dict[str, int] = {}
        no: dict[str, int] = {}
        for one in groups:
            if value := one.traits.get(feature, ""):
                yes[value] = yes.get(value, 0) + one.won
                no[value] = no.get(value, 0) + one.others
        weights[feature] = _log_odds(yes, no, smoothing)
    return weights, won, others


def too_few(won: int, least_won: int) -> str:
    return f"已成交客户只有 {won} 家，至少要 {least_won} 家才计算相似度，以免从少数例子下结论。"


def rate(traits: Traits, weights: Weights) -> Likeness:
    """How like the won ones an institution is. What is not known neither helps nor harms."""
    parts = []
    for feature in FEATURES:
        value = traits.get(feature, "")
        weight = weights.get(feature, {}).get(value)
        if value and weight is not None:
            parts.append((feature, value, weight))
    total = sum(weight for *_rest, weight in parts)
    parts.sort(key=lambda part: (-abs(part[2]), part[0]))
    reasons = tuple(Reason(feature, value, round(weight * FACTOR)) for feature, value, weight in parts[:REASONS])
    return Likeness(round(100 / (1 + math.exp(-total))), reasons)


def _log_odds(yes: Mapping[str, int], no: Mapping[str, int], smoothing: int) -> dict[str, float]:
    """How much more frequent a value is among the won; smoothed, so that a single case proves little."""
    kinds = len(yes)
    all_yes, all_no = sum(yes.values()) + smoothing * kinds, sum(no.values()) + smoothing * kinds
    return {
        value: round(math.log((yes[value] + smoothing) / all_yes) - math.log((no[value] + smoothing) / all_no), 4)
        for value in sorted(yes)
        if kinds > 1
    }
