"""Stages, needs, targets and goals of the sample company, read out of its contact records."""

import random
from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from keqing.audit.actions import Subject, entry_for
from keqing.desk.demo.copying import copy_rows, number
from keqing.desk.demo.customers import Book, living
from keqing.desk.demo.structure import Structure
from keqing.followups.models import ContactRecord
from keqing.kit.formats import business_date
from keqing.lifecycle.actions import needs, stages, targets
from keqing.lifecycle.models import Competitor, Effect, LossReason, Need, PipelineGoal, StageChange, Target
from keqing.lifecycle.policy import policy
from keqing.lifecycle.quarters import quarter_of
from keqing.lifecycle.transitions import LABELS, transition
from keqing.people.actions.organisations import subject_of
from keqing.people.models import Organisation
from keqing.people.stages import MOVES, RANKS, days_in
from keqing.timeline.models import Entry

STAGE_OF = {
    "first": "prospect", "needs": "prospect", "material": "prospect", "quoting": "opportunity", "trial": "opportunity",
    "working": "order_customer", "care": "user", "no_interest": "dormant",
}
WHY = {
    "opportunity": ("药剂科同意列入本季评估", "科主任签收试用申请", "提出了明确的需求和时间表"), "order_customer": ("首张订单已批准",),
    "user": ("已收货并在科室使用",), "dormant": ("半年内没有采购计划", "联系人调离，新负责人暂不考虑"),
}
NEEDS = (
    ("需要老年患者的安全性资料", "拜访时主任提出"), ("希望了解配送时效和最小起订量", "药剂科来电"), ("想安排一次科室学术交流", "科室会上提出"),
    ("需要医保支付政策说明", "采购在电话里问起"), ("要与现用品种的对照研究", "主任查房后提出"),
)
ANSWERS = ("已送最新说明书和文献", "商务已书面答复配送安排", "已约定下月科室会", "医学部已整理资料并发送")
RIVALS = ("海岚制药", "北屿生物", "衡川药业")
SEEN = ("unidentified", 0.06)  # of those nobody has talked to yet
LOST = 0.25  # of the dormant
UNANSWERED, MET = 0.4, 0.4
OLDEST = 75  # days: what is older has been answered


