"""Saving, changing and removing views of lists."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.http import QueryDict

from keqing.access.models import OrgUnit, Staff
from keqing.audit import actions as audit
from keqing.desk.models import DefaultView, SavedView
from keqing.kit.list_filters import PLACE

LONGEST = 2000


class ViewRefused(Exception):
    """The view cannot be saved; the text is for the user."""


def list_query(text: str) -> str:
    """What of an address belongs to the list: not the place in it, not the view it came from."""
    query = QueryDict(text[:LONGEST], mutable=True)
    for name in (*PLACE, "view"):
        query.pop(name, None)
    return query.urlencode()[:LONGEST]


@transaction.atomic
def save_view(*, list_key: str, name: str, query: str, unit: OrgUnit | None, by: Staff, at: datetime) -> SavedView:
    """A new view, shared with ``unit`` if given. Refuses a name the person has for this list already."""
    mine = SavedView.objects.filter(staff=by, list_key=list_key)
    last = mine.aggregate(last=Max("place"))["last"]
    view = SavedView(
        list_key=list_key, name=name, query=list_query(query), staff=by, unit=unit, place=0 if last is None else last + 1
    )
    _store(view)
    if unit is not None:
        _note("view.shared", view, by, at, {"query": [None, view.query], "unit": [None, unit.name]})
    return view


@transaction.atomic
def change_view(
    *, view: SavedView, by: Staff, at: datetime, name: str | None = None, query: str | None = None,
    unit: OrgUnit | None = None, keep_unit: bool = True,
) -> SavedView:
    """Rename, take over another address, share or stop sharing (``keep_unit`` False)."""
    before = SavedView.objects.select_for_update(of=("self",)).select_related("unit").get(pk=view.pk)
    old = {"name": before.name, "query": before.query, "unit": before.unit.name if before.unit else None}
    after = SavedView.objects.get(pk=view.pk)
    after.name = name if name is not None else after.name
    after.query = list_query(query) if query is not None else after.query
    if not keep_unit:
        after.unit = unit
    new = {"name": after.name, "query": after.query, "unit": after.unit.name if after.unit else None}
    changes = {key: [old[key], new[key]] for key in old if old[key] != new[key]}
    if not changes:
        return after
    after.version += 1
    _store(after)
    if old["unit"] or new["unit"]:
        _note("view.changed" if new["unit"] else "view.unshared", after, by, at, changes)
    return after


@transaction.atomic
def move_view(*, view: SavedView, by: Staff, step: int) -> None:
    """One place up (-1) or down (1) among one's own views of the list."""
    rows = list(SavedView.objects.select_for_update().filter(staff=by, list_key=view.list_key))
    at = next(index for index, row in enumerate(rows) if row.pk == view.pk)
    to = min(max(at + step, 0), len(rows) - 1)
    rows.insert(to, rows.pop(at))
    for place, row in enumerate(rows):
        row.place = place
    SavedView.objects.bulk_update(rows, ["place"])


@transaction.atomic
def delete_view(*, view: SavedView, by: Staff, at: datetime) -> None:
    """Remove the view; for whom it was the default the list opens plainly again."""
    if view.unit_id:
        _note("view.deleted", view, by, at, {"query": [view.query, None]})
    view.delete()


@transaction.atomic
def hand_over_views(*, staff: Staff, heir: Staff, by: Staff, at: datetime) -> None:
    """Views shared with a unit belong to ``heir`` from now on; a name the heir uses already gets the former owner's."""
    taken = set(SavedView.objects.filter(staff=heir).values_list("list_key", "name"))
    for view in SavedView.objects.filter(staff=staff, unit__isnull=False):
        if (view.list_key, view.name) in taken:
            view.name = f"{view.name[:18]}（{staff.name[:10]}）"
        view.staff = heir
        view.version += 1
        _store(view)
        _note("view.handed_over", view, by, at, {"staff": [staff.name, heir.name]})


def set_default(*, view: SavedView | None, list_key: str, by: Staff) -> None:
    """The list opens with this view from now on; None: plainly."""
    if view is None:
        DefaultView.objects.filter(staff=by, list_key=list_key).delete()
    else:
        DefaultView.objects.update_or_create(staff=by, list_key=list_key, defaults={"view": view})


def _store(view: SavedView) -> None:
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError as error:
        raise ViewRefused("这个列表里您已有同名的视图，请换一个名称。") from error


def _note(action: str, view: SavedView, by: Staff, at: datetime, changes: dict[str, list[str | None]]) -> None:
    audit.record(action=action, by=by, at=at, subject=audit.Subject("desk.savedview", view.pk, view.name), changes=changes)
