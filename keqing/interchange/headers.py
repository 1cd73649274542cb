"""Where the header of a sheet is, which column is which field, which rows are data.

Staff put titles above the header, marks like （必填） into it, repeat it on every
printed page and close with a total. None of that should reach the import.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

LOOK_AT = 30
GOOD_ENOUGH = 0.6

_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】|〔[^〔〕]*〕|<[^<>]*>")
_YES_NO = re.compile(r"[01][、:=.]?[^\d\s]{1,4}[,，;；/]?[01][、:=.]?[^\d\s]{1,4}$")
_ORNAMENT = re.compile(r"[\s*★☆:_\-]+|(?:必填项?|选填|非必填)$")
_VALUE = re.compile(r"[\d.,:/\-+%¥\s()转]*\d[\d.,:/\-+%¥\s()转]*|[A-Za-z]{0,3}\d{4,}")
_TOTAL = re.compile(
    r"(?:本页|全部|以上)?(?:合计|总计|小计|共计|累计|总和)(?:[:]?[\d.,]*|\(.*\))|(?:grand)?(?:total|sum):?"
)
# headers of lists from Taiwan and Hong Kong, and 巿 (fú) that is often typed for 市
_SIMPLE = str.maketrans(
    "藥醫診門稱區縣鄉鎮電話號碼編類別備註級層師職務業員單郵經緯時間總連鎖負責聯繫絡廠產參國際專長簡歷數點營執證統條屬體質種巿",
    "药医诊门称区县乡镇电话号码编类别备注级层师职务业员单邮经纬时间总连锁负责联系络厂产参国际专长简历数点营执证统条属体质种市",
)
_BEFORE_A_HEADER = "*＊★☆:：_-([（【〔< \u3000"
_MARKS = {"必填", "选填", "非必填", "必填项", "选填项", "可选", "文本", "数字", "日期"}


class SkipReason(StrEnum):
    """Why a row below the header is no data; the value is the word for the user."""

    REPEATED_HEADER = "重复的表头"
    TOTAL = "合计行"
    MARKS = "填写说明"


@dataclass(frozen=True, kw_only=True)
class FieldSpec:
    """A field that a column may hold: its key, its label and other names it goes by."""

    key: str
    label: str
    synonyms: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return (self.label, *self.synonyms)


@dataclass(frozen=True, kw_only=True)
class HeaderGuess:
    """The row taken for the header; below a confidence of 0.5 the user should be asked."""

    index: int
    headers: list[str]
    confidence: float


@dataclass(frozen=True, kw_only=True)
class DataRow:
    """A row of data and its line number in the file, counted from 1 as Excel does."""

    line: int
    cells: list[str]


@dataclass(frozen=True, kw_only=True)
class SkippedRow:
    line: int
    reason: SkipReason


@dataclass(frozen=True, kw_only=True)
class Body:
    """What stands below the header. Blank rows are neither data nor worth a word."""

    rows: list[DataRow]
    skipped: list[SkippedRow]


def normalise_header(text: str) -> str:
    """药品统一编码(必填) → 药品统一编码; 是否厂商 1是0否 → 是否厂商; ＊姓　名： → 姓名; 藥局名稱 → 药局名称."""
    folded = unicodedata.normalize("NFKC", text).lower().translate(_SIMPLE)
    bare = _ORNAMENT.sub("", _BRACKETS.sub("", folded))
    bare = _ORNAMENT.sub("", _YES_NO.sub("", bare))
    return bare or re.sub(r"[\s()\[\]【】<>*:]", "", folded)


def find_header(rows: Sequence[Sequence[str]], known: set[str]) -> HeaderGuess:
    """The row that names most fields of `known` (labels and synonyms, in any spelling).

    When no row names any, the first row that looks like names, not values, is
    taken with low confidence.
    """
    wanted = {normalise_header(name) for name in known}
    scores = [(_known_cells(row, wanted), index) for index, row in enumerate(rows[:LOOK_AT])]
    best, index = max(scores, key=lambda score: (score[0], -score[1]), default=(0.0, 0))
    if best:
        headers = _headers_at(rows, index)
        share = best / max(1, sum(1 for header in headers if header))
        return HeaderGuess(index=index, headers=headers, confidence=round(_confidence(best, share), 2))
    index = _first_row_of_names(rows)
    named = bool(rows) and _looks_like_names(rows[index], _width(rows))
    return HeaderGuess(index=index, headers=_headers_at(rows, index), confidence=0.3 if named else 0.0)


def match_columns(headers: Sequence[str], fields: Iterable[FieldSpec]) -> dict[int, str]:
    """Column → field key: spelled alike, then alike without marks, then one inside the other.

    A field gets at most one column and a column at most one field; the closest
    pair wins, the earlier column on a tie.
    """
    wanted = tuple(fields)
    pairs = [
        (-likeness, column, order, field.key)
        for column, header in enumerate(headers)
        for order, field in enumerate(wanted)
        if (likeness := max(_likeness(header, name) for name in field.names)) >= GOOD_ENOUGH
    ]
    found: dict[int, str] = {}
    for _closeness, column, _order, key in sorted(pairs):
        if column not in found and key not in found.values():
            found[column] = key
    return dict(sorted(found.items()))


def body_below(rows: Sequence[Sequence[str]], header: HeaderGuess) -> Body:
    """The data rows under a header, without its repetitions, totals, marks and blank rows."""
    names = [normalise_header(name) for name in header.headers]
    starts = {name[:1] for name in (*names, *header.headers)} | set(_BEFORE_A_HEADER)
    data: list[DataRow] = []
    skipped: list[SkippedRow] = []
    for index in range(header.index + 1, len(rows)):
        cells = list(rows[index])
        if not any(cells):
            continue
        reason = _reason_to_skip(cells, names, starts)
        if reason:
            skipped.append(SkippedRow(line=index + 1, reason=reason))
        else:
            data.append(DataRow(line=index + 1, cells=cells))
    return Body(rows=data, skipped=skipped)


def headers_at(rows: Sequence[Sequence[str]], index: int) -> list[str]:
    """The names a row gives its columns, with those of a group header above where it has none."""
    return _headers_at(rows, index) if index < len(rows) else []


def _known_cells(row: Sequence[str], wanted: set[str]) -> float:
    """How many different known names a row holds; a value-like or long cell counts against it."""
    names = {normalise_header(cell) for cell in row if cell and len(cell) <= 60}
    hits = len(names & wanted)
    values = sum(1 for cell in row if cell and _VALUE.fullmatch(cell))
    return max(0.0, hits - values * 0.5)


def _confidence(hits: float, share: float) -> float:
    """One known name proves little, three prove much; so does a high share of known ones."""
    return min(1.0, 0.25 * min(hits, 3) + 0.25 * min(1.0, share * 2))


def _headers_at(rows: Sequence[Sequence[str]], index: int) -> list[str]:
    """The names of a row; where it has none, those of a group header right above it."""
    if not rows:
        return []
    row = list(rows[index])
    above = list(rows[index - 1]) if index else []
    if sum(1 for cell in above if cell) < 2 or any(_VALUE.fullmatch(cell) for cell in above if cell):
        return row
    return [cell or (above[at] if at < len(above) else "") for at, cell in enumerate(row)]


def _first_row_of_names(rows: Sequence[Sequence[str]]) -> int:
    width = _width(rows)
    for index, row in enumerate(rows[:LOOK_AT]):
        if _looks_like_names(row, width):
            return index
    return next((index for index, row in enumerate(rows) if any(row)), 0)


def _looks_like_names(row: Sequence[str], width: int) -> bool:
    filled = [cell for cell in row if cell]
    if len(filled) < 0.6 * width or len(set(filled)) < len(filled):
        return False
    return bool(filled) and not any(_VALUE.fullmatch(cell) or len(cell) > 20 for cell in filled)


def _width(rows: Sequence[Sequence[str]]) -> int:
    return max((sum(1 for cell in row if cell) for row in rows[:LOOK_AT]), default=0)


def _likeness(header: str, name: str) -> float:
    """3 spelled alike, 2 alike without marks, otherwise the shorter one's share of the longer.

    The head of a Chinese compound stands last, so 采购数量 is a 数量 and 数量单位 is not.
    """
    if header.strip() == name:
        return 3.0
    one, other = normalise_header(header), normalise_header(name)
    if not one or not other:
        return 0.0
    if one == other:
        return 2.0
    short, long = sorted((one, other), key=len)
    # 名称 alone says nothing of whose name: 药局名称 is no 医院名称
    if len(short) < 2 or short == "名称" or short not in long:
        return 0.0
    return len(short) / len(long) + (0.2 if long.endswith(short) else -0.1)


def _reason_to_skip(cells: list[str], names: list[str], starts: set[str]) -> SkipReason | None:
    filled = [(at, cell) for at, cell in enumerate(cells) if cell]
    # few cells of data begin like a header: the others need no closer look
    near = [(at, cell) for at, cell in filled if cell[0] in starts]
    same = (1 for at, cell in near if at < len(names) and normalise_header(cell) == names[at])
    alike = sum(same) if len(near) >= 2 else 0
    if alike >= 2 and alike >= 0.6 * len(filled):
        return SkipReason.REPEATED_HEADER
    if all(cell.strip("()（）") in _MARKS for cell in cells if cell):
        return SkipReason.MARKS
    first = unicodedata.normalize("NFKC", next(cell for cell in cells if cell)).lower()
    if _TOTAL.fullmatch(re.sub(r"\s", "", first)):
        return SkipReason.TOTAL
    return None
