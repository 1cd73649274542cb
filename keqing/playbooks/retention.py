"""Rates: how many bought again (R-290), how many alarms ended well (R-202). Whole numbers in, a percentage out."""

from decimal import ROUND_HALF_UP, Decimal


def share(*, part: int, whole: int) -> Decimal | None:
    """Per cent with one decimal, half up; None of nothing. 80 of 100 → 80.0"""
    if part < 0 or whole < part:
        raise ValueError(f"{part} of {whole} is no share")
    if whole == 0:
        return None
    return (Decimal(100 * part) / Decimal(whole)).quantize(Decimal("0.1"), ROUND_HALF_UP)


def retention_rate(*, bought_before: int, bought_again: int) -> Decimal | None:
    """客户维持率: of those who bought in the period before, how many per cent bought in this one."""
    return share(part=bought_again, whole=bought_before)


def recovery_rate(*, alarms: int, recovered: int) -> Decimal | None:
    """预警恢复率: of all alarms raised, how many per cent ended with 恢复."""
    return share(part=recovered, whole=alarms)
