"""What file a person wants of a list, and what its head, stamp and name say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from keqing.access.models import Staff
from keqing.exports.models import Export
from keqing.exports.queries import Wanted
from keqing.exports.reading import Heading
from keqing.exports.workbook import Stamp
from keqing.kit.formats import local


@dataclass(frozen=True, kw_only=True)
class Order:
    """What file a person wants of a list."""

    wanted: Wanted
    format: str
    encoding: str = Export.Encoding.UTF8
    everything: bool = False
    reason: str = ""

    @property
    def columns(self) -> list[Heading]:
        return self.wanted.columns(everything=self.everything)


def heads_of(columns: Sequence[Heading]) -> list[str]:
    return [column.label for column in columns]


def stamp_of(wanted: Wanted, *, by: Staff, at: datetime, rows: int) -> Stamp:
    return Stamp(
        title=wanted.title, wording=wanted.wording, by=by.name, company=by.standing.company_name, at=at, rows=rows
    )


def file_name_of(title: str, by: Staff, at: datetime, ending: str) -> str:
    """Says who and when: a csv has no other place for it."""
    stem = f"{title}-{by.name}-{local(at):%Y%m%d-%H%M}".replace("/", "·")
    return f"{stem}.{ending}"
