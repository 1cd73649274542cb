"""Masked names and numbers show enough to recognise and too little to misuse."""

import logging
import sys

import pytest

from keqing.kit import masks


@pytest.mark.parametrize(
    ("name", "masked"),
    [("仲妮", "仲*"), ("仲小妮", "仲*妮"), ("欧阳小妮", "欧阳*妮"), ("阿依古丽", "阿**丽"), ("妮", "*"), ("", "")],
)
def test_a_name_keeps_its_surname_and_last_sign(name: str, masked: str) -> None:
    assert masks.mask_name(name) == masked


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("18612341402", "186 **** 1402"),
        ("+86 186 1234 1402", "186 **** 1402"),
        ("0571-87783883", "0571-****3883"),
        ("0571-87783883转802", "0571-****3883"),
        ("010-83211441", "010-****1441"),
        ("400-810-1234", "400 **** 34"),
        ("12345", "****"),
        ("", ""),
    ],
)
def test_a_phone_keeps_its_ends(phone: str, masked: str) -> None:
    assert masks.mask_phone(phone) == masked


def test_identity_numbers_have_three_strengths() -> None:
    number = "11010519491231002X"
    assert masks.mask_id(number, strength="light") == "110105********002X"
    assert masks.mask_id(number) == "110*************2X"
    assert masks.mask_id(number, strength="strong") == "1****************X"
    assert masks.mask_id("12") == "**"


def test_a_bank_card_keeps_four_digits() -> None:
    assert masks.mask_bank("6222 0000 1111 8821") == "**** 8821"
    assert masks.mask_bank("123") == "****"


def logged(message: object, *args: object) -> str:
    record = logging.LogRecord("x", logging.INFO, "x.py", 1, message, args, None)
    assert masks.LogMask().filter(record)
    return record.getMessage()


@pytest.mark.proves("T70")
@pytest.mark.parametrize(
    "secret", ["18612341402", "186 1234 1402", "+8618612341402", "11010519491231002X", "0571-87783883"]
)
def test_a_log_line_never_shows_a_phone_or_identity_number(secret: str) -> None:
    for line in (
        logged(f"来自{secret}。"),
        logged("来自%s。", secret),
        logged("%s", [secret]),
        logged("%(who)s", {"who": secret}),
    ):
        assert secret not in line and "*" in line


def test_a_phone_logged_as_a_number_is_masked_too() -> None:
    assert logged("%s", 18612341402) == "186****1402"
    assert logged("%d", 18612341402) == "1402"


def test_other_numbers_in_logs_are_left_alone() -> None:
    line = logged("%d rows in %.2f s, order %s, %s", 15374, 1.5, "2026080112345678", True)
    assert line == "15374 rows in 1.50 s, order 2026080112345678, True"


def test_a_traceback_is_masked() -> None:
    try:
        raise KeyError("18612341402")
    except KeyError:
        record = logging.LogRecord("x", logging.ERROR, "x.py", 1, "failed", (), sys.exc_info())
    masks.LogMask().filter(record)
    text = logging.Formatter().format(record)
    assert "KeyError" in text and "18612341402" not in text
