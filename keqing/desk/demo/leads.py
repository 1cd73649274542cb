"""Sample channels' leads and campaigns: what came in over four months, most of it judged, some still waiting."""

import random
from datetime import datetime, timedelta
from decimal import Decimal

from keqing.access.models import Position, Staff
from keqing.desk.demo.words import CHAIN_WORDS, GIVEN_LAST, PLACE_FIRST, PLACE_LAST, PRODUCTS, SURNAMES
from keqing.kit.formats import business_date
from keqing.leads.actions.intake import Draft, record_leads
from keqing.leads.actions.judging import identify_lead, judge_lead, reject_lead
from keqing.leads.choices import Judgement
from keqing.leads.models import Campaign, Channel, Lead
from keqing.people.choices import Stage
from keqing.people.models import Organisation
from keqing.reference.models import Division

CAMPAIGNS = (  # name, channel, days ago, days long, cost, expected, attendance, plan, results
    ("心血管学术沙龙", "event", 96, 1, 28000, 30, 64, "请省内心内科讲者两位，现场登记资料需求。", "到场 64 人，登记需求 22 份，三家医院约了科室会。"),
    ("基层慢病用药培训", "event", 61, 2, 16500, 24, 87, "面向社区医生，讲合理用药，不涉及用量统计。", "到场 87 人，社区中心反响好，建议半年一次。"),
    ("官网产品问答专栏", "website", 118, 90, 9800, 40, None, "每周回答一个说明书内的问题，留联系方式。", "带来咨询最稳定，医院居多。"),
    ("连锁采购交流会", "media", 33, 1, 21000, 18, 41, "请省内连锁采购负责人，谈配送与账期。", ""),
    ("冬季呼吸健康月", "media", -12, 30, 12000, 25, None, "医学媒体专栏与线上讲座。", ""),
)
NEEDS = (
    "想要产品说明书和质量检验报告", "问进货价和账期", "希望安排一次科室会", "询问医保目录和支付范围", "想了解配送时效和最小起订量",
    "同类产品供货不稳，想换一家", "要首营资料", "询问冷链配送条件",
)
WRONG = ("打错电话", "推销广告", "问的是别家产品", "重复来电，已有线索")
PLACES = (
    ("市人民医院", "hospital"), ("市中医院", "hospital"), ("县人民医院", "hospital"), ("大药房连锁有限公司", "chain"),
    ("医药有限公司", "distributor"), ("社区诊所", "clinic"),
)
OLD, WAITING, KNOWN = 48, 7, 16


class _Maker:
    def __init__(self, *, at: datetime, seed: int) -> None:
        self.rng, self.at = random.Random(seed), at  # noqa: S311  sample data
        self.channels = {one.key: one for one in Channel.objects.all()}
        self.campaigns: list[Campaign] = []

    def name(self) -> tuple[str, str]:
        ending, kind = self.rng.choice(PLACES)
        place = self.rng.choice(PLACE_FIRST) + self.rng.choice(PLACE_LAST)
        return f"{place}{self.rng.choice(CHAIN_WORDS) if kind in ('chain', 'distributor') else ''}{ending}", kind

    def values(self, at: datetime) -> dict[str, object]:
        """What was said in one call; who calls does not always say everything."""
        rng = self.rng
        name, kind = self.name()
        values: dict[str, object] = {"source_channel": self.channels[rng.choice(list(self.channels))], "first_touch_at": at}
        running = [one for one in self.campaigns if one.starts_on <= business_date(at) <= one.ends_on + timedelta(days=20)]
        if running and rng.random() < 0.6:
            campaign = rng.choice(running)
            values |= {"campaign": campaign, "source_channel": campaign.channel}
        values |= {"caller_name": rng.choice(SURNAMES) + rng.choice(GIVEN_LAST), "organisation_name": name, "kind": kind}
        values |= {"phone": f"1{rng.choice('35')}{rng.randrange(10**9):09d}", "need": rng.choice(NEEDS), "products": rng.choice(PRODUCTS)}
        for name_ in ("products", "need", "organisation_name"):
            if rng.random() < 0.15:
                del values[name_]
        if rng.random() < 0.4:
            values |= {"estimate": Decimal(rng.randrange(2, 40) * 5000), "budget": Decimal(rng.randrange(4, 50) * 5000)}
            values |= {"current_supplier": f"{rng.choice(CHAIN_WORDS)}医药有限公司", "decision_maker": "采购负责人"}
        return values


