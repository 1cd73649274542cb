"""What became of the rows, by reason: which faults a file has, how many rows each, where the first one stands."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from keqing.interchange.models import ImportRow
from keqing.interchange.registry import Planned

LONGEST, MOST = 120, 60
_PARTICULARS = (
    (re.compile(r"“[^”]*”"), "“…”"),
    (re.compile(r"第 \d+ 行"), "第 … 行"),
    (re.compile(r"(负责人) [^；，]+"), r"\1 …"),
    (re.compile(r"(已有账号) [^；，（]+"), r"\1 …"),
    (re.compile(r"岗位 \S+ 已由[^；]+担任"), "岗位 … 已由别人担任"),
    (re.compile(r"现在是 \d+ 位"), "现在是 … 位"),
)
_UPDATED = re.compile(r"^更新[^；]*(?:；|$)")


@dataclass(frozen=True)
class Reason:
    """So many rows for one reason; ``first`` is the line of the first of them."""

    outcome: str
    cause: str
    rows: int
    first: int

    @property
    def label(self) -> str:
        return str(ImportRow.Outcome(self.outcome).label)

    @property
    def is_problem(self) -> bool:
        return self.outcome not in (ImportRow.Outcome.NEW, ImportRow.Outcome.UPDATE)


def cause_of(reason: str) -> str:
    """A reason without what is particular to the row: 医院等级“十级”看不懂 and 医院等级“11”看不懂 are one cause."""
    cause = _UPDATED.sub("", reason)
    for pattern, general in _PARTICULARS:
        cause = pattern.sub(general, cause)
    return cause[:LONGEST]


def reasons_of(rows: Iterable[Planned]) -> list[Reason]:
    """Problems first, then what went in with a remark; the commonest first in each."""
    found: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        if row.reason and (cause := cause_of(row.reason)):
            found.setdefault((row.outcome, cause), []).append(row.number)
    reasons = [Reason(outcome, cause, len(numbers), min(numbers)) for (outcome, cause), numbers in found.items()]
    return sorted(reasons, key=lambda r: (not r.is_problem, -r.rows, r.first))[:MOST]
