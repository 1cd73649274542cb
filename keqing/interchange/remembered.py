"""The columns of a file shape as somebody matched them last time."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from keqing.access.models import Staff
from keqing.interchange.headers import LOOK_AT, headers_at, normalise_header
from keqing.interchange.models import Import, RememberedMapping

KEPT_OPTIONS = ("update_by", "existing", "unmatched")


def fingerprint_of(headers: Sequence[str]) -> str:
    """The same for headers that differ only in ornaments, spaces and empty columns at the end."""
    names = [normalise_header(header) for header in headers]
    while names and not names[-1]:
        names.pop()
    return hashlib.sha256("\x1f".join(names).encode()).hexdigest()


def recall(*, rows: Sequence[Sequence[str]], kind: str, by: Staff) -> tuple[RememberedMapping, int] | None:
    """The latest mapping of a file with such a header row, and where (from 0) that row stands here. One statement."""
    places: dict[str, int] = {}
    for index, row in enumerate(rows[:LOOK_AT]):
        if sum(1 for cell in row if cell) >= 2:
            places.setdefault(fingerprint_of(headers_at(rows, index)), index)
    if not places:
        return None
    mine = RememberedMapping.objects.filter(by=by, kind=kind, fingerprint__in=places)
    found = mine.order_by("-used_at").first()
    return (found, places[found.fingerprint]) if found else None


def remember(*, batch: Import, mapping: Mapping[str, str], options: Mapping[str, Any], at: datetime) -> None:
    """Keep what the user settled for this shape, in place of what was kept before. One statement."""
    RememberedMapping.objects.bulk_create(
        [
            RememberedMapping(
                by=batch.by, kind=batch.kind, fingerprint=fingerprint_of(batch.headers), mapping=dict(mapping),
                options={name: options[name] for name in KEPT_OPTIONS if options.get(name)},
                file_name=batch.file_name, used_at=at,
            )
        ],
        update_conflicts=True, unique_fields=["by", "kind", "fingerprint"],
        update_fields=["mapping", "options", "file_name", "used_at"],
    )


def forget(*, batch: Import) -> bool:
    """Forget the mapping of this file's shape; whether there was one."""
    mine = RememberedMapping.objects.filter(by=batch.by_id, kind=batch.kind, fingerprint=fingerprint_of(batch.headers))
    return mine.delete()[0] > 0
