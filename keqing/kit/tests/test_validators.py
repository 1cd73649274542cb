"""Register numbers are cleaned to one written form or refused with a Chinese sentence."""

import csv
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from keqing.kit import validators as v

SHARED = Path(__file__).parents[4] / "shared" / "data"


def uscc_for(body: str) -> str:
    return body + v.uscc_check_sign(body)


@pytest.mark.parametrize(
    "code",
    ["91110000600037341L", "9153000077859986X2", " 9111 0000 6000 37341l ", "９１１１００００６０００３７３４１Ｌ"],
)
def test_valid_credit_codes_are_cleaned(code: str) -> None:
    assert len(v.clean_uscc(code)) == 18


@pytest.mark.parametrize("body", ["A1110000600037341", "N2320100MA1XYWQ3T", "Y1000000000000000"])
def test_a_credit_code_may_begin_with_a_letter(body: str) -> None:
    assert v.clean_uscc(uscc_for(body)).startswith(body)


@pytest.mark.parametrize(
    "code", ["91110000600037341M", "9111000060003734IL", "911100006000373", "", "9111000060003734SL"]
)
def test_wrong_credit_codes_are_refused_in_chinese(code: str) -> None:
    with pytest.raises(ValueError, match="统一社会信用代码"):
        v.clean_uscc(code)


def test_any_single_wrong_sign_is_noticed() -> None:
    code = uscc_for("91320100MA1XYWQ3T")
    for at, right in enumerate(code):
        for wrong in v.USCC_SIGNS.replace(right, ""):
            with pytest.raises(ValueError, match="校验位"):
                v.clean_uscc(code[:at] + wrong + code[at + 1 :])


def test_the_hundred_real_codes_are_valid() -> None:
    path = SHARED / "uscc_valid.csv"
    if not path.exists():
        pytest.skip("shared/data/uscc_valid.csv is not here")
    with path.open(encoding="utf-8-sig") as file:
        codes = [row[0] for row in csv.reader(file)][1:]
    assert [v.clean_uscc(code) for code in codes] == codes and len(codes) == 100


@pytest.mark.parametrize(
    "text",
    ["13800001234", "138 0000 1234", "+86 138-0000-1234", "１３８００００１２３４", "008613800001234", "8613800001234"],
)
def test_a_mobile_is_eleven_digits(text: str) -> None:
    assert v.clean_mobile(text) == "13800001234" == v.clean_phone(text)


@pytest.mark.parametrize("text", ["12800001234", "1380000123", "138000012345", "abc", ""])
def test_other_numbers_are_no_mobile(text: str) -> None:
    with pytest.raises(ValueError, match="手机号应为 11 位"):
        v.clean_mobile(text)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("0571-87783883", "0571-87783883"),
        ("(0571)87783883", "0571-87783883"),
        ("（０５７１）８７７８３８８３", "0571-87783883"),
        ("057187783883转802", "0571-87783883转802"),
        ("0571-87783883-802", "0571-87783883转802"),
        ("010 8321 1441", "010-83211441"),
        ("(02)28225812", "02-28225812"),
        ("（02）2822-5812 转 9", "02-28225812转9"),
        ("03-1234567", "03-1234567"),
        ("022-28225812", "022-28225812"),
        ("+86 10 83211441", "010-83211441"),
        ("0855-6221234 转 8", "0855-6221234转8"),
        ("400-810-1234", "400-810-1234"),
        ("4008101234", "400-810-1234"),
        ("800 810 1234", "800-810-1234"),
    ],
)
def test_landlines_have_one_written_form(text: str, clean: str) -> None:
    assert v.clean_phone(text) == clean == v.clean_phone(clean)


def test_a_landline_without_area_code_says_so() -> None:
    with pytest.raises(ValueError, match="缺少区号"):
        v.clean_phone("87783883")


@pytest.mark.parametrize("text", ["0571-8778388387022776", "12", "电话", ""])
def test_a_phone_nobody_can_dial_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="电话号码看不懂"):
        v.clean_phone(text)


@pytest.mark.parametrize("number", ["11010519491231002X", "11010519491231002x", "360426 19910101 0071"])
def test_identity_numbers_are_checked(number: str) -> None:
    assert len(v.clean_id_card(number)) == 18


@pytest.mark.parametrize(
    ("number", "why"), [("110105194912310021", "校验位"), ("110105194902300025", "出生日期"), ("1101051949", "18 位")]
)
def test_wrong_identity_numbers_are_refused(number: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        v.clean_id_card(number)


def test_nobody_is_born_tomorrow() -> None:
    with pytest.raises(ValueError, match="出生日期"):
        v.clean_id_card("11010519491231002X", today=date(1949, 12, 30))


def test_a_hospital_licence_has_22_signs_and_an_organisation_check() -> None:
    body = "40088012"
    good = body + v.organisation_check_sign(body) + "330106" + "1A10011"
    assert v.clean_hospital_licence(good.lower()) == good
    with pytest.raises(ValueError, match="22 位"):
        v.clean_hospital_licence(good[:-1])
    with pytest.raises(ValueError, match="校验位"):
        v.clean_hospital_licence("50088012" + good[8:])


@pytest.mark.parametrize(("body", "check"), [("60003734", "1"), ("77859986", "X")])
def test_the_organisation_check_agrees_with_known_credit_codes(body: str, check: str) -> None:
    assert v.organisation_check_sign(body) == check


def test_drug_licences_follow_the_province_pattern() -> None:
    assert v.clean_drug_licence(" 琼aa898000001 ") == "琼AA898000001"
    with pytest.raises(ValueError, match="药品经营许可证"):
        v.clean_drug_licence("海AA898000001")


CLEANERS = [
    v.clean_uscc,
    v.clean_mobile,
    v.clean_phone,
    v.clean_id_card,
    v.clean_hospital_licence,
    v.clean_drug_licence,
]


@pytest.mark.parametrize("clean", CLEANERS)
@pytest.mark.parametrize(
    "rubbish", ["", " ", "\x00", "一二三", "½¼①", "٠١٢٣٤٥٦٧٨٩٠", "x" * 500, "1" * 18, "💊", "²" * 18]
)
def test_rubbish_is_refused_with_a_sentence(clean: Callable[[str], str], rubbish: str) -> None:
    with pytest.raises(ValueError, match="。$"):
        clean(rubbish)
