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
# what a risky text can begin with at all: a look at one sign spares the pattern for nearly every cell
suspect = re.compile(f"['{_SIGNS}{_UNSEEN}]").match


def guarded(text: str) -> str:
    """The text as a csv may hold it."""
    return f"'{text}" if suspect(text) and _RISKY.match(text) else text


def unguarded(text: str) -> str:
    """What ``guarded`` was given."""
    return text[1:] if text[:1] == "'" and _GUARDED.match(text) else text
