"""Which rules take a lead, in order, and why. Plain Python: rules and facts are handed in (R-186)."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Facts:
    """What a rule may ask about a lead."""

    region: str = ""
    text: str = ""
    kind: str = ""
    channel: str = ""
    campaign: int | None = None
    score: int = 0


@dataclass(frozen=True)
class Rule:
    """A condition is the *and* of its parts, each the *or* of its values; an empty part asks nothing."""

    id: int
    name: str
    version: int = 1
    prefixes: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    kinds: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    campaigns: frozenset[int] = frozenset()
    least_score: int | None = None
    valid_from: date = date.min
    valid_to: date | None = None
    goes_to: object = None

    def in_force(self, today: date) -> bool:
        """From ``valid_from`` on, up to and including ``valid_to``."""
        return self.valid_from <= today and (self.valid_to is None or today <= self.valid_to)

    @property
    def asks_nothing(self) -> bool:
        parts = (self.prefixes, self.words, self.kinds, self.channels, self.campaigns)
        return not any(parts) and self.least_score is None


@dataclass(frozen=True)
class Names:
    """Words for the codes in conditions, for the sentences people read."""

    regions: Mapping[str, str]
    kinds: Mapping[str, str]
    channels: Mapping[str, str]
    campaigns: Mapping[int, str]


@dataclass(frozen=True)
class Finding:
    """Something wrong with a rule as it stands in the list."""

    rule_id: int
    text: str


class Matcher:
    """The rules in force on a day, made ready once for many leads."""

    def __init__(self, rules: Iterable[Rule], *, today: date) -> None:
        self._rules = [(rule, tuple(map(fold, rule.words))) for rule in rules if rule.in_force(today)]

    def matching(self, facts: Facts) -> list[Rule]:
        """The rules that take such a lead, first the one that decides."""
        text = fold(facts.text)
        found = []
        for rule, words in self._rules:
            if rule.prefixes and not (facts.region and facts.region.startswith(rule.prefixes)):
                continue
            if rule.kinds and facts.kind not in rule.kinds:
                continue
            if rule.channels and facts.channel not in rule.channels:
                continue
            if rule.campaigns and facts.campaign not in rule.campaigns:
                continue
            if rule.least_score is not None and facts.score < rule.least_score:
                continue
            if words and not any(word in text for word in words):
                continue
            found.append(rule)
        return found


def fold(text: str) -> str:
    """Full-width letters, capitals and spaces make no difference."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def why(rule: Rule, facts: Facts, names: Names) -> str:
    """What of the lead met the condition: 地区属于广东省，产品或需求含“肿瘤”."""
    said = []
    if rule.prefixes:
        longest = max((one for one in rule.prefixes if facts.region.startswith(one)), key=len)
        said.append(f"地区属于{names.regions.get(longest, longest)}")
    if rule.words:
        text = fold(facts.text)
        said.append(f"产品或需求含“{next(word for word in rule.words if fold(word) in text)}”")
    if rule.kinds:
        said.append(f"客户类型为{names.kinds.get(facts.kind, facts.kind)}")
    if rule.channels:
        said.append(f"来源为{names.channels.get(facts.channel, facts.channel)}")
    if rule.campaigns and facts.campaign is not None:
        said.append(f"活动为“{names.campaigns.get(facts.campaign, facts.campaign)}”")
    if rule.least_score is not None:
        said.append(f"匹配分 {facts.score} 不低于 {rule.least_score}")
    return "，".join(said) or "规则不设条件"


def described(rule: Rule, names: Names) -> str:
    """The condition in words, for the list of rules."""
    parts = []
    if rule.prefixes:
        parts.append("地区：" + "、".join(names.regions.get(one, one) for one in rule.prefixes))
    if rule.words:
        parts.append("产品或需求含：" + "、".join(rule.words))
    if rule.kinds:
        parts.append("客户类型：" + "、".join(names.kinds.get(one, one) for one in sorted(rule.kinds)))
    if rule.channels:
        parts.append("来源：" + "、".join(names.channels.get(one, one) for one in sorted(rule.channels)))
    if rule.campaigns:
        parts.append("活动：" + "、".join(str(names.campaigns.get(one, one)) for one in sorted(rule.campaigns)))
    if rule.least_score is not None:
        parts.append(f"匹配分不低于 {rule.least_score}")
    return "；".join(parts) or "全部线索"


def covers(wide: Rule, narrow: Rule) -> bool:
    """Whether every lead that meets the condition of ``narrow`` also meets that of ``wide``."""
    return (
        _prefixes_cover(wide.prefixes, narrow.prefixes)
        and _words_cover(wide.words, narrow.words)
        and _covers(wide.kinds, narrow.kinds)
        and _covers(wide.channels, narrow.channels)
        and _covers(wide.campaigns, narrow.campaigns)
        and (wide.least_score is None or (narrow.least_score is not None and wide.least_score <= narrow.least_score))
    )


def findings(rules: Sequence[Rule], *, today: date) -> list[Finding]:
    """What is odd about these rules, which stand in their order: unreachable, contradictory, over."""
    found = []
    live = [rule for rule in rules if rule.valid_to is None or rule.valid_to >= today]
    found += [Finding(rule.id, "已过有效期，不再起作用。") for rule in rules if rule.valid_to and rule.valid_to < today]
    for at, rule in enumerate(live):
        before = next((one for one in live[:at] if covers(one, rule) and _lasts(one, rule, today)), None)
        if before is None:
            continue
        if covers(rule, before) and rule.goes_to != before.goes_to:
            found.append(Finding(rule.id, f"与排在前面的“{before.name}”条件相同而去向不同，前面的先执行。"))
        else:
            found.append(Finding(rule.id, f"被排在前面的“{before.name}”盖住，只有它无人可接时才会用到。"))
    return found


def _lasts(before: Rule, rule: Rule, today: date) -> bool:
    """Whether ``before`` is in force all the time that ``rule`` still is."""
    starts = before.valid_from <= max(rule.valid_from, today)
    return starts and (before.valid_to is None or (rule.valid_to is not None and rule.valid_to <= before.valid_to))


def _covers(wide: frozenset[str] | frozenset[int], narrow: frozenset[str] | frozenset[int]) -> bool:
    return not wide or (bool(narrow) and narrow <= wide)


def _prefixes_cover(wide: tuple[str, ...], narrow: tuple[str, ...]) -> bool:
    return not wide or (bool(narrow) and all(one.startswith(wide) for one in narrow))


def _words_cover(wide: tuple[str, ...], narrow: tuple[str, ...]) -> bool:
    # a text with 肿瘤科 in it has 肿瘤 in it
    folded = [fold(word) for word in wide]
    return not wide or (bool(narrow) and all(any(word in fold(one) for word in folded) for one in narrow))
