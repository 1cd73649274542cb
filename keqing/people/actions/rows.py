"""What the writing of organisations, people and departments has in common."""

from collections.abc import Mapping
from typing import Any

from django.db import models


def plain(value: Any) -> Any:
    """A field's value as the audit stores it."""
    return value if value is None or isinstance(value, str | int | bool | list) else str(value)


def difference(row: models.Model, values: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Field → [before, after] of what ``values`` would change."""
    return {n: [plain(getattr(row, n)), plain(v)] for n, v in values.items() if getattr(row, n) != v}
