"""Matching labels and file headers against the rules: plain arithmetic on words, no database.

Chinese has no spaces between words, so "whole word" means: a deny word counts unless the place where it stands
lies inside a longer harmless word of the rule's exceptions (统方 inside 传统方法).
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Key = Literal["doctor", "department", "hospital"]

# signs people put between characters to get a word past a filter; a line break or comma ends a word
_JOINTS = re.compile(r"[\s·\-_.*~—–\u2010/\\|'\"“”‘’\u200b\u200c\u200d\ufeff]+")
# what may stand around a bare 数量: units, years, months, ordinals
_BRACKETS = re.compile(r"[（(\[【].*?[)）\]】]")


@dataclass(frozen=True)
class Rule:
    """One rule in force."""

    rule_id: str
    version: int
    title: str
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def words(self, name: str) -> list[str]:
        return [plain(word) for word in self.parameters.get(name, ())]


Rulebook = Mapping[str, Rule]


@dataclass(frozen=True)
class Hit:
    """A rule that refuses something: ``sentence`` is for the user, ``word`` what was found where."""

    rule_id: str
    version: int
    sentence: str
    word: str


def plain(text: str) -> str:
    """Full-width to half-width, lower case, joints removed: ``统 方`` and ``统-方`` read as ``统方``."""
    return _JOINTS.sub("", unicodedata.normalize("NFKC", text)).casefold()


def denied_word(text: str, *, words: Iterable[str], exceptions: Iterable[str]) -> str | None:
    """The first of ``words`` that stands in ``text`` outside every exception; all are plain already."""
    label = plain(text)
    harmless = [match.span() for word in exceptions if word for match in _every(word, label)]
    for word in words:
        for match in _every(word, label):
            start, end = match.span()
            if not any(s <= start and end <= e for s, e in harmless):
                return word
    return None


def match_label(text: str, *, rules: Rulebook) -> Hit | None:
    """RX-05: whether a label (header, field name, tag, task or script title) carries a deny word."""
    rule = rules.get("RX-05")
    if rule is None:
        return None
    word = denied_word(text, words=rule.words("words"), exceptions=rule.words("exceptions"))
    if word is None:
        return None
    return Hit(
        rule.rule_id, rule.version, f"“{text.strip()}”含有禁用词“{word}”，按规则 {rule.rule_id} 不能使用。", word
    )


def drug_quantity(header: str, *, rules: Rulebook, key: Key) -> str | None:
    """The quantity word by which a header means an amount of drugs, or None (床位数量, 日门诊量 are not)."""
    rule = rules.get("RX-01")
    if rule is None:
        return None
    label = plain(_BRACKETS.sub("", unicodedata.normalize("NFKC", header))) or plain(header)
    exceptions = rule.words("exceptions")
    if key == "hospital" and "RX-03" in rules:
        exceptions += rules["RX-03"].words("hospital_totals")
    for phrase in exceptions:
        label = label.replace(phrase, "，")
    things = "|".join(re.escape(word) for word in _longest_first(rule.words("other_things")))
    neutral = "|".join(re.escape(word) for word in _longest_first(rule.words("neutral_words")))
    if things and neutral:
        label = re.sub(f"(?:{things})(?:的|总|月|年|日|平均)?(?:{neutral})", "，", label)
    return next((word for word in _longest_first(rule.words("quantity_words")) if word in label), None)


def keys_of(headers: Sequence[str], *, rules: Rulebook, keyed_by: Key | None) -> set[Key]:
    """What a file's rows are about: what the importer says, and what the headers say."""
    found: set[Key] = {keyed_by} if keyed_by else set()
    labels = {plain(header) for header in headers}
    for rule_id, name, key in (
        ("RX-01", "doctor_headers", "doctor"),
        ("RX-02", "department_headers", "department"),
        ("RX-03", "hospital_headers", "hospital"),
    ):
        if rule_id in rules and labels & set(rules[rule_id].words(name)):
            found.add(key)  # type: ignore[arg-type]
    return found


def match_import(
    headers: Sequence[str], *, rules: Rulebook, keyed_by: Key | None = None, data_source: str = "", contract: str = ""
) -> Hit | None:
    """The first rule that refuses a file with these headers, or None."""
    keys = keys_of(headers, rules=rules, keyed_by=keyed_by)
    for rule_id, key, noun in (("RX-01", "doctor", "医生"), ("RX-02", "department", "科室")):
        if key in keys and (hit := _quantity_hit(headers, rules=rules, rule_id=rule_id, key=key, noun=noun)):  # type: ignore[arg-type]
            return hit
    if "hospital" in keys and (hit := _hospital_hit(headers, rules=rules, data_source=data_source, contract=contract)):
        return hit
    for header in headers:
        if hit := match_label(header, rules=rules):
            return hit
    return None


def _quantity_hit(headers: Sequence[str], *, rules: Rulebook, rule_id: str, key: Key, noun: str) -> Hit | None:
    rule = rules.get(rule_id)
    for header in headers if rule else ():
        if drug_quantity(header, rules=rules, key=key):
            sentence = f"列“{header.strip()}”是药品的数量，而文件按{noun}列出：按规则 {rule_id} 不能导入。"
            return Hit(rule_id, rule.version, sentence, header.strip())  # type: ignore[union-attr]
    return None


def _hospital_hit(headers: Sequence[str], *, rules: Rulebook, data_source: str, contract: str) -> Hit | None:
    header = next((h for h in headers if drug_quantity(h, rules=rules, key="hospital")), None)
    if header is None:
        return None
    gate, rule = rules.get("RX-04"), rules.get("RX-03")
    if gate and plain(data_source) in gate.words("allowed_sources"):
        if contract.strip():
            return None
        sentence = f"列“{header.strip()}”是本公司发货数量，按规则 RX-04 须写明合同号。"
        return Hit("RX-04", gate.version, sentence, header.strip())
    if rule is None:
        return None
    sentence = f"列“{header.strip()}”是医院的药品数量，来源不是本公司发票或经销合同：按规则 RX-03 不能导入。"
    return Hit("RX-03", rule.version, sentence, header.strip())


def _every(word: str, label: str) -> Iterable[re.Match[str]]:
    # look-ahead so that overlapping occurrences are all seen
    return (re.compile(re.escape(word)).match(label, m.start()) for m in re.finditer(f"(?={re.escape(word)})", label))  # type: ignore[misc]


def _longest_first(words: Iterable[str]) -> list[str]:
    return sorted((w for w in words if w), key=len, reverse=True)
