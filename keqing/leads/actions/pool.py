"""公海: leads without anybody, free to be picked within limits; and those nobody works at, taken back (R-186)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice

from django.db import transaction

from keqing.access.models import OrgUnit, Position, Staff
from keqing.audit import actions as audit
from keqing.kit.formats import business_date, format_date
from keqing.leads.actions.assigning import lock_open
from keqing.leads.actions.steps import LeadRefused, keep_steps, save, save_all, step_for, subject_of
from keqing.leads.actions.telling import RECYCLE, Told, tell_all
from keqing.leads.choices import State, StepKind
from keqing.leads.models import Lead, PoolCount, Step
from keqing.leads.policy import policy
from keqing.leads.pool import forsaken

FIELDS = ("state", "position", "unit", "rule_id", "due_at", "accepted_at", "pooled_at")
BATCH = 200


@transaction.atomic
def pool_leads(*, leads: Sequence[Lead], reason: str, by: Staff, at: datetime) -> list[Lead]:
    """Free for anybody of their unit and below it. Refuses to do so without a reason. A step, an audit entry each."""
    if not reason.strip():
        raise LeadRefused("请写明放入公海的原因。")
    stored = [lead for lead in lock_open(leads) if lead.pooled_at is None]
    if not stored:
        raise LeadRefused("这些线索已经在公海，或已经结束。")
    _into_pool(stored, kind=StepKind.POOLED, title="放入公海", reason=reason, by=by, at=at)
    return stored


@transaction.atomic
def pick_lead(*, lead: Lead, by: Staff, at: datetime) -> Lead:
    """Take one for one's own position: accepted at once. Of two who pick the same lead one gets it.

    Refuses beyond the limit of the day and of open leads. Effects: owner, a step, an audit entry.
    """
    home = by.standing.home
    if home is None:
        raise LeadRefused("您现在没有岗位，不能领取线索。")
    position = Position.objects.select_related("unit").get(pk=home.pk)
    count = _within_limits(position, by, at)
    stored = Lead.objects.select_for_update(of=("self",)).select_related("source_channel").get(pk=lead.pk)
    if stored.pooled_at is None:
        raise LeadRefused("这条线索刚被别人领走，或已离开公海。请刷新后另选一条。")
    pool_id = stored.unit_id
    stored.position, stored.unit = position, position.unit
    stored.state, stored.pooled_at, stored.due_at, stored.rule_id = State.ACCEPTED, None, None, None
    stored.assigned_at = stored.accepted_at = at
    save(stored, *FIELDS, "assigned_at", at=at)
    count.picked += 1
    count.save(update_fields=["picked"])
    step = step_for(
        lead=stored, kind=StepKind.PICKED, title=f"{by.name}从公海领取", by=by, at=at, to_position=position, details={"pool": pool_id}
    )
    keep_steps([step])
    audit.record(
        action="lead.picked", by=by, at=at, subject=subject_of(stored), changes={"position": [None, position.name]}
    )
    return stored


def recycle_idle(*, at: datetime) -> int:
    """Accepted leads nobody did anything about go back to 公海; returns how many. Batches as ``escalate_overdue``."""
    before = at - timedelta(days=policy().recycle_days)
    count = 0
    while done := _recycle_batch(before, at):
        count += done
    return count


def warn_of_recycling(*, at: datetime) -> int:
    """Tell holders which leads go back soon; once for each, however often this runs."""
    rules = policy()
    goes = timedelta(days=rules.recycle_days)
    before = at - goes + timedelta(days=rules.warn_days)
    rows = forsaken(before=before).select_related("source_channel", "position__holder")
    count, leads = 0, rows.iterator(chunk_size=BATCH)
    while told := [_warning(lead, goes) for lead in islice(leads, BATCH)]:
        tell_all(told=told, kind=RECYCLE, at=at)
        count += len(told)
    return count


def _warning(lead: Lead, goes: timedelta) -> Told:
    text = f"已很久没有跟进，{format_date(lead.idle_since + goes)} 收回公海。联系一次或写下进展即可保留。"
    holder = lead.position.holder if lead.position else None
    return holder, lead, f"线索将收回公海：{lead.title}", text, f"{lead.pk}:{business_date(lead.idle_since)}"


@transaction.atomic
def _recycle_batch(before: datetime, at: datetime) -> int:
    found = [one.pk for one in forsaken(before=before).order_by("pk")[:BATCH]]
    rows = Lead.objects.select_for_update(of=("self",), skip_locked=True).filter(
        pk__in=found, state=State.ACCEPTED, position__isnull=False, updated_at__lt=before
    )
    idle = list(rows.select_related("source_channel", "unit", "position__holder").order_by("pk"))
    reason = f"接受后 {policy().recycle_days} 天没有跟进"
    _into_pool(idle, kind=StepKind.RECYCLED, title="收回公海", reason=reason, by=None, at=at)
    return len(idle)


def _into_pool(
    leads: Sequence[Lead], *, kind: str, title: str, reason: str, by: Staff | None, at: datetime
) -> None:
    units = _pools(leads)
    steps: list[Step] = []
    entries = []
    for lead in leads:
        former = lead.position
        steps.append(step_for(lead=lead, kind=kind, title=title, by=by, at=at, reason=reason, from_position=former))
        entries.append(
            audit.entry_for(
                action="lead.pooled" if by else "lead.recycled", by=by, at=at, subject=subject_of(lead), reason=reason.strip(),
                changes={"position": [former.name if former else None, "公海"]},
            )
        )
        lead.position, lead.unit, lead.state, lead.pooled_at = None, units[lead.unit_id], State.NEW, at
        lead.due_at = lead.rule_id = lead.accepted_at = None
    save_all(leads, *FIELDS, at=at)
    keep_steps(steps)
    audit.record_all(entries)


def _pools(leads: Sequence[Lead]) -> dict[int, OrgUnit]:
    """The pool of a lead is that of its region, so that colleagues next door may pick it."""
    paths = {lead.unit_id: [int(pk) for pk in lead.unit.path.strip("/").split("/")] for lead in leads}
    known = {one.pk: one for one in OrgUnit.objects.filter(pk__in={pk for line in paths.values() for pk in line})}
    return {
        unit_id: next((known[pk] for pk in reversed(line) if known[pk].kind != OrgUnit.Kind.AREA), known[line[-1]])
        for unit_id, line in paths.items()
    }


def _within_limits(position: Position, by: Staff, at: datetime) -> PoolCount:
    """The person's count of the day, locked: who picks twice at once is counted twice."""
    rules = policy()
    day = business_date(at)
    PoolCount.objects.bulk_create([PoolCount(staff=by, picked_on=day)], ignore_conflicts=True)
    count = PoolCount.objects.select_for_update().get(staff=by, picked_on=day)
    if count.picked >= rules.per_day:
        raise LeadRefused(f"每人每天最多从公海领取 {rules.per_day} 条，您今天已领满，请明天再来。")
    if Lead.objects.open().filter(position=position).count() >= rules.most_open:
        raise LeadRefused(f"您手上未结束的线索已有 {rules.most_open} 条，请先处理一些再领取。")
    return count