class LifecycleBuilder:
    """Uses numbers of its own, so that the rest of the company stays as it was."""

    def __init__(self, *, seed: int, at: datetime, structure: Structure, book: Book, contacts: list[ContactRecord]) -> None:
        self.rng = random.Random(seed)  # noqa: S311  sample data
        self.at, self.today, self.structure, self.book = at, business_date(at), structure, book
        self.customers = {o.pk: o for o in book.organisations}
        self.contacts: dict[int, list[ContactRecord]] = defaultdict(list)
        for contact in contacts:
            self.contacts[contact.customer_id].append(contact)
        self.changes: list[StageChange] = []
        self.needs: list[Need] = []
        self.targets: list[Target] = []
        self.effects: list[Effect] = []
        self.reasons = list(LossReason.objects.order_by("order"))
        self.rivals = [Competitor(name=name, order=place) for place, name in enumerate(RIVALS, 1)]
        number(self.rivals)

    def build(self) -> None:
        for organisation in living(self.book.organisations):
            organisation.lifecycle_since = business_date(organisation.created_at)
            mine = self.contacts[organisation.pk]
            if not mine and self.rng.random() < SEEN[1]:
                organisation.lifecycle = SEEN[0]
            moved = self._walk(organisation, mine)
            self._effects(organisation, mine, moved)
        self._set_targets()
        for rows in (self.changes, self.needs, self.targets):
            number(rows)
        self._tell()

    def write(self) -> int:
        """After the contacts: their trigger began effects of its own, with the customers as they are today."""
        Effect.objects.all().delete()
        rows = (self.rivals, self.changes, self.needs, self.targets, self.effects, self._goals())
        return sum(copy_rows(many) for many in rows)

    # --- stages ---

    def _walk(self, organisation: Organisation, mine: list[ContactRecord]) -> dict[int, int]:
        """Steps a contact brought about; by contact what it moved the rank."""
        moved: dict[int, int] = {}
        for contact in mine:
            to = STAGE_OF[contact.business_state]
            if to not in MOVES[organisation.lifecycle]:
                continue
            if to == "opportunity":
                self._need(organisation, contact, met=True)
            moved[contact.pk] = RANKS[to] - RANKS[organisation.lifecycle]
            self._change(organisation, to, contact)
        if organisation.lifecycle == "dormant" and mine and self.rng.random() < LOST:
            self._change(organisation, "lost", mine[-1])
        if organisation.lifecycle in ("opportunity", "prospect") and mine and self.rng.random() < 0.5:
            self._need(organisation, self.rng.choice(mine), met=False)
        return moved

    def _change(self, organisation: Organisation, to: str, contact: ContactRecord) -> None:
        lost, on = to == "lost", business_date(contact.submitted_at)
        self.changes.append(
            StageChange(
                customer_id=organisation.pk, customer_name=organisation.name, from_stage=organisation.lifecycle, to_stage=to,
                days=days_in(organisation.lifecycle_since, on), on=on, at=contact.submitted_at, by=contact.tracker,
                owner_position=contact.tracker_position, contact_id=None if lost else contact.pk,
                reason="改用别家，短期没有恢复的可能" if lost else "", evidence="" if lost else self.rng.choice(WHY[to]),
                loss_reason=self.rng.choice(self.reasons) if lost else None,
                competitor=self.rng.choice(self.rivals) if lost and self.rng.random() < 0.7 else None,
            )
        )
        organisation.lifecycle, organisation.lifecycle_since = to, on

    # --- needs, targets, goals ---

    def _need(self, organisation: Organisation, contact: ContactRecord, *, met: bool) -> None:
        text, evidence = self.rng.choice(NEEDS)
        raised_on = business_date(contact.submitted_at)
        need = Need(
            customer_id=organisation.pk, customer_name=organisation.name, text=text, evidence=evidence, contact_id=contact.pk,
            raised_on=raised_on, created_by=contact.tracker, created_at=contact.submitted_at,
        )
        if met or self.rng.random() > UNANSWERED or (self.today - raised_on).days > OLDEST:
            need.answer = self.rng.choice(ANSWERS)
            need.answered_on = min(raised_on + timedelta(days=self.rng.randint(1, 20)), self.today)
            need.version = 2
        if need.answer and (met and self.rng.random() < 0.8 or self.rng.random() < MET):
            need.met_on = min(need.answered_on + timedelta(days=self.rng.randint(3, 60)), self.today)  # type: ignore[operator]
        self.needs.append(need)

    def _set_targets(self) -> None:
        quarter = quarter_of(self.today)
        made = quarter.first + timedelta(days=3)
        for seat in self.structure.seats:
            holder = seat.position.holder
            mine = [o for o in living(self.book.by_owner[seat.position.pk]) if self.contacts[o.pk] and business_date(o.created_at) < made]
            if holder is None or made > self.today:
                continue
            for organisation in self.rng.sample(mine, min(len(mine), 8 if seat is self.structure.my_seat else 3)):
                kind = self.rng.choice(("grade", "relationship"))
                scale = targets.SCALES[kind]
                low = self.rng.randrange(len(scale) - 1)
                self.targets.append(
                    Target(
                        customer_id=organisation.pk, customer_name=organisation.name, kind=kind, now=scale[low], wanted=scale[low + 1],
                        due_on=quarter.last - timedelta(days=self.rng.choice((0, 15, 30))), actions="每两周拜访一次，组织一次科室学术交流",
                        position=seat.position, created_by=holder, created_at=self._noon(made), **self._reached(made),
                    )
                )

    def _reached(self, made: date) -> Mapping[str, Any]:
        if self.rng.random() > 0.5:
            return {}
        on = made + timedelta(days=self.rng.randint(0, max((self.today - made).days, 0)))
        return {"reached_on": on, "evidence": "季度评估已达到", "version": 2}

    def _goals(self) -> list[PipelineGoal]:
        """This month, for the heads of areas: representatives get no sales targets."""
        month = self.today.replace(day=1)
        return [
            PipelineGoal(
                position=area.head, month=month, wanted=self.rng.randint(12, 60), set_by=region.head.holder or self.structure.staff["gm"],
                set_at=self._noon(month),
            )
            for region in self.structure.regions for area in region.areas if area.head.holder
        ]

    def _noon(self, day: date) -> datetime:
        return min(self.at.replace(year=day.year, month=day.month, day=day.day), self.at)

    # --- what contacts moved ---

    def _effects(self, organisation: Organisation, mine: list[ContactRecord], moved: Mapping[int, int]) -> None:
        if not mine:
            return
        filling = set(self.rng.sample(range(len(mine)), min(len(mine), self.rng.randint(0, 2))))
        step = min(12, organisation.completeness // (len(filling) + 1)) if filling else 0
        rank = RANKS[organisation.lifecycle] - sum(moved.values())
        full = organisation.completeness - step * len(filling)
        over = self.at - timedelta(days=policy().effect_days)
        for place, contact in enumerate(mine):
            up, more = moved.get(contact.pk, 0), step if place in filling else 0
            self.effects.append(
                Effect(
                    customer_id=organisation.pk, contact_id=contact.pk, tracker=contact.tracker, on=contact.track_on,
                    at=contact.submitted_at, stage_from=rank, completeness_from=full, level_from=0, d_stage=up, d_completeness=more,
                    is_closed=place < len(mine) - 1 or contact.submitted_at <= over,
                )
            )
            rank, full = rank + up, full + more

    # --- stream and audit ---

    def _tell(self) -> None:
        for change in self.changes:
            parts = [str(change.loss_reason or ""), change.reason, change.evidence and f"依据：{change.evidence}"]
            self._line(change, "stage", "stairs-up", f"阶段 {change}", "；".join(filter(None, parts)), stages.LABEL, "")
            step = transition(change.from_stage, change.to_stage)
            told = {"lifecycle": [LABELS[change.from_stage], LABELS[change.to_stage]]}
            self._audit("stage.moved", change, subject_of(self.customers[change.customer_id]), told, rule=step.rule if step else "")
        for need in self.needs:
            self._line(need, "need", "bulb", f"需求 · {need.text}", need.evidence, needs.LABEL, needs.URL_NAME)
            self._audit("need.registered", need, needs.subject_of(need), {"text": [None, need.text]})
        for target in self.targets:
            self._audit("target.set", target, targets.subject_of(target), {"due_on": [None, target.due_on.isoformat()]})
        self._mark()

    def _line(self, row: StageChange | Need, kind: str, icon: str, title: str, text: str, label: str, url_name: str) -> None:
        by, at = (row.by, row.at) if isinstance(row, StageChange) else (row.created_by, row.created_at)
        self.book.stream.append(
            Entry(
                customer_id=row.customer_id, at=at, kind=kind, icon=icon, title=title[:200], text=text, actor_id=by.pk if by else None,
                actor_name=by.name if by else "系统", subject_label=label, subject_id=row.pk, url_name=url_name,
            )
        )

    def _audit(
        self, action: str, row: StageChange | Need | Target, subject: Subject, changes: Mapping[str, Any], rule: str = ""
    ) -> None:
        by, at = (row.by, row.at) if isinstance(row, StageChange) else (row.created_by, row.created_at)
        self.book.audit.append(entry_for(action=action, by=by, at=at, subject=subject, changes=changes, rule=rule))

    def _mark(self) -> None:
        """Beside each contact that is over: what became of it."""
        said = {effect.contact_id: effect.said for effect in self.effects if effect.is_closed}
        for line in self.book.stream:
            if line.kind == "contact" and line.subject_id in said:
                line.details = {**line.details, "effect": said[line.subject_id]}
