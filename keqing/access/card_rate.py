"""How many customers' cards one person opens in an hour (T45): beyond the policy they are shown no more, and it is told.

Each web process counts by itself and settles with the database every so many cards, so that a page costs no
statement more. A person may thereby see a few cards beyond the limit, never more than one settlement a process.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from keqing.access.actions.card_rates import block_cards, may_open_again, settle
from keqing.kit import errors

SETTLED_EVERY = 10
REFUSAL = "这个小时里打开的客户资料太多，已暂停显示并通知安全管理员。请在下个整点后继续，或请安全管理员解除。"


@dataclass
class _Count:
    hour: datetime
    pending: int = 0
    total: int = 0
    is_blocked: bool = False
    is_lifted: bool = False


_counts: dict[int, _Count] = {}
_lock = threading.Lock()


def card(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Mark a view as showing one customer's card. Stands below the gate's decorator."""

    @wraps(view)
    def counted(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not _may_open(request.user, timezone.now()):
            return errors.too_many(request, REFUSAL)
        return view(request, *args, **kwargs)

    return counted


def forget_counts() -> None:
    """For tests: as after a restart."""
    _counts.clear()


def _may_open(staff: Any, at: datetime) -> bool:
    hour, limit = at.replace(minute=0, second=0, microsecond=0), settings.CARDS_PER_HOUR
    with _lock:
        count = _counts.get(staff.pk)
        if count is None or count.hour != hour:
            count = _counts[staff.pk] = _Count(hour)
        count.pending += 1
        due = count.pending if count.pending >= SETTLED_EVERY or count.total + count.pending > limit else 0
        if due and not count.is_lifted:
            count.pending = 0
    if count.is_lifted or not due:
        return not count.is_blocked or _is_lifted(count, staff, hour)
    count.total = settle(staff=staff, hour=hour, opened=due)
    if count.total > limit and not count.is_blocked:
        block_cards(staff=staff, hour=hour, opened=count.total, limit=limit, at=at)
        count.is_blocked = True
    return not count.is_blocked or _is_lifted(count, staff, hour)


def _is_lifted(count: _Count, staff: Any, hour: datetime) -> bool:
    if not count.is_lifted:
        count.is_lifted = may_open_again(staff=staff, hour=hour)
        count.is_blocked = not count.is_lifted
    return count.is_lifted
