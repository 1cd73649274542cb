"""商机覆盖率 (R-126): are there enough prospects for what is still to be won? No database."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal


@dataclass(frozen=True)
class Coverage:
    """``ratio`` None: nothing is missing any more. ``state``: done (green), waiting (amber), refused (red)."""

    gap: int
    weighted: Decimal
    ratio: Decimal | None
    state: str

    @property
    def said(self) -> str:
        if self.ratio is None:
            return "目标已完成"
        return {"done": "足够", "waiting": "偏少", "refused": "不够"}[self.state]


def weighted(counts: Mapping[str, int], weights: Mapping[str, float]) -> Decimal:
    """Σ customers in a stage × the stage's weight; stages without a weight do not count."""
    return sum((Decimal(str(weights[stage])) * count for stage, count in counts.items() if stage in weights), Decimal())


def coverage(*, gap: int, weighted: Decimal | int, target: float, poor: float) -> Coverage:
    """Weighted prospects ÷ gap: green from ``target`` on, red below ``poor``, amber between."""
    weighted = Decimal(weighted)
    if gap <= 0:
        return Coverage(0, weighted, None, "done")
    exact = weighted / gap
    ratio = exact.quantize(Decimal("0.1"), ROUND_HALF_UP)
    state = "done" if exact >= Decimal(str(target)) else "refused" if exact < Decimal(str(poor)) else "waiting"
    return Coverage(gap, weighted, ratio, state)
