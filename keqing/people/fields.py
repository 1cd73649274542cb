"""Which facts a kind of customer shows, and which it requires (R-004; config/policies/fields.toml)."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path

POLICY = Path(__file__).resolve().parents[2] / "config" / "policies" / "fields.toml"

VIRTUAL_LABELS = {
    "owner": "负责岗位",
    "person": "联系人",
    "organisation": "医院",
    "department": "科室",
    "consent": "同意状态",
    "role:pharmacy_head": "药剂科主任",
    "role:store_manager": "店长",
    "role:purchasing_head": "采购负责人",
    "role:manager": "经理",
    "role:finance_contact": "财务联系人",
}


@dataclass(frozen=True)
class FieldSet:
    required: tuple[str, ...]
    useful: tuple[str, ...]

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The model's own fields among them, required ones first."""
        return tuple(f for f in (*self.required, *self.useful) if f not in VIRTUAL_LABELS)

    def __contains__(self, field: str) -> bool:
        return field in self.required or field in self.useful


@dataclass(frozen=True)
class Completeness:
    percent: int
    missing: tuple[str, ...]


@cache
def policy() -> Mapping[str, Mapping[str, FieldSet]]:
    raw = tomllib.loads(POLICY.read_text(encoding="utf-8"))
    return {
        noun: {kind: FieldSet(tuple(sets["required"]), tuple(sets["useful"])) for kind, sets in kinds.items()}
        for noun, kinds in raw.items()
    }


def organisation_fields(kind: str) -> FieldSet:
    return policy()["organisation"][kind]


def person_fields(kind: str) -> FieldSet:
    return policy()["person"][kind]


def completeness(required: Iterable[str], present: Iterable[str]) -> Completeness:
    """filled required ÷ required, in whole percent, rounded down so that 100 means complete (R-004)."""
    return _completeness(tuple(required), frozenset(present))


@lru_cache(maxsize=4096)  # the records of a file lack much the same
def _completeness(wanted: tuple[str, ...], have: frozenset[str]) -> Completeness:
    missing = tuple(f for f in wanted if f not in have)
    percent = 100 if not wanted else (len(wanted) - len(missing)) * 100 // len(wanted)
    return Completeness(percent, missing)
