"""Sample assignment rules, leads on their way through them, some in 公海, and the likeness of customers."""

from datetime import date, datetime, timedelta

from keqing.access.models import OrgUnit, Position, Staff
from keqing.leads.actions.alike import compute_likeness
from keqing.leads.actions.answering import return_lead
from keqing.leads.actions.deadlines import escalate_overdue
from keqing.leads.actions.intake import Draft, record_leads
from keqing.leads.actions.pool import pool_leads
from keqing.leads.likeness import TooFew
from keqing.leads.models import Channel, Lead, LeadRule

Target = LeadRule.Target
# asked by telephone or through the website: name of the institution, need, code of its place
CALLS = (
    ("广州云山路肿瘤专科医院", "肿瘤科想了解辅助用药的资料", "440111"), ("广州东濠社区卫生服务中心", "询问慢病用药的配送", "440104"),
    ("广州芳草门诊部", "想要产品说明书和报价", "440103"), ("广州珠岛医院", "药剂科询问供货周期", "440106"),
    ("佛山同仁路医院", "准备开药事会，要资料", "440604"), ("佛山季华连锁药房", "门店想进货，问首营手续", "440604"),
)  # fmt: skip
LATE = (("广州江湾妇幼保健院", "要求回电说明包装规格", "440105"), ("广州麓景诊所", "问能不能送样", "440104"))
IDLE = (
    ("广州北环门诊部", "问过一次价格", "440111"), ("广州瑞宝药房", "想做会员日活动", "440105"), ("佛山汾江诊所", "要产品目录", "440604"),
    ("广州沙面康复医院", "咨询过配送商", "440103"),
)  # fmt: skip


def make_rules(*, at: datetime) -> None:
    """Rules of the south, what they did with some leads, and what waits in the pool."""
    manager = Staff.objects.filter(login_name="manager").first()
    region_head = Staff.objects.filter(login_name="regionmanager").first()
    care = Staff.objects.filter(login_name="care").first()
    rep = Position.objects.filter(holder__login_name="rep").select_related("unit__parent", "holder").first()
    if manager is None or region_head is None or care is None or rep is None or rep.unit.parent is None:
        return
    team = list(Position.objects.current().filter(unit=rep.unit, role=rep.role, holder__is_active=True).order_by("code"))
    _write(at, rep, team, region_head, rep.unit.parent)
    waiting = _calls(CALLS, by=care, unit=rep.unit, at=at - timedelta(hours=3))
    _calls(LATE, by=care, unit=rep.unit, at=at - timedelta(days=8))
    escalate_overdue(at=at - timedelta(hours=1))
    for lead in Lead.objects.filter(pk__in=[one.pk for one in waiting], position__holder__isnull=False).order_by("pk")[:1]:
        return_lead(lead=lead, reason="药事会要到下半年，目前没有预算", by=lead.position.holder, at=at)  # type: ignore[union-attr,arg-type]
    pool_leads(leads=_calls(IDLE, by=manager, unit=rep.unit, at=at - timedelta(days=40)), reason="暂时没有人手", by=manager, at=at)
    try:
        compute_likeness(by=region_head, at=at)
    except TooFew:
        return


def _write(at: datetime, rep: Position, team: list[Position], by: Staff, region: OrgUnit) -> None:
    vacant = Position.objects.vacant().filter(role=rep.role, unit__parent=region).order_by("code").first()
    since = date(at.year, 1, 1)
    rules: list[tuple[LeadRule, list[Position]]] = [
        (LeadRule(name="广东肿瘤", target=Target.QUEUE, unit=region, regions=["440000"], words=["肿瘤", "抗癌"]), []),
        (LeadRule(name="深圳肿瘤", target=Target.QUEUE, unit=region, regions=["440300"], words=["肿瘤科"]), []),
        (LeadRule(name="广州机构轮流", target=Target.TURN, unit=rep.unit, regions=["440100"]), team),
        (LeadRule(name="网站来的给手上最少的人", target=Target.LOAD, unit=rep.unit, channels=["website"]), team),
    ]  # fmt: skip
    if vacant is not None:
        rules.append((LeadRule(name="粤东来电", target=Target.POSITION, unit=vacant.unit, position=vacant, regions=["440500"]), []))
    for place, (rule, members) in enumerate(rules, start=1):
        rule.place, rule.valid_from, rule.made_by, rule.updated_at = place, since, by, at
        rule.save()
        rule.members.set(members)


def _calls(calls: tuple[tuple[str, str, str], ...], *, by: Staff, unit: OrgUnit, at: datetime) -> list[Lead]:
    phone = Channel.objects.get(key="phone")
    drafts = [
        Draft(
            {
                "source_channel": phone, "organisation_name": name, "need": need, "region_id": place, "kind": "hospital" if "医院" in name else "clinic",
                "first_touch_at": at - timedelta(minutes=5 * number),
            },
            unit=unit,
        )
        for number, (name, need, place) in enumerate(calls)
    ]  # fmt: skip
    return record_leads(drafts=drafts, by=by, at=at)
