"""The header is found wherever staff put it, and only data rows reach the import."""

from pathlib import Path

import pytest

from keqing.interchange.headers import (
    FieldSpec,
    HeaderGuess,
    SkipReason,
    body_below,
    find_header,
    match_columns,
    normalise_header,
)
from keqing.interchange.spreadsheet import read_sheet

SHARED = Path(__file__).parents[4] / "shared" / "data"
FIELDS = [
    FieldSpec(key="name", label="名称", synonyms=("医院名称", "机构名称", "单位名称")),
    FieldSpec(key="grade", label="等级", synonyms=("医院等级",)),
    FieldSpec(key="region", label="地区", synonyms=("所在地区", "城市")),
    FieldSpec(key="address", label="地址", synonyms=("详细地址",)),
    FieldSpec(key="phone", label="电话", synonyms=("联系电话", "TEL")),
]
KNOWN = {name for field in FIELDS for name in field.names}


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("药品统一编码(必填)", "药品统一编码"),
        ("年月（yyyy-mm）（必填）", "年月"),
        ("＊ 姓　名：", "姓名"),
        ("医院\n名称 *", "医院名称"),
        ("是否厂商 1是0否", "是否厂商"),
        ("是否禁用（1禁用，0不禁用）", "是否禁用"),
        ("电话必填", "电话"),
        ("【必填】名称", "名称"),
        ("（备注）", "备注"),
        ("ＴＥＬ", "tel"),
        ("", ""),
    ],
)
def test_marks_and_brackets_are_not_part_of_a_header(typed: str, plain: str) -> None:
    assert normalise_header(typed) == plain


def test_the_header_is_found_under_title_lines() -> None:
    rows = [
        ["江城大区医院名单", "", "", ""],
        ["制表：市场部", "", "", "2026-08-01"],
        ["", "", "", ""],
        ["序号", "医院名称（必填）", "医院等级", "联系电话"],
        ["1", "江城医院", "三级甲等", "0571-87783883"],
    ]
    guess = find_header(rows, KNOWN)
    assert (guess.index, guess.confidence) == (3, 1.0)
    assert match_columns(guess.headers, FIELDS) == {1: "name", 2: "grade", 3: "phone"}


def test_a_two_line_header_is_read_together() -> None:
    rows = [["名称", "联系方式", ""], ["", "电话", "地址"], ["江城医院", "0571-87783883", "东街 1 号"]]
    guess = find_header(rows, KNOWN)
    assert guess.index == 1
    assert guess.headers == ["名称", "电话", "地址"]


def test_without_any_known_name_the_guess_is_unsure() -> None:
    rows = [["单位", "所属", "编号"], ["江城医院", "东区", "12"]]
    guess = find_header(rows, KNOWN)
    assert guess == HeaderGuess(index=0, headers=["单位", "所属", "编号"], confidence=0.3)


def test_a_sheet_without_header_has_no_confidence() -> None:
    assert find_header([["1", "2026-08-01", "3.5"]], KNOWN).confidence == 0
    assert find_header([], KNOWN) == HeaderGuess(index=0, headers=[], confidence=0.0)
    assert find_header([["", ""]], KNOWN).confidence == 0


def test_a_data_row_with_a_known_word_does_not_win_over_the_header() -> None:
    rows = [["名称", "地址"], ["城市", "电话"], ["江城医院", "东街"]]
    assert find_header(rows, KNOWN).index == 0


def test_rows_that_are_no_data_are_skipped_with_a_reason() -> None:
    rows = [
        ["名称（必填）", "等级", "数量"],
        ["必填", "选填", ""],
        ["江城医院", "三甲", "3"],
        ["", "", ""],
        ["名称", "等级", "数量"],
        ["东湖医院", "二甲", "4"],
        ["合计：", "", "7"],
        ["", "总　计", "7"],
        ["合计医院", "二甲", "1"],
    ]
    body = body_below(rows, find_header(rows, KNOWN))
    assert [(row.line, row.cells[0]) for row in body.rows] == [(3, "江城医院"), (6, "东湖医院"), (9, "合计医院")]
    assert [(row.line, row.reason) for row in body.skipped] == [
        (2, SkipReason.MARKS),
        (5, SkipReason.REPEATED_HEADER),
        (7, SkipReason.TOTAL),
        (8, SkipReason.TOTAL),
    ]


def test_two_columns_never_feed_one_field() -> None:
    found = match_columns(["单位名称", "名称", "医院名称", "联系电话", "电话"], FIELDS)
    assert sorted(found.values()) == sorted(set(found.values()))
    assert len(found) == 2


def test_the_closest_column_wins() -> None:
    assert match_columns(["医院电话", "电话（必填）", "地址"], FIELDS) == {1: "phone", 2: "address"}
    assert match_columns(["采购数量"], [FieldSpec(key="n", label="数量")]) == {0: "n"}
    assert match_columns(["数量单位"], [FieldSpec(key="n", label="数量")]) == {}
    assert match_columns(["上级主管姓名"], [FieldSpec(key="name", label="姓名")]) == {}


def test_fields_may_come_from_a_generator() -> None:
    assert match_columns(["电话", "地址"], (field for field in FIELDS)) == {0: "phone", 1: "address"}


@pytest.mark.parametrize(
    ("file", "sheet", "index", "found"),
    [
        ("hospitals.xlsx", "全国医院", 0, {1: "name", 2: "region", 3: "grade"}),
        ("hospitals.xlsx", "医院地址电话", 0, {0: "name", 2: "region", 4: "grade", 6: "address", 7: "phone"}),
        ("messy_hospitals_gb18030.csv", None, 0, {1: "name", 2: "address", 6: "grade"}),
        ("messy_hospital_phone_as_number.xlsx", None, 0, {6: "phone", 9: "grade"}),
        ("template_companyTemplate.xlsx", None, 0, {1: "name"}),
    ],
)
def test_real_files_are_understood(file: str, sheet: str | None, index: int, found: dict[int, str]) -> None:
    if not (SHARED / file).exists():
        pytest.skip(f"shared/data/{file} is not here")
    guess = find_header(read_sheet(SHARED / file, sheet).rows, KNOWN)
    assert guess.index == index
    assert match_columns(guess.headers, FIELDS) == found


def test_the_store_coverage_export_has_its_header_in_line_two() -> None:
    path = SHARED / "messy_store_coverage.xlsx"
    if not path.exists():
        pytest.skip("shared/data/messy_store_coverage.xlsx is not here")
    rows = read_sheet(path, "全量导出").rows
    for known in ({"城市", "姓名", "门店名称"}, {"没有这一列"}):
        guess = find_header(rows, known)
        assert guess.index == 1
    assert len(body_below(rows, guess).rows) == 866
