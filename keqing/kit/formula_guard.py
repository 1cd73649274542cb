"""Text that a spreadsheet would take for a formula, made harmless in a csv, and the text again.

A csv has no types: Excel, WPS and LibreOffice read a cell that begins with one of the signs below as a formula.
An apostrophe in front keeps it text. A text that itself looks guarded gets one more, so that ``unguarded``
restores every text exactly. Workbooks need none of this: there a cell says that it is text.
"""

import re

# signs of every width, spaces and invisible signs before them; a leading tab or line end is dangerous by itself
_SIGNS = "=+\\-@＝＋－＠﹢﹣﹦﹫−"
_UNSEEN = "\\s\u00ad\u200b-\u200f\u2060\ufeff"
_RISKY = re.compile(f"'*[{_UNSEEN}]*[{_SIGNS}]|'*[\t\r\n]")
_GUARDED = re.compile(f"''*[{_UNSEEN}]*[{_SIGNS}]|''*[\t\r\n]")
# what a risky text can begin with at all: a look at one sign (text[:1] in SUSPECT) spares the pattern for nearly every cell
_SPACES = "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
SUSPECT = frozenset(f"'{_SIGNS}{_SPACES}{_INVISIBLE}") - {"\\"}


def guarded(text: str) -> str:
    """The text as a csv may hold it."""
    return f"'{text}" if text[:1] in SUSPECT and _RISKY.match(text) else text


def unguarded(text: str) -> str:
    """What ``guarded`` was given."""
    return text[1:] if text[:1] == "'" and _GUARDED.match(text) else text
