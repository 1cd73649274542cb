"""What rarely changes, kept in the process until somebody changes it.

Whoever asks brings a *mark*: a number the database moves on with every committed change of the tables such things are
made of (``access.models.ChangeMark``). A thing made under one mark is never given out under another, so there is
nothing to expire and no process is behind another. Without a mark nothing is kept.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock
from typing import Any, TypeVar

T = TypeVar("T")
LARGEST = 600


@dataclass(frozen=True)
class Mark:
    """``number`` is the state of the tables when the request began.

    ``keeps`` is false for a request that may write: what it reads after its own change, and before the others may see
    it, must not be kept for them.
    """

    number: int
    keeps: bool


_kept: OrderedDict[tuple[int, Hashable], Any] = OrderedDict()
_lock = Lock()


def recall(mark: Mark | None, key: Hashable, make: Callable[[], T]) -> T:
    """What ``make`` made for ``key`` under this mark. The answer is shared between threads: read it only."""
    if mark is None:
        return make()
    place = (mark.number, key)
    with _lock:
        if place in _kept:
            _kept.move_to_end(place)
            return _kept[place]  # type: ignore[no-any-return]
    made = make()
    if mark.keeps:
        with _lock:
            _kept[place] = made
            while len(_kept) > LARGEST:
                _kept.popitem(last=False)
    return made


def forget_all() -> None:
    """For tests: a database that was emptied starts counting again."""
    with _lock:
        _kept.clear()
