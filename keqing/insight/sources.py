"""What every channel and campaign cost and brought (R-184, R-289): figures of one row, and their arithmetic."""

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import Case, Count, DecimalField, Exists, F, OuterRef, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from keqing.access.models import Staff
from keqing.kit.formats import day_bounds
from keqing.leads.choices import Judgement
from keqing.leads.models import Campaign, Lead
from keqing.leads.permissions import Can
from keqing.people.choices import Stage
from keqing.people.models import Organisation

WON = (Stage.ORDER_CUSTOMER, Stage.USER)
MONEY = DecimalField(max_digits=16, decimal_places=2)
CENT = Decimal("0.01")
NO_ORDERS = "待订单模块"

Days = tuple[date | None, date | None]


def channel_figures(*, staff: Staff, days: Days) -> Mapping[str, Any]:
    """Annotations of a channel: leads first touched in these days within reach, the cost of campaigns begun in them."""
    begun = _campaigns(staff, days).filter(channel=OuterRef("pk")).order_by().values("channel")
    spent = _number(begun.annotate(figure=Sum("cost")), money=True)
    return {**_figures(_leads(staff, days), "source_channel"), "spent": spent}


def campaign_figures(*, staff: Staff, days: Days) -> Mapping[str, Any]:
    """Annotations of a campaign: the leads it brought in these days; its cost where it counts for the reader.

    The whole cost over a part of the leads would be nobody's cost of a lead.
    """
    spent = Case(When(pk__in=_campaigns(staff, (None, None)).order_by().values("pk"), then=F("cost")), default=Value(Decimal()), output_field=MONEY)
    return {**_figures(_leads(staff, days), "campaign"), "spent": spent}


def share(part: int, whole: int) -> Decimal | None:
    """3 of 40 as a share of one; None of nothing."""
    return Decimal(part) / whole if whole else None


def per_lead(spent: Decimal, leads: int) -> Decimal | None:
    """Cost of one lead; None where nothing was spent or nothing came."""
    return (Decimal(spent) / leads).quantize(CENT, ROUND_HALF_UP) if spent and leads else None


def expected_return(expected: Decimal, spent: Decimal) -> Decimal | None:
    """(预计金额 − 费用) ÷ 费用: what the opportunities promise. Turnover comes with orders, and with it the real one."""
    return (Decimal(expected) - Decimal(spent)) / Decimal(spent) if spent else None


def _figures(leads: QuerySet[Lead], group: str) -> dict[str, Any]:
    mine = leads.filter(**{group: OuterRef("pk")}).order_by().values(group)
    chances = mine.filter(judgement=Judgement.OPPORTUNITY)
    bought = Exists(Organisation.objects.alive().filter(pk=OuterRef("customer_id"), lifecycle__in=WON))
    return {
        "lead_number": _number(mine.annotate(figure=Count("pk"))),
        "chance_number": _number(chances.annotate(figure=Count("pk"))),
        "won_number": _number(mine.filter(bought).annotate(figure=Count("customer_id", distinct=True))),
        "expected": _number(chances.annotate(figure=Sum("estimate")), money=True),
    }


def _number(rows: QuerySet[Any], *, money: bool = False) -> Coalesce:
    if money:
        return Coalesce(Subquery(rows.values("figure")), Value(Decimal()), output_field=MONEY)
    return Coalesce(Subquery(rows.values("figure")), 0)


def _leads(staff: Staff, days: Days) -> QuerySet[Lead]:
    rows = Lead.objects.reached_by(staff, Can.REPORT)
    if days[0]:
        rows = rows.filter(first_touch_at__gte=day_bounds(days[0])[0])
    return rows.filter(first_touch_at__lt=day_bounds(days[1])[1]) if days[1] else rows


def _campaigns(staff: Staff, days: Days) -> QuerySet[Campaign]:
    """Those whose cost counts for the reader: held by the units the word reaches."""
    rows = Campaign.objects.all()
    if not staff.standing.reaches_everything(Can.REPORT):
        units = frozenset[int]().union(*(c.units or frozenset() for c in staff.standing.clauses.get(str(Can.REPORT), ())))
        rows = rows.filter(unit__in=units)
    if days[0]:
        rows = rows.filter(starts_on__gte=days[0])
    return rows.filter(starts_on__lte=days[1]) if days[1] else rows
