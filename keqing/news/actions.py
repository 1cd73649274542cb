"""Writing market news, and telling those who asked for it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.urls import reverse

from keqing.access.models import Staff
from keqing.audit import actions as audit
from keqing.kit import bulk
from keqing.messaging.actions import Outgoing, send_all, withdraw_from_digests
from keqing.messaging.queries import already_told
from keqing.news.models import MarketIntel, Subscription, Topic
from keqing.news.words import speaks_of, split

LABEL = "news.marketintel"
PRODUCT, TOPIC = "news.product", "news.topic"
FIELDS = ("title", "topic", "products", "source", "url", "published_on", "summary")
TOLD = 300


class StaleIntel(Exception):
    """Somebody else saved it meanwhile; ``current`` is what stands there now."""

    def __init__(self, current: MarketIntel) -> None:
        super().__init__("这条动态刚被别人改过。")
        self.current = current


def key_of(intel: MarketIntel) -> str:
    """What the messages about an item are known by."""
    return f"news:{intel.pk}"


def subject_of(intel: MarketIntel) -> audit.Subject:
    return audit.Subject(LABEL, intel.pk, intel.title)


@transaction.atomic
def add_intel(*, fields: Mapping[str, Any], by: Staff, at: datetime) -> MarketIntel:
    """A new item. Whoever follows one of its products hears at once, who follows its topic in the daily digest."""
    intel = MarketIntel.objects.create(**{name: fields[name] for name in FIELDS}, made_by=by, made_at=at)
    audit.record(action="news.added", by=by, at=at, subject=subject_of(intel))
    tell_followers(items=[intel], at=at)
    return intel


@transaction.atomic
def import_intel(*, items: Sequence[Mapping[str, Any]], by: Staff, at: datetime) -> list[MarketIntel]:
    """Many items from a file, in few statements; followers hear as of single ones."""
    made = bulk.insert(MarketIntel(**{name: fields[name] for name in FIELDS}, made_by=by, made_at=at) for fields in items)
    audit.record_all(audit.entry_for(action="news.imported", by=by, at=at, subject=subject_of(one)) for one in made)
    tell_followers(items=made, at=at)
    return made


@transaction.atomic
def withdraw_imported(*, ids: Collection[int], by: Staff, at: datetime) -> set[int]:
    """Take back what an import brought and nobody touched since; returns what stays."""
    rows = list(MarketIntel.objects.select_for_update().filter(pk__in=ids))
    going = [one for one in rows if one.version == 1]
    audit.record_all(audit.entry_for(action="news.import_undone", by=by, at=at, subject=subject_of(one)) for one in going)
    withdraw_from_digests(kind=TOPIC, keys=[key_of(one) for one in going])
    MarketIntel.objects.filter(pk__in=[one.pk for one in going]).delete()
    return {one.pk for one in rows if one.version > 1}


@transaction.atomic
def edit_intel(*, intel: MarketIntel, fields: Mapping[str, Any], version: int, by: Staff, at: datetime) -> MarketIntel:
    """Correct an item. Followers of a product added now hear of it; nobody hears twice."""
    stored = MarketIntel.objects.select_for_update(of=("self",)).select_related("topic").get(pk=intel.pk)
    if stored.version != version:
        raise StaleIntel(stored)
    changes = {
        name: [_said(getattr(stored, name)), _said(fields[name])] for name in FIELDS if getattr(stored, name) != fields[name]
    }
    for name in FIELDS:
        setattr(stored, name, fields[name])
    stored.version += 1
    stored.save()
    audit.record(action="news.edited", by=by, at=at, subject=subject_of(stored), changes=changes)
    if stored.taken_down_at is None:
        tell_followers(items=[stored], at=at)
    return stored


@transaction.atomic
def take_down(*, intel: MarketIntel, by: Staff, at: datetime) -> MarketIntel:
    """Out of everybody's sight and of tomorrow's digest, or back into both. One audit entry."""
    stored = MarketIntel.objects.select_for_update().get(pk=intel.pk)
    stored.taken_down_at = None if stored.taken_down_at else at
    stored.version += 1
    stored.save(update_fields=["taken_down_at", "version"])
    action = "news.taken_down" if stored.taken_down_at else "news.put_back"
    audit.record(action=action, by=by, at=at, subject=subject_of(stored))
    if stored.taken_down_at:
        withdraw_from_digests(kind=TOPIC, keys=[key_of(stored)])
    else:
        tell_followers(items=[stored], at=at)
    return stored


@transaction.atomic
def subscribe(*, staff: Staff, topics: Collection[Topic], products: str, at: datetime) -> None:
    """What a person follows from now on, in place of what they followed. One audit entry."""
    # a second sending at the same moment waits here instead of storing the same rows again
    Staff.objects.select_for_update(no_key=True).get(pk=staff.pk)
    Subscription.objects.filter(staff=staff).delete()
    words = split(products)
    rows = [Subscription(staff=staff, topic=topic) for topic in topics]
    rows += [Subscription(staff=staff, product=word) for word in words]
    bulk.insert(rows)
    audit.record(
        action="news.subscribed", by=staff, at=at, subject=audit.Subject("access.staff", staff.pk, staff.name),
        changes={"topics": [None, "、".join(topic.name for topic in topics)], "products": [None, "、".join(words)]},
    )


def tell_followers(*, items: Sequence[MarketIntel], at: datetime) -> None:
    """At once to those who follow a product one names, with tomorrow's digest to those who follow its topic.

    A correction tells only those whom it newly concerns: who heard of the item, by either way, hears no second time.
    Few statements, however many items.
    """
    following = list(Subscription.objects.select_related("staff").filter(staff__is_active=True))
    messages = [message for intel in items for message in _messages(intel, following)]
    told = already_told(kinds=(PRODUCT, TOPIC), keys={one.key for one in messages}, people={one.to.pk for one in messages})
    messages = [one for one in messages if (one.to.pk, one.key) not in told]
    if messages:
        send_all(messages=messages, at=at)


def _messages(intel: MarketIntel, following: Iterable[Subscription]) -> Iterator[Outgoing]:
    by_product: dict[Staff, str] = {}
    by_topic: set[Staff] = set()
    for row in following:
        if row.topic_id == intel.topic_id:
            by_topic.add(row.staff)
        elif row.product and speaks_of(row.product, products=intel.products, title=intel.title):
            by_product.setdefault(row.staff, row.product)
    url = reverse("news:intel", args=[intel.pk])
    text = f"{intel.source}，{intel.published_on:%Y-%m-%d}。{intel.summary[:TOLD]}"
    key = key_of(intel)
    for staff, word in by_product.items():
        yield Outgoing(to=staff, kind=PRODUCT, title=f"{word}：{intel.title}", text=text, url=url, key=key)
    for staff in by_topic - by_product.keys():
        yield Outgoing(to=staff, kind=TOPIC, title=intel.title, text=text, url=url, key=key)


def _said(value: Any) -> Any:
    if isinstance(value, list):
        return "、".join(value)
    return None if value is None else str(value)
