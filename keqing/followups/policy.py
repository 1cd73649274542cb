"""Appointments, the checklist before leaving and the calendar feed, as config/policies/visits.toml says. No Django here."""

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DELIVERED = Path(__file__).resolve().parents[2] / "config" / "policies" / "visits.toml"


class WrongPolicy(ValueError):
    """The policy cannot be used; the text says why, for the person who wrote it."""


@dataclass(frozen=True)
class Item:
    """One line of 出发前检核 (R-128)."""

    key: str
    text: str
    is_mandatory: bool


@dataclass(frozen=True)
class FeedPolicy:
    show_text: bool
    days_back: int
    days_ahead: int
    reads_per_hour: int


@dataclass(frozen=True)
class VisitPolicy:
    levels: frozenset[str]
    checklists: Mapping[str, Sequence[Item]]
    feed: FeedPolicy

    def asks_for_appointment(self, *, method: str, level: str) -> bool:
        """Whether a contact of this method at a customer of this level is made by appointment (R-053)."""
        return method == "visit" and bool(level) and level in self.levels

    def checklist(self, method: str) -> Sequence[Item]:
        return self.checklists.get(method, ())

    def missing(self, *, method: str, checked: Collection[str]) -> list[Item]:
        """Mandatory items nobody ticked: worth a warning, never a refusal."""
        return [item for item in self.checklist(method) if item.is_mandatory and item.key not in checked]


def read_policy(path: Path) -> VisitPolicy:
    """Refuses a policy with items twice, without text, or with limits that are none."""
    written = tomllib.loads(path.read_text(encoding="utf-8"))
    checklists = {method: _items(path, rows) for method, rows in written.get("checklist", {}).items()}
    feed = written.get("feed", {})
    numbers = [feed.get(name) for name in ("days_back", "days_ahead", "reads_per_hour")]
    if not all(isinstance(one, int) and one > 0 for one in numbers) or not isinstance(feed.get("show_text"), bool):
        raise WrongPolicy(f"{path.name}：feed 的 days_back、days_ahead、reads_per_hour 要是正整数，show_text 要是 true 或 false。")
    return VisitPolicy(
        levels=frozenset(written.get("appointment", {}).get("levels", ())), checklists=checklists, feed=FeedPolicy(**feed)
    )


@cache
def policy() -> VisitPolicy:
    return read_policy(DELIVERED)


def _items(path: Path, rows: Sequence[Mapping[str, object]]) -> tuple[Item, ...]:
    items = tuple(Item(str(r.get("key", "")), str(r.get("text", "")), r.get("mandatory") is True) for r in rows)
    keys = [item.key for item in items]
    if len(set(keys)) != len(keys) or not all(item.key and item.text for item in items):
        raise WrongPolicy(f"{path.name}：检核项要有不重复的 key 和 text。")
    return items
