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
# of what is large: the statements of a list with one filter take as much as a person's rights and navigation together
LARGEST_BULKY = 60


@dataclass(frozen=True)
class Mark:
    """``number`` is the state of the tables when the request began.

    ``keeps`` is false for a request that may write: what it reads after its own change, and before the others may see
    it, must not be kept for them.
    """

    number: int
    keeps: bool


Shelf = OrderedDict[tuple[int, Hashable], Any]
_kept: Shelf = OrderedDict()
_bulky: Shelf = OrderedDict()
_lock = Lock()


def recall(mark: Mark | None, key: Hashable, make: Callable[[], T], *, bulky: bool = False) -> T:
    """What ``make`` made for ``key`` under this mark. The answer is shared between threads: read it only."""
    if mark is None:
        return make()
    place = (mark.number, key)
    shelf, largest = (_bulky, LARGEST_BULKY) if bulky else (_kept, LARGEST)
    with _lock:
        if place in shelf:
            shelf.move_to_end(place)
            return shelf[place]  # type: ignore[no-any-return]
    made = make()
    if mark.keeps:
        with _lock:
            shelf[place] = made
            while len(shelf) > largest:
                shelf.popitem(last=False)
    return made


def forget_all() -> None:
    """For tests: a database that was emptied starts counting again."""
    with _lock:
        _kept.clear()
        _bulky.clear()
