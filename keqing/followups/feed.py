"""The calendar feed: a person's own reminders and appointments as iCalendar (RFC 5545). Nothing is stored here."""

import hashlib
import re
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db.models import F
from icalendar import Calendar, Event

from keqing.access.models import Position, Staff
from keqing.followups.models import CalendarFeed, Reminder, of_present_customers
from keqing.followups.policy import FeedPolicy
from keqing.people.models import Organisation

MOST = 2000
DIGITS = re.compile(r"\d[\d\s-]{5,}\d")
REFRESH = timedelta(hours=1)


def hash_of(token: str) -> str:
    """What is kept of the secret in the address."""
    return hashlib.sha256(token.encode()).hexdigest()


def items_of(*, staff: Staff, today: date, policy: FeedPolicy) -> list[Reminder]:
    """What the person's own positions have to do around today; called-off appointments stay, so that clients drop them.

    One statement; the positions are those the person holds, not those somebody lent them.
    """
    own = Position.objects.current().filter(holder=staff).values("pk")
    rows = Reminder.objects.filter(
        of_present_customers(), position_id__in=own, due_on__gte=today - timedelta(days=policy.days_back),
        due_on__lte=today + timedelta(days=policy.days_ahead),
    )
    return list(rows.order_by("due_on", F("starts_at").asc(nulls_first=True), "pk")[:MOST])


def mark_of(*, staff: Staff, items: Sequence[Reminder], policy: FeedPolicy) -> str:
    """The entity tag: another one as soon as any line would read otherwise."""
    told = [f"{staff.pk}:{policy.show_text}"]
    told += [f"{one.pk}.{one.version}.{one.customer_name}" for one in items]
    return f'"{hashlib.sha256("|".join(told).encode()).hexdigest()[:32]}"'


def organisations_among(items: Sequence[Reminder]) -> set[int]:
    """The customers whose name may leave the house: organisations, not private people. One statement."""
    wanted = {one.customer_id for one in items}
    return set(Organisation.objects.filter(pk__in=wanted).values_list("pk", flat=True)) if wanted else set()


def calendar_of(
    *, staff: Staff, items: Sequence[Reminder], organisations: Collection[int], policy: FeedPolicy, host: str
) -> bytes:
    """The whole calendar as UTF-8 with CRLF lines. All times are in UTC, so no client needs a time zone of ours."""
    found = Calendar()
    found.add("prodid", "-//Keqing//客情日历//ZH")
    found.add("version", "2.0")
    found.add("calscale", "GREGORIAN")
    found.add("method", "PUBLISH")
    found.add("x-wr-calname", f"客情 · {staff.name}")
    found.add("x-wr-timezone", settings.TIME_ZONE)
    found.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    found.add("x-published-ttl", "PT1H")
    for item in items:
        found.add_component(_event(item, item.customer_id in organisations, policy, host))
    return found.to_ical()


def _event(item: Reminder, is_organisation: bool, policy: FeedPolicy, host: str) -> Event:
    event = Event()
    event.add("uid", f"reminder-{item.pk}@{host}")
    event.add("dtstamp", _utc(item.done_at or item.created_at))
    event.add("sequence", item.version - 1)
    if item.starts_at and item.ends_at:
        event.add("dtstart", _utc(item.starts_at))
        event.add("dtend", _utc(item.ends_at))
    else:
        event.add("dtstart", item.due_on)
        event.add("dtend", item.due_on + timedelta(days=1))
        event.add("transp", "TRANSPARENT")
    cancelled = item.appointment == Reminder.Appointment.CANCELLED
    event.add("status", "CANCELLED" if cancelled else "TENTATIVE" if item.appointment == Reminder.Appointment.ASKED else "CONFIRMED")
    event.add("summary", _summary(item, is_organisation, policy))
    event.add("categories", [item.get_origin_display()])
    event.add("class", "PRIVATE")
    return event


def _summary(item: Reminder, is_organisation: bool, policy: FeedPolicy) -> str:
    """Who and what sort of thing; the text only where the policy gives it, never a number one could call."""
    done = "✓ " if item.done_at and item.appointment != Reminder.Appointment.CANCELLED else ""
    customer = item.customer_name if is_organisation else "个人客户"
    said = f" · {DIGITS.sub('…', item.text)}" if policy.show_text and is_organisation else ""
    return f"{done}{item.get_origin_display()} · {customer}{said}"


def find_feed(token: str) -> CalendarFeed | None:
    """The living feed of this secret: not taken back, its person still with the company. One statement."""
    return CalendarFeed.objects.filter(
        token_hash=hash_of(token), revoked_at__isnull=True, staff__is_active=True
    ).select_related("staff").first()


def feed_of(staff: Staff) -> CalendarFeed | None:
    return CalendarFeed.objects.filter(staff=staff, revoked_at__isnull=True).first()


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)
