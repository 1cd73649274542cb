"""Market news and feedback of customers in the sample company, and who follows what."""

from datetime import datetime, timedelta

from keqing.access.models import Position, Staff
from keqing.kit.formats import business_date
from keqing.messaging.actions.digest import gather_digests
from keqing.news.actions import add_intel, subscribe
from keqing.news.models import Topic
from keqing.people.models import Organisation
from keqing.service.actions.escalating import escalate_late
from keqing.service.actions.feedback import acknowledge, answer, record_feedback, report_event

# days ago, topic, title, products, source, summary
NEWS = (
    (58, "集采与医保", "新一批集采拟中选结果公示，涉及三个抗感染品种", ("示范头孢克肟",), "联采办公告", "示范头孢克肟分散片两家拟中选，执行日期待各省公布。"),
    (51, "肿瘤", "示例替尼一线适应症补充申请获受理", ("示例替尼",), "药审中心", "补充申请依据一项随机对照研究，主要终点为无进展生存期。"),
    (44, "抗生素", "抗菌药物临床应用管理办法解读：分级目录每两年调整", (), "示例医药报", "各省目录调整期临近，注意特殊使用级的处方权限变化。"),
    (37, "抗病毒", "流感季早于往年，抗病毒药采购量上升", ("示例洛韦",), "疾控周报", "南方哨点流感样病例占比高于前三年同期，门诊备药增加。"),
    (30, "新药研发", "一类新药示例单抗完成三期入组", ("示例单抗",), "公司公告", "预计明年上半年读出数据，适应症为中重度银屑病。"),
    (24, "竞品", "某公司阿莫西林颗粒换装，规格改为 0.125 克", ("示范阿莫西林",), "市场走访", "新包装已在华南连锁上架，零售价不变。"),
    (17, "心血管", "血脂管理指南更新，低危人群目标值不变", ("示例他汀",), "示例心血管杂志", "强调依从性随访；联合用药推荐级别上调。"),
    (11, "抗生素", "示范头孢克肟被纳入两省短缺药品监测清单", ("示范头孢克肟",), "省药监局", "监测期一年，要求按月报送库存。"),
    (6, "肿瘤", "示例替尼进入三省双通道药店", ("示例替尼",), "医保局通知", "定点药店凭处方流转平台购药，报销比例与院内一致。"),
    (2, "集采与医保", "门诊慢特病用药保障范围扩大", ("示例他汀", "示例列净"), "医保局通知", "新增两个病种，下月一日起执行。"),
    (0, "新药研发", "示例列净心衰适应症获批", ("示例列净",), "国家药监局", "说明书新增适应症；推广须按批准后的说明书。"),
)  # fmt: skip

# days ago, type, channel, who, text, product, severity, what became of it
FEEDBACK = (
    (26, "praise", "visit", "药剂科张主任", "送货比约定早了一天，单据也齐全。", "", "", "谢谢认可，已转告配送同事。"),
    (21, "complaint", "phone", "采购办", "上一批外箱破损三件，请补发。", "示范阿莫西林", "", "破损三件已补发，并改用加厚外箱。"),
    (16, "question", "wechat", "李医生", "分散片能否用于吞咽困难的老人？", "示范头孢克肟", "", "按说明书可分散于水中服用，说明书电子版已发。"),
    (12, "suggestion", "meeting", "王药师", "希望效期在半年内的货提前一个月通知。", "", "", "已列入发货前检查，从下月起提前通知。"),
    (8, "adverse", "phone", "护士站", "一位患者用药后皮疹，停药后好转。", "示范头孢克肟", "general", "已登记并请患者就诊复查。"),
    (5, "complaint", "email", "财务科", "发票抬头开错，退回重开。", "", "", ""),
    (1, "question", "phone", "赵主任", "下季度的学术会议什么时候定？", "", "", ""),
    (0, "praise", "visit", "药房", "新同事讲解很耐心。", "", "", ""),
)  # fmt: skip


def add_voices(*, at: datetime) -> int:
    """A few dozen rows, by the actions themselves; returns how many."""
    return _add_news(at) + _add_feedback(at)


def _add_news(at: datetime) -> int:
    """The manager follows products, the representative topics."""
    people = {one.login_name: one for one in Staff.objects.filter(login_name__in=("rep", "manager", "gm"))}
    topics = {topic.name: topic for topic in Topic.objects.all()}
    begin = at - timedelta(days=60)
    subscribe(staff=people["manager"], topics=[], products="示范头孢克肟、示例列净", at=begin)
    subscribe(staff=people["rep"], topics=[topics["抗生素"], topics["集采与医保"]], products="", at=begin)
    for days, topic, title, products, source, summary in NEWS:
        moment = at - timedelta(days=days, hours=2)
        fields = {
            "title": title, "topic": topics[topic], "products": list(products), "source": source, "url": "",
            "published_on": business_date(moment), "summary": summary,
        }
        add_intel(fields=fields, by=people["gm"], at=moment)
    gather_digests(today=business_date(at), at=at)
    return len(NEWS)


def _add_feedback(at: datetime) -> int:
    """At the representative's customers; the complaint about the invoice is late."""
    rep = Staff.objects.get(login_name="rep")
    position = Position.objects.get(holder=rep)
    customers = list(Organisation.objects.alive().filter(owner_position=position).order_by("pk")[: len(FEEDBACK)])
    for customer, (days, kind, channel, who, text, product, severity, said) in zip(customers, FEEDBACK, strict=False):
        moment = at - timedelta(days=days, hours=1)
        fields = {"type": kind, "channel": channel, "said_by": who, "text": text, "product": product, "severity": severity}
        made = record_feedback(customer=customer, fields=fields, received_at=moment, by=rep, at=moment)
        if said:
            made = acknowledge(feedback=made, note="电话致谢", by=rep, at=moment + timedelta(minutes=30))
            made = answer(feedback=made, text=said, by=rep, at=moment + timedelta(minutes=50))
        if made.is_adverse:
            report_event(feedback=made, number="ADR-示例-001", by=rep, at=moment + timedelta(minutes=55))
    escalate_late(at=at)
    return len(customers)
