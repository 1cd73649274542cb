"""Closed lists of this department (R-184, R-187, domain b8, b9)."""

from django.db.models import TextChoices


class State(TextChoices):
    """Where a lead stands (domain b9)."""

    NEW = "new", "待分配"
    ASSIGNED = "assigned", "待接受"
    ACCEPTED = "accepted", "已接受"
    QUALIFIED = "qualified", "已转化"
    RETURNED = "returned", "已退回"
    REJECTED = "rejected", "无效"


OPEN_STATES = (State.NEW, State.ASSIGNED, State.ACCEPTED, State.RETURNED)
DONE_STATES = (State.QUALIFIED, State.REJECTED)


class Judgement(TextChoices):
    """判别结果."""

    PENDING = "pending", "待判别"
    PROSPECT = "prospect", "潜在客户"
    OPPORTUNITY = "opportunity", "销售机会"
    INVALID = "invalid", "无效"


class StepKind(TextChoices):
    """What can happen to a lead; every one is kept with who, when and why."""

    RECORDED = "recorded", "登记"
    EDITED = "edited", "修改"
    SCORED = "scored", "评分"
    IDENTIFIED = "identified", "识别客户"
    JUDGED = "judged", "判别"
    INVALID = "invalid", "判为无效"
    REOPENED = "reopened", "重新打开"
    ASSIGNED = "assigned", "分配"
    QUEUED = "queued", "进入队列"
    ACCEPTED = "accepted", "接受"
    RETURNED = "returned", "退回"
    ESCALATED = "escalated", "升级"
    POOLED = "pooled", "进入公海"
    PICKED = "picked", "从公海领取"
    RECYCLED = "recycled", "收回公海"


# the two groups of domain b8: what brought them, and the way they got in touch
class ChannelGroup(TextChoices):
    MARKETING = "marketing", "营销来源"
    DIRECT = "direct", "接触方式"
