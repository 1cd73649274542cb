"""For whom the person of this request acts: a deputy's entries carry both names (R-189).

The gate says so when a row is reached only by a proxy; it holds until the request is over.
"""

from contextvars import ContextVar

_acting: ContextVar[tuple[int, str] | None] = ContextVar("acting", default=None)


def act_for(*, staff_id: int, name: str) -> None:
    """What ``staff_id`` does from now on, in this request, is done for ``name``."""
    _acting.set((staff_id, name))


def forget() -> None:
    _acting.set(None)


def name_for(staff_id: int | None) -> str:
    """In whose place this person acts now; empty when in their own."""
    known = _acting.get()
    return known[1] if known and known[0] == staff_id else ""


def signature(staff_id: int | None, name: str) -> str:
    """``李四 代 张三``, or just the name."""
    represented = name_for(staff_id)
    return f"{name} 代 {represented}"[:60] if represented else name
