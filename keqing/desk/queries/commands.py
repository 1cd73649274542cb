"""Pages to open and things to do that a search may name; only what the reader's words open."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from django.urls import reverse
from django.utils.translation import gettext as _

from keqing.access.models import Staff
from keqing.desk import navigation
from keqing.followups.permissions import Can as FollowupCan
from keqing.kit.pinyin import full_pinyin, initials
from keqing.kit.search import SearchColumns, normalise, query_plan, search_columns
from keqing.people.finding import find_organisations
from keqing.people.models import Organisation

RECORD, REMIND = "记录联系", "安排跟进"
_VERBS = (
    (RECORD, "followups:record", FollowupCan.RECORD, "message-2"),
    (REMIND, "followups:reminder_new", FollowupCan.MANAGE_REMINDERS, "bell"),
)
CHOICES = 5


@dataclass(frozen=True)
class Command:
    """Somewhere to go, or something to do there; ``detail`` says where it is found."""

    label: str
    url: str
    detail: str = ""
    icon: str = ""


def pages_named(*, text: str, staff: Staff, limit: int) -> list[Command]:
    """Entries of the navigation whose name, or whose section's name, holds the text. No statement."""
    found = [
        page for page in _pages(staff)
        if query_plan(text).matches(columns=_columns(page.label)) or query_plan(text).matches(columns=_columns(page.detail))
    ]
    exact = text.strip()
    return sorted(found, key=lambda page: (page.label != exact, exact not in page.label))[:limit]


def _pages(staff: Staff) -> Iterator[Command]:
    for section in navigation.sections_for(staff, path=""):
        if not section.children:
            yield Command(section.label, section.url, icon=section.icon)
        for child in section.children:
            yield Command(child.label, child.url, section.label, section.icon)


def actions_named(*, text: str, staff: Staff, limit: int) -> list[Command]:
    """What may be made from anywhere, by its name. No statement."""
    plan = query_plan(text)
    links = navigation.create_links(staff)
    return [Command(label, url, icon="plus") for label, url in links if plan.matches(columns=_columns(label))][:limit]


def asks_for(text: str) -> tuple[str, str] | None:
    """The verb and the customer of 记录联系 协和, jllx 协和 or 记录 协和; None when no verb comes first.

    Letters must be the whole pinyin or all the initials: li wei and an jie are people.
    """
    text = text.strip()
    verb, _space, rest = text.partition(" ")
    for name, *_others in _VERBS:
        begun = len(verb) > 1 and name.startswith(verb)
        if begun or normalise(verb) in (full_pinyin(name), initials(name)):
            return name, rest.strip()
        if text.startswith(name):
            return name, text.removeprefix(name).strip()
    return None


def actions_with(*, asked: tuple[str, str], staff: Staff) -> list[Command]:
    """The verb with each of the customers named, as far as the reader may do it there. One statement."""
    name, customer = asked
    url, word, icon = next((url, word, icon) for verb, url, word, icon in _VERBS if verb == name)
    if not customer or not staff.may(word):
        return []
    rows: list[Organisation] = list(find_organisations(text=customer, staff=staff, limit=3 * CHOICES))
    doable = [row for row in rows if row.allows(staff, word)]
    return [
        Command(_("%(verb)s：%(name)s") % {"verb": name, "name": row.name}, reverse(url, args=[row.pk]), icon=icon)
        for row in doable[:CHOICES]
    ]


@lru_cache(maxsize=256)
def _columns(label: str) -> SearchColumns:
    return search_columns(names=[label])
