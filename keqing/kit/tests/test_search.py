"""A name is found by whatever part of it a person remembers; nothing is missed."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keqing.kit.pinyin import initials, readings
from keqing.kit.pinyin_readings import COMPOUND_SURNAMES, SURNAMES
from keqing.kit.search import SearchColumns, normalise, query_plan, search_columns, search_terms

GIVEN = "晓明雅静建国志强海燕文博子涵宇轩欣怡佳琪浩然思远乐朝长重行都"
PLACES = ["重庆市", "厦门", "长沙市", "朝阳区", "呼和浩特", "六安市", "广东省", "乐清市", "石家庄", "曾都区"]
KINDS = [
    "第一人民医院",
    "中医院",
    "妇幼保健院",
    "大药房(东街店)",
    "医药有限公司",
    "CT影像中心",
    "肿瘤医院３部",
    "口腔门诊部",
]

person_names = st.builds(
    lambda surname, given: surname + given,
    st.sampled_from([*SURNAMES, *COMPOUND_SURNAMES, *"王李张刘陈吕"]),
    st.text(st.sampled_from(GIVEN), min_size=1, max_size=2),
)
institution_names = st.builds(lambda *parts: "".join(parts), *map(st.sampled_from, (PLACES, ["", "仁爱", "康"], KINDS)))


def found(q: str, columns: SearchColumns) -> bool:
    return query_plan(q).matches(columns=columns)


def misses(name: str, *, person: bool) -> list[str]:
    """Every way of asking for a name that does not find it."""
    columns = search_columns(names=[name], person=person)
    asked = {name[start:end] for start in range(len(name)) for end in range(start + 1, len(name) + 1)}
    asked = {part for part in asked if normalise(part)}
    for reading in readings(name, person=person):
        short = "".join(syllable[0] for syllable in reading)
        asked |= {short[start:end] for start in range(len(short)) for end in range(start + 1, len(short) + 1)}
        for start in range(len(reading)):
            rest = "".join(reading[start:])
            asked |= {rest[:length] for length in range(1, len(rest) + 1)}
    return [q for q in asked if not found(q, columns)]


@pytest.mark.proves("T30")
@settings(max_examples=150, deadline=None)
@given(person_names)
def test_a_person_is_found_by_any_part_and_any_reading(name: str) -> None:
    assert misses(name, person=True) == []


@pytest.mark.proves("T30")
@settings(max_examples=60, deadline=None)
@given(institution_names)
def test_an_institution_is_found_by_any_part_and_any_reading(name: str) -> None:
    assert misses(name, person=False) == []


@pytest.mark.proves("T30")
def test_five_thousand_names_are_found_without_a_miss() -> None:
    dice = random.Random(30)
    surnames = [*SURNAMES, *COMPOUND_SURNAMES]
    names = [dice.choice(surnames) + "".join(dice.choices(GIVEN, k=dice.choice((1, 2)))) for _ in range(5000)]
    missed = []
    for name in names:
        columns = search_columns(names=[name], person=True)
        start = dice.randrange(len(name))
        spoken = "".join(readings(name, person=True)[0])
        asked = [name[start : dice.randint(start + 1, len(name))], spoken, initials(name, person=True)]
        missed += [(name, q) for q in asked if not found(q, columns)]
    assert missed == []


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=20), st.text(max_size=12))
def test_any_text_can_be_stored_and_asked(name: str, q: str) -> None:
    columns = search_columns(names=[name])
    assert not found(q, columns) or normalise(q)
    if normalise(name) and not any(sign.isspace() for sign in name):
        assert found(name, columns)


def test_terms_that_agree_by_accident_do_not_match() -> None:
    columns = search_columns(names=["医院东人民路药店"])
    assert found("人民路", columns)
    assert not found("药店东人民", columns)
    assert not found("enmin", columns)


def test_an_alias_finds_the_institution() -> None:
    columns = search_columns(names=["江城市第一人民医院", "江城一院"])
    assert found("江城一院", columns) and found("jcyy", columns) and found("一院", columns)


def test_full_width_case_brackets_and_spaces_do_not_hide_a_name() -> None:
    columns = search_columns(names=["ＢＫ－康达 医疗（江城）有限公司"])
    assert all(found(q, columns) for q in ("bk", "ＢＫ康", "康达医疗", "医疗(江城)", "康达 有限", "医疗 jcyx"))


def test_traditional_characters_are_kept() -> None:
    columns = search_columns(names=["天康連鎖藥局"])
    assert found("連鎖藥", columns) and not found("连锁", columns)


@pytest.mark.parametrize(
    "q", ["1402", "41402", "12341402", "18612341402", "186 1234 1402", "+86 186-1234-1402", "１４０２"]
)
def test_a_phone_is_found_by_its_end(q: str) -> None:
    assert found(q, search_columns(names=["仲晓"], phones=["+86 186 1234 1402"], person=True))


@pytest.mark.parametrize("q", ["3883", "87783883", "0571-87783883", "057187783883"])
def test_a_landline_is_found_without_its_extension(q: str) -> None:
    assert found(q, search_columns(names=["江城医院"], phones=["0571-87783883转802"]))


def test_three_digits_do_not_reveal_a_phone() -> None:
    assert not found("402", search_columns(names=["仲晓"], phones=["18612341402"], person=True))


@pytest.mark.parametrize("q", ["H-1023", "h1023", "1023", "102", "A1", "a1"])
def test_a_code_is_found_by_any_three_signs_or_as_a_whole(q: str) -> None:
    assert found(q, search_columns(names=["江城医院"], codes=["H-1023", "A1"]))


def test_code_terms_never_answer_for_a_name_column_accident() -> None:
    assert not found("h1923", search_columns(names=["江城医院"], codes=["H1023", "X192", "923"]))


def test_all_words_must_match() -> None:
    columns = search_columns(names=["江城市第一人民医院"])
    assert found("江城 rmyy", columns) and not found("江城 中医", columns)


def test_signs_alone_ask_for_nothing() -> None:
    assert query_plan("（）—!").is_empty and query_plan("  ").is_empty


@pytest.mark.parametrize("name", ["广东省第二人民医院附属", "广州中医药大学第一附属医", "内蒙古自治区第四人民医院"])
def test_a_hospital_of_twelve_characters_costs_fewer_than_seventy_terms(name: str) -> None:
    assert len(search_terms(names=[name])) < 70


@pytest.mark.proves("T30", "U33")
@pytest.mark.parametrize("q", ["张wd", "zhang卫d", "zhangwd", "zweid", "张卫dong", "ZhangWD", "z卫东"])
def test_characters_and_pinyin_and_initials_may_be_mixed(q: str) -> None:
    assert found(q, search_columns(names=["张卫东"], person=True))


@pytest.mark.proves("T30")
@pytest.mark.parametrize("q", ["张xd", "liwd", "zhangdw"])
def test_a_mixed_query_that_says_another_name_does_not_find_it(q: str) -> None:
    assert not found(q, search_columns(names=["张卫东"], person=True))
