from collections.abc import Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import QuerySet

CAP = 10_000


def capped(*, querysets: Sequence[QuerySet[Any]]) -> list[int]:
    """How many rows each holds, counted in one round trip; counting stops at ``CAP`` + 1."""
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
    if not pieces:
        return []
    with connections[querysets[0].db].cursor() as cursor:
        # every value travels as a parameter
        cursor.execute("SELECT " + ", ".join(pieces), parameters)
        row = cursor.fetchone()
    return [int(number) for number in row or ()]
