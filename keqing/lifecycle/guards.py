"""What must be there before a customer enters a stage. Higher departments register more: orders guard 订单客户.

    guards.register(Stage.USER, guard)                  a further condition, see ``Guard``
    guards.register_evidence(Stage.ORDER_CUSTOMER, has) who knows which customers have what the stage asks for

Without any registered evidence 订单客户 and 用户 are refused: nothing in the system can prove them yet.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from keqing.followups.models import Reminder
from keqing.lifecycle.models import Competitor, LossReason, Need
from keqing.lifecycle.transitions import NO_EVIDENCE, transition
from keqing.people.choices import Stage
from keqing.people.models import Organisation


@dataclass(frozen=True)
class Refusal:
    """Why a customer may not enter the stage: a rule's id and a sentence for the user."""

    rule: str
    text: str

    def __str__(self) -> str:
        return f"{self.text}（{self.rule}）"


@dataclass(frozen=True, kw_only=True)
class Move:
    """What is wanted, and what was brought for it."""

    to: str
    on: date
    reason: str = ""
    evidence: str = ""
    contact_id: int | None = None
    loss_reason: LossReason | None = None
    competitor: Competitor | None = None


class Guard(Protocol):
    def refused(self, *, customers: Sequence[Organisation], move: Move) -> Mapping[int, Refusal]:
        """Those of the customers that may not enter ``move.to`` now, by id. Their rows are locked; few statements."""


Evidence = Callable[[Collection[int]], Collection[int]]
_guards: dict[str, list[Guard]] = defaultdict(list)
_evidence: dict[str, list[Evidence]] = defaultdict(list)


def register(stage: str, guard: Guard) -> None:
    """A further condition for entering ``stage``."""
    if guard not in _guards[stage]:
        _guards[stage].append(guard)


def register_evidence(stage: str, evidence: Evidence) -> None:
    """``evidence(customer_ids)`` returns those that have what ``stage`` asks for, e.g. an approved order."""
    if evidence not in _evidence[stage]:
        _evidence[stage].append(evidence)


def unregister(stage: str, one: Guard | Evidence) -> None:
    """For tests."""
    for known in (_guards[stage], _evidence[stage]):
        if one in known:
            known.remove(one)  # type: ignore[arg-type]


def refusals(*, customers: Sequence[Organisation], move: Move) -> dict[int, Refusal]:
    """The first reason against each customer; those that may move are not in it. At most two statements of our own."""
    found: dict[int, Refusal] = {}
    for check in (_brought, _needed_and_next, _proven):
        found |= check([one for one in customers if one.pk not in found], move)
    for guard in _guards[move.to]:
        found |= guard.refused(customers=[one for one in customers if one.pk not in found], move=move)
    return found


def _brought(customers: Sequence[Organisation], move: Move) -> dict[int, Refusal]:
    """What has to be written down with the move itself."""
    found = {}
    for one in customers:
        step = transition(one.lifecycle, move.to)
        if step is None:
            continue
        missing = {
            "reason": not move.reason.strip(), "loss_reason": move.loss_reason is None or move.loss_reason.closed_on is not None,
        }
        if any(missing[asked] for asked in step.asks):
            found[one.pk] = Refusal(step.rule, step.text)
        elif move.contact_id is not None and not move.evidence.strip():
            found[one.pk] = Refusal(NO_EVIDENCE, "一次联系本身不改变阶段：请写明这次联系得到了什么依据。")
    return found


def _needed_and_next(customers: Sequence[Organisation], move: Move) -> dict[int, Refusal]:
    if move.to != Stage.OPPORTUNITY or not customers:
        return {}
    ids = [one.pk for one in customers]
    needs = set(Need.objects.open().filter(customer_id__in=ids).values_list("customer_id", flat=True))
    steps = set(Reminder.objects.open().filter(customer_id__in=ids).values_list("customer_id", flat=True))
    found = {}
    for one in customers:
        rule = transition(one.lifecycle, move.to)
        if one.pk not in needs:
            found[one.pk] = Refusal(rule.rule if rule else "", "还没有登记未满足的需求：先在客户页登记需求。")
        elif one.pk not in steps:
            found[one.pk] = Refusal(rule.rule if rule else "", "还没有下一步：先安排一条跟进。")
    return found


UNPROVEN = {
    Stage.ORDER_CUSTOMER: "没有已批准的订单，不能成为订单客户。",
    Stage.USER: "没有收货和使用的记录，不能成为用户。",
}


def _proven(customers: Sequence[Organisation], move: Move) -> dict[int, Refusal]:
    if move.to not in UNPROVEN or not customers:
        return {}
    ids = [one.pk for one in customers]
    has = {pk for evidence in _evidence[move.to] for pk in evidence(ids)}
    found = {}
    for one in customers:
        step = transition(one.lifecycle, move.to)
        if one.pk not in has:
            found[one.pk] = Refusal(step.rule if step else "", UNPROVEN[Stage(move.to)])
    return found
