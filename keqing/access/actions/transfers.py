"""Asking for, agreeing to, calling off and taking back a transfer of work (R-190); ``carrying`` moves the rows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import transaction

from keqing.access import handover
from keqing.access.actions.carrying import Run, carry, check_heir, take_back
from keqing.access.actions.common import AdminRefused, Stale, subject_of
from keqing.access.actions.staff import deactivate_staff
from keqing.access.models import Position, Staff, Transfer, TransferFrom, TransferSplit
from keqing.access.permissions import Can
from keqing.access.traces import traces_of
from keqing.access.work import UNDO_DAYS
from keqing.audit import actions as audit
from keqing.kit.formats import business_date

FARTHEST_DAYS = 366


@dataclass(frozen=True)
class Split:
    """Customers of a rule, or ``customers`` picked by hand, go to ``to``."""

    to: Position
    region_prefix: str = ""
    kind: str = ""
    level: str = ""
    customers: Sequence[int] = field(default=())

    @property
    def is_empty(self) -> bool:
        return not (self.region_prefix or self.kind or self.level or self.customers)


@transaction.atomic
def ask_transfer(
    *, positions: Collection[Position], reason: str, rest_to: Position | None, splits: Sequence[Split] = (),
    effective_on: date, note: str = "", leaver: Staff | None = None, by: Staff, at: datetime,
) -> Transfer:
    """Ask for the work of ``positions`` to go to others; somebody above has to agree.

    What no split names goes to ``rest_to``; without it only the customers of the splits go, with what hangs on
    them. A leaver's work goes entirely. Refuses vacant, closed and unmanned heirs, circles and days that are over.
    """
    today = business_date(at)
    if not positions:
        raise AdminRefused("请选择转出的岗位。")
    if rest_to is None and not splits:
        raise AdminRefused("请选择移交给谁。")
    if leaver is not None and rest_to is None:
        raise AdminRefused("人员离职时全部工作都要有人接手：请选择“其余移交给”。")
    if any(split.is_empty for split in splits):
        raise AdminRefused("每条分配规则至少要写一个条件，或选定客户。")
    if not today <= effective_on <= today + timedelta(days=FARTHEST_DAYS):
        raise AdminRefused("生效日期应在今天到一年之内。")
    from_ids = {position.pk for position in positions}
    for heir in _heirs(rest_to, splits):
        if heir.pk in from_ids:
            raise AdminRefused(f"“{heir.name}”在转出岗位之中，不能同时接手。")
        if leaver is not None and heir.holder_id == leaver.pk:
            raise AdminRefused("接手的岗位不能由离职人担任。")
        check_heir(heir)
    transfer = Transfer.objects.create(
        reason=reason, rest_to=rest_to, effective_on=effective_on, note=note.strip(), leaver=leaver, made_by=by, made_at=at
    )
    TransferFrom.objects.bulk_create([TransferFrom(transfer=transfer, position=p) for p in positions])
    TransferSplit.objects.bulk_create(
        [
            TransferSplit(
                transfer=transfer, place=place, to_position=one.to, region_prefix=one.region_prefix, kind=one.kind,
                level=one.level, customers=sorted(one.customers),
            )
            for place, one in enumerate(splits)
        ]
    )
    _note(transfer, "transfer.asked", by, at, {"from": [None, "、".join(p.name for p in positions)]})
    return transfer


def may_decide(*, transfer: Transfer, staff: Staff) -> str:
    """Why this person may not agree to the transfer; empty when they may.

    Whoever agrees stands above all positions concerned, did not ask, and neither gives nor takes. The account of a
    leaver is closed by the transfer: who asks or who agrees must look after accounts.
    """
    if transfer.made_by_id == staff.pk:
        return "不能批准自己发起的转移，请由上级批准。"
    concerned = list(_concerned(transfer))
    if any(position.holder_id == staff.pk for position in concerned):
        return "您是转出或接手的一方，请由上级批准。"
    if not all(_reaches(staff, Can.APPROVE_TRANSFER, position) for position in concerned):
        return "有的岗位不在您的范围之内，请由双方共同的上级批准。"
    if transfer.leaver_id and not (staff.may(Can.MANAGE_STAFF) or transfer.made_by.may(Can.MANAGE_STAFF)):
        return "离职移交会停用账号，须由安全管理员批准。"
    return ""


@transaction.atomic
def decide_transfer(*, transfer: Transfer, agreed: bool, opinion: str = "", by: Staff, at: datetime) -> Transfer:
    """Agree or not. One that takes effect today is carried out right after (``tasks``)."""
    stored = _locked(transfer)
    if stored.state != Transfer.State.WAITING:
        raise AdminRefused(f"这项转移已经{stored.get_state_display()}。")
    if why := may_decide(transfer=stored, staff=by):
        raise AdminRefused(why)
    if not agreed and not opinion.strip():
        raise AdminRefused("不批准时请写明意见。")
    stored.state = Transfer.State.SCHEDULED if agreed else Transfer.State.DECLINED
    stored.decided_by, stored.decided_at, stored.opinion = by, at, opinion.strip()
    _keep(stored, ["state", "decided_by", "decided_at", "opinion"])
    _note(stored, "transfer.approved" if agreed else "transfer.declined", by, at, reason=stored.opinion)
    return stored


@transaction.atomic
def cancel_transfer(*, transfer: Transfer, by: Staff, at: datetime) -> Transfer:
    """Call off what is not carried out yet; by who asked or who agreed."""
    stored = _locked(transfer)
    if stored.state not in (Transfer.State.WAITING, Transfer.State.SCHEDULED, Transfer.State.FAILED):
        raise AdminRefused(f"这项转移已经{stored.get_state_display()}，不能取消。")
    if by.pk not in (stored.made_by_id, stored.decided_by_id):
        raise AdminRefused("只有发起人或批准人可以取消。")
    stored.state = Transfer.State.CANCELLED
    _keep(stored, ["state"])
    _note(stored, "transfer.cancelled", by, at)
    return stored


def carry_out(*, transfer_id: int, at: datetime) -> Transfer | None:
    """Move everything in one transaction; None when it is not due or runs elsewhere already.

    A refusal leaves every row where it was and is written on the transfer.
    """
    run = Run(transfer_id)
    try:
        with transaction.atomic():
            transfer = (
                Transfer.objects.select_for_update(skip_locked=True, of=("self",))
                .filter(pk=transfer_id, state=Transfer.State.SCHEDULED, effective_on__lte=business_date(at))
                .select_related("made_by", "decided_by", "leaver").first()
            )
            if transfer is None:
                return None
            run.tell(0, "锁定岗位和记录", at)
            by = transfer.decided_by or transfer.made_by
            carry(transfer=transfer, run=run, by=by, at=at)
            if transfer.leaver is not None:
                _let_go(transfer, transfer.leaver, by, at)
            transfer.state, transfer.finished_at = Transfer.State.DONE, at
            _keep(transfer, ["state", "finished_at", "message", "counts", "traces"])
            _note(transfer, "transfer.done", by, at, {"moved": [None, describe(transfer.counts)]})
    except AdminRefused as refusal:
        return _fail(transfer_id, str(refusal), at)
    finally:
        run.over()
    return transfer


def undo_transfer(*, transfer: Transfer, by: Staff, at: datetime) -> tuple[int, list[str]]:
    """Bring back what nobody touched since, within ``UNDO_DAYS``. Returns how many rows went back and what did not."""
    with transaction.atomic():
        stored = _locked(transfer)
        if stored.state != Transfer.State.DONE or stored.finished_at is None:
            raise AdminRefused("只能撤销已完成的转移。")
        if at > stored.finished_at + timedelta(days=UNDO_DAYS):
            raise AdminRefused(f"完成已超过 {UNDO_DAYS} 天，不能撤销；需要时请另做一次转移。")
        if not all(_reaches(by, Can.APPROVE_TRANSFER, p) for p in _concerned(stored)):
            raise AdminRefused("有的岗位不在您的范围之内，请由双方共同的上级撤销。")
        for source in Position.objects.filter(pk__in=stored.sources.values("position")).select_related("holder"):
            check_heir(source)
        back, kept = take_back(transfer=stored, by=by, at=at)
        stored.state, stored.undone_at, stored.undone_by = Transfer.State.UNDONE, at, by
        stored.message = f"撤销了 {back} 项" + (f"；{len(kept)} 项之后又有变动，没有撤销" if kept else "")
        _keep(stored, ["state", "undone_at", "undone_by", "message"])
        _note(stored, "transfer.undone", by, at, {"moved": [None, stored.message]})
    return back, kept


def describe(counts: Mapping[str, int]) -> str:
    return "，".join(f"{label} {count}" for label, count in counts.items() if count) or "没有未移交的工作"


def _let_go(transfer: Transfer, leaver: Staff, by: Staff, at: datetime) -> None:
    transfer.traces = traces_of(staff=leaver, at=at)
    heir = transfer.rest_to.holder if transfer.rest_to else None
    handover.hand_over_personal(staff=leaver, heir=heir, by=by, at=at)
    fresh = Staff.objects.get(pk=leaver.pk)
    if fresh.is_active:
        deactivate_staff(staff=fresh, by=by, at=at)


def _fail(transfer_id: int, sentence: str, at: datetime) -> Transfer:
    with transaction.atomic():
        transfer = Transfer.objects.select_for_update(of=("self",)).select_related("made_by").get(pk=transfer_id)
        transfer.state, transfer.message = Transfer.State.FAILED, sentence[:500]
        _keep(transfer, ["state", "message"])
        _note(transfer, "transfer.failed", transfer.made_by, at, reason=sentence)
    return transfer


def _heirs(rest_to: Position | None, splits: Sequence[Split]) -> list[Position]:
    ids = {one.pk for one in (rest_to, *(split.to for split in splits)) if one is not None}
    return list(Position.objects.filter(pk__in=ids).select_related("holder"))


def _concerned(transfer: Transfer) -> Collection[Position]:
    """All positions that give or take."""
    takers = [one for one in (transfer.rest_to_id, *transfer.splits.values_list("to_position", flat=True)) if one]
    return Position.objects.filter(pk__in=[*transfer.sources.values_list("position", flat=True), *takers])


def _reaches(staff: Staff, word: str, position: Position) -> bool:
    return staff.standing.reaches(word, kind=position.role, owner_position_id=position.pk, unit_id=position.unit_id)


def _locked(transfer: Transfer) -> Transfer:
    stored = Transfer.objects.select_for_update(of=("self",)).select_related("made_by", "leaver", "rest_to").get(pk=transfer.pk)
    if stored.version != transfer.version:
        raise Stale(stored)
    return stored


def _keep(transfer: Transfer, fields: list[str]) -> None:
    transfer.version += 1
    transfer.save(update_fields=[*fields, "version"])


def _note(
    transfer: Transfer, action: str, by: Staff, at: datetime, changes: Mapping[str, list[str | None]] | None = None, reason: str = ""
) -> None:
    audit.record(action=action, by=by, at=at, subject=subject_of(transfer), changes=changes, reason=reason)
