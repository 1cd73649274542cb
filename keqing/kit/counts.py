from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import QuerySet

CAP = 10_000


@dataclass(frozen=True)
class Counting:
    """The one statement that counts several querysets; it may be kept and asked again, with the values it has."""

    sql: str
    values: tuple[Any, ...]
    using: str

    def ask(self) -> list[int]:
        with connections[self.using].cursor() as cursor:
            # every value travels as a parameter
            cursor.execute(self.sql, self.values)
            row = cursor.fetchone()
        return [int(number) for number in row or ()]


def counting(*, querysets: Sequence[QuerySet[Any]]) -> Counting:
    pieces: list[str] = []
    parameters: list[Any] = []
    for queryset in querysets:
        try:
            sql, values = queryset.order_by().values("pk")[: CAP + 1].query.sql_with_params()
        except EmptyResultSet:
            pieces.append("0")
            continue
        pieces.append(f"(SELECT count(*) FROM ({sql}) AS counted)")  # noqa: S608  the ORM wrote it
        parameters.extend(values)
    return Counting("SELECT " + ", ".join(pieces), tuple(parameters), querysets[0].db)


def capped(*, querysets: Sequence[QuerySet[Any]]) -> list[int]:
    """How many rows each holds, counted in one round trip; counting stops at ``CAP`` + 1."""
    return counting(querysets=querysets).ask() if querysets else []
