"""The plans a new company starts with (R-183, R-290); from then on they are the company's to change."""

from datetime import date, datetime

from keqing.access.models import OrgUnit
from keqing.kit.formats import business_date
from keqing.people.choices import PARTNER_KINDS, Stage
from keqing.playbooks.actions.playbooks import EditionDraft, StepDraft, create_playbook
from keqing.playbooks.models import Playbook, Step

MANAGER = Step.Owner.MANAGER


def drafts(*, today: date) -> dict[str, tuple[str, EditionDraft]]:
    """Title and content by key."""
    return {
        "judge": ("待识别客户判别", EditionDraft(
            valid_from=today, on_entry=True, stages=[Stage.UNIDENTIFIED], purpose="三个工作日内弄清是不是我们的客户，是哪一类",
            steps=[
                StepDraft(text="核实 {客户} 的名称、地区和联系人", method="phone", offset=0, deadline_days=1, is_mandatory=True),
                StepDraft(text="判别：是否目标客户，需求是什么", offset=1, deadline_days=2, is_mandatory=True),
                StepDraft(text="{客户} 仍未判别，请决定保留还是放弃", offset=5, deadline_days=2, owner_rule=MANAGER),
            ],
        )),
        "nurture": ("潜在客户培育", EditionDraft(
            valid_from=today, on_entry=True, stages=[Stage.PROSPECT], purpose="两个月内找到需求和决策人，变成销售机会",
            steps=[
                StepDraft(text="首次拜访 {客户}：了解需求和决策流程", method="visit", offset=0, deadline_days=5, is_mandatory=True),
                StepDraft(text="送产品资料，约下次面谈", method="visit", offset=10, deadline_days=5),
                StepDraft(text="补齐 {客户} 的档案和决策人", offset=15, deadline_days=5),
                StepDraft(text="电话回访：资料看了没有，有什么问题", method="phone", offset=25, deadline_days=3),
                StepDraft(text="判断 {客户} 能否转为销售机会", offset=40, deadline_days=5, owner_rule=MANAGER),
            ],
        )),
        "push": ("销售机会推进与跟踪", EditionDraft(
            valid_from=today, on_entry=True, stages=[Stage.OPPORTUNITY], purpose="有需求的客户不断线，每一步都有下一步",
            steps=[
                StepDraft(text="确认 {客户} 的需求、时间和竞争情况", method="visit", offset=0, deadline_days=3, is_mandatory=True),
                StepDraft(text="送方案或报价，约定答复日期", offset=5, deadline_days=3),
                StepDraft(text="跟踪答复，处理异议", method="phone", offset=10, deadline_days=3),
                StepDraft(text="与经理复盘 {客户} 的进展", offset=20, deadline_days=3, owner_rule=MANAGER),
            ],
        )),
        "care": ("用户关怀", EditionDraft(
            valid_from=today, on_entry=True, stages=[Stage.USER], purpose="用得好、有人管，问题在抱怨之前发现",
            steps=[
                StepDraft(text="询问 {客户} 的使用情况和问题", method="phone", offset=5, deadline_days=3, is_mandatory=True),
                StepDraft(text="上门回访：听取意见，登记建议", method="visit", offset=20, deadline_days=5),
                StepDraft(text="季度关怀：确认供应是否顺畅", method="phone", offset=60, deadline_days=5),
            ],
        )),
        "winback": ("客户挽留", EditionDraft(
            valid_from=today, on_entry=True, on_alarm=True, stages=[Stage.DORMANT, Stage.LOST], again_after=90,
            purpose="弄清为什么不来了，能挽回的挽回，不能的写明原因",
            steps=[
                StepDraft(text="联系 {客户}：问清停止合作的原因", method="phone", offset=0, deadline_days=2, is_mandatory=True),
                StepDraft(text="经理上门拜访，提出解决办法", method="visit", offset=5, deadline_days=5, owner_rule=MANAGER),
                StepDraft(text="跟踪解决结果，约定恢复合作的日期", method="phone", offset=15, deadline_days=3),
                StepDraft(text="写明结论：已恢复，或流失原因", offset=25, deadline_days=3, is_mandatory=True),
            ],
        )),
        "reward": ("企业客户维系激励", EditionDraft(
            valid_from=today, kinds=list(PARTNER_KINDS), purpose="按合同兑现，只对企业，不涉及医疗机构和其中的人员",
            stages=[Stage.ORDER_CUSTOMER, Stage.USER],
            steps=[
                StepDraft(text="核对 {客户} 合同约定的返利条件", offset=0, deadline_days=5),
                StepDraft(text="与 {客户} 确认兑现方式和发票", method="phone", offset=10, deadline_days=5),
                StepDraft(text="经理复核后按合同兑现返利", offset=15, deadline_days=5, owner_rule=MANAGER, is_mandatory=True),
            ],
        )),
    }  # fmt: skip


def make_defaults(*, company: OrgUnit, today: date, at: datetime) -> list[Playbook]:
    """The plans that were never made here before, by their keys; those changed or ended by the company are left alone."""
    known = set(Playbook.objects.exclude(key="").values_list("key", flat=True))
    return [
        create_playbook(title=title, unit=company, draft=draft, by=None, at=at, key=key)
        for key, (title, draft) in drafts(today=today).items() if key not in known
    ]  # fmt: skip


def furnish(company: OrgUnit, at: datetime) -> None:
    """For the founding of a company."""
    make_defaults(company=company, today=business_date(at), at=at)
