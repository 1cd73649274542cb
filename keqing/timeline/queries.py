"""Reading the stream of a customer already fetched through the gate."""

from dataclasses import dataclass
from datetime import datetime

from keqing.timeline.models import Entry, Facts

PAGE = 20


@dataclass(frozen=True)
class Stream:
    entries: list[Entry]
    after: str  # cursor of the next page, empty at the end


def stream_of(
    customer_id: int, *, after: str = "", kind: str = "", text: str = "", restricted: bool = False, limit: int = PAGE
) -> Stream:
    """Newest first. ``after`` is the cursor a former page gave; one indexed read."""
    entries = Entry.objects.filter(customer_id=customer_id).order_by("-at", "-id")
    if not restricted:
        entries = entries.filter(is_restricted=False)
    if kind:
        entries = entries.filter(kind=kind)
    if text:
        entries = entries.filter(text__icontains=text)
    if after:
        moment, _, pk = after.partition("_")
        at = datetime.fromisoformat(moment)
        entries = entries.extra(where=["(at, id) < (%s, %s)"], params=[at, int(pk)])  # noqa: S610 row comparison
    found = list(entries[: limit + 1])
    more = len(found) > limit
    found = found[:limit]
    return Stream(found, f"{found[-1].at.isoformat()}_{found[-1].pk}" if more else "")


def facts_of(customer_id: int) -> Facts:
    return Facts.objects.filter(pk=customer_id).first() or Facts(customer_id=customer_id)
