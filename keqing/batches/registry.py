"""What can be done to many customers at once. Departments above register; this department knows none of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from keqing.kit.lists import Offer

if TYPE_CHECKING:
    from django import forms
    from django.db.models import QuerySet

    from keqing.access.models import Staff


@dataclass(frozen=True)
class Result:
    """What became of one customer: done with what undoing needs, or skipped for a reason."""

    customer_id: int
    name: str
    reason: str = ""
    before: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_done(self) -> bool:
        return not self.reason


class BatchAction(ABC):
    """Subclass, and ``register`` an instance in ``apps.py``. ``apply`` and ``undo`` run inside a transaction."""

    key: ClassVar[str]
    label: ClassVar[str]
    icon: ClassVar[str]
    word: ClassVar[str]
    lists: ClassVar[Collection[str]]
    """Names of the lists (``list_registry``) whose rows it takes."""

    @abstractmethod
    def form(self, data: Any, *, staff: Staff) -> forms.Form:
        """What has to be said first. Offers only what this person may choose."""

    @abstractmethod
    def parameters(self, form: forms.Form) -> dict[str, Any]:
        """The valid form as JSON."""

    @abstractmethod
    def sentence(self, form: forms.Form) -> str:
        """What will be done, e.g. 分配给王伟."""

    @abstractmethod
    def within_reach(self, rows: QuerySet[Any], *, staff: Staff) -> QuerySet[Any]:
        """Those of the rows this person may do it to."""

    @abstractmethod
    def apply(self, *, ids: Sequence[int], parameters: Mapping[str, Any], by: Staff, at: datetime) -> list[Result]:
        """Do it to these; rows that changed hands or vanished meanwhile are skipped with a reason."""

    @abstractmethod
    def undo(
        self, *, before: Mapping[int, Mapping[str, Any]], parameters: Mapping[str, Any], by: Staff, at: datetime
    ) -> dict[int, str]:
        """Take it back; returns by customer why it could not be."""


_actions: dict[str, BatchAction] = {}
_also: dict[str, set[str]] = {}


def register(action: BatchAction) -> None:
    _actions[action.key] = action


def also_on(*, list_name: str, actions: Collection[str]) -> None:
    """A department above has another list of the same rows: these actions are offered there, too."""
    for key in actions:
        _also.setdefault(key, set()).add(list_name)


def takes_rows_of(action: BatchAction, list_key: str) -> bool:
    name = list_key.partition(":")[0]
    return name in action.lists or name in _also.get(action.key, ())


def action_of(key: str) -> BatchAction | None:
    return _actions.get(key)


def offers(list_key: str, staff: Staff) -> list[Offer]:
    """What this person may do to rows of the list, in the order registered."""
    if not staff.may("batch.run"):
        return []
    return [
        Offer(label=one.label, icon=one.icon, url_name="batches:new", key=one.key)
        for one in _actions.values()
        if takes_rows_of(one, list_key) and staff.may(one.word)
    ]
