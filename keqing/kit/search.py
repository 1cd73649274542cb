"""Search by any part of a name, by pinyin, initials, code or the end of a phone.

Each searchable row stores an array of short terms with a GIN index on it, and
three plain texts. A query is turned into alternatives: the terms a row must
all contain (the index finds the few candidates), and the text that must occur
in one of the plain columns (which removes what only shares the terms).

Terms, none of which can be mistaken for another kind:

    人, 人民     every one and two characters of a name
    i:r, i:rm    every one and two letters of the initials
    p:re, p:renmi   two and five letters from the start of each syllable
    c:a12        every three characters of a code; a shorter code as a whole
    t:1402       the last 4, 5, … 12 digits of a phone

PostgreSQL trigram indexes cannot serve one or two characters, which is how
Chinese is searched; two-character terms can.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .pinyin import readings

TEXT, PINYIN, INITIALS = "search_text", "search_pinyin", "search_initials"
SHORT_PREFIX, LONG_PREFIX = 2, 5
PHONE_TAIL, PHONE_LONGEST = 4, 12
LONGEST_WORD = 60

_LATIN = re.compile(r"[a-zü0-9]+")
_NO_DIGIT = re.compile(r"\D")
_COUNTRY = re.compile(r"^(00)?86(?=1\d{10}$)")
_EXTENSION = re.compile(r"转|ext|x|#")
_CHINESE = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
_RUNS = re.compile(r"[a-zü]+|[^a-zü]+")
_SYLLABLE = re.compile(
    r"(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?"
    r"(?:[iu]ang|iong|[aeio]ng|uai|uan|ian|iao|ai|ei|ao|ou|an|en|in|un|ia|ie|iu|ua|ue|ui|uo|vn|ve|er|[aoeiuv])"
)
_ONE_NUMBER = re.compile(r"\+?[\d\s()\-]+")


@dataclass(frozen=True, kw_only=True)
class SearchColumns:
    """What a searchable row stores; field names are the column names without `search_`."""

    terms: list[str]
    text: str
    pinyin: str
    initials: str


@dataclass(frozen=True, kw_only=True)
class Alternative:
    """One way a word can match: all `terms` present and `contains` inside `column`, and so for `more`.

    An empty `column` means the terms decide alone.
    """

    terms: tuple[str, ...]
    column: str = ""
    contains: str = ""
    more: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class SearchQuery:
    """What the user typed: every word must match by at least one of its alternatives."""

    words: tuple[tuple[Alternative, ...], ...]

    @property
    def is_empty(self) -> bool:
        return not self.words

    def matches(self, *, columns: SearchColumns) -> bool:
        """The same decision as the SQL, for tests and for small lists in memory."""
        return bool(self.words) and all(any(_holds(way, columns) for way in word) for word in self.words)


class MarkedText(str):
    """Stands for any text that is looked for in the same way: ``plan`` holds a mark in the place of each word of it."""

    plan: SearchQuery

    @classmethod
    def of(cls, plan: SearchQuery) -> "MarkedText":
        text = cls("\ue002")
        text.plan = plan
        return text


def normalise(text: str) -> str:
    """Half-width, lower-case, letters and digits only: signs and spaces never hide a match."""
    folded = unicodedata.normalize("NFKC", text).lower()
    # most names hold nothing else, and an import asks for tens of thousands
    return folded if folded.isalnum() else "".join(filter(str.isalnum, folded))


def search_columns(
    *, names: Iterable[str], codes: Iterable[str] = (), phones: Iterable[str] = (), person: bool = False
) -> SearchColumns:
    """Everything to store for a row. `names` are the name and its aliases."""
    names = [name for name in names if name and name.strip()]
    plain_names, plain_codes = [normalise(name) for name in names], [normalise(code) for code in codes]
    spoken = [(reading, "".join(reading)) for name in names for reading in readings(name, person=person) if reading]
    initials = ["".join([syllable[0] for syllable in reading]) for reading, _ in spoken]
    terms = _terms(plain_names, spoken, initials, plain_codes, phones)
    return SearchColumns(
        terms=list(dict.fromkeys(terms)),
        text="|".join(dict.fromkeys(filter(None, (*plain_names, *plain_codes)))),
        pinyin="|".join(dict.fromkeys([joined for _, joined in spoken])),
        initials="|".join(dict.fromkeys(initials)),
    )


def search_terms(
    *, names: Iterable[str], codes: Iterable[str] = (), phones: Iterable[str] = (), person: bool = False
) -> list[str]:
    """The terms of a row, each once, in a stable order."""
    return search_columns(names=names, codes=codes, phones=phones, person=person).terms


def query_plan(q: str) -> SearchQuery:
    """How to look for what the user typed; empty when nothing searchable was typed."""
    if isinstance(q, MarkedText):
        return q.plan
    whole = unicodedata.normalize("NFKC", q).strip()
    words = [whole] if _ONE_NUMBER.fullmatch(whole) else whole.split()
    plans = (_alternatives(part[:LONGEST_WORD]) for word in words for part in _parts(normalise(word)))
    return SearchQuery(words=tuple(plan for plan in plans if plan))


def _parts(word: str) -> list[str]:
    """张wd → 张, wd: whoever mixes characters and letters means the letters as pinyin."""
    return _RUNS.findall(word) if _CHINESE.search(word) else [word]


def _terms(
    names: Iterable[str], spoken: Iterable[tuple[tuple[str, ...], str]], initials: Iterable[str], codes: Iterable[str],
    phones: Iterable[str],
) -> list[str]:
    """With repetitions. Plain lists: a row has a hundred terms, an import ten thousand rows."""
    terms: list[str] = []
    for name in names:
        terms += _grams(name)
    for text in initials:
        terms += ["i:" + gram for gram in _grams(text)]
    for reading, joined in spoken:
        _add_pinyin_terms(terms, reading, joined)
    for code in codes:
        terms += _code_terms(code)
    for phone in phones:
        terms += _phone_terms(phone)
    return terms


def _grams(text: str) -> list[str]:
    return [*text, *map(str.__add__, text, text[1:])]


def _add_pinyin_terms(terms: list[str], reading: tuple[str, ...], joined: str) -> None:
    start, end = 0, len(joined)
    for syllable in reading:
        if end - start >= SHORT_PREFIX:
            terms.append("p:" + joined[start : start + SHORT_PREFIX])
            if end - start >= LONG_PREFIX:
                terms.append("p:" + joined[start : start + LONG_PREFIX])
        start += len(syllable)


def _code_terms(code: str) -> list[str]:
    if len(code) < 3:
        return ["c:" + code] if code else []
    return ["c:" + code[at : at + 3] for at in range(len(code) - 2)]


def _phone_terms(phone: str) -> Iterator[str]:
    main = _EXTENSION.split(phone.lower(), maxsplit=1)[0]
    for digits in dict.fromkeys((_digits(phone), _digits(main))) if main != phone.lower() else (_digits(phone),):
        longest = min(len(digits), PHONE_LONGEST)
        yield from ["t:" + digits[-length:] for length in range(PHONE_TAIL, longest + 1)]


def _digits(phone: str) -> str:
    digits = _NO_DIGIT.sub("", unicodedata.normalize("NFKC", phone))
    return _COUNTRY.sub("", digits)


def _alternatives(word: str) -> tuple[Alternative, ...]:
    if not word:
        return ()
    ways = [Alternative(terms=_name_terms(word), column=TEXT, contains=word)]
    if _LATIN.fullmatch(word) and not word.isdigit():
        ways.append(Alternative(terms=_initials_terms(word), column=INITIALS, contains=word))
        ways += _pinyin_ways(word)
    if word.isascii():
        ways.append(Alternative(terms=tuple(_code_terms(word)), column=TEXT, contains=word))
    digits = _digits(word) if word.isdigit() else ""
    if len(digits) >= PHONE_TAIL:
        ways.append(Alternative(terms=("t:" + digits[-PHONE_LONGEST:],)))
    return tuple(ways)


def _name_terms(word: str) -> tuple[str, ...]:
    if len(word) == 1:
        return (word,)
    return tuple(dict.fromkeys(word[at : at + 2] for at in range(len(word) - 1)))


def _initials_terms(word: str) -> tuple[str, ...]:
    return tuple("i:" + gram for gram in _name_terms(word))


def _pinyin_ways(word: str) -> list[Alternative]:
    """ü is stored as v, the way it is typed; a single letter is already an initial."""
    word = word.replace("ü", "v")
    if len(word) < SHORT_PREFIX:
        return []
    length = LONG_PREFIX if len(word) >= LONG_PREFIX else SHORT_PREFIX
    return [Alternative(terms=("p:" + word[:length],), column=PINYIN, contains=word), *_shortened(word)]


def _shortened(word: str) -> list[Alternative]:
    """zhangwd: some syllables in full, others by their initial alone."""
    first, runs, at, whole = "", [""], 0, True
    while at < len(word):
        syllable = _SYLLABLE.match(word, at)
        first += word[at]
        if syllable:
            runs[-1] += syllable.group()
            at = syllable.end()
        else:
            runs.append("")
            whole = False
            at += 2 if word[at : at + 2] in ("zh", "ch", "sh") else 1
    spoken = [run for run in runs if run]
    if whole or not spoken:
        return []
    more = tuple((PINYIN, run) for run in spoken)
    return [Alternative(terms=_initials_terms(first), column=INITIALS, contains=first, more=more)]


def _holds(way: Alternative, columns: SearchColumns) -> bool:
    texts = {TEXT: columns.text, PINYIN: columns.pinyin, INITIALS: columns.initials}
    wanted = ((way.column, way.contains), *way.more)
    return set(way.terms) <= set(columns.terms) and all(contains in texts.get(column, "") for column, contains in wanted)
