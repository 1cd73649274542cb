"""What stands around the rows of a list: the figure on each chip, how many rows there are, what they add up to."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from django.db.models import Q, Sum

from keqing.kit import counts
from keqing.kit.list_parts import Column, Preset, Total
from keqing.kit.list_wanted import Wanted

# Lists that were small lately: a look at a large one is in vain, and reads what no index leads to.
_small: set[Hashable] = set()
MOST_NOTED = 10_000


@dataclass(frozen=True, kw_only=True)
class Seen:
    presets: Sequence[Preset]
    preset: Preset
    # None: not counted
    numbers: Sequence[int | None]
    count: int
    totals: Sequence[Total]


def look(
    *, wanted: Wanted, presets: Sequence[Preset], conditions: Sequence[Q], chosen: int, summed: Sequence[Column],
    exact: bool, unasked: bool, typed: bool, name: Hashable,
) -> Seen:
    """``conditions`` belong to ``presets`` from the second on; ``chosen`` is the number of the chip in use.

    Every chip is counted up to ``counts.CAP``, with a text typed up to ``counts.TYPED_CAP``; sums of more rows wait for a
    click (``unasked``) or the exact count: they would read everything. A list (``name``) that was within the cap the last
    time is counted and summed by one look, whose statement may be known from before. Rows with a text somebody ``typed``
    are always looked at once: no index leads to those of a chip, so beyond the cap only the chip in use has a number.
    """
    found = looking = None
    if typed or name in _small:
        sums = {column.key: column.total for column in summed}
        among = chosen - 1 if chosen else None
        cap = counts.TYPED_CAP if typed else counts.CAP
        looking = wanted.keep(
            "glance", lambda rows: counts.looking(queryset=rows, conditions=conditions, sums=sums, cap=cap, among=among)
        )
        found = looking.glance(wanted.given) if looking else None
    if found is not None:
        seen = [found.total, *found.numbers]
        totals = [Total(label=f"{column.label}合计", value=found.sums[column.key] or 0) for column in summed]
        return Seen(presets=presets, preset=presets[chosen], numbers=seen, count=seen[chosen], totals=totals)
    numbers: list[int | None]
    if typed and looking:
        numbers = [counts.Beyond(counts.TYPED_CAP), *[None] * len(conditions)]
        numbers[chosen] = count = counts.capped_typed(queryset=wanted.narrowed) if chosen else counts.Beyond(counts.TYPED_CAP)
    else:
        every = counts.capped_lately(querysets=[wanted.rows, *(wanted.rows.filter(one) for one in conditions)])
        _note(name, every[0] <= counts.CAP)
        count, numbers = every[chosen], [*every]
    if exact and counts.is_beyond(count):
        count = wanted.narrowed.order_by().count()
    totals = _totals(wanted, summed, known=exact or unasked or not counts.is_beyond(count))
    return Seen(presets=presets, preset=presets[chosen], numbers=numbers, count=count, totals=totals)


def _note(name: Hashable, is_small: bool) -> None:
    if not is_small:
        _small.discard(name)
        return
    if len(_small) >= MOST_NOTED:
        _small.clear()
    _small.add(name)


def _totals(wanted: Wanted, summed: Sequence[Column], *, known: bool) -> list[Total]:
    if not summed or not known:
        return [Total(label=f"{column.label}合计", value=None) for column in summed]
    found = wanted.narrowed.order_by().aggregate(**{f"sum_{column.key}": Sum(column.total) for column in summed})
    return [Total(label=f"{column.label}合计", value=found[f"sum_{column.key}"] or 0) for column in summed]


def forget_all() -> None:
    """For tests, whose lists have the same readers and other rows."""
    _small.clear()
    counts.forget_all()
