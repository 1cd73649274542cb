"""Keeping what contacts moved (R-180); the definition stands in ``lifecycle.effects``."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import connection, transaction

from keqing.lifecycle import effects
from keqing.lifecycle.policy import policy

MARKED_BACK = 400  # days of records a nightly run still looks at for a missing mark


@transaction.atomic
def keep_effects(*, at: datetime, customer_ids: Collection[int] | None = None) -> int:
    """Bring effects that are not over up to date, of some customers or all; returns how many. Again changes nothing."""
    if customer_ids is not None and not customer_ids:
        return 0
    ended = at - timedelta(days=policy().effect_days)
    with connection.cursor() as cursor:
        cursor.execute(effects.keep_sql(only=customer_ids is not None), {"ended": ended, "ids": list(customer_ids or ())})
        return cursor.rowcount


@transaction.atomic
def mark_effects(*, at: datetime, days: int = MARKED_BACK) -> int:
    """Write what became of contacts of so many days that are over beside them in the customers' stories; returns how many lines."""
    with connection.cursor() as cursor:
        cursor.execute(effects.MARK_SQL, {"since": at - timedelta(days=days)})
        return cursor.rowcount
