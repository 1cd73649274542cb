"""What can be imported. Departments above register a spec; this department knows none of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from keqing.audit.actions import Subject
from keqing.interchange.headers import FieldSpec

if TYPE_CHECKING:
    from keqing.access.models import OrgUnit, Position, Staff

NEW, UPDATE, DUPLICATE, ERROR, LEFT = "new", "update", "duplicate", "error", "left"
KEEP, FILL, OVERWRITE = "keep", "fill", "update"
"""What happens to a record we have: it stays and the row is a duplicate; its gaps are filled; the file's values count."""
EMPTY: tuple[Any, ...] = (None, "", [])


@dataclass(frozen=True, kw_only=True)
class Field(FieldSpec):
    """A column an import understands. ``hint`` and ``examples`` fill the template."""

    required: bool = False
    hint: str = ""
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class SourceRow:
    """One row as it stands in the file: line number, and text by field key (mapped columns only)."""

    number: int
    values: Mapping[str, str]


@dataclass
class Planned:
    """What is to become of a row. ``payload`` is the spec's own, handed from ``plan`` to ``apply``."""

    number: int
    outcome: str
    name: str = ""
    reason: str = ""
    payload: Any = None
    target_id: int | None = None
    before: dict[str, Any] = field(default_factory=dict)

    @property
    def is_accepted(self) -> bool:
        return self.outcome in (NEW, UPDATE)


@dataclass(frozen=True)
class Unmatched:
    """A name in the file that nothing answers to, with (id, name, score of a hundred) that come near."""

    name: str
    rows: int
    candidates: Sequence[tuple[int, str, int]] = ()


@dataclass
class Plan:
    rows: list[Planned]
    unmatched: list[Unmatched] = field(default_factory=list)
    told: list[Subject] = field(default_factory=list)
    """Customers the reader may not see and now knows to exist; the dry run audits each (decision 4)."""
    cleaned: Any = None
    """What the file's rows say, as JSON holds it: the next plan of the same file finds it in ``Context.cleaned``."""


@dataclass(frozen=True)
class Applied:
    """A row on its way back: what ``apply`` stored about it."""

    number: int
    outcome: str
    target_id: int | None
    before: Mapping[str, Any]


@dataclass(frozen=True)
class Undone:
    """By row number: why a row could not be taken back; what came with a row and stays though the row went."""

    kept: Mapping[int, str]
    left: Mapping[int, str] = field(default_factory=dict)


Tell = Callable[[int], None]


@dataclass(frozen=True, kw_only=True)
class Context:
    """For whom, when and how. ``tell(rows done)`` shows progress and raises when the user cancelled."""

    by: Staff
    at: datetime
    unit: OrgUnit
    position: Position | None
    options: Mapping[str, Any]
    source_note: str = ""
    cleaned: Any = None
    """``Plan.cleaned`` of an earlier plan of the same file with the same settings."""
    tell: Tell = lambda done: None

    @property
    def existing(self) -> str:
        """KEEP, FILL or OVERWRITE. Imports set up before there was a choice overwrite when they name a key."""
        return str(self.options.get("existing") or (OVERWRITE if self.options.get("update_by") else KEEP))

    def taken(self, *, values: Mapping[str, Any], record: Any) -> dict[str, Any]:
        """Of a row's values, those an existing record takes: none, those it lacks, or all that differ."""
        if self.existing == KEEP:
            return {}
        given = {k: v for k, v in values.items() if v not in EMPTY and getattr(record, k) != v}
        return {k: v for k, v in given.items() if self.existing == OVERWRITE or getattr(record, k) in EMPTY}


class ImportSpec(ABC):
    """One thing that can be imported, e.g. 医院. Subclass, and ``register`` an instance in ``apps.py``."""

    key: ClassVar[str]
    label: ClassVar[str]
    word: ClassVar[str] = "import.run"
    about: ClassVar[str] = ""
    fields: ClassVar[Sequence[Field]]
    update_keys: ClassVar[Sequence[tuple[str, str]]] = ()
    """(field key, label): by what a row is recognised as a record we have, the usual way first."""
    keyed_by: ClassVar[Any] = None
    """What a row is about, for the compliance rules: "doctor", "department", "hospital" or None."""
    undo_means: ClassVar[str] = "新增的删除，更新的恢复原值"
    matches: ClassVar[str] = ""
    """The noun of what rows are matched with (医院), when the wizard asks about unmatched names."""

    def allowed(self, staff: Staff) -> bool:
        return staff.may(self.word)

    @abstractmethod
    def plan(self, *, rows: Sequence[SourceRow], context: Context) -> Plan:
        """Clean, check and find duplicates. Few statements, writes nothing."""

    @abstractmethod
    def apply(self, *, plan: Plan, context: Context) -> None:
        """Store accepted rows through bulk actions; set ``target_id`` and ``before`` of each."""

    @abstractmethod
    def beyond(self, *, rows: Sequence[Applied], by: Staff) -> set[int]:
        """Numbers of the rows whose records ``by`` does not reach any more; they are not taken back."""

    @abstractmethod
    def undo(self, *, rows: Sequence[Applied], by: Staff, at: datetime) -> Undone:
        """Take back what ``apply`` did."""

    def field(self, key: str) -> Field | None:
        return next((f for f in self.fields if f.key == key), None)


_specs: dict[str, ImportSpec] = {}


def register(spec: ImportSpec) -> None:
    _specs[spec.key] = spec


def spec_of(key: str) -> ImportSpec:
    return _specs[key]


def specs_for(staff: Staff) -> list[ImportSpec]:
    """What this person may import, in the order registered."""
    return [spec for spec in _specs.values() if spec.allowed(staff)]
