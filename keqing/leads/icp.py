"""The ideal customer (R-093): what a lead is worth by the policy, and why. Nothing is ever deleted by it."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

POLICY = Path(__file__).resolve().parents[2] / "config" / "policies" / "icp.toml"
LEAST, MOST = 0, 100
FIELDS = {
    "kind": "客户类型", "region": "地区", "channel": "来源渠道", "products": "产品", "need": "需求",
    "estimate": "预计金额", "organisation": "机构名称",
}


class WrongPolicy(ValueError):
    """The policy cannot be used; the text says what is wrong, for the person who wrote it."""


@dataclass(frozen=True)
class Criterion:
    """One thing looked at. One of ``values``, ``at_least``, ``filled`` says what inside means."""

    label: str
    field: str
    values: tuple[str, ...] = ()
    at_least: Decimal | None = None
    filled: bool = False
    inside: int = 0
    outside: int = 0
    unknown: int = 0
    essential: bool = False

    def verdict(self, value: Any) -> bool | None:
        """Inside, outside, or None: the lead does not say."""
        if value in (None, ""):
            return None
        if self.filled:
            return True
        if self.at_least is not None:
            return Decimal(value) >= self.at_least
        if self.field in ("kind", "channel"):
            return str(value) in self.values
        if self.field == "region":
            return str(value).startswith(self.values)
        return any(word in str(value) for word in self.values)

    def points(self, verdict: bool | None) -> int:
        return {True: self.inside, False: self.outside, None: self.unknown}[verdict]


@dataclass(frozen=True)
class Profile:
    """The policy: ``hard`` rejects what lacks something essential, otherwise everything only moves the score."""

    hard: bool
    base: int
    criteria: tuple[Criterion, ...]


@dataclass(frozen=True)
class Rating:
    """``reasons`` as (label, points), what moved the score most first; ``outside`` names the essentials missed."""

    score: int
    base: int
    reasons: tuple[tuple[str, int], ...]
    outside: tuple[str, ...]
    rejected: bool

    def stored(self) -> list[dict[str, Any]]:
        """The reasons as the lead keeps them, from where the score starts."""
        return [{"label": label, "points": points} for label, points in (("起始分", self.base), *self.reasons)]


@cache
def profile() -> Profile:
    """The profile of ``config/policies/icp.toml``."""
    return read(tomllib.loads(POLICY.read_text(encoding="utf-8")))


def read(raw: Mapping[str, Any]) -> Profile:
    """A policy from its text; refuses one that nobody could follow."""
    if raw.get("mode") not in ("soft", "hard"):
        raise WrongPolicy("icp.toml：mode 只能是 soft 或 hard。")
    return Profile(raw["mode"] == "hard", int(raw.get("base", 50)), tuple(map(_criterion, raw.get("criterion", ()))))


def rate(*, facts: Mapping[str, Any], by: Profile | None = None) -> Rating:
    """What the profile says about a lead; ``facts`` by the names of ``FIELDS``."""
    by = by or profile()
    reasons, outside, score = [], [], by.base
    for criterion in by.criteria:
        verdict = criterion.verdict(facts.get(criterion.field))
        points = criterion.points(verdict)
        if points:
            reasons.append((criterion.label if verdict is not False else f"{criterion.label}不符", points))
        if verdict is False and criterion.essential:
            outside.append(criterion.label)
        score += points
    reasons.sort(key=lambda one: -abs(one[1]))
    return Rating(min(max(score, LEAST), MOST), by.base, tuple(reasons), tuple(outside), by.hard and bool(outside))


def described(criterion: Criterion, names: Mapping[str, str]) -> str:
    """What inside means, in words; ``names`` are the labels of codes."""
    if criterion.filled:
        return "已填写"
    if criterion.at_least is not None:
        return f"不低于 {criterion.at_least:,}"
    return "、".join(names.get(value, value) for value in criterion.values)


def _criterion(raw: Mapping[str, Any]) -> Criterion:
    if raw.get("field") not in FIELDS:
        raise WrongPolicy(f"icp.toml：没有字段“{raw.get('field', '')}”，可写：{'、'.join(FIELDS)}。")
    ways = [name for name in ("values", "at_least", "filled") if raw.get(name) not in (None, [], False)]
    if len(ways) != 1:
        raise WrongPolicy(f"icp.toml：“{raw.get('label', '')}”要在 values、at_least、filled 中写一种。")
    known = {name: raw[name] for name in ("label", "field", "filled", "inside", "outside", "unknown", "essential") if name in raw}
    least = Decimal(str(raw["at_least"])) if "at_least" in raw else None
    return Criterion(**known, values=tuple(map(str, raw.get("values", ()))), at_least=least)


def facts_of(*, lead: Any, channel: str) -> Mapping[str, Any]:
    """What a lead says to the profile."""
    return {
        "kind": lead.kind, "region": lead.region_id, "channel": channel, "products": lead.products, "need": lead.need,
        "estimate": lead.estimate, "organisation": lead.organisation_name,
    }


def reasons_in_words(reasons: Sequence[Mapping[str, Any]]) -> str:
    """客户类型 +20、来源可信 +10."""
    return "、".join(f"{one['label']} {one['points']:+d}" for one in reasons)
