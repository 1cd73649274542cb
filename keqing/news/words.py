"""Product words: how they are written, and when a piece of news speaks of one. Plain text, no tables."""

import re
import unicodedata
from collections.abc import Collection, Iterable

MOST, LONGEST = 20, 40
_BETWEEN = re.compile(r"[,，、;；\n]+")


def split(text: str) -> list[str]:
    """The words of a line as they are written, each once."""
    words = (" ".join(part.split()) for part in _BETWEEN.split(text))
    return list({folded(word): word for word in words if word}.values())


def folded(word: str) -> str:
    """How words are compared: full and half width, capitals and spaces make no difference."""
    return "".join(unicodedata.normalize("NFKC", word).casefold().split())


def speaks_of(wanted: str, *, products: Iterable[str], title: str) -> bool:
    """Whether the product is one of those named, part of a named one (阿莫西林 in 阿莫西林胶囊), or in the headline."""
    word = folded(wanted)
    return bool(word) and any(word in folded(text) for text in (*products, title))


def wrong(words: Collection[str]) -> str:
    """What is wrong with a list of words, as a sentence; empty when nothing is."""
    if len(words) > MOST:
        return f"最多写 {MOST} 个产品。"
    long = next((word for word in words if len(word) > LONGEST), "")
    return f"产品“{long[:20]}…”超过 {LONGEST} 个字。" if long else ""
