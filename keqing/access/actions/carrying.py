"""Moving the rows of a transfer: every table that registered (``handover.Movable``), by set-based statements.

The list of what moves is written first (``TransferItem``); one UPDATE a table then follows it, and another one
brings back on undoing what still is as the transfer left it.
"""
# ruff: noqa: S608 -- table and column names come from models and registered descriptions; every value is a parameter

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from keqing.access import handover
from keqing.access.actions.common import AdminRefused
from keqing.access.allotting import chooser, condition_of
from keqing.access.handover import Movable, Moved, MovedRow
from keqing.access.models import Position, Share, Staff, Transfer, TransferItem, TransferSplit
from keqing.access.work import SHARED_DAYS
from keqing.kit import bulk
from keqing.kit.formats import business_date

NAMED = 20
KEPT_BACK = "之后又有变动，没有撤销"


class TransferFailed(AdminRefused):
    """The transfer cannot be carried out; the text is for the user."""


class Run:
    """Tells how far a transfer is, beside its transaction: others see it while the transaction is open."""

    def __init__(self, transfer_id: int) -> None:
        self._id = transfer_id
        self._beside = None if connection.in_atomic_block else connection.copy()

    def tell(self, percent: int, step: str, at: datetime) -> None:
        with (self._beside or connection).cursor() as cursor:
            cursor.execute(
                "insert into access_transferprogress (transfer_id, done, step, touched_at) values (%s, %s, %s, %s)"
                " on conflict (transfer_id) do update set done = excluded.done, step = excluded.step, touched_at = excluded.touched_at",
                [self._id, percent, step, at],
            )

    def over(self) -> None:
        with (self._beside or connection).cursor() as cursor:
            cursor.execute("delete from access_transferprogress where transfer_id = %s", [self._id])
        if self._beside is not None:
            self._beside.close()


def check_heir(position: Position) -> None:
    """Work goes only to a position in use that somebody fills who is here."""
    if position.closed_on is not None:
        raise TransferFailed(f"岗位“{position.name}”已撤销，不能接手。")
    if position.holder is None:
        raise TransferFailed(f"岗位“{position.name}”空缺，不能接手：请先任命。")
    if not position.holder.is_active:
        raise TransferFailed(f"{position.holder.name} 已离职，不能接手。")


