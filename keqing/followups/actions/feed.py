"""日历订阅: a secret address of one's own, made, taken back, read within a limit."""

import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Case, F, Q, Value, When

from keqing.access.models import Staff
from keqing.audit import actions as audit
from keqing.followups.feed import hash_of
from keqing.followups.models import CalendarFeed
from keqing.followups.policy import FeedPolicy

LABEL = "followups.calendarfeed"
WINDOW = timedelta(hours=1)


@transaction.atomic
def make_feed(*, staff: Staff, at: datetime) -> str:
    """A new secret for this person; the former address stops working. It is returned once and kept nowhere.

    One audit entry.
    """
    token = secrets.token_urlsafe(32)
    feed, _is_new = CalendarFeed.objects.update_or_create(
        staff=staff,
        defaults={
            "token_hash": hash_of(token), "created_at": at, "revoked_at": None, "read_at": None, "window_at": None,
            "window_reads": 0,
        },
    )
    audit.record(action="feed.made", by=staff, at=at, subject=audit.Subject(LABEL, feed.pk, staff.name))
    return token


@transaction.atomic
def revoke_feed(*, staff: Staff, at: datetime) -> bool:
    """The address stops working at once; False when there was none. One audit entry."""
    feed = CalendarFeed.objects.select_for_update().filter(staff=staff, revoked_at__isnull=True).first()
    if feed is None:
        return False
    feed.revoked_at = at
    feed.save(update_fields=["revoked_at"])
    audit.record(action="feed.revoked", by=staff, at=at, subject=audit.Subject(LABEL, feed.pk, staff.name))
    return True


def count_read(*, feed: CalendarFeed, at: datetime, policy: FeedPolicy) -> bool:
    """Count one read; False when this person's hour is used up. One statement, right under many at once."""
    over = Q(window_at__isnull=True) | Q(window_at__lte=at - WINDOW)
    return bool(
        CalendarFeed.objects.filter(over | Q(window_reads__lt=policy.reads_per_hour), pk=feed.pk).update(
            read_at=at, window_at=Case(When(over, then=Value(at)), default=F("window_at")),
            window_reads=Case(When(over, then=Value(1)), default=F("window_reads") + 1),
        )
    )
