"""What a file holds of a list: the rows of the screen as plain values."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class FileColumn:
    """Belongs to the screen's column of the same key and takes its name there; with a ``label``, to the file alone.

    Reads ``paths`` of each row and writes ``value(*them)``, or the first as it is; without paths
    ``ListSpec.beside`` reads it from other tables.
    """

    key: str
    label: str = ""
    paths: tuple[str, ...] = ()
    value: Callable[..., Any] | None = None