def carry(*, transfer: Transfer, run: Run, by: Staff, at: datetime) -> None:
    """Move all rows of the transfer within the caller's transaction and count them on it (``counts``).

    Rules by which nobody went are named on it (``message``): their customers may have been others a week ago.
    """
    sources = set(transfer.sources.values_list("position", flat=True))
    splits = list(transfer.splits.all())
    heirs = {split.to_position_id for split in splits} | ({transfer.rest_to_id} if transfer.rest_to_id else set())
    locked = (
        Position.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=[*sources, *heirs])
        .select_related("holder", "unit").order_by("pk")
    )
    positions = {position.pk: position for position in locked}
    for pk in heirs:
        check_heir(positions[pk])
    places: dict[int, int] = {}
    counts: Counter[str] = Counter()
    used: set[int] = set()
    tables = handover.movables()
    for number, movable in enumerate(tables):
        run.tell(5 + 85 * number // len(tables), f"移交{movable.label}", timezone.now())
        counts[movable.label] += _move(movable, transfer, splits, sources, places, used, positions, by, at)
    _refuse_gone(splits, places, sources)
    if not counts.total() and transfer.leaver_id is None:
        raise TransferFailed(_nothing_left(transfer, sources))
    if transfer.leaver_id is None:
        run.tell(92, "给原负责人保留查看", timezone.now())
        _keep_in_sight(transfer, by, at)
    transfer.counts = {label: count for label, count in counts.items() if count}
    transfer.message = _unused([split for place, split in enumerate(splits) if place not in used], transfer)
    run.tell(97, "写入记录", timezone.now())


def _move(
    movable: Movable, transfer: Transfer, splits: Sequence[TransferSplit], sources: set[int], places: dict[int, int], used: set[int],
    positions: Mapping[int, Position], by: Staff, at: datetime,
) -> int:
    """Rows of one table; fills ``places`` (customer → position) from tables of customers and goes by it in others.

    ``used`` gathers the rules by which customers went.
    """
    to_of = _destinations(movable, transfer, splits, places, used)
    # locked by themselves first: the names beside them come by outer joins, which cannot be locked
    ids = list(movable.rows(sources).select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    rows = movable.rows(sources).filter(pk__in=ids).order_by("pk")
    names = [movable.title, f"{movable.owner}_id", *([movable.customer] if movable.customer else ()), *movable.traits.values()]
    version = [movable.version] if movable.version else []
    items, told = [], []
    for row in rows.values("pk", *dict.fromkeys([*names, *version])):
        customer = row[movable.customer] if movable.customer else None
        to = to_of(row, customer)
        if to is None or to == row[f"{movable.owner}_id"]:
            continue
        if movable.is_customer:
            places[row["pk"]] = to
        title = str(row[movable.title] or "")[:200]
        items.append(
            TransferItem(
                transfer=transfer, key=movable.key, object_id=row["pk"], customer_id=customer, title=title,
                from_position_id=row[f"{movable.owner}_id"], to_position_id=to,
                version_after=row[movable.version] + 1 if movable.version else None,
            )
        )
        told.append(MovedRow(row["pk"], customer, title, row[f"{movable.owner}_id"], to))
    if items:
        bulk.insert(items)
        _update(movable, transfer, back=False)
        _tell(movable, told, positions, by, at, transfer)
    return len(items)


def _destinations(
    movable: Movable, transfer: Transfer, splits: Sequence[TransferSplit], places: Mapping[int, int], used: set[int]
) -> Callable[[Mapping[str, Any], int | None], int | None]:
    choose = chooser(movable, splits)

    def of_customer(row: Mapping[str, Any], customer: int | None) -> int | None:
        place = choose(row, customer)
        if place is None:
            return transfer.rest_to_id
        used.add(place)
        return splits[place].to_position_id

    def follows(_row: Mapping[str, Any], customer: int | None) -> int | None:
        return places.get(customer, transfer.rest_to_id) if customer is not None else transfer.rest_to_id

    return of_customer if movable.is_customer else follows


def _update(movable: Movable, transfer: Transfer, *, back: bool) -> list[int]:
    """Let the rows follow the list, or (``back``) go back where nothing changed since; returns the ids."""
    meta = movable.rows([]).model._meta
    quote = connection.ops.quote_name
    owner = quote(meta.get_field(movable.owner).column)
    to, was = ("from_position_id", "to_position_id") if back else ("to_position_id", "from_position_id")
    changes = [f"{owner} = i.{to}"]
    if movable.unit:
        changes.append(f"{quote(meta.get_field(movable.unit).column)} = p.unit_id")
    unchanged = ""
    if movable.version:
        column = quote(meta.get_field(movable.version).column)
        changes.append(f"{column} = t.{column} + 1")
        unchanged = f" and t.{column} = i.version_after" if back else ""
    sql = (
        f"update {quote(meta.db_table)} t set {', '.join(changes)} from access_transferitem i"
        f" join access_position p on p.id = i.{to} where i.transfer_id = %s and i.key = %s"
        f" and t.{quote(meta.pk.column)} = i.object_id and t.{owner} = i.{was}{unchanged} returning t.{quote(meta.pk.column)}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [transfer.pk, movable.key])
        return [pk for (pk,) in cursor.fetchall()]


def _tell(
    movable: Movable, rows: Sequence[MovedRow], positions: Mapping[int, Position], by: Staff, at: datetime, transfer: Transfer,
    *, undone: bool = False,
) -> None:
    if movable.moved is not None and rows:
        reason = f"{'撤销' if undone else ''}工作转移（{transfer.get_reason_display()}）"
        movable.moved(Moved(rows=rows, positions=positions, by=by, at=at, reason=reason, undone=undone))


def _refuse_gone(splits: Sequence[TransferSplit], places: Mapping[int, int], sources: set[int]) -> None:
    """Customers picked by hand that meanwhile belong to somebody else: the other transfer or assignment won."""
    gone = [pk for split in splits for pk in split.customers if pk not in places]
    if not gone:
        return
    lines = []
    tables = [one.key for one in handover.movables() if one.is_customer]
    by_whom = {
        one.customer_id: one
        for one in TransferItem.objects.filter(key__in=tables, customer_id__in=gone, from_position__in=sources, is_undone=False)
        .select_related("transfer__made_by", "to_position__holder").order_by("pk")
    }
    for one in list(by_whom.values())[:NAMED]:
        # without the name: not everybody who reads how a transfer went may read customers (``work_lists.told``)
        lines.append(f"客户 #{one.customer_id} 已由 {one.transfer.made_by.name} 发起的转移移交给 {one.to_position.label}")
    rest = len(gone) - len(lines)
    if rest:
        lines.append(f"{rest} 家已不在转出岗位")
    raise TransferFailed("；".join(lines) + "。没有移交任何工作，请刷新后重新选择。")


def _unused(splits: Sequence[TransferSplit], transfer: Transfer) -> str:
    if not splits:
        return ""
    rest = f"其余全部移交给 {transfer.rest_to.label}" if transfer.rest_to else "其余仍由原岗位负责"
    return f"执行时没有客户符合：{'；'.join(condition_of(one) for one in splits)}。没有按这些规则移交，{rest}。"


def _nothing_left(transfer: Transfer, sources: set[int]) -> str:
    if transfer.rest_to_id is None and any(one.rows(sources).exists() for one in handover.movables() if one.is_customer):
        return "转出岗位没有客户符合移交规则，没有移交任何工作，客户仍由原岗位负责。请改正规则后重新发起。"
    other = (
        Transfer.objects.filter(sources__position__in=sources, state=Transfer.State.DONE).exclude(pk=transfer.pk)
        .select_related("made_by").order_by("-finished_at").first()
    )
    if other is None:
        return "转出岗位没有可以移交的工作。"
    return f"转出岗位的工作已由 {other.made_by.name} 发起的转移移交（{timezone.localtime(other.finished_at):%m-%d %H:%M}），没有剩下可以移交的。"


def _keep_in_sight(transfer: Transfer, by: Staff, at: datetime) -> None:
    """The former holders still see what they gave away, for a while and without changing it."""
    today = business_date(at)
    until = today + timedelta(days=SHARED_DAYS)
    moved = transfer.items.filter(key__in=[one.key for one in handover.movables() if one.is_customer])
    shared = set(
        Share.objects.filter(
            customer_id__in=moved.values("customer_id"), position__in=transfer.sources.values("position"),
            revoked_at__isnull=True, to_on__gte=today,
        ).values_list("customer_id", "position_id")
    )
    bulk.insert(
        Share(
            customer_id=item.customer_id, customer_name=item.title[:120], position_id=item.from_position_id, from_on=today,
            to_on=until, reason="工作转移后保留查看", made_by=by, made_at=at, transfer=transfer,
        )
        for item in moved
        if (item.customer_id, item.from_position_id) not in shared
    )


def take_back(*, transfer: Transfer, by: Staff, at: datetime) -> tuple[int, list[str]]:
    """Rows that are as the transfer left them go back; the others stay and are named."""
    items = list(transfer.items.filter(is_undone=False).order_by("pk"))
    ids = {pk for item in items for pk in (item.from_position_id, item.to_position_id)}
    locked = Position.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=ids).order_by("pk")
    positions = {position.pk: position for position in locked.select_related("holder", "unit")}
    labels = {one.key: one.label for one in handover.movables()}
    back: set[int] = set()
    for movable in handover.movables():
        returned = set(_update(movable, transfer, back=True))
        mine = [item for item in items if item.key == movable.key and item.object_id in returned]
        rows = [MovedRow(i.object_id, i.customer_id, i.title, i.to_position_id, i.from_position_id) for i in mine]
        _tell(movable, rows, positions, by, at, transfer, undone=True)
        back |= {item.pk for item in mine}
    TransferItem.objects.filter(pk__in=back).update(is_undone=True)
    Share.objects.filter(transfer=transfer, customer_id__in=[i.customer_id for i in items if i.pk in back]).filter(
        revoked_at__isnull=True
    ).update(revoked_at=at, revoked_by=by)
    return len(back), [f"{labels.get(i.key, i.key)} {i.title}" for i in items if i.pk not in back]
