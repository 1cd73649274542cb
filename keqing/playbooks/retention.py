"""Rates: how many bought again (R-290), how many alarms ended well (R-202). Whole numbers in, a percentage out."""

from decimal import Decimal

from keqing.kit.formats import percent_of


def retention_rate(*, bought_before: int, bought_again: int) -> Decimal | None:
    """客户维持率: of those who bought in the period before, how many per cent bought in this one."""
    return _with_tenths(bought_again, bought_before)


def recovery_rate(*, alarms: int, recovered: int) -> Decimal | None:
    """预警恢复率: of all alarms raised, how many per cent ended with 恢复."""
    return _with_tenths(recovered, alarms)


def _with_tenths(part: int, whole: int) -> Decimal | None:
    """80 of 100 → 80.0"""
    tenths = percent_of(10 * part, whole)
    return None if tenths is None else (Decimal(tenths) / 10).quantize(Decimal("0.1"))
