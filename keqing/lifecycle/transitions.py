"""TRANSITIONS: every step of the life cycle with its rule and what it asks for (R-181). No database."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from keqing.people.choices import Stage
from keqing.people.stages import MOVES

LABELS: Mapping[str, str] = {value: str(label) for value, label in Stage.choices}
ILLEGAL = "LC-00"
MOVED_MEANWHILE = "LC-08"
NO_EVIDENCE = "LC-09"


@dataclass(frozen=True)
class Transition:
    """``asks``: what the form has to bring; ``text``: the condition as the user reads it."""

    rule: str
    text: str
    asks: tuple[str, ...] = ("reason",)


JUDGED = Transition("LC-01", "要有判别：写明判别依据。")
TAKEN_UP = Transition("LC-02", "要有已登记的需求和下一步（未完成的跟进）。", ())
ORDERED = Transition("LC-03", "要有已批准的订单。", ())
IN_USE = Transition("LC-04", "要有收货和使用的记录。", ())
ASLEEP = Transition("LC-05", "写明为什么休眠；之后只能经销售机会回来。")
LOST = Transition("LC-06", "选择流失原因，并写明经过。", ("loss_reason", "reason"))
BACK = Transition("LC-07", "只能回到销售机会，要有已登记的需求、下一步和回来的原因。")

_INTO: Mapping[str, Transition] = {
    Stage.PROSPECT: JUDGED, Stage.OPPORTUNITY: TAKEN_UP, Stage.ORDER_CUSTOMER: ORDERED, Stage.USER: IN_USE,
    Stage.DORMANT: ASLEEP, Stage.LOST: LOST,
}
TRANSITIONS: Mapping[tuple[str, str], Transition] = {
    (old, new): BACK if old in (Stage.DORMANT, Stage.LOST) and new == Stage.OPPORTUNITY else _INTO[new]
    for old, following in MOVES.items() for new in following
}


def transition(old: str, new: str) -> Transition | None:
    return TRANSITIONS.get((old, new))


def onward(stage: str) -> Iterator[tuple[str, str, Transition]]:
    """Where a customer in ``stage`` may go: stage, label, transition."""
    for new in MOVES[stage]:
        yield new, LABELS[new], TRANSITIONS[stage, new]


def no_such_step(old: str, new: str) -> str:
    """Why a jump is refused, with what is possible instead."""
    ways = "、".join(LABELS[one] for one in MOVES[old])
    return f"“{LABELS[old]}”不能直接变为“{LABELS[new]}”，只能到：{ways}。"
