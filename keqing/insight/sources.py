"""来源报表: what every channel and campaign cost and brought (R-184, R-289)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum

from keqing.access.models import Staff
from keqing.kit.formats import day_bounds
from keqing.leads.choices import Judgement
from keqing.leads.models import Campaign, Channel, Lead
from keqing.leads.permissions import Can
from keqing.people.choices import Stage
from keqing.people.models import Organisation

WON = (Stage.ORDER_CUSTOMER, Stage.USER)
CHANNELS, CAMPAIGNS = "channels", "campaigns"
NO_ORDERS = "待订单模块"


@dataclass(frozen=True)
class Line:
    """One source. Shares are of its leads; money that nothing tells of is None."""

    key: int
    name: str
    note: str
    leads: int
    judged: int
    opportunities: int
    won: int
    cost: Decimal
    expected: Decimal

    @property
    def opportunity_share(self) -> Decimal | None:
        return _share(self.opportunities, self.leads)

    @property
    def won_share(self) -> Decimal | None:
        return _share(self.won, self.leads)

    @property
    def per_lead(self) -> Decimal | None:
        """Cost of one lead; None where nothing was spent or nothing came."""
        return self.cost / self.leads if self.cost and self.leads else None

    @property
    def expected_return(self) -> Decimal | None:
        """(预计金额 − 费用) ÷ 费用: what the opportunities promise; turnover itself comes with orders."""
        return (self.expected - self.cost) / self.cost if self.cost else None


@dataclass(frozen=True)
class SourceReport:
    lines: tuple[Line, ...]
    total: Line


def source_report(*, staff: Staff, by: str, first: date | None, last: date | None) -> SourceReport:
    """Leads first touched in these days within the reader's reach, and the campaigns begun in them. Two statements."""
    leads = _leads(staff, first, last)
    campaigns = _campaigns(staff, first, last)
    lines = _by_channel(leads, campaigns) if by == CHANNELS else _by_campaign(leads, campaigns)
    ordered = tuple(sorted(lines, key=lambda one: (-one.leads, -one.cost, one.key)))
    return SourceReport(ordered, _sum(ordered))


def _by_channel(leads: QuerySet[Lead], campaigns: QuerySet[Campaign]) -> list[Line]:
    counted = {row["source_channel"]: row for row in _counts(leads, "source_channel")}
    spent: dict[int, Decimal] = {}
    for channel, cost in campaigns.values_list("channel", "cost"):
        spent[channel] = spent.get(channel, Decimal()) + cost
    lines = []
    for channel in Channel.objects.all():
        if channel.closed_on is not None and channel.pk not in counted and channel.pk not in spent:
            continue
        lines.append(_line(channel.pk, channel.name, channel.get_group_display(), counted.get(channel.pk), spent.get(channel.pk, Decimal())))
    return lines


def _by_campaign(leads: QuerySet[Lead], campaigns: QuerySet[Campaign]) -> list[Line]:
    """Campaigns begun in the days, and those whose leads came in them."""
    counted = {row["campaign"]: row for row in _counts(leads.filter(campaign__isnull=False), "campaign")}
    begun = {one.pk: one for one in campaigns.select_related("channel")}
    known = begun | {one.pk: one for one in Campaign.objects.filter(pk__in=counted.keys() - begun.keys()).select_related("channel")}
    return [
        _line(pk, one.name, f"{one.channel.name} · {one.starts_on} 起", counted.get(pk), one.cost) for pk, one in known.items()
    ]


def _counts(leads: QuerySet[Lead], group: str) -> Iterable[dict[str, Any]]:
    bought = Exists(Organisation.objects.alive().filter(pk=OuterRef("customer_id"), lifecycle__in=WON))
    return (
        leads.annotate(is_won=bought).order_by().values(group).annotate(
            number=Count("pk"), judged=Count("pk", filter=~Q(judgement=Judgement.PENDING)),
            opportunities=Count("pk", filter=Q(judgement=Judgement.OPPORTUNITY)), won=Count("pk", filter=Q(is_won=True)),
            expected=Sum("estimate", filter=Q(judgement=Judgement.OPPORTUNITY)),
        )
    )  # fmt: skip


def _line(key: int, name: str, note: str, row: dict[str, Any] | None, cost: Decimal) -> Line:
    row = row or {"number": 0, "judged": 0, "opportunities": 0, "won": 0, "expected": None}
    return Line(key, name, note, row["number"], row["judged"], row["opportunities"], row["won"], cost, row["expected"] or Decimal())


def _sum(lines: tuple[Line, ...]) -> Line:
    figures = ("leads", "judged", "opportunities", "won")
    numbers = [sum(getattr(one, name) for one in lines) for name in figures]
    return Line(0, "合计", "", *numbers, sum((one.cost for one in lines), Decimal()), sum((one.expected for one in lines), Decimal()))


def _leads(staff: Staff, first: date | None, last: date | None) -> QuerySet[Lead]:
    rows = Lead.objects.reached_by(staff, Can.REPORT)
    if first:
        rows = rows.filter(first_touch_at__gte=day_bounds(first)[0])
    return rows.filter(first_touch_at__lt=day_bounds(last)[1]) if last else rows


def _campaigns(staff: Staff, first: date | None, last: date | None) -> QuerySet[Campaign]:
    """Those whose cost counts for the reader: held by the company or by the units the word reaches."""
    rows = Campaign.objects.all()
    if not staff.standing.reaches_everything(Can.REPORT):
        units = frozenset[int]().union(*(c.units or frozenset() for c in staff.standing.clauses.get(str(Can.REPORT), ())))
        rows = rows.filter(unit__in=units)
    if first:
        rows = rows.filter(starts_on__gte=first)
    return rows.filter(starts_on__lte=last) if last else rows.order_by(F("pk"))


def _share(part: int, whole: int) -> Decimal | None:
    return Decimal(part) / whole if whole else None