def make_leads(*, at: datetime, seed: int) -> None:
    """Campaigns; leads of a few teams, judged or waiting; some of them of customers we have."""
    maker = _Maker(at=at, seed=seed)
    boss = Staff.objects.filter(login_name="regionmanager").first()
    rep = Position.objects.filter(holder__login_name="rep").select_related("unit", "holder").first()
    if boss is None or rep is None:
        return
    _campaigns(maker, boss)
    team = Position.objects.current().filter(unit=rep.unit, role=rep.role, holder__is_active=True).select_related("unit", "holder")
    seats = [rep, *team.exclude(pk=rep.pk).order_by("pk")[:4]]
    region = Division.objects.filter(level=2).order_by("code").first()
    held = [_held(maker, seats[number % len(seats)], region) for number in range(OLD)]
    _judge(maker, held)
    _of_customers(maker, seats)
    _waiting(maker, rep)


def _campaigns(maker: _Maker, boss: Staff) -> None:
    unit = Position.objects.filter(holder=boss).select_related("unit").first()
    today = business_date(maker.at)
    for name, key, ago, long, cost, expected, attendance, plan, results in CAMPAIGNS:
        starts = today - timedelta(days=ago)
        maker.campaigns.append(
            Campaign(
                name=name, channel=maker.channels[key], plan=plan, starts_on=starts, ends_on=starts + timedelta(days=long), cost=cost,
                expected_leads=expected, attendance=attendance, results=results, unit=unit.unit, created_by=boss,  # type: ignore[union-attr]
                created_at=maker.at - timedelta(days=max(ago, 0) + 7),
            )
        )
    Campaign.objects.bulk_create(maker.campaigns)


def _held(maker: _Maker, seat: Position, region: Division | None) -> Lead:
    at = maker.at - timedelta(days=maker.rng.randrange(2, 118), minutes=maker.rng.randrange(400))
    values = maker.values(at)
    if region is not None and maker.rng.random() < 0.5:
        values["region"] = region
    return record_leads(drafts=[Draft(values, unit=seat.unit, position=seat)], by=seat.holder, at=at)[0]  # type: ignore[arg-type]


def _judge(maker: _Maker, leads: list[Lead]) -> None:
    """A fifth turned out to be nothing."""
    for lead in leads:
        if maker.rng.random() < 0.2:
            reject_lead(
                lead=lead, reason=maker.rng.choice(WRONG), by=lead.position.holder, at=lead.created_at + timedelta(hours=3)  # type: ignore[union-attr,arg-type]
            )


def _of_customers(maker: _Maker, seats: list[Position]) -> None:
    """Customers who called before they ordered, and some who are still being won."""
    further = (Stage.OPPORTUNITY, Stage.ORDER_CUSTOMER, Stage.USER)
    for number in range(KNOWN):
        seat = seats[number % len(seats)]
        mine = Organisation.objects.alive().filter(owner_position=seat).order_by("pk")
        customer = mine.filter(lifecycle__in=further if number % 3 else (Stage.PROSPECT,))[number // len(seats) : number // len(seats) + 1].first()
        if customer is None or seat.holder is None:
            continue
        at = maker.at - timedelta(days=maker.rng.randrange(3, 110), minutes=maker.rng.randrange(400))
        values = {**maker.values(at), "organisation_name": customer.name, "kind": customer.kind}
        lead = record_leads(drafts=[Draft(values, unit=seat.unit, position=seat)], by=seat.holder, at=at)[0]
        lead = identify_lead(lead=lead, customer=customer, by=seat.holder, at=at + timedelta(hours=1))
        judgement = Judgement.OPPORTUNITY if customer.lifecycle in further else Judgement.PROSPECT
        judge_lead(lead=lead, judgement=judgement, reason="回电核实过需求", by=seat.holder, at=at + timedelta(hours=2))


def _waiting(maker: _Maker, seat: Position) -> None:
    """This morning's calls, one of them missed, wait for somebody to judge them."""
    care = Staff.objects.filter(login_name="care").first() or seat.holder
    drafts = [Draft(maker.values(maker.at - timedelta(minutes=25 * number)), unit=seat.unit) for number in range(1, WAITING)]
    missed = {"source_channel": maker.channels["phone"], "first_touch_at": maker.at - timedelta(minutes=9), "phone": "020-81237788"}
    record_leads(drafts=[*drafts, Draft(missed, unit=seat.unit)], by=care, at=maker.at)  # type: ignore[arg-type]
