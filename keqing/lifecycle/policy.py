"""The numbers of ``config/policies/lifecycle.toml``."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).resolve().parents[2] / "config" / "policies" / "lifecycle.toml"


@dataclass(frozen=True)
class Policy:
    weights: Mapping[str, float]
    coverage_target: float
    coverage_poor: float
    effect_days: int
    unanswered_days: int


@cache
def policy() -> Policy:
    raw = tomllib.loads(FILE.read_text(encoding="utf-8"))
    coverage = raw["coverage"]
    return Policy(
        weights=coverage["weights"], coverage_target=coverage["target"], coverage_poor=coverage["poor"],
        effect_days=raw["effect"]["window_days"], unanswered_days=raw["needs"]["unanswered_days"],
    )
