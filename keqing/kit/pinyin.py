"""Pinyin of names, with the readings a dictionary of common words gets wrong.

pypinyin reads running text well and names badly: 曾 comes out as ceng, 单 as
dan, 朝阳 as zhaoyang. Surnames and place names therefore have tables of their
own (`pinyin_readings.py`); pypinyin reads the rest.
"""

import re
import unicodedata
from functools import lru_cache

from pypinyin import lazy_pinyin
from pypinyin.constants import PHRASES_DICT
from pypinyin.seg.mmseg import p_set

from .pinyin_readings import COMPOUND_SURNAMES, PLACES, SURNAME_ALTERNATIVES, SURNAMES

_PREFIXES = p_set._set  # asked for every sign of every name: a call less each
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
        end = last = start + 1
        while end <= length and (part := text[start:end]) in _PREFIXES:
            if part in PHRASES_DICT:
                last = end
            end += 1
        words.append(text[start:last])
        start = last
    return words


@lru_cache(maxsize=32768)
def _read_word(word: str) -> tuple[str, ...]:
    """A word reads the same wherever it stands, and names share most of theirs: 人民, 医院, 中心."""
    return tuple(lazy_pinyin(word, errors=_letters))  # type: ignore[arg-type]


def _letters(run: str) -> list[str]:
    """A list keeps the items apart; pypinyin allows it, its type hints do not know."""
    return [sign for sign in run if sign.isalnum()]
