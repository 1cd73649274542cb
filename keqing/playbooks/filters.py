"""Saved filters a plan may be for: offered by whatever department keeps saved views of lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keqing.access.models import Staff


@dataclass(frozen=True)
class Filter:
    """A list of customers narrowed down; ``address`` is ``key?query``."""

    name: str
    address: str


Provider = Callable[["Staff"], Sequence[Filter]]
_providers: list[Provider] = []


def register(provider: Provider) -> None:
    """A department above says what it offers to a person."""
    if provider not in _providers:
        _providers.append(provider)


def offered_to(staff: Staff) -> list[Filter]:
    return [one for provider in _providers for one in provider(staff)]
