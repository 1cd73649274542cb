"""Writing market news, and telling those who asked for it."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.urls import reverse

from keqing.access.models import Staff
from keqing.audit import actions as audit
from keqing.kit import bulk
from keqing.messaging.actions import Outgoing, send_all
from keqing.news.models import MarketIntel, Subscription, Topic
from keqing.news.words import folded, speaks_of, split

LABEL = "news.marketintel"
PRODUCT, TOPIC = "news.product", "news.topic"
FIELDS = ("title", "topic", "products", "source", "url", "published_on", "summary")
TOLD = 300


class StaleIntel(Exception):
    """Somebody else saved it meanwhile; ``current`` is what stands there now."""

    def __init__(self, current: MarketIntel) -> None:
        super().__init__("这条动态刚被别人改过。")
        self.current = current


def subject_of(intel: MarketIntel) -> audit.Subject:
    return audit.Subject(LABEL, intel.pk, intel.title)


@transaction.atomic
def add_intel(*, fields: Mapping[str, Any], by: Staff, at: datetime) -> MarketIntel:
    """A new item. Whoever follows one of its products hears at once, who follows its topic in the daily digest."""
    intel = MarketIntel.objects.create(**{name: fields[name] for name in FIELDS}, made_by=by, made_at=at)
    audit.record(action="news.added", by=by, at=at, subject=subject_of(intel))
    tell_followers(intel=intel, at=at)
    return intel


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
        tell_followers(intel=stored, at=at)
    return stored


@transaction.atomic
def take_down(*, intel: MarketIntel, by: Staff, at: datetime) -> MarketIntel:
    """Out of everybody's sight, or back into it. One audit entry."""
    stored = MarketIntel.objects.select_for_update().get(pk=intel.pk)
    stored.taken_down_at = None if stored.taken_down_at else at
    stored.version += 1
    stored.save(update_fields=["taken_down_at", "version"])
    action = "news.taken_down" if stored.taken_down_at else "news.put_back"
    audit.record(action=action, by=by, at=at, subject=subject_of(stored))
    return stored


@transaction.atomic
def subscribe(*, staff: Staff, topics: Collection[Topic], products: str, at: datetime) -> None:
    """What a person follows from now on, in place of what they followed. One audit entry."""
    Subscription.objects.filter(staff=staff).delete()
    words = split(products)
    rows = [Subscription(staff=staff, topic=topic) for topic in topics]
    rows += [Subscription(staff=staff, product=word) for word in words]
    bulk.insert(rows)
    audit.record(
        action="news.subscribed", by=staff, at=at, subject=audit.Subject("access.staff", staff.pk, staff.name),
        changes={"topics": [None, "、".join(topic.name for topic in topics)], "products": [None, "、".join(words)]},
    )


def tell_followers(*, intel: MarketIntel, at: datetime) -> None:
    """At once to those who follow a product it names, with tomorrow's digest to those who follow its topic.

    The key is the item's, so that a correction tells only those who were not told before.
    """
    following = Subscription.objects.select_related("staff").filter(staff__is_active=True)
    by_product: dict[Staff, str] = {}
    for row in following.exclude(product=""):
        if speaks_of(row.product, products=intel.products, title=intel.title):
            by_product.setdefault(row.staff, row.product)
    by_topic = {row.staff for row in following.filter(topic=intel.topic)} - by_product.keys()
    url = reverse("news:intel", args=[intel.pk])
    text = f"{intel.source}，{intel.published_on:%Y-%m-%d}。{intel.summary[:TOLD]}"
    messages = [
        Outgoing(to=staff, kind=PRODUCT, title=f"{word}：{intel.title}", text=text, url=url, key=f"news:{intel.pk}")
        for staff, word in by_product.items()
    ]
    messages += [
        Outgoing(to=staff, kind=TOPIC, title=intel.title, text=text, url=url, key=f"news:{intel.pk}") for staff in by_topic
    ]
    if messages:
        send_all(messages=messages, at=at)


def known_products(words: Collection[str]) -> list[str]:
    """Words as they were written before, so that one product is not spelled in two ways."""
    before = MarketIntel.objects.order_by("-pk").values_list("products", flat=True)[:500]
    known = {folded(word): word for products in before for word in products}
    return [known.get(folded(word), word) for word in words]


def _said(value: Any) -> Any:
    if isinstance(value, list):
        return "、".join(value)
    return None if value is None else str(value)
