"""Pinyin of names, with the readings a dictionary of common words gets wrong.

pypinyin reads running text well and names badly: 曾 comes out as ceng, 单 as
dan, 朝阳 as zhaoyang. Surnames and place names therefore have tables of their
own (`pinyin_readings.py`); pypinyin reads the rest.
"""

import os
import re
import sys
import unicodedata
from functools import lru_cache
from importlib.resources import files

os.environ["PYPINYIN_NO_PHRASES"] = "1"  # the library would keep its dictionary of words as 45 MB of lists; see _take_words
from pypinyin import lazy_pinyin  # noqa: E402

from .pinyin_readings import COMPOUND_SURNAMES, PLACES, SURNAME_ALTERNATIVES, SURNAMES  # noqa: E402

_WITHOUT_TONES = str.maketrans("āáǎàēéěèōóǒòīíǐìūúǔùüǖǘǚǜńňǹḿ", "aaaaeeeeooooiiiiuuuuvvvvvnnnm")
_ENTRY = re.compile(r'"([^"]+)": \[(.*?\])\s*\]', re.DOTALL)
_WAY = re.compile(r'\[\s*"([^"]+)"')
_PLACE = re.compile("|".join(sorted(map(re.escape, PLACES), key=len, reverse=True)))


def full_pinyin(text: str, person: bool = False) -> str:
    """人民医院 → renminyiyuan; digits and Latin letters are kept, lower-case."""
    return "".join(readings(text, person=person)[0])


def initials(text: str, person: bool = False) -> str:
    """人民医院 → rmyy; digits and Latin letters are kept, so CT室 → cts."""
    return "".join(syllable[0] for syllable in readings(text, person=person)[0])


@lru_cache(maxsize=4096)
def readings(text: str, *, person: bool = False) -> tuple[tuple[str, ...], ...]:
    """Every reading worth finding a name by, the true one first, as syllables.

    A person called 曾 is also found by ceng: who does not know the true reading
    of a surname types the usual one. Each Latin letter or digit is a syllable.
    """
    text = unicodedata.normalize("NFKC", text).strip().lower()
    if not person:
        return (_read_institution(text),)
    return tuple(dict.fromkeys(_person_readings(text)))


def _person_readings(name: str) -> list[tuple[str, ...]]:
    surname, rest = name[:1], _read(name[1:])
    usual = _read(name)
    single = (SURNAMES[surname], *rest) if surname in SURNAMES else usual
    others = [(head, *rest) for head in SURNAME_ALTERNATIVES.get(surname, "").split()]
    if name[:2] in COMPOUND_SURNAMES and len(name) > 2:
        # 单于 and 长孙 may also be a single surname with a given name behind it.
        compound = (*COMPOUND_SURNAMES[name[:2]].split(), *_read(name[2:]))
        return [compound, single, usual, *others]
    return [single, usual, *others]


def _read_institution(text: str) -> tuple[str, ...]:
    found: list[str] = []
    position = 0
    for match in _PLACE.finditer(text):
        found += _read(text[position : match.start()])
        found += PLACES[match.group()].split()
        position = match.end()
    return (*found, *_read(text[position:]))


def _read(text: str) -> tuple[str, ...]:
    """Chinese goes to pypinyin, letters and digits stand for themselves, signs are dropped."""
    found: list[str] = []
    for word in _words(text):
        found += _read_word(word)
    return tuple(found)


def _words(text: str) -> list[str]:
    """The longest word the dictionary has at each place, as pypinyin cuts text, in a third of its time."""
    words, start, length = [], 0, len(text)
    while start < length:
        end = min(start + _LONGEST.get(text[start], 1), length)
        while end > start + 1 and text[start:end] not in _WORDS:
            end -= 1
        words.append(text[start:end])
        start = end
    return words


@lru_cache(maxsize=32768)
def _read_word(word: str) -> tuple[str, ...]:
    """A word reads the same wherever it stands, and names share most of theirs: 人民, 医院, 中心."""
    return _WORDS.get(word) or tuple(syllable for sign in word for syllable in _read_sign(sign))


def _read_sign(sign: str) -> list[str]:
    return lazy_pinyin(sign, errors=_letters)  # type: ignore[arg-type]


def _letters(run: str) -> list[str]:
    """A list keeps the items apart; pypinyin allows it, its type hints do not know."""
    return [sign for sign in run if sign.isalnum()]


def _take_words() -> tuple[dict[str, tuple[str, ...]], dict[str, int]]:
    """The words of the library's dictionary, and how long the longest is that begins with each sign.

    Of 47,000 words 3,400 are read otherwise than sign by sign; the others stand here only because the longest word
    counts. The library keeps a list of lists for each, 45 MB in every process: they are let go.
    """
    signs: dict[str, str] = {}
    words: dict[str, tuple[str, ...]] = {}
    longest: dict[str, int] = {}
    text = (files("pypinyin") / "phrases_dict.json").read_text(encoding="utf-8")
    for found in _ENTRY.finditer(text):
        word, ways = found.groups()
        reading = tuple(map(sys.intern, _WAY.findall(ways.translate(_WITHOUT_TONES))))
        for sign in word:
            if sign not in signs:
                signs[sign] = sys.intern("".join(_read_sign(sign)))
        words[word] = () if reading == tuple(signs[sign] for sign in word) else reading
        longest[word[0]] = max(longest.get(word[0], 0), len(word))
    return words, longest


_WORDS, _LONGEST = _take_words()
