"""How often customers are to be contacted, and when silence is an alarm: the policy ``cadence.toml``, read and checked."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from keqing.people.choices import Level, Stage

POLICY = Path(__file__).resolve().parents[2] / "config" / "policies" / "cadence.toml"


class WrongCadence(ValueError):
    """The policy cannot be used; the text says why, for the person who wrote it."""


@dataclass(frozen=True)
class Cadence:
    """Days without contact by stage and by hospital level; the shorter of the two counts. A stage left out is left alone."""

    by_stage: Mapping[str, int]
    by_level: Mapping[str, int] = field(default_factory=dict)
    next_step_stages: Sequence[str] = ()
    next_step_again: int = 14
    silent_stages: Sequence[str] = ()
    silent_days: int = 60
    silent_drop: int = 40
    silent_again: int = 60
    due_workdays: int = 2

    def days(self, *, stage: str, level: str) -> int | None:
        """After how many days without contact this customer is due; None: never."""
        usual = self.by_stage.get(stage)
        return None if usual is None else min(usual, self.by_level.get(level, usual))

    @property
    def groups(self) -> Mapping[int, Sequence[tuple[str, Sequence[str]]]]:
        """By number of days: the stages with the levels that have it; the empty level stands for all others."""
        found: dict[int, dict[str, list[str]]] = {}
        for stage, usual in self.by_stage.items():
            for level in ("", *self.by_level):
                days = min(usual, self.by_level.get(level, usual))
                found.setdefault(days, {}).setdefault(stage, []).append(level)
        return {days: [(stage, tuple(levels)) for stage, levels in stages.items()] for days, stages in found.items()}


@cache
def cadence() -> Cadence:
    """The company's policy."""
    return read(POLICY)


def read(path: Path) -> Cadence:
    """A policy file. Refuses stages and levels that are none, and days that are no number of days."""
    written = tomllib.loads(path.read_text(encoding="utf-8"))
    contact, following, silent = written.get("contact", {}), written.get("next_step", {}), written.get("silent", {})
    return Cadence(
        by_stage=_days(contact.get("stage", {}), known=Stage.values, where="contact.stage"),
        by_level=_days(contact.get("level", {}), known=Level.values, where="contact.level"),
        next_step_stages=_known(following.get("stages", []), where="next_step.stages"),
        next_step_again=_number(following.get("again_days", 14), where="next_step.again_days"),
        silent_stages=_known(silent.get("stages", []), where="silent.stages"),
        silent_days=_number(silent.get("days", 60), where="silent.days"),
        silent_drop=_number(silent.get("drop_percent", 40), where="silent.drop_percent"),
        silent_again=_number(silent.get("again_days", 60), where="silent.again_days"),
        due_workdays=_number(written.get("due", {}).get("workdays", 2), where="due.workdays"),
    )


def _days(given: Mapping[str, Any], *, known: Sequence[str], where: str) -> dict[str, int]:
    for key in given:
        if key not in known:
            raise WrongCadence(f"cadence.toml：{where} 里没有“{key}”这一项。")
    return {key: _number(value, where=f"{where}.{key}") for key, value in given.items()}


def _known(given: Sequence[str], *, where: str) -> tuple[str, ...]:
    for one in given:
        if one not in Stage.values:
            raise WrongCadence(f"cadence.toml：{where} 里没有“{one}”这个阶段。")
    return tuple(given)


def _number(value: Any, *, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 3650:
        raise WrongCadence(f"cadence.toml：{where} 要写成 1 到 3650 之间的整数。")
    return value
