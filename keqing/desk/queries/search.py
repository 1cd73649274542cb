"""One search over everything: customers, people, departments, what contact records say, pages and actions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _

from keqing.access.models import Staff
from keqing.desk.queries import commands
from keqing.followups.finding import Piece, find_contacts, snippet
from keqing.followups.permissions import Can as FollowupCan
from keqing.kit.masks import mask_phone
from keqing.kit.search import query_plan
from keqing.people.finding import find_departments, find_organisations, find_people
from keqing.people.labels import owner_label
from keqing.people.permissions import Can
from keqing.people.queries import primary_places

SHOWN, GLANCE = 20, 5


@dataclass(frozen=True)
class Hit:
    """One line of the result; without rights only name, kind, code and place are told."""

    name: str
    url: str
    kind: str = ""
    detail: str = ""
    owner: str = ""
    is_mine: bool = False
    icon: str = ""
    pieces: Sequence[Piece] = ()


@dataclass(frozen=True)
class Group:
    """The hits of one type, the best first; ``all_url`` is the list with the rest of them."""

    key: str
    label: str
    hits: Sequence[Hit]
    more: bool = False
    all_url: str = ""


def search(*, text: str, staff: Staff, today: date, shown: int = SHOWN) -> list[Group]:
    """Groups by type, each ranked as decision 19 says. At most seven statements, however much is found."""
    if query_plan(text).is_empty:
        return []
    asked = commands.asks_for(text)
    doing = commands.actions_with(asked=asked, staff=staff) if asked and asked[1] else []
    groups = [
        # what somebody asked to do comes first, and hides nothing that bears the same words
        _group("doing", _("操作"), _commands(doing), shown),
        *_found(text, staff, today, shown),
        _group("pages", _("页面"), _commands(commands.pages_named(text=text, staff=staff, limit=shown)), shown),
        _group("actions", _("操作"), _commands(commands.actions_named(text=text, staff=staff, limit=shown)), shown),
    ]
    return [group for group in groups if group.hits]


def _found(text: str, staff: Staff, today: date, shown: int) -> Iterable[Group]:
    sees_people, sees_places = staff.may(Can.VIEW_PERSON), staff.may(Can.VIEW)
    if sees_places:
        yield _group(
            "organisations", _("客户"), _organisations(text, staff, shown), shown, reverse("people:organisations", args=["all"])
        )
    if sees_people:
        yield _group("people", _("人员"), _people(text, staff, shown), shown, reverse("people:people"))
    if sees_people and sees_places:
        yield _group("departments", _("科室"), _departments(text, staff, shown), shown, reverse("people:departments"))
    if staff.may(FollowupCan.VIEW):
        yield _group("contacts", _("联系记录"), _contacts(text, staff, today, shown), shown, reverse("followups:contacts"))


def _group(key: str, label: str, hits: list[Hit], shown: int, all_url: str = "") -> Group:
    return Group(key, label, hits[:shown], len(hits) > shown, all_url)


def _organisations(text: str, staff: Staff, shown: int) -> list[Hit]:
    rows = find_organisations(text=text, staff=staff, limit=shown + 1).select_related("region", "owner_position__holder")
    hits = []
    for row in rows:
        seen = row.allows(staff, Can.VIEW)
        parts = (row.get_level_display() if seen else row.code, row.region.full_name if row.region else "")
        hits.append(
            Hit(
                row.name, reverse("desk:customer", args=[row.pk]), row.get_kind_display(),
                " · ".join(part for part in parts if part), owner_label(row) if seen else "",
                row.owner_position_id in staff.standing.position_ids, "building-hospital",
            )
        )
    return hits


def _people(text: str, staff: Staff, shown: int) -> list[Hit]:
    rows = list(find_people(text=text, staff=staff, limit=shown + 1))
    places = primary_places([row.pk for row in rows], reader=staff)
    return [
        Hit(
            row.name, reverse("people:person" if row.is_affiliated else "desk:customer", args=[row.pk]),
            row.get_title_display() or row.get_kind_display(),
            " · ".join(part for part in (places.get(row.pk, _("无任职")), mask_phone(row.mobile or row.phone)) if part),
            is_mine=row.owner_position_id in staff.standing.position_ids, icon="user",
        )
        for row in rows
    ]


def _departments(text: str, staff: Staff, shown: int) -> list[Hit]:
    return [
        Hit(
            row.name, reverse("desk:customer", args=[row.organisation_id]) + "?tab=departments", detail=row.organisation.name,
            is_mine=row.organisation.owner_position_id in staff.standing.position_ids, icon="stethoscope",
        )
        for row in find_departments(text=text, staff=staff, limit=shown + 1)
    ]


def _contacts(text: str, staff: Staff, today: date, shown: int) -> list[Hit]:
    return [
        Hit(
            row.customer_name, reverse("followups:contact", args=[row.pk]), row.get_method_display(),
            f"{row.track_on:%Y-%m-%d}", row.tracker.name, icon="message-2", pieces=snippet(contact=row, text=text),
        )
        for row in find_contacts(text=text, staff=staff, today=today, limit=shown + 1)
    ]


def _commands(found: Iterable[commands.Command]) -> list[Hit]:
    return [Hit(one.label, one.url, detail=one.detail, icon=one.icon) for one in found]
