"""Rows of a text file: which encoding, which delimiter, which cells."""

import csv
import io
from collections import Counter

from keqing.kit.formula_guard import unguarded

from .file_kind import SAVE_AS, UnreadableFile

_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_DELIMITERS = ",\t;"
_SAMPLE_LINES = 20


def read_text_rows(data: bytes) -> list[list[str]]:
    """Decode and split a csv; UnreadableFile when no encoding fits."""
    text = decode(data)
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith("sep=") and len(first.strip()) == 5:
        return _split(rest, first.strip()[4])
    return _split(text, guess_delimiter(text))


def decode(data: bytes) -> str:
    """Byte-order marks decide; then UTF-8, then GB18030, which Chinese Excel writes."""
    encodings = [name for mark, name in _BOMS if data.startswith(mark)] or [*_unmarked_utf16(data), "utf-8", "gb18030"]
    for name in encodings:
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise UnreadableFile(f"看不出文件的文字编码，无法读取。{SAVE_AS}")


def guess_delimiter(text: str) -> str:
    """The sign that splits the first lines into the same number of cells most often."""
    lines = [line for line in text[:200_000].splitlines() if line.strip()][:_SAMPLE_LINES]
    return max(_DELIMITERS, key=lambda sign: _regularity(lines, sign))


def _regularity(lines: list[str], sign: str) -> tuple[int, int]:
    """How many lines share the commonest count of cells, then how many cells that is."""
    counts = Counter(len(cells) for cells in csv.reader(lines, delimiter=sign) if len(cells) > 1)
    cells, lines_alike = max(counts.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
    return lines_alike, cells


def _split(text: str, delimiter: str) -> list[list[str]]:
    csv.field_size_limit(1_000_000)
    try:
        found = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        # a file we wrote ourselves keeps formulas off with an apostrophe
        rows = [[unguarded(cell) for cell in row] if any("'" == cell[:1] for cell in row) else row for row in found]
    except csv.Error as error:
        raise UnreadableFile(f"文件的格式不完整：可能有一个引号没有配对。{SAVE_AS}") from error
    return rows


def _unmarked_utf16(data: bytes) -> list[str]:
    head = data[:4096]
    if b"\0" not in head:
        return []
    return ["utf-16-be" if head[0::2].count(0) > head[1::2].count(0) else "utf-16-le"]
