"""Who bought in a period: asked of the department that knows orders; until there is one, the stages tell (R-290)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

from django.db.models import Case, CharField, Exists, F, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce

from keqing.kit.formats import day_bounds
from keqing.lifecycle.models import StageChange
from keqing.people.choices import Stage
from keqing.people.models import Organisation

if TYPE_CHECKING:
    from django.db.models import QuerySet

BUYING = (Stage.ORDER_CUSTOMER, Stage.USER)


class Source(Protocol):
    """Where buyers are known from; ``label`` is said on the page."""

    label: str

    def buyers(self, *, first: date, last: date) -> QuerySet[Any]:
        """Ids of the customers who bought in the period, as a subquery."""


class StagesTell:
    """Who stood as 订单客户 or 用户 on any day of the period counts as a buyer."""

    label = "订单模块还没有启用：在期间任一天处于“订单客户”或“用户”阶段的客户，算作购买客户。"

    def buyers(self, *, first: date, last: date) -> QuerySet[Any]:
        changes = StageChange.objects.filter(customer_id=OuterRef("pk"))
        before = changes.filter(on__lt=first).order_by("-on", "-pk").values("to_stage")[:1]
        after = changes.filter(on__gte=first).order_by("on", "pk").values("from_stage")[:1]
        # never moved: the stage it was recorded with, from the day it stood in it
        always = Case(When(lifecycle_since__lte=last, then=F("lifecycle")), output_field=CharField())
        entered = changes.filter(on__gte=first, on__lte=last, to_stage__in=BUYING)
        rows = Organisation.objects.annotate(at_first=Coalesce(Subquery(before), Subquery(after), always))
        recorded = Q(created_at__lt=day_bounds(last)[1])
        return rows.filter(recorded & Q(at_first__in=BUYING) | Exists(entered)).values("pk")


_sources: list[Source] = [StagesTell()]


def register(source: Source) -> None:
    """The department that knows orders replaces what the stages tell."""
    _sources[:] = [source]


def source() -> Source:
    return _sources[0]
