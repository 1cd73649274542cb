"""What a person without the right sees instead of a name or number, and what logs show."""

import logging
import re
from typing import Any, Literal

from .pinyin_readings import COMPOUND_SURNAMES

IdStrength = Literal["light", "medium", "strong"]

_ID = re.compile(
    r"(?<![0-9A-Za-z])([1-9]\d{5})(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{2}(\d[0-9Xx])(?![0-9A-Za-z])"
)
_MOBILE = re.compile(r"(?<![0-9A-Za-z])((?:\+?86[ -]?)?1[3-9]\d)([ -]?)\d{4}\2(\d{4})(?!\d)")
_LANDLINE = re.compile(r"(?<![0-9A-Za-z])(0\d{2,3})-(\d{3,4})(\d{4})(?!\d)")


def mask_name(name: str) -> str:
    """仲妮 → 仲*, 仲小妮 → 仲*妮, 欧阳小妮 → 欧阳*妮."""
    name = name.strip()
    if len(name) <= 1:
        return "*" if name else ""
    if len(name) == 2:
        return name[0] + "*"
    head = 2 if name[:2] in COMPOUND_SURNAMES and len(name) > 3 else 1
    return name[:head] + "*" * (len(name) - head - 1) + name[-1]


def mask_phone(phone: str) -> str:
    """18612341402 → 186 **** 1402; 0571-87783883转802 → 0571-****3883."""
    digits = re.sub(r"\D", "", re.split(r"转|#", phone)[0])
    mobile = re.sub(r"^(00)?86(?=1\d{10}$)", "", digits)
    if len(mobile) == 11 and mobile[0] == "1":
        return f"{mobile[:3]} **** {mobile[-4:]}"
    if digits.startswith("0") and len(digits) >= 10:
        area = 3 if digits[1] in "12" else 4
        return f"{digits[:area]}-****{digits[-4:]}"
    if len(digits) < 7:
        return "****" if phone.strip() else ""
    return f"{digits[:3]} **** {digits[-2:]}"


def mask_id(number: str, *, strength: IdStrength = "medium") -> str:
    """An identity card: light hides the birthday, medium keeps 3 + 2 signs, strong only 1 + 1."""
    number = number.strip()
    keep_head, keep_tail = {"light": (6, 4), "medium": (3, 2), "strong": (1, 1)}[strength]
    if len(number) <= keep_head + keep_tail:
        return "*" * len(number)
    return number[:keep_head] + "*" * (len(number) - keep_head - keep_tail) + number[-keep_tail:]


def mask_bank(number: str) -> str:
    """Only the last four digits of a card or account: **** 8821."""
    digits = re.sub(r"\W", "", number)
    if len(digits) < 8:
        return "****" if digits else ""
    return f"**** {digits[-4:]}"


def mask_text(text: str) -> str:
    """Free text with every phone and identity number in it masked."""
    text = _ID.sub(lambda match: match.group(1)[:3] + "*" * 13 + match.group(2), text)
    text = _MOBILE.sub(lambda match: f"{match.group(1)}****{match.group(3)}", text)
    return _LANDLINE.sub(lambda match: f"{match.group(1)}-****{match.group(3)}", text)


class LogMask(logging.Filter):
    """Masks phones and identity numbers in a record: message, arguments and traceback text."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = _masked(record.msg)
        if isinstance(record.args, dict):
            record.args = {key: _masked(value) for key, value in record.args.items()}
        elif record.args:
            record.args = tuple(_masked(value) for value in record.args)
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = mask_text(record.exc_text)
        return True


def _masked(value: Any) -> Any:
    """Numbers stay numbers (%d must still work) unless they are themselves a phone."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return value if mask_text(str(value)) == str(value) else _MaskedNumber(value)
    text = str(value)
    masked = mask_text(text)
    return value if masked == text else masked


class _MaskedNumber(int):
    """A phone kept as a number: %s shows it masked, %d shows only its last four digits."""

    def __new__(cls, value: float) -> "_MaskedNumber":
        made = super().__new__(cls, int(value) % 10_000)
        made.shown = mask_text(str(value))
        return made

    shown: str

    def __str__(self) -> str:
        return self.shown

    __repr__ = __str__
