"""What the pages of market news show."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from keqing.access.models import Staff
from keqing.news.models import MarketIntel, Subscription
from keqing.news.words import folded


@dataclass(frozen=True)
class Followed:
    """What a person follows."""

    topics: Sequence[int]
    products: Sequence[str]


def followed_by(staff: Staff) -> Followed:
    """One statement."""
    rows = list(Subscription.objects.filter(staff=staff).order_by("pk").values_list("topic_id", "product"))
    return Followed([topic for topic, _ in rows if topic], [product for _, product in rows if product])


def matching_followed(staff: Staff) -> Q:
    """Items a person follows, as a condition: topics by their own table, products by word and headline."""
    found = Q(topic__in=Subscription.objects.filter(staff=staff, topic__isnull=False).values("topic"))
    for word in followed_by(staff).products:
        found |= Q(products__icontains=word) | Q(title__icontains=word)
    return found


def spellings() -> dict[str, str]:
    """Product words as they were written last, by their folded form: one product is not spelled in two ways."""
    before = MarketIntel.objects.order_by("-pk").values_list("products", flat=True)[:500]
    return {folded(word): word for products in reversed(list(before)) for word in products}


def titles_known(titles: Collection[str]) -> set[tuple[str, date]]:
    """Title and day of the items there are under these titles."""
    return set(MarketIntel.objects.filter(title__in=titles).values_list("title", "published_on"))


def near(intel: MarketIntel, staff: Staff) -> list[MarketIntel]:
    """The newest others of the same products, or of the topic when it names none."""
    same = Q(products__overlap=list(intel.products)) if intel.products else Q(topic=intel.topic_id)
    rows = MarketIntel.objects.visible_to(staff).filter(same, taken_down_at__isnull=True).exclude(pk=intel.pk)
    return list(rows.order_by("-published_on", "-pk")[:5])
