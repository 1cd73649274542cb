"""Comparing what the rows of customers repeat (last contact, last activity, next due date) with the tables that hold it.

These columns make no former rows (ADR 0005): their value of any moment is found again from the records of that moment.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction

from keqing.audit import actions as audit
from keqing.kit.formats import format_date, format_datetime
from keqing.people.models import Organisation, Person

log = logging.getLogger(__name__)
NAMED = 20
PORTION = 1000
COLUMNS = "last_contact_on, last_activity_at, next_due_on"
# what moves the last activity beside a contact; each writes its entry at that moment
ACTIVITY = ("organisation.assigned", "organisation.transferred", "person.transferred", "stage.moved")

_HELD = """
    with contact as (
        select customer_id as id, max(track_on) as met_on, max(submitted_at) as at from followups_contactrecord {some} group by 1
    ), took_part as (
        select p.person_id as id, max(c.track_on) as met_on from followups_participant p
        join followups_contactrecord c on c.id = p.contact_id {someone} group by 1
    ), corrected as (
        select customer_id as id, max(at) as at from followups_correction {some} group by 1
    ), moved as (
        select customer_id as id, max(at) as at from audit_entry
        where action = any(%(activity)s) and customer_id is not null {too} group by 1
    ), due as (
        select customer_id as id, min(due_on) as due_on from followups_reminder where done_at is null {too} group by 1
    ), held as (
        select o.id, greatest(contact.met_on, took_part.met_on) as last_contact_on,
            greatest(o.created_at, contact.at, corrected.at, moved.at) as last_activity_at, due.due_on as next_due_on
        from {table} o left join contact using (id) left join took_part using (id) left join corrected using (id)
        left join moved using (id) left join due using (id) {chosen}
    )
"""
_DIFFERS = "(o.last_contact_on, o.last_activity_at, o.next_due_on) is distinct from (h.last_contact_on, h.last_activity_at, h.next_due_on)"


@dataclass(frozen=True)
class Difference:
    """A customer's row that does not say what the records say."""

    customer_id: int
    name: str
    kept: tuple[date | None, datetime, date | None]
    held: tuple[date | None, datetime, date | None]

    def __str__(self) -> str:
        told = zip(("最近联系", "最近动态", "下次跟进"), self.kept, self.held, strict=True)
        parts = [f"{label} {_told(kept)}，应为 {_told(held)}" for label, kept, held in told if kept != held]
        return f"{self.customer_id} {self.name}：{'；'.join(parts)}"


def _told(value: date | datetime | None) -> str:
    if value is None:
        return "无"
    return format_datetime(value, seconds=True) if isinstance(value, datetime) else format_date(value)


def check_kept(*, at: datetime, repair: bool = False) -> list[Difference]:
    """Organisations and people whose rows differ from the records; with ``repair`` they agree afterwards.

    A repair is one audit entry: the actions leave no difference, so something went around them.
    """
    found = {model: _differences(model._meta.db_table) for model in (Organisation, Person)}
    everything = [one for differences in found.values() for one in differences]
    if everything and repair:
        with transaction.atomic():
            for model, differences in found.items():
                ids = sorted(one.customer_id for one in differences)
                for start in range(0, len(ids), PORTION):
                    _repair(model, ids[start : start + PORTION])
            told = {"differences": [None, len(everything)], "examples": [None, [str(one) for one in everything[:NAMED]]]}
            audit.record(action="kept.repaired", by=None, at=at, changes=told)
        log.warning("客户行与联系记录、跟进相差 %d 处，已改正", len(everything))
    return everything


def _differences(table: str) -> list[Difference]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_held(table)} select o.id, o.name, o.last_contact_on, o.last_activity_at, o.next_due_on, h.last_contact_on, "  # noqa: S608
            f"h.last_activity_at, h.next_due_on from {table} o join held h using (id) where {_DIFFERS} order by o.id",
            {"activity": list(ACTIVITY)},
        )
        return [Difference(row[0], row[1], row[2:5], row[5:8]) for row in cursor.fetchall()]


def _repair(model: type[Organisation] | type[Person], ids: Sequence[int]) -> None:
    """Locked first and then looked at anew: what is recorded at this moment is seen, or comes after."""
    list(model.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=ids).order_by("pk").values_list("pk"))
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_held(table, some=True)} update {table} o set ({COLUMNS}) = (h.last_contact_on, h.last_activity_at, h.next_due_on) "  # noqa: S608
            f"from held h where h.id = o.id and {_DIFFERS}",
            {"activity": list(ACTIVITY), "ids": list(ids)},
        )


def _held(table: str, *, some: bool = False) -> str:
    """What the records hold for every row of the table, or for those of ``ids``."""
    mine = "customer_id = any(%(ids)s)"
    return _HELD.format(
        table=table, some=f"where {mine}" if some else "", too=f"and {mine}" if some else "",
        someone="where p.person_id = any(%(ids)s)" if some else "", chosen="where o.id = any(%(ids)s)" if some else "",
    )
